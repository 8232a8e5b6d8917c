/* Calls natives of all shapes and hands back what they return. */
#define EXPORT(name) __attribute__((export_name(#name)))

extern int add(int a, int b);
extern long long widen(long long a, int b);
extern float half(float value);
extern double sum(int a, long long b, float c, double d);
extern void note(int value);
extern int fill(char *buffer, int length, int byte);
extern int copy(char *to, const char *from, int length);
extern int measure(const char *text);
extern int first_byte(const unsigned char *pointer);
extern int app_address(const char *pointer);
extern int two_results(int a, int b);
extern int prefixed(int value);

static char buffer[64];
static const char greeting[] = "hello from wasm";

EXPORT(call_add) int call_add(int a, int b) { return add(a, b); }
EXPORT(call_widen) long long call_widen(long long a, int b) { return widen(a, b); }
EXPORT(call_half) float call_half(float value) { return half(value); }
EXPORT(call_sum) double call_sum(int a, long long b, float c, double d) { return sum(a, b, c, d); }
EXPORT(call_note) void call_note(int value) { note(value); }

EXPORT(call_fill) int call_fill(int length)
{
    int i, total = fill(buffer, length, 3);
    for (i = 0; i < length; i++) {
        total += buffer[i];
    }
    return total;
}

EXPORT(call_copy) int call_copy(void)
{
    int i;
    copy(buffer, greeting, sizeof(greeting));
    for (i = 0; greeting[i]; i++) {
        if (buffer[i] != greeting[i]) {
            return -1;
        }
    }
    return i;
}

EXPORT(call_measure) int call_measure(void) { return measure(greeting); }
EXPORT(measure_at) int measure_at(const char *text) { return measure(text); }
EXPORT(fill_at) int fill_at(char *to, int length) { return fill(to, length, 0); }
EXPORT(first_byte_at) int first_byte_at(const unsigned char *pointer) { return first_byte(pointer); }
EXPORT(address_of) int address_of(int pointer) { return app_address((const char *)pointer); }
EXPORT(greeting_at) int greeting_at(void) { return (int)greeting; }
EXPORT(call_prefixed) int call_prefixed(int value) { return prefixed(value); }
EXPORT(poke) void poke(volatile char *pointer, int byte) { *pointer = (char)byte; }
EXPORT(call_two) int call_two(int a, int b) { return two_results(a, b); }

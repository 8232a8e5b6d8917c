/* Imports that natives implement from an array of arguments. */
#define EXPORT(name) __attribute__((export_name(#name)))

extern int raw_add(int a, int b);
extern long long raw_mixed(int a, long long b, float c, double d);
extern float raw_float(float a);
extern double raw_double(void);
extern void raw_nothing(int a);
extern int raw_sum(const unsigned char *bytes, int length);
extern int raw_length(const char *text);

static const unsigned char bytes[] = { 1, 2, 3, 250 };

EXPORT(call_add) int call_add(int a, int b) { return raw_add(a, b); }
EXPORT(call_mixed) long long call_mixed(int a, long long b, float c, double d) { return raw_mixed(a, b, c, d); }
EXPORT(call_float) float call_float(float a) { return raw_float(a); }
EXPORT(call_double) double call_double(void) { return raw_double(); }
EXPORT(call_nothing) void call_nothing(int a) { raw_nothing(a); }
EXPORT(call_sum) int call_sum(void) { return raw_sum(bytes, sizeof(bytes)); }
EXPORT(call_sum_at) int call_sum_at(const unsigned char *at, int length) { return raw_sum(at, length); }
EXPORT(call_length) int call_length(void) { return raw_length("four"); }

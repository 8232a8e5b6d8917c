/* A module without a C library: what it calls is the runtime's. */
#define EXPORT(name) __attribute__((export_name(#name)))

typedef __builtin_va_list va_list;
struct timespec {
    long long seconds;
    int nanoseconds;
};

extern int printf(const char *format, ...);
extern int vprintf(const char *format, va_list arguments);
extern int sprintf(char *to, const char *format, ...);
extern int vsprintf(char *to, const char *format, va_list arguments);
extern int snprintf(char *to, unsigned size, const char *format, ...);
extern int vsnprintf(char *to, unsigned size, const char *format, va_list arguments);
extern int puts(const char *text);
extern int putchar(int character);
extern int memcmp(const void *a, const void *b, unsigned length);
extern void *memcpy(void *to, const void *from, unsigned length);
extern void *memmove(void *to, const void *from, unsigned length);
extern void *memset(void *to, int byte, unsigned length);
extern void *memchr(const void *from, int byte, unsigned length);
extern char *strchr(const char *text, int character);
extern int strcmp(const char *a, const char *b);
extern int strncmp(const char *a, const char *b, unsigned limit);
extern int strncasecmp(const char *a, const char *b, unsigned limit);
extern char *strcpy(char *to, const char *from);
extern char *strncpy(char *to, const char *from, unsigned limit);
extern unsigned strlen(const char *text);
extern unsigned strspn(const char *text, const char *set);
extern unsigned strcspn(const char *text, const char *set);
extern char *strstr(const char *text, const char *wanted);
extern char *strdup(const char *text);
extern char *_strdup(const char *text);
extern void *malloc(unsigned size);
extern void *calloc(unsigned count, unsigned size);
extern void *realloc(void *block, unsigned size);
extern void free(void *block);
extern int atoi(const char *text);
extern long strtol(const char *text, char **end, int base);
extern unsigned long strtoul(const char *text, char **end, int base);
extern int isupper(int), isalpha(int), isspace(int), isgraph(int), isprint(int), isdigit(int), isxdigit(int), isalnum(int);
extern int tolower(int), toupper(int);
extern void exit(int code);
extern void abort(int code);
extern int clock_gettime(unsigned clock, struct timespec *time);
extern unsigned long long clock(void);
extern void __cxa_throw(void *object, void *type, void *destructor);

static char buffer[1024];

/* One of the formats that the host knows as well: what snprintf returns, or -100 after the last. */
EXPORT(format) int format(int index, unsigned size)
{
    switch (index) {
#define CASE(...)     \
    case __COUNTER__: \
        return snprintf(buffer, size, __VA_ARGS__);
#include "formats.inc"
        default: return -100;
    }
}

EXPORT(buffer_at) char *buffer_at(void) { return buffer; }

static int forward(int (*print)(const char *, va_list), const char *format, ...)
{
    va_list arguments;
    int count;
    __builtin_va_start(arguments, format);
    count = print(format, arguments);
    __builtin_va_end(arguments);
    return count;
}

static int forward_to_buffer(int is_limited, const char *format, ...)
{
    va_list arguments;
    int count;
    __builtin_va_start(arguments, format);
    count = is_limited ? vsnprintf(buffer, 8, format, arguments) : vsprintf(buffer, format, arguments);
    __builtin_va_end(arguments);
    return count;
}

/* To standard output. */
EXPORT(output) int output(void)
{
    int count = printf("printf: %d %s %.2f %lld\n", 1, "two", 3.0, 4LL);
    count = count * 100 + forward(vprintf, "vprintf: %c %x\n", 'v', 255);
    count = count * 100 + puts("puts");
    putchar('p');
    putchar('\n');
    printf("unknown: %y %k, null: %s, long: %ld %lu %zu\n", 0, -5L, 5UL, 6u);
    return count;
}

#define EXPECT(condition)    \
    do {                     \
        if (!(condition)) {  \
            return __LINE__; \
        }                    \
    } while (0)

/* Each returns 0, or the line of what is not so. */
EXPORT(formats) int formats(void)
{
    EXPECT(sprintf(buffer, "%s-%d", "abc", 7) == 5 && strcmp(buffer, "abc-7") == 0);
    EXPECT(snprintf(buffer, 4, "%s", "abcdef") == 6 && strcmp(buffer, "abc") == 0);
    EXPECT(snprintf(buffer, 1, "%s", "abcdef") == 6 && buffer[0] == 0);
    buffer[0] = 'k';
    EXPECT(snprintf(buffer, 0, "%s", "abcdef") == 6 && buffer[0] == 'k');
    EXPECT(snprintf((char *)0, 0, "%d", 12345) == 5);
    EXPECT(snprintf(buffer, 40, "%jd|%ld|%zu|%td", -77LL, -5L, 6u, 7) == 10 && strcmp(buffer, "-77|-5|6|7") == 0);
    EXPECT(forward_to_buffer(0, "%lld|%d", 1LL << 40, 3) == 15 && strcmp(buffer, "1099511627776|3") == 0);
    EXPECT(forward_to_buffer(1, "%d-%d", 12345, 67890) == 11 && strcmp(buffer, "12345-6") == 0);
    return 0;
}

EXPORT(strings) int strings(void)
{
    static const char text[] = "a quick brown fox";
    char *copy;
    EXPECT(strlen(text) == 17 && strlen("") == 0);
    EXPECT(strchr(text, 'q') == text + 2 && strchr(text, 'z') == 0 && strchr(text, 0) == text + 17);
    EXPECT(strcmp("abc", "abc") == 0 && strcmp("abc", "abd") < 0 && strcmp("abcd", "abc") > 0);
    EXPECT(strcmp("\x80", "a") > 0);
    EXPECT(strncmp("abcx", "abcy", 3) == 0 && strncmp("abcx", "abcy", 4) < 0 && strncmp("a", "a", 100) == 0);
    EXPECT(strncasecmp("HeLLo", "hEllO", 5) == 0 && strncasecmp("a", "B", 1) < 0);
    EXPECT(strcpy(buffer, text) == buffer && strcmp(buffer, text) == 0);
    memset(buffer, 'x', 10);
    EXPECT(strncpy(buffer, "abc", 6) == buffer && memcmp(buffer, "abc\0\0\0xxxx", 10) == 0);
    EXPECT(strncpy(buffer, "12345678", 4) == buffer && memcmp(buffer, "1234\0\0xx", 8) == 0);
    EXPECT(strspn("aabbc", "ab") == 4 && strspn("aabb", "ab") == 4 && strspn("x", "ab") == 0);
    EXPECT(strcspn("hello, world", ", ") == 5 && strcspn("hello", "xyz") == 5);
    EXPECT(strstr(text, "brown") == text + 8 && strstr(text, "crown") == 0 && strstr(text, "") == text);
    EXPECT(strstr(text, "fox") == text + 14 && strstr("ab", "abc") == 0);
    copy = strdup(text);
    EXPECT(copy && copy != text && strcmp(copy, text) == 0);
    free(copy);
    copy = _strdup("x");
    EXPECT(copy && copy[0] == 'x' && copy[1] == 0);
    free(copy);
    return 0;
}

EXPORT(blocks) int blocks(void)
{
    unsigned char *block, *other;
    int i;
    EXPECT(memcmp("abc", "abd", 2) == 0 && memcmp("abc", "abd", 3) < 0 && memcmp("\xff", "\x01", 1) > 0);
    EXPECT(memset(buffer, 5, 20) == buffer && buffer[0] == 5 && buffer[19] == 5);
    for (i = 0; i < 20; i++) {
        buffer[i] = (char)i;
    }
    EXPECT(memmove(buffer + 2, buffer, 10) == buffer + 2 && buffer[2] == 0 && buffer[11] == 9 && buffer[12] == 12);
    EXPECT(memcpy(buffer + 50, buffer + 2, 10) == buffer + 50 && buffer[59] == 9);
    EXPECT(memchr(buffer + 50, 4, 10) == buffer + 54 && memchr(buffer + 50, 77, 10) == 0);
    block = malloc(100);
    EXPECT(block != 0 && (unsigned)block % 8 == 0);
    memset(block, 7, 100);
    other = calloc(10, 10);
    EXPECT(other != 0 && other[0] == 0 && other[99] == 0);
    block = realloc(block, 1000);
    EXPECT(block != 0 && block[0] == 7 && block[99] == 7);
    block = realloc(block, 10);
    EXPECT(block != 0 && block[9] == 7);
    EXPECT(calloc(0x10000, 0x10000) == 0);
    EXPECT(realloc(block, 1000000) == 0 && block[9] == 7);
    free(other);
    free(block);
    free(0);
    block = realloc(0, 5);
    EXPECT(block != 0);
    free(block);
    return 0;
}

EXPORT(numbers) int numbers(void)
{
    char text[] = "  -42abc", *end = 0;
    EXPECT(atoi("123") == 123 && atoi(" -7x") == -7 && atoi("+8") == 8 && atoi("x") == 0);
    EXPECT(strtol(text, &end, 10) == -42 && end == text + 5);
    EXPECT(strtol("0x1fz", &end, 0) == 31 && *end == 'z');
    EXPECT(strtol("0x1f", 0, 16) == 31 && strtol("1f", 0, 16) == 31 && strtol("017", 0, 0) == 15);
    EXPECT(strtol("0x", &end, 0) == 0 && *end == 'x');
    EXPECT(strtol("zz", 0, 36) == 35 * 36 + 35 && strtol("12", &end, 2) == 1 && *end == '2');
    EXPECT(strtol("none", &end, 10) == 0 && *end == 'n');
    EXPECT(strtol("99999999999", 0, 10) == 0x7fffffff && strtol("-99999999999", 0, 10) == -0x7fffffff - 1);
    EXPECT(strtoul("4294967295", 0, 10) == 0xffffffff && strtoul("99999999999", 0, 10) == 0xffffffff);
    EXPECT(strtoul("-1", 0, 10) == 0xffffffff);
    return 0;
}

EXPORT(characters) int characters(void)
{
    EXPECT(isupper('A') && !isupper('a') && isalpha('z') && !isalpha('1'));
    EXPECT(isspace(' ') && isspace('\v') && isspace('\r') && !isspace('x'));
    EXPECT(isgraph('!') && !isgraph(' ') && isprint(' ') && !isprint('\n') && !isprint(127));
    EXPECT(isdigit('0') && !isdigit('a') && isxdigit('F') && !isxdigit('g') && isalnum('q') && !isalnum('-'));
    EXPECT(!isalpha(-1) && !isalpha(0xe9) && !isalpha(0x141));
    EXPECT(tolower('Q') == 'q' && tolower('1') == '1' && toupper('q') == 'Q' && toupper(-1) == -1);
    return 0;
}

/* -1 without a clock, else 0 or a line. */
EXPORT(times) int times(void)
{
    struct timespec first, second;
    unsigned long long before = clock();
    if (clock_gettime(1, &first) != 0) {
        return before == ~0ULL ? -1 : __LINE__;
    }
    EXPECT(clock_gettime(1, &second) == 0);
    EXPECT(second.seconds > first.seconds
           || (second.seconds == first.seconds && second.nanoseconds >= first.nanoseconds));
    EXPECT(first.nanoseconds >= 0 && first.nanoseconds < 1000000000);
    EXPECT(clock_gettime(0, &first) == 0 && first.seconds > 1600000000);
    EXPECT(clock() >= before);
    return 0;
}

/* Traps. */
EXPORT(do_exit) void do_exit(int code) { exit(code); }
EXPORT(do_abort) void do_abort(int code) { abort(code); }
EXPORT(do_throw) void do_throw(void) { __cxa_throw(0, 0, 0); }
EXPORT(length_at) unsigned length_at(const char *text) { return strlen(text); }
EXPORT(copy_to) void copy_to(char *to, const char *from, unsigned length) { memcpy(to, from, length); }
EXPORT(fill_at) void fill_at(char *to, unsigned length) { memset(to, 'f', length); }
EXPORT(sprint_at) int sprint_at(char *to) { return sprintf(to, "%s", "longer than what is left"); }
EXPORT(print_at) int print_at(const char *format) { return printf(format); }
EXPORT(print_text_at) int print_text_at(const char *text) { return snprintf(buffer, 10, "%s", text); }
EXPORT(arguments_at) int arguments_at(va_list arguments) { return vsnprintf(buffer, 10, "%lld", arguments); }
EXPORT(end_at) void end_at(char **end) { strtol("1", end, 10); }
EXPORT(time_at) int time_at(struct timespec *to) { return clock_gettime(1, to); }
EXPORT(poke) void poke(volatile char *at, int byte) { *at = (char)byte; }
EXPORT(compare_at) int compare_at(const char *a, const char *b) { return strcmp(a, b); }
EXPORT(some_at) void some_at(const char *from, unsigned limit) { strncpy(buffer, from, limit); }
EXPORT(free_at) void free_at(void *block) { free(block); }
EXPORT(realloc_at) void *realloc_at(void *block) { return realloc(block, 10); }

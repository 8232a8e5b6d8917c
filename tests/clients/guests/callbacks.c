/* Hands functions of its own to natives, which call them. */
#define EXPORT(name) __attribute__((export_name(#name)))

typedef int (*operation)(int, int);
typedef long long (*wide_operation)(long long, double);

extern int apply(operation function, int a, int b);
extern long long apply_wide(wide_operation function, long long a, double b);
extern int apply_index(int index);
extern int missing(int);

static int depth;

static int multiply(int a, int b) { return a * b; }
static int subtract(int a, int b) { return a - b; }
static long long scale(long long a, double b) { return (long long)((double)a * b); }
static int fail(int a, int b) { (void)a; (void)b; __builtin_trap(); }

static int nested(int a, int b)
{
    depth++;
    return a == 0 ? b : apply(nested, a - 1, b + 1);
}

EXPORT(products) int products(int a, int b) { return apply(multiply, a, b) + apply(subtract, a, b); }
EXPORT(scaled) long long scaled(long long a, double b) { return apply_wide(scale, a, b); }
EXPORT(deep) int deep(int levels) { return apply(nested, levels, 0); }
EXPORT(failing) int failing(void) { return apply(fail, 1, 2); }
EXPORT(call_index) int call_index(int index) { return apply_index(index); }
EXPORT(null_function) int null_function(void) { return apply((operation)0, 1, 2); }
EXPORT(import_index) int import_index(void) { return apply_index((int)missing); }
EXPORT(index_of_multiply) int index_of_multiply(void) { return (int)multiply; }
EXPORT(multiply_direct) int multiply_direct(int a, int b) { return multiply(a, b); }

/* Each looks at all its arguments, so that one in a wrong place shows. */

/* GCC's and clang's names: no header is needed, which compilers for other machines may lack. */
typedef __INT32_TYPE__ int32_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __INT64_TYPE__ int64_t;
typedef __SIZE_TYPE__ size_t;

typedef void *env_t;

int32_t native_add(env_t env, int32_t a, int32_t b)
{
    (void)env;
    return a + b;
}

/* More integers than there are registers for, of both widths; negative ones must keep their signs. */
int64_t native_integers(env_t env, int32_t a, int64_t b, int32_t c, int64_t d, int64_t e, int32_t f, int32_t g, int64_t h,
                        int32_t i, int32_t j)
{
    (void)env;
    return a + 2 * b + 3 * (int64_t)c + 4 * d + 5 * e + 6 * (int64_t)f + 7 * (int64_t)g + 8 * h + 9 * (int64_t)i +
           10 * (int64_t)j;
}

/* More floats than there are registers for. */
double native_floats(env_t env, float a, double b, float c, double d, float e, double f, float g, double h, float i,
                     double j, float k)
{
    (void)env;
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k;
}

/* Everything by turns, past the registers of both kinds. */
float native_mixed(env_t env, int32_t a, float b, int64_t c, double d, int32_t e, float f, int64_t g, double h, int32_t i,
                   float j, int64_t k, double l, int32_t m, float n, int64_t o, double p, int32_t q, float r, int64_t s,
                   double t)
{
    (void)env;
    return (float)(a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k + 12 * l + 13 * m +
                   14 * n + 15 * o + 16 * p + 17 * q + 18 * r + 19 * s + 20 * t);
}

/* Results beyond the first go through pointers. */
float native_many(env_t env, double value, int32_t *whole, int64_t *scaled, double *rest, int32_t *untouched)
{
    (void)env;
    (void)untouched;
    *whole = (int32_t)value;
    *scaled = (int64_t)(value * 1e12);
    *rest = value - (int32_t)value;
    return (float)value;
}

/* "*~$": fills a buffer with copies of a string; returns how many fit. */
int32_t native_repeat(env_t env, char *buffer, uint32_t length, const char *text)
{
    size_t step = 0, at = 0;
    int32_t count = 0;
    (void)env;
    while (text[step] != '\0') step++;
    for (; step > 0 && at + step <= length; count++)
        for (size_t i = 0; i < step; i++) buffer[at++] = text[i];
    return count;
}

/* "()": the pointer says who calls. */
int32_t native_has_env(env_t env)
{
    return env != 0;
}

/* References are words. */
void *native_reference(env_t env, int32_t pick, void *first, void *second)
{
    (void)env;
    return pick ? first : second;
}

/* The C library's: waits for a signal. */
int pause(void);

void native_doze(env_t env)
{
    (void)env;
    pause();
}

/*
 * A C program on Xtensa's simulator, without a C library: start-up code calls `graver_main`. What the Graver library wants of
 * a C library is here as far as the client gets to it; there is no memory beside its pool.
 */
#include <stddef.h>
#include <stdint.h>

#include "firmware.h"

/* In `windowed.S` and `call0.S`. */
int graver_simcall(int number, intptr_t a, intptr_t b, intptr_t c);

/* As ../src/lib.rs has them. */
enum { EXIT = 1, WRITE = 4, OPEN = 5 };
enum { WRITE_ONLY = 1 };

static int console;

static void end(int code) __attribute__((noreturn));
static void end(int code)
{
    for (;;)
        graver_simcall(EXIT, code, 0, 0);
}

void abort(void) __attribute__((noreturn));
void abort(void)
{
    text("abort");
    end(134);
}

void graver_fault(unsigned cause, unsigned pc) __attribute__((noreturn));
void graver_fault(unsigned cause, unsigned pc)
{
    figure("exception", cause);
    figure("at", pc);
    end(1);
}

int putchar(int byte)
{
    char character = (char)byte;
    graver_simcall(WRITE, console, (intptr_t)&character, 1);
    return byte;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    char *out = to;
    const char *in = from;
    while (bytes--)
        *out++ = *in++;
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    char *out = to;
    const char *in = from;
    if (out <= in || out >= in + bytes)
        return memcpy(to, from, bytes);
    while (bytes--)
        out[bytes] = in[bytes];
    return to;
}

void *memset(void *to, int byte, size_t bytes)
{
    char *out = to;
    while (bytes--)
        *out++ = (char)byte;
    return to;
}

int memcmp(const void *one, const void *other, size_t bytes)
{
    const unsigned char *a = one, *b = other;
    for (; bytes--; a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

size_t strlen(const char *string)
{
    size_t length = 0;
    while (string[length])
        length++;
    return length;
}

void *malloc(size_t bytes)
{
    (void)bytes;
    return NULL;
}

void *realloc(void *block, size_t bytes)
{
    (void)block;
    (void)bytes;
    return NULL;
}

void free(void *block)
{
    (void)block;
}

/* For guests that print, which this one does not. */
int snprintf(char *out, size_t size, const char *format, ...)
{
    (void)out;
    (void)size;
    (void)format;
    abort();
}

void graver_main(void) __attribute__((noreturn));
void graver_main(void)
{
    const char *wrong;
    console = graver_simcall(OPEN, (intptr_t) "/dev/stdout", WRITE_ONLY, 0);
    wrong = client_run();
    if (wrong)
        text(wrong);
    end(wrong ? 1 : 0);
}

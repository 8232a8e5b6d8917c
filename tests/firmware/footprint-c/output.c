/* Text and numbers by way of `putchar`, without the rest of a C library. */
#include "firmware.h"

static void put(const char *letters)
{
    while (*letters)
        putchar(*letters++);
}

void text(const char *line)
{
    put(line);
    putchar('\n');
}

void figure(const char *name, unsigned number)
{
    char digits[12];
    unsigned at = sizeof(digits) - 1;
    digits[at] = 0;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    put(name);
    putchar(' ');
    text(digits + at);
}

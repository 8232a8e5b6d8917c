/* A library with state: nothing runs by itself but its constructors. */
#include <stdlib.h>
#include <string.h>

static int length = -1;

__attribute__((constructor)) static void prepare(void)
{
    const char *colour = getenv("COLOUR");
    length = colour ? (int)strlen(colour) : 0;
}

__attribute__((export_name("length"))) int length_of_colour(void)
{
    return length;
}

/* A library over WASI with state: it counts from what its constructor set, and writes to the program's output. */
#include <stdio.h>

static int entries;

__attribute__((constructor)) static void prepare(void)
{
    entries = 10;
}

__attribute__((export_name("enter"))) int enter(int amount)
{
    printf("entry %d: %d\n", ++entries, amount);
    fflush(stdout);
    return entries;
}

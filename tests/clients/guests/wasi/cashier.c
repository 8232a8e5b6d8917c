/* A program that uses a library in another module. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((import_module("ledger"), import_name("enter"))) int enter(int amount);

int main(int argc, char **argv)
{
    int i;
    for (i = 1; i < argc; i++) {
        printf("%s: entry %d\n", argv[0], enter(atoi(argv[i])));
        fflush(stdout);
    }
    return argc;
}

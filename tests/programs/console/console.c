// Prints, reads, waits and ends with a code, with the C library only. The first argument is the code.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int by_length(const void *left, const void *right) {
    size_t a = strlen(*(char *const *)left), b = strlen(*(char *const *)right);
    return a < b ? -1 : a > b;
}

static void at_exit(void) {
    printf("at exit\n");
}

int main(int argc, char **argv) {
    atexit(at_exit);
    printf("%d arguments:", argc - 1);
    for (int i = 1; i < argc; i++)
        printf(" [%s]", argv[i]);
    const char *level = getenv("LEVEL");
    printf("\nLEVEL: %s\n", level ? level : "(none)");

    const char *words[] = {"three", "a", "fifteen", "on"};
    qsort(words, 4, sizeof *words, by_length);
    for (int i = 0; i < 4; i++)
        printf("%-8s|", words[i]);
    printf("\n%8.3f|%+d|%#x|%e|%5.1f%%|%c|%lld\n", 3.14159265, 7, 255u, 1234.5, 12.34, toupper('q'), 1LL << 40);

    char *block = malloc(100000);
    memset(block, 'x', 99999);
    block[99999] = 0;
    printf("%zu bytes\n", strlen(block));
    free(block);

    char line[100];
    int lines = 0, number = 0;
    while (fgets(line, sizeof line, stdin)) {
        lines++;
        sscanf(line, "%d", &number);
    }
    printf("%d lines of input, the last number is %d, end: %d, error: %d\n", lines, number, feof(stdin) != 0, ferror(stdin) != 0);
    fprintf(stderr, "this goes to standard error\n");

    struct timespec start, now, pause = {.tv_nsec = 20 * 1000 * 1000};
    clock_gettime(CLOCK_MONOTONIC, &start);
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long passed = (now.tv_sec - start.tv_sec) * 1000000000LL + now.tv_nsec - start.tv_nsec;
    printf("time went on: %d\n", passed >= pause.tv_nsec);
    printf("a file that is not there: %s\n", fopen("nowhere/at/all", "r") ? "is there" : "cannot be opened");
    printf("the end");
    return argc > 1 ? atoi(argv[1]) : 0;
}

/* Looks around: prints what it is given, uses its directory, and tries to get out of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether a file outside can be seen in any way. */
static void peek(const char *path)
{
    struct stat about;
    int file = open(path, O_RDONLY);
    int seen = file >= 0 || stat(path, &about) == 0;
    printf("%s: %s\n", path, seen ? "reached" : "out of reach");
    if (file >= 0) {
        close(file);
    }
}

int main(int argc, char **argv)
{
    char line[64] = "";
    const char *colour = getenv("COLOUR");
    FILE *file;
    int i;
    for (i = 0; i < argc; i++) {
        printf("argument %d: %s\n", i, argv[i]);
    }
    printf("colour: %s\n", colour ? colour : "none");
    if (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = 0;
    }
    printf("input: %s\n", line);
    fprintf(stderr, "to the error stream\n");

    file = fopen("/data/given.txt", "r");
    if (file && fgets(line, sizeof(line), file)) {
        printf("given: %s\n", line);
    }
    if (file) {
        fclose(file);
    }
    file = fopen("/data/made.txt", "w");
    if (file) {
        fputs("made by the guest", file);
        fclose(file);
    }
    peek("/data/../secret.txt");
    peek("/data/link.txt");
    /* Nothing to be seen of this, but by the host. */
    unlink("/data/../secret.txt");
    rename("/data/given.txt", "/data/../given.txt");
    peek("/secret.txt");
    peek("secret.txt");
    peek("/etc/passwd");
    if (argc > 1 && strcmp(argv[1], "trap") == 0) {
        __builtin_trap();
    }
    return argc > 1 ? atoi(argv[1]) : 0;
}

/* The C library's ways to preview 1. The first argument names the case; `list` prints all names. What is printed is what every
   host must agree on. `/aside` has what the test puts there: `up`, a link to `..`, and `away`, one to `/`. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Prints what a call returned: a number, or the name of the error. */
static long said(const char *what, long result)
{
    if (result == -1)
        printf("%s: %s\n", what, strerror(errno));
    else
        printf("%s: %ld\n", what, result);
    return result;
}

/* For calls whose result is a number of the host's choice. */
static int worked(const char *what, int result)
{
    if (result == -1)
        printf("%s: %s\n", what, strerror(errno));
    else
        printf("%s: ok\n", what);
    return result;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file))
        exit(98);
}

static void show(const char *path)
{
    char buffer[256];
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("%s: %s\n", path, strerror(errno));
        return;
    }
    size_t count = fread(buffer, 1, sizeof buffer - 1, file);
    buffer[count] = 0;
    printf("%s: \"%s\"\n", path, buffer);
    fclose(file);
}

static void formatted(void)
{
    FILE *file = fopen("numbers", "w+");
    for (int i = 0; i < 5; i++)
        fprintf(file, "%d %x %s %.3f\n", i * 7, i * 1000, i % 2 ? "odd" : "even", i / 3.0);
    rewind(file);
    int number;
    unsigned hex;
    char word[16];
    double fraction;
    while (fscanf(file, "%d %x %15s %lf", &number, &hex, word, &fraction) == 4)
        printf("%d %u %s %.2f\n", number, hex, word, fraction);
    printf("end %d error %d at %ld\n", !!feof(file), !!ferror(file), ftell(file));
    fclose(file);
}

static void modes(void)
{
    static const char *const all[] = {"r", "r+", "w", "w+", "wx", "a", "a+"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[16] = "";
        put("file", "0123456789");
        remove("new");
        FILE *file = fopen("file", all[i]);
        printf("%s: old %s", all[i], file ? "opened" : strerror(errno));
        if (file) {
            printf(", at %ld", ftell(file));
            printf(", wrote %d", fputs("ab", file) >= 0 && fflush(file) == 0);
            clearerr(file);
            fseek(file, 1, SEEK_SET);
            printf(", read %zu", fread(text, 1, 4, file));
            fclose(file);
        }
        file = fopen("new", all[i]);
        printf(", new %s\n", file ? "opened" : strerror(errno));
        if (file)
            fclose(file);
        show("file");
    }
}

static void streams(void)
{
    FILE *file = fopen("file", "w+");
    setvbuf(file, NULL, _IOFBF, 64);
    for (int i = 0; i < 100; i++)
        fputc('a' + i % 26, file);
    printf("at %ld\n", ftell(file));
    fseek(file, -3, SEEK_END);
    printf("%c", fgetc(file));
    ungetc('?', file);
    printf("%c%c\n", fgetc(file), fgetc(file));
    fpos_t position;
    fgetpos(file, &position);
    fseek(file, 10, SEEK_SET);
    fputs("[here]", file);
    fsetpos(file, &position);
    printf("%c, then end: %d\n", fgetc(file), fgetc(file) == EOF);
    fseek(file, 5, SEEK_SET);
    char line[40];
    printf("%s\n", fgets(line, sizeof line, file));
    printf("%d\n", freopen("other", "w", file) == file);
    fputs("reopened", file);
    fclose(file);
    show("other");
    printf("%d %d\n", fileno(stdin), fileno(stdout));
}

static void lines(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, stdin)) >= 0)
        printf("%zd: %s", length, line);
    printf("end: %d\n", !!feof(stdin));
    free(line);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static const char *kind(unsigned char type)
{
    return type == DT_DIR ? "directory" : type == DT_REG ? "file" : type == DT_LNK ? "link" : "something";
}

static void directories(void)
{
    struct dirent **entries;
    worked("mkdir", mkdir("folder", 0777));
    worked("again", mkdir("folder", 0777));
    for (int i = 0; i < 200; i++) {
        char name[32];
        snprintf(name, sizeof name, "folder/%03d", i);
        put(name, "");
    }
    mkdir("folder/inner", 0777);
    symlink("inner", "folder/link");
    int count = scandir("folder", &entries, NULL, by_name);
    printf("%d: %s %s %s %s\n", count, entries[0]->d_name, entries[1]->d_name, entries[2]->d_name,
        entries[count - 1]->d_name);
    for (int i = count - 3; i < count; i++)
        printf("%s: %s\n", entries[i]->d_name, kind(entries[i]->d_type));
    worked("rmdir", rmdir("folder"));
    for (int i = 2; i < count; i++) {
        char name[300];
        snprintf(name, sizeof name, "folder/%s", entries[i]->d_name);
        if (remove(name))
            printf("%s: %s\n", name, strerror(errno));
    }
    worked("rmdir", rmdir("folder"));
    worked("nowhere", opendir("folder") ? 0 : -1);
    put("file", "");
    worked("a file", opendir("file") ? 0 : -1);
}

static void directory_positions(void)
{
    mkdir("folder", 0777);
    for (int i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof name, "folder/%02d", i);
        put(name, "");
    }
    DIR *directory = opendir("folder");
    char tenth[40] = "";
    long position = 0;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory)); count++) {
        if (count == 9)
            position = telldir(directory);
        if (count == 10)
            strcpy(tenth, entry->d_name);
    }
    printf("%d\n", count);
    seekdir(directory, position);
    printf("the same after seeking: %d\n", strcmp(readdir(directory)->d_name, tenth) == 0);
    rewinddir(directory);
    for (count = 0; readdir(directory); count++)
        ;
    printf("%d again\n", count);
    worked("close", closedir(directory));
    int fd = open("folder", O_RDONLY | O_DIRECTORY);
    worked("open", fd);
    directory = fdopendir(fd);
    for (count = 0; readdir(directory); count++)
        ;
    printf("%d by a descriptor, the same one: %d\n", count, dirfd(directory) == fd);
    int inner = openat(fd, "inner", O_CREAT | O_WRONLY, 0666);
    worked("in it", inner);
    worked("attributes", faccessat(fd, "inner", R_OK, 0));
    worked("unlink", unlinkat(fd, "inner", 0));
    worked("make", mkdirat(fd, "inner", 0777));
    worked("remove", unlinkat(fd, "inner", AT_REMOVEDIR));
}

static void show_stat(const char *what, int result, const struct stat *stat)
{
    if (result) {
        printf("%s: %s\n", what, strerror(errno));
    } else if (S_ISDIR(stat->st_mode)) {
        printf("%s: directory\n", what);
    } else {
        printf("%s: %s, %lld bytes, %llu links\n", what,
            S_ISREG(stat->st_mode) ? "file" : S_ISLNK(stat->st_mode) ? "link" : "something",
            (long long) stat->st_size, (unsigned long long) stat->st_nlink);
    }
}

static void attributes(void)
{
    struct stat found, other;
    put("file", "12345");
    symlink("file", "link");
    symlink("nowhere", "dangling");
    show_stat("stat", stat("file", &found), &found);
    show_stat("stat link", stat("link", &other), &other);
    printf("the same: %d\n", found.st_ino == other.st_ino && found.st_dev == other.st_dev);
    show_stat("lstat link", lstat("link", &found), &found);
    show_stat("dangling", stat("dangling", &found), &found);
    show_stat("lstat dangling", lstat("dangling", &found), &found);
    show_stat("directory", stat(".", &found), &found);
    show_stat("outside", stat("/aside/up", &found), &found);
    show_stat("nowhere", stat("nowhere", &found), &found);
    show_stat("not preopened", stat("/nowhere/file", &found), &found);
    for (int mode = 0; mode < 3; mode++) {
        static const int modes[] = {F_OK, R_OK, W_OK};
        worked("access", access("file", modes[mode]));
        worked("access nowhere", access("nowhere", modes[mode]));
    }
    int fd = open("file", O_RDWR);
    show_stat("fstat", fstat(fd, &found), &found);
    struct timespec times[2] = {{1000000000, 1}, {1100000000, 999999999}};
    worked("futimens", futimens(fd, times));
    fstat(fd, &found);
    printf("%lld.%09ld %lld.%09ld\n", (long long) found.st_atim.tv_sec, found.st_atim.tv_nsec,
        (long long) found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = 1200000000;
    worked("utimensat", utimensat(AT_FDCWD, "link", times, 0));
    fstat(fd, &found);
    printf("%lld %lld\n", (long long) found.st_atim.tv_sec, (long long) found.st_mtim.tv_sec);
    times[1].tv_sec = 1300000000;
    worked("of the link", utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW));
    stat("file", &found);
    lstat("link", &other);
    printf("%lld %lld\n", (long long) found.st_mtim.tv_sec, (long long) other.st_mtim.tv_sec);
}

static void descriptors(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0666);
    char buffer[32] = "";
    said("write", write(fd, "0123456789", 10));
    said("pread", pread(fd, buffer, 4, 3));
    said("pwrite", pwrite(fd, "abc", 3, 2));
    said("lseek", lseek(fd, 0, SEEK_CUR));
    said("lseek", lseek(fd, -4, SEEK_END));
    said("read", read(fd, buffer, 20));
    said("before the start", lseek(fd, -100, SEEK_CUR));
    printf("%s\n", buffer);
    struct iovec parts[3] = {{"one", 3}, {"", 0}, {"two", 3}};
    for (ssize_t left = 6; left > 0;) {
        ssize_t count = writev(fd, parts, 3);
        left -= count;
        for (int i = 0; i < 3; i++) {
            size_t taken = (size_t) count < parts[i].iov_len ? (size_t) count : parts[i].iov_len;
            parts[i].iov_base = (char *) parts[i].iov_base + taken;
            parts[i].iov_len -= taken;
            count -= taken;
        }
    }
    said("truncate", ftruncate(fd, 14));
    said("end", lseek(fd, 0, SEEK_END));
    said("posix_fallocate", posix_fallocate(fd, 0, 20));
    said("end", lseek(fd, 0, SEEK_END));
    said("posix_fadvise", posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
    said("fsync", fsync(fd));
    said("fdatasync", fdatasync(fd));
    said("truncate by name", truncate("file", 12));
    said("close", close(fd));
    said("close again", close(fd));
    said("read closed", read(fd, buffer, 1));
    show("file");
    worked("nowhere", open("nowhere", O_RDONLY));
    worked("exclusive", open("file", O_CREAT | O_EXCL | O_WRONLY, 0666));
    worked("directory", open("file", O_RDONLY | O_DIRECTORY));
    worked("a directory to write", open(".", O_WRONLY));
}

static void flags(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_APPEND, 0666);
    said("append", !!(fcntl(fd, F_GETFL) & O_APPEND));
    said("access", (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
    said("nonblock", fcntl(fd, F_SETFL, O_NONBLOCK));
    said("append", !!(fcntl(fd, F_GETFL) & O_APPEND));
    said("nonblock", !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
    said("descriptor flags", fcntl(fd, F_GETFD));
    int reader = open("file", O_RDONLY), writer = open("file", O_WRONLY);
    said("to read", (fcntl(reader, F_GETFL) & O_ACCMODE) == O_RDONLY);
    said("to write", (fcntl(writer, F_GETFL) & O_ACCMODE) == O_WRONLY);
    said("write", write(reader, "x", 1));
    char byte;
    said("read", read(writer, &byte, 1));
    for (int i = 0; i < 3; i++)
        said("terminal", isatty(i));
    said("a file is no terminal", isatty(fd));
}

static void links(void)
{
    char buffer[64];
    put("file", "text");
    worked("link", link("file", "linked"));
    worked("again", link("file", "linked"));
    show("linked");
    worked("symlink", symlink("file", "soft"));
    ssize_t length = readlink("soft", buffer, sizeof buffer);
    printf("%.*s\n", (int) length, buffer);
    said("short", readlink("soft", buffer, 2));
    said("no link", readlink("file", buffer, sizeof buffer));
    show("soft");
    worked("loop", symlink("loop", "loop"));
    worked("open it", open("loop", O_RDONLY));
    worked("no following", open("soft", O_RDONLY | O_NOFOLLOW));
    worked("absolute", symlink("/aside/file", "absolute"));
    worked("rename", rename("file", "/aside/renamed"));
    show("/aside/renamed");
    show("soft");
    mkdir("folder", 0777);
    worked("over a directory", rename("linked", "folder"));
    worked("a directory over a file", rename("folder", "linked"));
    worked("unlink a directory", unlink("folder"));
    worked("rmdir a file", rmdir("linked"));
    worked("unlink", unlink("linked"));
    worked("unlink again", unlink("linked"));
}

static void waits(void)
{
    struct pollfd polled[2] = {{.fd = 0, .events = POLLIN}, {.fd = 1, .events = POLLOUT}};
    said("poll", poll(polled, 2, 10000) > 0);
    printf("out: %d\n", !!(polled[1].revents & POLLOUT));
    polled[0].fd = 77;
    said("poll none", poll(polled, 1, 0));
    printf("invalid: %d\n", !!(polled[0].revents & (POLLNVAL | POLLERR)));
    said("poll nothing", poll(polled, 0, 10));
    fd_set writable;
    FD_ZERO(&writable);
    FD_SET(1, &writable);
    struct timeval limit = {10, 0};
    said("select", select(2, NULL, &writable, NULL, &limit));
    struct timespec start, end, nap = {0, 20000000};
    clock_gettime(CLOCK_MONOTONIC, &start);
    said("nanosleep", nanosleep(&nap, NULL));
    said("clock_nanosleep", clock_nanosleep(CLOCK_REALTIME, 0, &nap, NULL));
    said("usleep", usleep(1000));
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("slept: %d\n", (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec >= 40000000);
}

static void times(void)
{
    struct timespec now, resolution;
    struct timeval day;
    said("realtime", clock_gettime(CLOCK_REALTIME, &now));
    said("resolution", clock_getres(CLOCK_MONOTONIC, &resolution));
    said("of the day", gettimeofday(&day, NULL));
    printf("%d %d\n", now.tv_sec > 1577836800, time(NULL) - now.tv_sec < 60);
    time_t then = 1234567890;
    char text[64];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %j %a", gmtime(&then));
    printf("%s\n", text);
    printf("%lld\n", (long long) mktime(gmtime(&then)));
}

static char **arguments;
extern char **environ;

static void strings(void)
{
    for (int i = 1; arguments[i]; i++)
        printf("%d: \"%s\"\n", i, arguments[i]);
    for (char **variable = environ; *variable; variable++)
        printf("%s\n", *variable);
    printf("%s %s\n", getenv("TEXT"), getenv("MISSING") ? "set" : "not set");
    setenv("NEW", "value", 1);
    unsetenv("TEXT");
    printf("%s %s\n", getenv("NEW"), getenv("TEXT") ? "set" : "not set");
    char folder[100];
    printf("%s\n", getcwd(folder, sizeof folder) ? folder : strerror(errno));
    mkdir("inner", 0777);
    worked("chdir", chdir("inner"));
    printf("%s\n", getcwd(folder, sizeof folder) ? folder : strerror(errno));
    put("file", "in the folder");
    worked("chdir", chdir("/aside"));
    show("/inner/file");
    unsigned char random[8] = {0};
    worked("getentropy", getentropy(random, sizeof random));
}

static void last(void)
{
    puts("at exit");
}

static void exits(void)
{
    atexit(last);
    printf("without a newline");
    FILE *file = fopen("left-open", "w");
    fputs("flushed at exit", file);
    exit(5);
}

static void exits_at_once(void)
{
    atexit(last);
    printf("flushed\n");
    fflush(stdout);
    printf("never seen");
    _Exit(6);
}

static void aborts(void)
{
    printf("before\n");
    fflush(stdout);
    abort();
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"formatted", formatted},
    {"modes", modes},
    {"streams", streams},
    {"lines", lines},
    {"directories", directories},
    {"directory-positions", directory_positions},
    {"attributes", attributes},
    {"descriptors", descriptors},
    {"flags", flags},
    {"links", links},
    {"waits", waits},
    {"times", times},
    {"strings", strings},
    {"exits", exits},
    {"exits-at-once", exits_at_once},
    {"aborts", aborts},
};

int main(int count, char **values)
{
    const char *name = count > 1 ? values[1] : "";
    arguments = values;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(name, "list") == 0)
            puts(cases[i].name);
        if (strcmp(name, cases[i].name) == 0)
            return cases[i].run(), 0;
    }
    return strcmp(name, "list") ? 99 : 0;
}

/* Says "hello" to a port of 127.0.0.1, and how it went by its exit code: the error of opening and connecting, and 100 times
   the one of looking up a name. */
#include <stdint.h>
#include <stdlib.h>

struct address {
    uint32_t kind;
    uint8_t ip[4];
    uint16_t port;
    uint16_t rest[7];
};

struct info {
    struct address address;
    uint32_t kind;
};

struct hints {
    int32_t kind, family;
    uint8_t enabled;
};

struct buffer {
    const char *start;
    uint32_t length;
};

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) int32_t name
WASI(sock_open)(int32_t pool, int32_t family, int32_t kind, int32_t *fd);
WASI(sock_connect)(int32_t fd, const struct address *address);
WASI(sock_send)(int32_t fd, const struct buffer *buffers, int32_t count, int32_t flags, uint32_t *sent);
WASI(sock_close)(int32_t fd);
WASI(sock_addr_resolve)(const char *name, const char *service, const struct hints *hints, struct info *infos,
                        uint32_t count, uint32_t *result);

static int32_t greet(int port)
{
    struct address address = { 0, { 127, 0, 0, 1 }, (uint16_t)port, { 0 } };
    struct buffer hello = { "hello", 5 };
    uint32_t sent = 0;
    int32_t fd = -1, error = sock_open(-1, 0, 1, &fd);
    if (!error) {
        error = sock_connect(fd, &address);
        if (!error) {
            error = sock_send(fd, &hello, 1, 0, &sent);
        }
        if (sock_close(fd) || (!error && sent != 5)) {
            abort();
        }
    }
    return error;
}

int main(int argc, char **argv)
{
    struct hints hints = { 1, 0, 1 };
    struct info info;
    uint32_t count = 0;
    int32_t greeted, found;
    if (argc < 3) {
        abort();
    }
    greeted = greet(atoi(argv[1]));
    found = sock_addr_resolve(argv[2], "", &hints, &info, 1, &count);
    if (!found && (count < 1 || info.address.kind != 0 || info.kind != 1 || info.address.ip[0] != 127)) {
        abort();
    }
    return greeted + 100 * found;
}

// Calls functions of an image, without a loader: records {code offset, call thunk's offset, two cells} come in, records
// {what enter returned, trap code, first cell} go out. The image is IMAGE, its entry glue at ENTER.
// For modules without memories, tables and imports: their context is only its head.

typedef __UINTPTR_TYPE__ word;
typedef unsigned long long cell;

__asm__(".section .text.image,\"ax\"\n"
        ".p2align 12\n"
        "image: .incbin \"" IMAGE "\"\n"
        ".text\n");
extern char image[] __attribute__((visibility("hidden")));

struct call { unsigned code, thunk; cell cells[2]; };
struct outcome { unsigned left, trap; cell result; };

static long get(void *to, unsigned long size);
static long put(const void *from, unsigned long size);

// Whole records, however the pipe cuts them.
static int get_all(char *to, unsigned long size) {
    while (size) {
        long got = get(to, size);
        if (got <= 0) return 0;
        to += got;
        size -= (unsigned long)got;
    }
    return 1;
}

static int run(void) {
    static word store[64], context[64];
    static struct call call;
    static struct outcome outcome;
    word (*enter)(word *, word, word, cell *) = (word (*)(word *, word, word, cell *))((word)image + ENTER);
    context[0] = (word)store;
    while (get_all((char *)&call, sizeof call)) {
        store[2] = 0; // trap
        outcome.left = (unsigned)enter(context, (word)image + call.thunk, (word)image + call.code, call.cells);
        outcome.trap = (unsigned)store[2];
        outcome.result = call.cells[0];
        if (put(&outcome, sizeof outcome) != sizeof outcome) return 1;
    }
    return 0;
}

#ifdef __linux__
#include <unistd.h>
static long get(void *to, unsigned long size) { return read(0, to, size); }
static long put(const void *from, unsigned long size) { return write(1, from, size); }
int main(void) { return run(); }
#else
static long call_system(word number, word a, word b, word c) {
    register word r0 __asm__("r0") = a, r1 __asm__("r1") = b, r2 __asm__("r2") = c, r7 __asm__("r7") = number;
    __asm__ volatile("svc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r7) : "memory");
    return (long)r0;
}
static long get(void *to, unsigned long size) { return call_system(3, 0, (word)to, size); }
static long put(const void *from, unsigned long size) { return call_system(4, 1, (word)from, size); }
__attribute__((used)) int start(void) { return run(); }
__attribute__((naked)) void _start(void) { __asm__ volatile("bl start\n movs r7, #1\n svc #0"); }
#endif

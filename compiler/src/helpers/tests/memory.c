// Every length and alignment of the routines on memory, and every overlap. Exit code 0, or the line that failed.
// The routines have other names here, so that they are not the C library's.

typedef __SIZE_TYPE__ size;
typedef unsigned char byte;

void *tested_memcpy(void *to, const void *from, size n);
void *tested_memmove(void *to, const void *from, size n);
void *tested_memset(void *to, int value, size n);
#ifdef __arm__
void tested___aeabi_memset(void *to, size n, int value);
void tested___aeabi_memclr(void *to, size n);
#endif

enum { LENGTH = 176, MOST = 70 };
static byte memory[LENGTH], expected[LENGTH];

// Volatile, so that no loop becomes a call.
static void fill(void) {
    for (volatile int i = 0; i < LENGTH; i++) memory[i] = expected[i] = (byte)(i * 7 + 1);
}

static int is_expected(void) {
    for (volatile int i = 0; i < LENGTH; i++)
        if (memory[i] != expected[i]) return 0;
    return 1;
}

static void expect_move(size to, size from, size n) {
    byte copy[MOST];
    for (volatile size i = 0; i < n; i++) copy[i] = expected[from + i];
    for (volatile size i = 0; i < n; i++) expected[to + i] = copy[i];
}

static void expect_set(size to, byte value, size n) {
    for (volatile size i = 0; i < n; i++) expected[to + i] = value;
}

#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

static int test(void) {
    for (size n = 0; n <= MOST; n++) {
        for (size to = 0; to < 18; to++) {
            for (size from = 0; from < 18; from++) {
                fill();
                expect_move(to, from, n);
                CHECK(tested_memmove(memory + to, memory + from, n) == memory + to && is_expected());
                if (from % 4) continue;
                fill();
                expect_move(to, 88 + from / 4, n);
                CHECK(tested_memcpy(memory + to, memory + 88 + from / 4, n) == memory + to && is_expected());
            }
            fill();
            expect_set(to, 0xa5, n);
            CHECK(tested_memset(memory + to, 0x7a5, n) == memory + to && is_expected());
#ifdef __arm__
            fill();
            expect_set(to, 0xa5, n);
            tested___aeabi_memset(memory + to, n, 0x7a5);
            CHECK(is_expected());
            fill();
            expect_set(to, 0, n);
            tested___aeabi_memclr(memory + to, n);
            CHECK(is_expected());
#endif
        }
    }
    return 0;
}

#ifdef __linux__
int main(void) { return test() & 0xff; }
#else
__attribute__((used)) int run(void) { return test() & 0xff; }
__attribute__((naked)) void _start(void) { __asm__ volatile("bl run\n movs r7, #1\n svc #0"); }
#endif

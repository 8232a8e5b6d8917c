// The entry glue as its users see it: every way into and out of generated code. Exit code 0, or the line that failed.
// Freestanding where there is no C library: the program starts at `_start` and ends by a system call.

typedef __UINTPTR_TYPE__ word;

// The first words of aot-format's Store, in its order.
enum { ENTRY_SP, STACK_LIMIT, TRAP, TRAP_PC, STOP, HANDLER, WORDS = 12 };

struct context {
    word *store;
    word line; // where a check failed inside
};

word graver_enter(struct context *ctx, void *thunk, void *code, word *cells);
_Noreturn void graver_leave(word *store);
_Noreturn void graver_trap(struct context *ctx, unsigned code);

static word store[WORDS];
static struct context ctx = { store, 0 };

#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)
#define EXPECT(condition) do { if (!(condition)) context->line = __LINE__; } while (0)

// The registers that the C convention preserves, set to wrong values; and the floating-point environment.
#if defined(__x86_64__)
#define CLOBBER() __asm__ volatile("movq $-1, %%rbx\n movq $-1, %%r12\n movq $-1, %%r13\n movq $-1, %%r14\n movq $-1, %%r15" \
                                   ::: "rbx", "r12", "r13", "r14", "r15")
#define ALIGNMENT 16
static unsigned environment(void) { unsigned bits; __asm__ volatile("stmxcsr %0" : "=m"(bits)); return bits & ~0x3fu; }
static void set_environment(unsigned bits) { __asm__ volatile("ldmxcsr %0" :: "m"(bits)); }
enum { ODD_ENVIRONMENT = 0xff80, WASM_ENVIRONMENT = 0x1f80 };
#elif defined(__riscv)
#define CLOBBER() __asm__ volatile("li s1, -1\n li s2, -1\n li s3, -1\n li s4, -1\n li s5, -1\n li s6, -1\n li s7, -1\n" \
                                   "li s8, -1\n li s9, -1\n li s10, -1\n li s11, -1" \
                                   ::: "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11")
#define ALIGNMENT 16
#ifdef __riscv_flen
// The rounding mode.
static unsigned environment(void) { unsigned long bits; __asm__ volatile("frrm %0" : "=r"(bits)); return (unsigned)bits; }
static void set_environment(unsigned bits) { __asm__ volatile("fsrm %0" :: "r"((unsigned long)bits)); }
enum { ODD_ENVIRONMENT = 2, WASM_ENVIRONMENT = 0 };
#endif
#elif defined(__XTENSA_WINDOWED__)
// Windows preserve everything; what a function must not lose are the windows of its callers.
#define CLOBBER() __asm__ volatile("movi a8, -1\n movi a9, -1\n movi a10, -1\n movi a11, -1\n movi a12, -1\n movi a13, -1\n" \
                                   "movi a14, -1\n movi a15, -1" \
                                   ::: "a8", "a9", "a10", "a11", "a12", "a13", "a14", "a15")
#define ALIGNMENT 16
#elif defined(__XTENSA__)
#define CLOBBER() __asm__ volatile("movi a12, -1\n movi a13, -1\n movi a14, -1\n movi a15, -1" ::: "a12", "a13", "a14", "a15")
#define ALIGNMENT 16
#elif defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
#define CLOBBER() __asm__ volatile("movs r4, #0\n movs r5, #0\n movs r6, #0\n mov r8, r4\n mov r9, r4\n mov r10, r4\n mov r11, r4" \
                                   ::: "r4", "r5", "r6", "r8", "r9", "r10", "r11")
#define ALIGNMENT 8
#else
#define CLOBBER() __asm__ volatile("movs r4, #0\n movs r5, #0\n movs r6, #0\n mov r8, r4\n mov r9, r4\n mov r10, r4\n mov r11, r4" \
                                   ::: "r4", "r5", "r6", "r8", "r9", "r10", "r11")
#define ALIGNMENT 8
#ifdef __ARM_FP
static unsigned environment(void) { unsigned bits; __asm__ volatile("vmrs %0, fpscr" : "=r"(bits)); return bits & 0x07c00000; }
static void set_environment(unsigned bits) { __asm__ volatile("vmsr fpscr, %0" :: "r"(bits)); }
enum { ODD_ENVIRONMENT = 0x01c00000, WASM_ENVIRONMENT = 0 };
#endif
#endif

#if defined(__XTENSA__) && defined(FLOATS)
static unsigned environment(void) { unsigned bits; __asm__ volatile("rur %0, fcr" : "=r"(bits)); return bits; }
static void set_environment(unsigned bits) { __asm__ volatile("wur %0, fcr" :: "r"(bits)); }
enum { ODD_ENVIRONMENT = 2, WASM_ENVIRONMENT = 0 };
#endif

// The stack pointer that a C function was called with is a multiple of ALIGNMENT: an over-aligned local does not move it.
#if defined(__arm__) && !defined(__thumb__)
// A frame may be a single register, so its address says nothing.
__attribute__((naked)) static int is_aligned(void) {
    __asm__ volatile("and r0, sp, #7\n clz r0, r0\n lsr r0, r0, #5\n bx lr");
}
#else
__attribute__((noinline)) static int is_aligned(void) {
    return ((word)__builtin_frame_address(0) & (ALIGNMENT - 1)) == 0;
}
#endif

static word returns(struct context *context, word code, word *cells) {
    EXPECT(code == 77);
    EXPECT(store[ENTRY_SP] != 11 && store[HANDLER] == 0);
    EXPECT(is_aligned());
#ifdef FLOATS
    EXPECT(environment() == WASM_ENVIRONMENT);
#endif
    cells[1] = cells[0] + 1;
    CLOBBER();
    return 5;
}

static void leaves(struct context *context, word code, word *cells) {
    cells[1] = code;
    CLOBBER();
#ifdef __ARM_FP
    __asm__ volatile("vmov s16, %0\n vmov s31, %0" :: "r"(code) : "s16", "s31");
#endif
#ifdef __riscv_flen
    __asm__ volatile("fcvt.s.w fs0, %0\n fcvt.s.w fs11, %0" :: "r"(code) : "fs0", "fs11");
#endif
    graver_leave(context->store);
}

static void traps(struct context *context, word code, word *cells) {
    CLOBBER();
    (void)cells;
    graver_trap(context, (unsigned)code);
}

// Enters again; the inner leave must end the inner call only.
static void nests(struct context *context, word code, word *cells) {
    word outer = store[ENTRY_SP];
    EXPECT(graver_enter(context, (void *)leaves, (void *)code, cells) == 1);
    EXPECT(store[ENTRY_SP] == outer && store[HANDLER] == 0);
    if (cells[2]) graver_leave(context->store);
}

// Recursion that keeps values over its calls, deeper than register windows go.
__attribute__((noinline)) static word deep(word depth, word (*bottom)(word), word a, word b) {
    if (depth == 0) return bottom(a ^ b);
    word result = deep(depth - 1, bottom, a + depth, b * 3);
    return result * 31 + a * 7 + (b ^ depth);
}

static word returns_5(word value) { (void)value; return 5; }
static word leaves_from_below(word value) { (void)value; graver_leave(store); }
static word traps_from_below(word value) { (void)value; graver_trap(&ctx, 78); }

// At the bottom of a recursion, enters and leaves from the bottom of another one; that can be in a third one, and so on.
enum { DEPTH = 40 };
static word cells_of_dives[3];
static word dives_on(word value);

static void dives(struct context *context, word levels, word *cells) {
    EXPECT(deep(DEPTH, levels ? dives_on : cells[0] ? leaves_from_below : traps_from_below, levels, 9) == cells[1]);
    // Only those that have not left get here.
    cells[2] += 1;
    if (levels & 1) graver_leave(context->store);
}

static word levels_of_dives;

static word dives_on(word value) {
    word levels = --levels_of_dives, outer = store[ENTRY_SP];
    cells_of_dives[1] = deep(DEPTH, returns_5, levels, 9);
    word has_left = graver_enter(&ctx, (void *)dives, (void *)levels, cells_of_dives);
    struct context *context = &ctx;
    EXPECT(has_left == (levels == 0 || (levels & 1)) && store[ENTRY_SP] == outer);
    cells_of_dives[1] = deep(DEPTH, returns_5, levels + 1, 9);
    (void)value;
    return 5;
}

static int dive(word leaves) {
    cells_of_dives[0] = leaves;
    cells_of_dives[2] = 0;
    levels_of_dives = 5;
    word expected = deep(DEPTH, returns_5, 1, 2);
    CHECK(deep(DEPTH, dives_on, 1, 2) == expected);
    // All but the innermost.
    CHECK(cells_of_dives[2] == 4);
    return 0;
}

// Calls `enter` with patterns in all preserved registers, and says whether they are there after it.
static word preserved(void *thunk, word *cells) {
    word result;
#if defined(__x86_64__)
    register struct context *a __asm__("rdi") = &ctx;
    register void *b __asm__("rsi") = thunk;
    register word c __asm__("rdx") = 77;
    register word *d __asm__("rcx") = cells;
    __asm__ volatile("movq $1, %%rbx\n movq $2, %%r12\n movq $3, %%r13\n movq $4, %%r14\n movq $5, %%r15\n"
                     // Below the compiler's own data, and aligned as at any call.
                     "pushq %%rbp\n movq %%rsp, %%rbp\n subq $128, %%rsp\n andq $-16, %%rsp\n"
                     "callq graver_enter\n"
                     "movq %%rbp, %%rsp\n popq %%rbp\n"
                     "cmpq $1, %%rbx\n jne 1f\n cmpq $2, %%r12\n jne 1f\n cmpq $3, %%r13\n jne 1f\n"
                     "cmpq $4, %%r14\n jne 1f\n cmpq $5, %%r15\n jne 1f\n jmp 2f\n"
                     "1: movl $99, %%eax\n 2:"
                     : "=a"(result), "+r"(a), "+r"(b), "+r"(c), "+r"(d)
                     :: "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
#elif defined(__riscv)
    register word a0 __asm__("a0") = (word)&ctx;
    register void *b __asm__("a1") = thunk;
    register word c __asm__("a2") = 77;
    register word *d __asm__("a3") = cells;
    __asm__ volatile("li s1, 1\n li s2, 2\n li s3, 3\n li s4, 4\n li s5, 5\n li s6, 6\n li s7, 7\n"
                     "li s8, 8\n li s9, 9\n li s10, 10\n li s11, 11\n"
#ifdef __riscv_flen
                     "fcvt.s.w fs0, s4\n fcvt.s.w fs11, s5\n"
#endif
                     "call graver_enter\n"
#ifdef __riscv_flen
                     "fcvt.w.s t0, fs0\n fcvt.w.s t1, fs11\n"
#else
                     "li t0, 4\n li t1, 5\n"
#endif
                     // Each register less its number: all zero.
                     "addi s1, s1, -1\n addi s2, s2, -2\n addi s3, s3, -3\n addi s4, s4, -4\n addi s5, s5, -5\n"
                     "addi s6, s6, -6\n addi s7, s7, -7\n addi s8, s8, -8\n addi s9, s9, -9\n addi s10, s10, -10\n"
                     "addi s11, s11, -11\n addi t0, t0, -4\n addi t1, t1, -5\n"
                     "or t0, t0, t1\n or t0, t0, s1\n or t0, t0, s2\n or t0, t0, s3\n or t0, t0, s4\n or t0, t0, s5\n"
                     "or t0, t0, s6\n or t0, t0, s7\n or t0, t0, s8\n or t0, t0, s9\n or t0, t0, s10\n or t0, t0, s11\n"
                     "beqz t0, 1f\n li a0, 99\n 1:"
                     : "+r"(a0), "+r"(b), "+r"(c), "+r"(d)
                     :: "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "ra", "t0", "t1", "t2", "t3",
                        "t4", "t5", "t6", "a4", "a5", "a6", "a7", "memory"
#ifdef __riscv_flen
                     , "fs0", "fs11"
#endif
    );
    result = a0;
#elif defined(__XTENSA_WINDOWED__)
    result = graver_enter(&ctx, thunk, (void *)77, cells);
#elif defined(__XTENSA__)
    register word a2 __asm__("a2") = (word)&ctx;
    register void *b __asm__("a3") = thunk;
    register word c __asm__("a4") = 77;
    register word *d __asm__("a5") = cells;
    register void *enter __asm__("a6") = (void *)graver_enter;
    __asm__ volatile("movi a12, 12\n movi a13, 13\n movi a14, 14\n movi a15, 15\n callx0 a6\n"
                     // Each register less its number: all zero.
                     "addi a12, a12, -12\n addi a13, a13, -13\n addi a14, a14, -14\n addi a15, a15, -15\n"
                     "or a12, a12, a13\n or a12, a12, a14\n or a12, a12, a15\n beqz a12, 1f\n movi a2, 99\n 1:"
                     : "+r"(a2), "+r"(b), "+r"(c), "+r"(d), "+r"(enter)
                     :: "a0", "a7", "a8", "a9", "a10", "a11", "a12", "a13", "a14", "a15", "memory");
    result = a2;
#elif defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
    register word r0 __asm__("r0") = (word)&ctx;
    register void *b __asm__("r1") = thunk;
    register word c __asm__("r2") = 77;
    register word *d __asm__("r3") = cells;
    __asm__ volatile("movs r4, #1\n movs r5, #2\n movs r6, #3\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r4\n"
                     "bl graver_enter\n"
                     "cmp r4, #1\n bne 1f\n cmp r5, #2\n bne 1f\n cmp r6, #3\n bne 1f\n cmp r8, r4\n bne 1f\n"
                     "cmp r9, r5\n bne 1f\n cmp r10, r6\n bne 1f\n cmp r11, r4\n beq 2f\n"
                     "1: movs r0, #99\n 2:"
                     : "+r"(r0), "+r"(b), "+r"(c), "+r"(d)
                     :: "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "memory", "cc");
    result = r0;
#else
    register word r0 __asm__("r0") = (word)&ctx;
    register void *b __asm__("r1") = thunk;
    register word c __asm__("r2") = 77;
    register word *d __asm__("r3") = cells;
    __asm__ volatile("movs r4, #1\n movs r5, #2\n movs r6, #3\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r4\n"
#ifdef __ARM_FP
                     "vmov s16, r4\n vmov s31, r5\n"
#endif
                     "bl graver_enter\n"
#ifdef __ARM_FP
                     "vmov r2, s16\n vmov r3, s31\n"
#else
                     "movs r2, #1\n movs r3, #2\n"
#endif
                     "cmp r4, #1\n it eq\n cmpeq r5, #2\n it eq\n cmpeq r6, #3\n it eq\n cmpeq r8, #1\n"
                     "it eq\n cmpeq r9, #2\n it eq\n cmpeq r10, #3\n it eq\n cmpeq r11, #1\n"
                     "it eq\n cmpeq r2, #1\n it eq\n cmpeq r3, #2\n it ne\n movne r0, #99\n"
                     : "+r"(r0), "+r"(b), "+r"(c), "+r"(d)
                     :: "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "memory", "cc"
#ifdef __ARM_FP
                     , "s16", "s31"
#endif
    );
    result = r0;
#endif
    return result;
}

static int is_as_before(void) {
    return store[ENTRY_SP] == 11 && store[HANDLER] == 12;
}

static int test(void) {
    word cells[3] = { 41, 0, 0 };
    store[ENTRY_SP] = 11;
    store[HANDLER] = 12;
#ifdef FLOATS
    unsigned before = environment();
    set_environment(ODD_ENVIRONMENT);
#endif

    CHECK(preserved((void *)returns, cells) == 0);
    CHECK(cells[1] == 42 && is_as_before() && ctx.line == 0);

    CHECK(preserved((void *)leaves, cells) == 1);
    CHECK(cells[1] == 77 && is_as_before());

    CHECK(preserved((void *)traps, cells) == 1);
    CHECK(store[TRAP] == 77 && is_as_before());
    // The call is in `traps`, which is short; bit 0 says nothing about the place.
    word start = (word)traps & ~(word)1;
    CHECK(store[TRAP_PC] > start && store[TRAP_PC] <= start + 80);

    CHECK(preserved((void *)nests, cells) == 0 && is_as_before());
    cells[2] = 1;
    CHECK(preserved((void *)nests, cells) == 1 && is_as_before());
    if (ctx.line) return (int)ctx.line;

    int line = dive(0);
    if (line == 0) line = dive(1);
    if (line || ctx.line) return line ? line : (int)ctx.line;
    CHECK(store[TRAP] == 78 && is_as_before());

#ifdef FLOATS
    CHECK(environment() == ODD_ENVIRONMENT);
    set_environment(before);
#endif
    return 0;
}

#ifdef __XTENSA__
// Called by the start-up code.
long graver_simcall(word number, word a, word b, word c);
void graver_main(void) { graver_simcall(1, (word)test() & 0xff, 0, 0); }
void graver_fault(void) { graver_simcall(1, 255, 0, 0); }
#elif defined(__linux__)
int main(void) { return test() & 0xff; }
#else
__attribute__((naked)) void _start(void) {
#ifdef __riscv
    __asm__ volatile(".option push\n .option norelax\n lla gp, __global_pointer$\n .option pop\n call run\n li a7, 93\n ecall");
#else
    __asm__ volatile("bl run\n movs r7, #1\n svc #0");
#endif
}
__attribute__((used)) int run(void) { return test() & 0xff; }
#endif

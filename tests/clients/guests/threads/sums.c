/* Sums of ranges on several threads, each of which keeps its numbers on a stack of its own. */
#define EXPORT(name) __attribute__((export_name(#name)))

#define ALL __ATOMIC_SEQ_CST

extern int meet(int who);

static int total, arrived;

/* Numbers from `start` on, summed by way of the stack. */
EXPORT(sum) int sum(int start, int length)
{
    volatile int numbers[32];
    int done = 0, result = 0;
    while (done < length) {
        int i, count = length - done < 32 ? length - done : 32;
        for (i = 0; i < count; i++) {
            numbers[i] = start + done + i;
        }
        for (i = 0; i < count; i++) {
            result += numbers[i];
        }
        done += count;
    }
    __atomic_fetch_add(&total, result, ALL);
    return result;
}

/* Fills its stack, meets the others, and looks whether anything has changed. */
EXPORT(keep) int keep(int who)
{
    volatile int numbers[24];
    int i, changed = 0;
    for (i = 0; i < 24; i++) {
        numbers[i] = who;
    }
    meet(who);
    for (i = 0; i < 24; i++) {
        changed += numbers[i] != who;
    }
    return changed;
}

EXPORT(stack) int stack(void)
{
    volatile int here = 0;
    volatile int *address = &here;
    __asm__ volatile("" : "+r"(address));
    return (int)address + here;
}

EXPORT(get_total) int get_total(void) { return __atomic_load_n(&total, ALL); }

/* All so many threads wait for each other. */
EXPORT(gather) int gather(int count)
{
    int before = __atomic_add_fetch(&arrived, 1, ALL);
    if (before == count) {
        __builtin_wasm_memory_atomic_notify(&arrived, (unsigned)count);
    }
    while (before < count) {
        __builtin_wasm_memory_atomic_wait32(&arrived, before, -1);
        before = __atomic_load_n(&arrived, ALL);
    }
    return before;
}

/*
 * The rest of a firmware for a Cortex-M4: start-up, output over semihosting, a painted stack, and what the library wants of
 * a C library for boards. Without CLIENT it is what the measured part comes on top of. Lines that start with # are figures.
 */
#include <stddef.h>
#include <stdint.h>

#include "firmware.h"

void reset(void);
void abort(void) __attribute__((noreturn));
void *_sbrk(ptrdiff_t bytes);

extern char bss_start[], bss_end[], stack_end[], stack_top[];

/* Semihosting's operations, from Arm's "Semihosting for AArch32 and AArch64". */
enum { SYS_WRITEC = 0x03, SYS_EXIT = 0x18 };
enum { STOPPED_RUN_TIME_ERROR = 0x20023, STOPPED_APPLICATION_EXIT = 0x20026 };

static void semihosting(unsigned operation, uintptr_t argument)
{
    register unsigned r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void end(uintptr_t reason) __attribute__((noreturn));
static void end(uintptr_t reason)
{
    for (;;)
        semihosting(SYS_EXIT, reason);
}

void abort(void)
{
    end(STOPPED_RUN_TIME_ERROR);
}

int putchar(int byte)
{
    char character = (char)byte;
    semihosting(SYS_WRITEC, (uintptr_t)&character);
    return byte;
}

/* Memory beside the pool: there is none. */
void *_sbrk(ptrdiff_t bytes)
{
    (void)bytes;
    return (void *)-1;
}

static void fault(void)
{
    text("fault");
    end(STOPPED_RUN_TIME_ERROR);
}

__attribute__((section(".vectors"), used)) static const struct {
    char *stack;
    void (*handlers[15])(void);
} vectors = { stack_top, { reset, fault, fault, fault, fault, fault } };

/* CPACR: full access to the coprocessors 10 and 11, which are the FPU. */
#define CPACR (*(volatile uint32_t *)0xe000ed88)
#define COLOUR 0xa5a5a5a5u

/* Paints all of the stack below this frame. */
static void paint(void)
{
    volatile uint32_t *word;
    char *free = (char *)__builtin_frame_address(0) - 64;
    for (word = (volatile uint32_t *)stack_end; (char *)word < free; word++)
        *word = COLOUR;
}

/* Bytes of the stack that were used at most. */
static unsigned touched(void)
{
    const volatile uint32_t *word = (const volatile uint32_t *)stack_end;
    while ((const char *)word < stack_top && *word == COLOUR)
        word++;
    return (unsigned)(stack_top - (const char *)word);
}

void reset(void)
{
    const char *wrong = NULL;
    char *byte;
    CPACR |= 0xfu << 20;
    __asm__ volatile("dsb\n\tisb");
    for (byte = bss_start; byte < bss_end; byte++)
        *byte = 0;
    paint();
#ifdef CLIENT
    wrong = client_run();
#endif
    if (wrong)
        text(wrong);
    figure("# stack", touched());
    end(wrong ? STOPPED_RUN_TIME_ERROR : STOPPED_APPLICATION_EXIT);
}

/*
 * Runs a client on a Cortex-M with FPU, as QEMU's mps2-an386: start-up, images from flash, and the C library's output over
 * semihosting. Linked with the images' arrays and a list of them.
 */
#include <stdlib.h>
#include <string.h>

#include "../client.h"

/* The list, which ends with a row of nulls. */
struct image {
    const char *name;
    const unsigned char *bytes;
    const unsigned long *size;
};
extern const struct image client_images[];

uint8_t *client_image(const char *guest, uint32_t *size)
{
    const struct image *image;
    for (image = client_images; image->name; image++) {
        if (strcmp(image->name, guest) == 0) {
            *size = (uint32_t)*image->size;
            /* It stays in flash: nothing writes to it. */
            return (uint8_t *)(uintptr_t)image->bytes;
        }
    }
    printf("no image of %s\n", guest);
    exit(2);
}

void initialise_monitor_handles(void);
void reset(void);
void _fini(void);
extern char bss_start[], bss_end[], stack_top[];

/* What newlib calls after destructors, of which there are none. */
void _fini(void) {}

static void fault(void)
{
    printf("fault\n");
    exit(3);
}

__attribute__((section(".vectors"), used)) static const struct {
    char *stack;
    void (*handlers[15])(void);
} vectors = { stack_top, { reset, fault, fault, fault, fault, fault } };

/* CPACR: full access to the coprocessors 10 and 11, which are the FPU. */
#define CPACR (*(volatile uint32_t *)0xe000ed88)

void reset(void)
{
    CPACR |= 0xfu << 20;
    __asm__ volatile("dsb\n\tisb");
    memset(bss_start, 0, (size_t)(bss_end - bss_start));
    initialise_monitor_handles();
    exit(client_main() == 0 ? 0 : 1);
}

/* Something that is tried in a pool of every size. */
#ifndef POOLS_H
#define POOLS_H

#include "client.h"

#define MARGIN 64

/* Runs it in pools of sizes that `next` gives, from 0 on, each between bytes that must stay as they are, and ends when it was
   done in more than `enough` bytes. More memory never gets less far. The steps that were reached, a bit for each. */
static unsigned run_in_pools(unsigned (*run)(char *pool, uint32_t size), uint32_t (*next)(uint32_t size), unsigned done,
                             uint32_t enough)
{
    uint32_t size, i;
    unsigned last = 0, seen = 0;

    for (size = 0; size <= CLIENT_POOL_SIZE - 2 * MARGIN; size = next(size)) {
        char *pool = client_pool.bytes + MARGIN;
        unsigned step;
        memset(client_pool.bytes, 0x6b, MARGIN);
        memset(pool + size, 0x6b, MARGIN);
        step = run(pool, size);
        if (!CHECK(step >= last)) {
            printf("    step %u with %u bytes, after step %u\n", step, (unsigned)size, last);
        }
        last = step;
        seen |= 1u << step;
        for (i = 0; i < MARGIN; i++) {
            if (client_pool.bytes[i] != 0x6b || pool[size + i] != 0x6b) {
                CHECK(client_pool.bytes[i] == 0x6b && pool[size + i] == 0x6b);
                break;
            }
        }
        if (step == done && size > enough) {
            break;
        }
    }
    CHECK(last == done);
    return seen;
}

#endif

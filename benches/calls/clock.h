/* The processor time of this thread, in nanoseconds. */
#include <stdint.h>
#include <time.h>

static inline uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

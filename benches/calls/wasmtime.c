/*
 * A library for benches/peers/wasmtime_peer.py: the loop that calls into wasm by wasmtime's C API, and the function that wasm
 * calls, so that no Python is in what is timed. The peer passes wasmtime's function and objects.
 */
#include <stddef.h>
#include <stdint.h>

#include "clock.h"

/* As wasmtime's `wasmtime/val.h` has it. */
union raw_value {
    int32_t i32;
    int64_t i64;
    uint8_t v128[16];
};

/* `wasmtime_func_call_unchecked`: an error or null, and a trap if there is one. */
typedef void *(*call_function)(void *context, const void *function, union raw_value *values, size_t count, void **trap);

void *add_one(void *env, void *caller, union raw_value *values, size_t count)
{
    (void)env;
    (void)caller;
    (void)count;
    values[0].i32 += 1;
    return NULL;
}

/* Calls `rounds` times with the result of the call before; the time in nanoseconds, and the last result. */
uint64_t call(call_function function, void *context, const void *wasm, uint32_t rounds, uint32_t *result)
{
    union raw_value value = { .i32 = (int32_t)*result };
    void *trap = NULL;
    uint64_t start = now();
    for (uint32_t round = 0; round < rounds; round++) {
        if (function(context, wasm, &value, 1, &trap) || trap)
            return 0;
    }
    start = now() - start;
    *result = (uint32_t)value.i32;
    return start;
}

/* Has an allocator of its own, which the host's module_malloc then uses: a stack of blocks, and a count of both calls. */
#define EXPORT(name) __attribute__((export_name(#name)))

static char heap[4096];
static int used, mallocs, frees;

EXPORT(malloc) void *own_malloc(int size)
{
    char *block = heap + used;
    if (size < 0 || size > (int)sizeof(heap) - used) {
        return 0;
    }
    used += (size + 15) & ~15;
    mallocs++;
    return block;
}

EXPORT(free) void own_free(void *block)
{
    if (block) {
        used = (int)((char *)block - heap);
        frees++;
    }
}

EXPORT(counts) int counts(void) { return mallocs * 100 + frees; }
EXPORT(heap_at) char *heap_at(void) { return heap; }
EXPORT(byte_at) int byte_at(const unsigned char *at) { return *at; }

/* Works on buffers of the host's, and hands out its own. */
#define EXPORT(name) __attribute__((export_name(#name)))

static char own[128];

/* Both buffers come from the host. */
EXPORT(upper) int upper(char *to, const char *from, int room)
{
    int i;
    for (i = 0; i < room - 1 && from[i]; i++) {
        to[i] = (char)(from[i] >= 'a' && from[i] <= 'z' ? from[i] - 32 : from[i]);
    }
    to[i] = 0;
    return i;
}

EXPORT(sum) long long sum(const long long *numbers, int count)
{
    long long total = 0;
    int i;
    for (i = 0; i < count; i++) {
        total += numbers[i];
    }
    return total;
}

EXPORT(describe) char *describe(int number)
{
    char *end = own + sizeof(own) - 1;
    *end = 0;
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return end;
}

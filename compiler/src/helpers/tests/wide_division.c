// The 128-bit divisions against the C compiler's. Exit code 0, or the line that failed.
// The routines have other names here, so that they are not the C library's.

typedef unsigned __int128 wide;
typedef __int128 wide_signed;

wide tested___udivti3(wide n, wide d);
wide tested___umodti3(wide n, wide d);
wide_signed tested___divti3(wide_signed n, wide_signed d);
wide_signed tested___modti3(wide_signed n, wide_signed d);

static unsigned long long state = 0x2545f4914f6cdd1dull;

static unsigned long long next(void) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1dull;
}

// Numbers of all lengths, with runs of equal bits.
static wide number(void) {
    wide value = ((wide)next() << 64 | next()) >> next() % 128;
    return next() % 3 ? value : ~value;
}

int main(void) {
    for (int i = 0; i < 200000; i++) {
        wide n = number(), d = number();
        if (d == 0) d = 1;
        if (tested___udivti3(n, d) != n / d) return __LINE__;
        if (tested___umodti3(n, d) != n % d) return __LINE__;
        wide_signed sn = (wide_signed)n, sd = (wide_signed)d;
        if (sd == -1) sd = 3; // the one overflow
        if (tested___divti3(sn, sd) != sn / sd) return __LINE__;
        if (tested___modti3(sn, sd) != sn % sd) return __LINE__;
    }
    return 0;
}

/* Made to be loaded beside others: memory, table, stack and the places of its data come from outside. */
int strcmp(const char *a, const char *b);

static const char *const words[] = { "zero", "one", "two" };
static int counter = 40;

typedef int (*operation)(int, int);

static int add(int a, int b)
{
    return a + b;
}

static int subtract(int a, int b)
{
    return a - b;
}

static operation volatile operations[] = { add, subtract, 0 };

/* The number of the word at an address. Words are compared by content, wherever they were put. */
__attribute__((export_name("number_of"))) int number_of(const char *word)
{
    int i;
    for (i = 0; i < 3; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }
    return -1;
}

__attribute__((export_name("word"))) const char *word(int i)
{
    return words[i];
}

/* Through an element of the table; -1 for the null function. */
__attribute__((export_name("apply"))) int apply(int which, int a, int b)
{
    operation chosen = operations[which];
    return chosen ? chosen(a, b) : -1;
}

__attribute__((export_name("count"))) int count(void)
{
    return ++counter;
}

/* Uses `n` pieces of the stack. */
__attribute__((export_name("deep"))) int deep(int n)
{
    volatile char room[256];
    int i;
    for (i = 0; i < 256; i++) {
        room[i] = (char)(n + i);
    }
    return n == 0 ? room[3] : deep(n - 1) + room[1] - room[0];
}

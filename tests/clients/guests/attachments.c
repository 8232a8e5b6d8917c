/* Two imports that one native implements. */
#define EXPORT(name) __attribute__((export_name(#name)))

extern int count_apples(int more);
extern int count_pears(int more);

EXPORT(apples) int apples(int more) { return count_apples(more); }
EXPORT(pears) int pears(int more) { return count_pears(more); }
EXPORT(both) int both(int more) { return count_apples(more) * 100 + count_pears(more); }

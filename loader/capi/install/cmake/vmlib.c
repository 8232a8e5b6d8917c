/* The library is in libgraver.a; build systems want a source for the library that they make of it. */
extern const char graver_vmlib_is_in_libgraver[];
const char graver_vmlib_is_in_libgraver[] = "libgraver.a";

/* A program with main. Its result tells what it got. */
int main(int argc, char **argv)
{
    int i, digits = argc;
    for (i = 1; i < argc; i++) {
        char *letter = argv[i];
        int length = 0;
        while (*letter++) {
            length++;
        }
        digits = digits * 10 + length;
    }
    return digits;
}

/* What the linker would have put around it. */
__attribute__((export_name("main"))) int exported_main(int argc, char **argv)
{
    return main(argc, argv);
}

/* graver compile --opt-level 0 */
__attribute__((export_name("A1"))) int A1(void)
{
    return 11;
}

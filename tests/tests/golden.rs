//! The golden cases as one test; `cargo xtask golden --bless` rewrites what they expect.

#[test]
fn what_the_compiler_makes_is_what_is_written_down() {
    let tally = graver_tests::golden::run("", false).expect("the cases can be read");
    assert!(tally.passed > 0 && tally.failed == 0, "{tally}");
}

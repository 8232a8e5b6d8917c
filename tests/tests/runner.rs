//! A runner that cannot fail proves nothing: whatever a script wrongly expects must be reported, in the same words
//! wherever the script is executed.

use graver_targets::Target;
use graver_tests::emulator::{Firmware, Runner};
use graver_tests::spec::{Config, outcomes};

/// Every directive on a line of its own; `expected` has an entry for each.
const SCRIPT: &str = r#"(module $m (memory (export "m") 1) (global (export "g") i32 (i32.const 7)) (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))) (func (export "nan") (param f32) (result f32) (local.get 0)) (func (export "zero") (result f64) (f64.const -0)) (func (export "divide") (param i64 i64) (result i64 i64) (i64.div_s (local.get 0) (local.get 1)) (local.get 0)) (func (export "load") (param i32) (result i32) (i32.load (local.get 0))) (func (export "null") (result externref) (ref.null extern)) (func $deep (export "deep") (result i32) (i32.add (i32.const 1) (call $deep))))
(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 4))
(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i64.const 3))
(assert_return (invoke "add" (i32.const 1) (i32.const 2)))
(assert_return (get $m "g") (i32.const 7))
(assert_return (get $m "g") (i32.const 8))
(assert_return (invoke "nan" (f32.const nan:0x200000)) (f32.const nan:0x200000))
(assert_return (invoke "nan" (f32.const nan:0x200000)) (f32.const nan:arithmetic))
(assert_return (invoke "nan" (f32.const nan:0x400001)) (f32.const nan:canonical))
(assert_return (invoke "nan" (f32.const nan:0x400001)) (f32.const nan:arithmetic))
(assert_return (invoke "zero") (f64.const 0))
(assert_return (invoke "null") (ref.null extern))
(assert_return (invoke "null") (ref.extern 0))
(assert_return (invoke "divide" (i64.const -7) (i64.const 2)) (i64.const -3) (i64.const -7))
(assert_return (invoke "divide" (i64.const -7) (i64.const 2)) (i64.const -3) (i64.const 7))
(assert_return (invoke "divide" (i64.const 1) (i64.const 0)) (i64.const 0) (i64.const 0))
(assert_trap (invoke "divide" (i64.const 1) (i64.const 0)) "integer divide by zero")
(assert_trap (invoke "divide" (i64.const 1) (i64.const 0)) "integer overflow")
(assert_trap (invoke "divide" (i64.const 1) (i64.const 1)) "integer divide by zero")
(assert_trap (invoke "load" (i32.const 65533)) "out of bounds memory access")
(assert_trap (invoke "load" (i32.const 65532)) "out of bounds memory access")
(assert_exhaustion (invoke "deep") "call stack exhausted")
(assert_exhaustion (invoke "add" (i32.const 1) (i32.const 2)) "call stack exhausted")
(invoke "deep")
(invoke "nothing")
(register "m" $m)
(module (import "m" "add" (func (param i32 i32) (result i32))))
(module (import "m" "add" (func (param i32) (result i32))))
(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
(assert_unlinkable (module (import "m" "sub" (func))) "unknown import")
(assert_unlinkable (module (import "m" "sub" (func))) "incompatible import type")
(assert_unlinkable (module (import "m" "add" (func (param i32 i32) (result i32)))) "unknown import")
(assert_trap (module (func $f (unreachable)) (start $f)) "unreachable")
(assert_trap (module (func $f) (start $f)) "unreachable")
"#;

/// What must be said, by line; nothing means that the directive holds.
const FAILURES: &[(usize, &str)] = &[
    (3, "returned [i32 3], expected i32 4"),
    (4, "returned [i32 3], expected i64 3"),
    (5, "returned [i32 3], expected "),
    (7, "returned [i32 7], expected i32 8"),
    (9, "returned [f32 NaN (0x7fa00000)], expected ArithmeticF32"),
    (10, "returned [f32 NaN (0x7fc00001)], expected CanonicalF32"),
    (12, "returned [f64 -0.0 (0x8000000000000000)], expected f64 0.0 (0x0)"),
    (14, "returned [null externref], expected externref 0"),
    (16, "returned [i64 -3, i64 -7], expected i64 -3, i64 7"),
    (17, "trap: integer divide by zero, expected i64 0, i64 0"),
    (19, "trap: integer divide by zero, expected the trap `integer overflow`"),
    (20, "returned [i64 1, i64 1], expected the trap `integer divide by zero`"),
    (22, "returned [i32 0], expected the trap `out of bounds memory access`"),
    (24, "returned [i32 3], expected the trap `call stack exhausted`"),
    (25, "trap: native stack overflow"),
    (26, "there is no export \"nothing\" of that kind"),
    (29, "link error: incompatible import type: \"m\" \"add\": the function has another type"),
    (30, "the module was not instantiated"),
    (
        32,
        "link error: unknown import: nothing was defined for \"m\" \"sub\", expected the link error `incompatible import type`",
    ),
    (33, "returned [], expected the link error `unknown import`"),
    (35, "returned [], expected the trap `unreachable`"),
];

fn expected() -> String {
    let line = |number: usize| match FAILURES.iter().find(|(line, _)| *line == number) {
        Some((_, why)) => format!("@{number}\nfail {why}\n"),
        None => format!("@{number}\nok\n"),
    };
    (1..=SCRIPT.lines().count()).map(line).collect()
}

fn check(options: &str) {
    let config = Config::parse(options.split_whitespace().map(str::to_owned)).expect("options");
    assert_eq!(outcomes(&config, SCRIPT).expect("it runs to the end"), expected(), "{options}");
}

#[test]
fn wrong_expectations_fail_in_this_process() {
    check("--target x86_64");
}

#[test]
fn wrong_expectations_fail_in_a_program_of_their_own() {
    check("--target x86_64 --apart");
}

#[test]
fn wrong_expectations_fail_on_a_board() {
    check("--target thumbv7em-hf");
}

/// No other row whose firmware the tests build lacks atomic operations, without which the loader must compile as well.
#[test]
fn wrong_expectations_fail_on_a_core_without_atomics() {
    check("--target xtensa-esp8266");
}

/// The firmware compares code with what it was when it got its place. This one changes a byte of a copy, if there is one.
#[test]
fn written_code_is_noticed() {
    let target = Target::find("thumbv7m").expect("a row");
    let (name, folder, arguments) = ("firmware-runner", "tests/firmware/runner", &["--features", "damages-code"][..]);
    let firmware = Firmware { name, folder, variant: "damaging", arguments, ..Firmware::default() };
    let runner = Runner::variant(target.board.as_ref().expect("a board"), &firmware).expect("builds");
    let run = |options: &[&str]| {
        let program = runner.program.display().to_string();
        let options = [&["--target", target.name, "--runner", &program], options].concat();
        let config = Config::parse(options.into_iter().map(str::to_owned)).expect("options");
        outcomes(&config, "(module (func (export \"f\")))\n(invoke \"f\")")
    };
    assert_eq!(run(&[]).expect("nothing is copied"), "@1\nok\n@2\nok\n");
    let error = run(&["--shifted"]).expect_err("a copy was changed");
    assert!(format!("{error:#}").contains("code was written"), "{error:#}");
}

/// What the compiler judges.
#[test]
fn wrong_verdicts_fail() {
    let text = "(assert_invalid (module (func (result i32))) \"type mismatch\")\n(assert_invalid (module) \"type mismatch\")
                (module binary \"\\00asm\" \"\\01\\00\\00\\00\")\n(assert_malformed (module binary \"\\00asm\") \"unexpected end\")";
    let config = Config::parse(std::iter::empty()).expect("options");
    let found = outcomes(&config, text).expect("it runs to the end");
    assert_eq!(found, "@1\nok\n@2\nfail compiled, expected `type mismatch`\n@4\nok\n@3\nok\n");
}

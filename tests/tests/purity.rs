//! Images for the smallest cores of Arm's M profile have only instructions that those have. `cargo xtask spec` checks every
//! image of the suites; here the check itself is checked, on real code.

use graver_compiler::{Options, compile_with_report};
use graver_targets::Target;
use graver_tests::purity;

/// Something of everything that these cores lack instructions for, with constants and a jump table in the text.
const MODULE: &str = r#"(module (memory 1) (table 2 funcref)
    (func (export "divide") (param i32 i32) (result i32)
        (i32.add (i32.div_s (local.get 0) (local.get 1)) (i32.rem_u (local.get 0) (local.get 1))))
    (func (export "wide") (param i64 i64) (result i64)
        (i64.mul (i64.rotl (local.get 0) (local.get 1)) (i64.div_u (local.get 0) (local.get 1))))
    (func (export "count") (param i32) (result i32) (i32.add (i32.clz (local.get 0)) (i32.popcnt (local.get 0))))
    (func (export "float") (param f64 f32) (result f64)
        (f64.add (f64.sqrt (local.get 0)) (f64.promote_f32 (f32.nearest (local.get 1)))))
    (func (export "access") (param i32) (result i64)
        (i32.store16 offset=77777 (local.get 0) (i32.const 0x12345678))
        (i64.load offset=3 align=1 (local.get 0)))
    (func (export "switch") (param i32) (result i32)
        (block (block (block (block (block (br_table 0 1 2 3 4 (local.get 0)))
            (return (i32.const 1234567))) (return (i32.const 7654321))) (return (i32.const 99999)))
            (return (i32.const 424242))) (i32.const 123321)))"#;

/// Compiles for one target, and decodes as if it were for another.
fn check(target: &str, cores: &str) -> Result<purity::Decoded, purity::Impure> {
    let options = Options::new(Target::find(target).expect("a target"));
    let wasm = graver_compiler::binary(MODULE.as_bytes()).expect("a module");
    let output = compile_with_report(&wasm, &options).expect("it compiles");
    let image = graver_aot_format::Image::parse(&output.bytes).expect("an image");
    purity::check(cores, image.text(), &output.report.expect("a report").data_in_text)
}

#[test]
fn code_of_each_profile_passes() {
    for target in ["thumbv6m", "thumbv8m.base"] {
        let decoded = check(target, target).unwrap_or_else(|error| panic!("{target}: {error}"));
        println!("{target}: {decoded:?}");
        assert!(decoded.instructions > 500 && decoded.data > 40, "{target}: {decoded:?}");
    }
    // What the older has, the newer has, too.
    assert!(check("thumbv6m", "thumbv8m.base").is_ok());
}

#[test]
fn code_of_larger_cores_is_refused() {
    for target in ["thumbv7m", "thumbv7em-hf", "thumbv8m.main-hf"] {
        for cores in ["thumbv6m", "thumbv8m.base"] {
            let refused = check(target, cores).expect_err(target);
            println!("{target} {refused}");
        }
    }
    assert!(check("thumbv8m.base", "thumbv6m").is_err());
}

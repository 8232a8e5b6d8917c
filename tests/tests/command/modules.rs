//! Programs in several images.

use crate::Workplace;

const MATH: &str = r#"(module
    (import "numbers" "base" (global $base (mut i32)))
    (import "numbers" "memory" (memory 1))
    (func (export "scaled") (param i32) (result i32) (i32.mul (local.get 0) (global.get $base)))
    (func (export "store") (param i32) (i32.store (i32.const 0) (local.get 0))))"#;

const NUMBERS: &str = r#"(module
    (memory (export "memory") 1)
    (global (export "base") (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set 0 (i32.const 7)))
    (func (export "load") (result i32) (i32.load (i32.const 0))))"#;

const APP: &str = r#"(module
    (import "math" "scaled" (func $scaled (param i32) (result i32)))
    (import "math" "store" (func $store (param i32)))
    (import "numbers" "load" (func $load (result i32)))
    (func (export "main") (result i32)
      (call $store (call $scaled (i32.const 6)))
      (call $load)))"#;

fn workplace() -> Workplace {
    let place = Workplace::new();
    for (name, text) in [("math", MATH), ("numbers", NUMBERS), ("app", APP)] {
        place.write(&format!("{name}.wat"), text);
        // Each module can be compiled in its own way.
        let level = if name == "math" { "0" } else { "3" };
        place.graver(&["compile", &format!("{name}.wat"), "--opt-level", level]).expect(0, &[]);
    }
    place
}

#[test]
fn modules_share_what_they_import() {
    let place = workplace();
    place.graver_run(&["--module-path", ".", "app.aot"]).expect(42, &[]);
    // Bytecode needs the same.
    place.graver(&["run", "--module-path", ".", "app.wat"]).expect(42, &[]);
    place.graver_run(&["--module-path", ".", "--invoke", "$math$scaled", "app.aot", "3"]).expect(0, &["0x15:i32"]);
    place
        .graver_run(&["--module-path", ".", "--invoke", "$maths$scaled", "app.aot", "3"])
        .expect(1, &["$maths$scaled"]);
}

#[test]
fn what_does_not_fit_is_named() {
    let place = workplace();
    place.graver_run(&["app.aot"]).expect(255, &["math", "scaled"]);
    std::fs::remove_file(place.path("numbers.aot")).expect("it was there");
    place.graver_run(&["--module-path", ".", "app.aot"]).expect(255, &["math: ", "numbers"]);
    place.write("numbers.aot", "no image");
    place.graver_run(&["--module-path", ".", "app.aot"]).expect(255, &["numbers.aot: "]);

    for (name, text) in [
        ("a", r#"(module (import "b" "f" (func)) (func (export "f")))"#),
        ("b", r#"(module (import "c" "f" (func)) (func (export "f")))"#),
        ("c", r#"(module (import "b" "f" (func)) (func (export "f")))"#),
        ("program", r#"(module (func (export "_start")))"#),
        ("user", r#"(module (import "program" "_start" (func)))"#),
    ] {
        place.write(&format!("{name}.wat"), text);
        place.graver(&["compile", &format!("{name}.wat")]).expect(0, &[]);
    }
    place.graver_run(&["--module-path", ".", "a.aot"]).expect(255, &["b -> c -> b"]);
    place.graver_run(&["--module-path", ".", "user.aot"]).expect(255, &["program.aot: ", "_start"]);
}

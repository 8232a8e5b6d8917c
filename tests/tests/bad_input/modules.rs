//! Damaged WebAssembly.

use graver_aot_format::Image;
use graver_compiler::{Error, ErrorKind, compile};

use crate::sample::{RICH, SMALL, damaged, options, wasm};

/// Compiles bytes that may be anything; returns whether they were a module.
fn try_compile(bytes: &[u8], target: &str) -> bool {
    match compile(bytes, &options(target)) {
        Ok(image) => {
            Image::parse(&image).expect("what compiles is a valid image");
            true
        }
        Err(error) => {
            let expected = matches!(error.kind, ErrorKind::Invalid | ErrorKind::Unsupported);
            assert!(expected && !error.message.is_empty(), "{error:?} for {bytes:02x?}");
            false
        }
    }
}

#[test]
fn every_prefix_is_refused() {
    for text in [RICH, SMALL, "(module (memory 1) (data (i32.const 0) \"x\"))"] {
        let module = wasm(text);
        let prefixes = (0..module.len()).filter(|length| try_compile(&module[..*length], "native"));
        // Cut between sections, what is left can be a module of its own: at least the empty one is.
        let valid: Vec<usize> = prefixes.collect();
        assert!(valid.contains(&8) && valid.len() < 12, "{valid:?}");
    }
}

#[test]
fn damaged_modules_are_refused_or_compile() {
    let mut random = fastrand::Rng::with_seed(1);
    let module = wasm(RICH);
    let valid = (0..1500).filter(|_| try_compile(&damaged(&module, 8, module.len(), &mut random), "native")).count();
    assert!((100..1400).contains(&valid), "{valid} of 1500 are still modules");
}

#[test]
fn damaged_modules_for_a_board() {
    let mut random = fastrand::Rng::with_seed(2);
    let module = wasm(RICH);
    for _ in 0..200 {
        try_compile(&damaged(&module, 8, module.len(), &mut random), "thumbv7em");
    }
}

#[test]
fn text_with_an_error_says_where() {
    let error =
        graver_compiler::binary(b"(module\n  (func (result i32)\n    (i32.addd)))").expect_err("no such instruction");
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.message.contains("i32.addd") && error.message.contains(":3:"), "{}", error.message);
}

/// The error that a module in text form ends in.
fn error_of(text: &str) -> Error {
    let module = wat::parse_str(text).expect("parses");
    compile(&module, &options("native")).map(drop).expect_err("cannot be compiled")
}

#[test]
fn errors_say_where_they_are() {
    let error = error_of(r#"(module (import "a" "b" (func)) (func) (func $wrong (result i32) i64.const 0))"#);
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert_eq!(error.function, Some((2, Some("wrong".to_owned()))));
    assert!(error.offset.is_some_and(|offset| offset > 8), "{error:?}");
    assert!(error.to_string().contains("type mismatch"), "{error}");
}

#[test]
fn what_is_not_supported_is_called_so() {
    for text in [
        "(module (func (result v128) (v128.const i64x2 1 2)))",
        "(module (func (local v128) (drop (v128.not (local.get 0)))))",
        "(module (func (drop (i8x16.splat (i32.const 1)))))",
        "(module (global v128 (v128.const i64x2 1 2)))",
        "(module (func $a return_call $a))",
        "(module (memory i64 1))",
        "(module (tag))",
        "(module (type (struct)))",
    ] {
        let error = error_of(text);
        assert_eq!(error.kind, ErrorKind::Unsupported, "{text}: {error}");
        assert!(error.offset.is_some_and(|offset| offset > 8), "{text}: {error}");
        assert_eq!(error.function.is_some(), text.contains("drop") || text.contains("return"), "{text}: {error}");
        assert!(!error.to_string().to_lowercase().contains("llvm"), "{error}");
    }
}

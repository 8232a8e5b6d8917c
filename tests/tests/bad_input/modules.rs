//! Damaged WebAssembly.

use graver_aot_format::Image;
use graver_compiler::{ErrorKind, compile};

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

#[test]
fn errors_say_where_they_are() {
    let module = wat::parse_str(r#"(module (func) (func $wrong (result i32) i64.const 0))"#).expect("parses");
    let error = compile(&module, &options("native")).expect_err("a typing error");
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.offset.is_some(), "{error:?}");
    assert!(error.to_string().contains("type mismatch"), "{error}");
}

#[test]
fn what_is_not_supported_is_called_so() {
    let simd = wat::parse_str("(module (func (result v128) (v128.const i64x2 1 2)))").expect("parses");
    let error = compile(&simd, &options("native")).expect_err("vectors come later");
    assert!(matches!(error.kind, ErrorKind::Unsupported | ErrorKind::Invalid), "{error:?}");
    assert!(!error.to_string().to_lowercase().contains("llvm"), "{error}");
}

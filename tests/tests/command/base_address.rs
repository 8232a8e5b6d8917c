//! `--base-address`: images for one place in flash, on targets whose code has addresses in it.

use graver_aot_format::{Image, LoadRelocation};

use crate::Workplace;

/// A jump table, calls and constants: addresses of both kinds in both places.
const APP: &str = r#"(module
  (func $call (export "call") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 123456789)))
  (func (export "switch") (param i32) (result i32)
    (block (block (block (block (block (local.get 0) (br_table 0 1 2 3 0 2 4))
      (return (call $call (i32.const 987654321)))) (return (i32.const 1234567))) (return (i32.const 7654321)))
      (return (call $call (local.get 0)))) (i32.const 3)))"#;

const TEXT: u32 = 0x400d_0000;
const RODATA: u32 = 0x3f40_0000;

fn compiled(options: &[&str]) -> Workplace {
    let place = Workplace::new();
    place.write("app.wat", APP);
    place.graver(&[&["compile", "app.wat", "--target", "esp32"], options].concat()).expect(0, &[]);
    place
}

/// The same addition as the loader's, in a copy of text or read-only data.
fn relocated(image: &Image<'_>, in_rodata: bool, bases: [u64; 2]) -> Vec<u8> {
    let mut bytes = if in_rodata { image.rodata() } else { image.text() }.to_vec();
    let relocations = image.load_relocations();
    for relocation in relocations.iter().filter(|relocation: &LoadRelocation| relocation.is_in_rodata() == in_rodata) {
        let word = bytes[relocation.offset() as usize..].first_chunk_mut().expect("a word");
        let base = bases[usize::from(relocation.adds_rodata())];
        *word = u32::from_le_bytes(*word).wrapping_add(base as u32).to_le_bytes();
    }
    bytes
}

#[test]
fn the_addresses_are_those_that_a_loader_would_put_in() {
    let movable = compiled(&[]).read("app.aot");
    let movable = Image::parse(&movable).expect("an image");
    assert!(!movable.load_relocations().is_empty() && movable.base_addresses().is_none());
    for (option, rodata) in [("0x400d0000,0x3f400000", RODATA), ("0x400d0000", TEXT), ("1074593792", TEXT)] {
        let place = compiled(&["--base-address", option]);
        let fixed = place.read("app.aot");
        let fixed = Image::parse(&fixed).expect("an image");
        let bases = fixed.base_addresses().expect("a place");
        assert_eq!(bases.text, u64::from(TEXT) + fixed.text_offset() as u64);
        assert_eq!(bases.rodata, u64::from(rodata) + fixed.rodata_offset() as u64);
        assert!(fixed.load_relocations().is_empty());
        let bases = [bases.text, bases.rodata];
        assert!(fixed.text() == relocated(&movable, false, bases), "{option}: other text");
        assert!(fixed.rodata() == relocated(&movable, true, bases), "{option}: other data");
        let text = format!("linked for text at {:#x}, read-only data at {:#x}", bases[0], bases[1]);
        place.graver(&["inspect", "app.aot"]).expect(0, &[&text]);
    }
}

#[test]
fn what_makes_no_sense_is_an_error_of_use() {
    let place = Workplace::new();
    place.write("app.wat", APP);
    let cases: &[(&str, &str, &[&str])] = &[
        ("thumbv7em", "0x8000000", &["thumbv7em", "any address", "leave out --base-address"]),
        ("esp32", "0x400d0008", &["multiples of 16"]),
        ("esp32", "0x400d0000,0x3f400004", &["multiples of 16"]),
        ("esp32", "0xffffff00", &["0xffffff00", "too near the end"]),
        ("esp32", "0x400d0000,0xfffffff0", &["0xfffffff0", "too near the end"]),
        ("esp32", "0x400d0000,0x400d0010", &["0x400d0000 and 0x400d0010 overlap"]),
        ("esp32", "0x400d0010,0x400d0000", &["0x400d0010 and 0x400d0000 overlap"]),
        ("esp32", "0x1400d0000", &["`0x1400d0000` is no 32-bit address"]),
        ("esp32", "flash", &["`flash` is no 32-bit address"]),
        ("esp32", "0x400d0000,", &["`` is no 32-bit address"]),
        ("esp32,thumbv7em", "0x400d0000", &["thumbv7em", "leave out --base-address"]),
    ];
    for (target, address, words) in cases {
        let options = ["compile", "app.wat", "--target", target, "--base-address", address];
        place.graver(&options).expect(2, words);
    }
    let object = ["compile", "app.wat", "--target", "esp32", "--base-address", "0x400d0000", "--format", "object"];
    place.graver(&object).expect(2, &["--base-address is about images"]);
    assert_eq!(place.names(""), ["app.wat"]);
}

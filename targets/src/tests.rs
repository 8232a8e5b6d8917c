use crate::{ALL, Target};
use alloc::string::ToString;

#[test]
fn names_and_aliases_are_unique() {
    let mut seen = alloc::vec::Vec::new();
    for target in ALL {
        for name in core::iter::once(&target.name).chain(target.aliases) {
            assert!(!seen.contains(name), "{name}");
            seen.push(name);
        }
    }
}

#[test]
fn unknown_names_list_near_ones() {
    assert_eq!(Target::find("thumbv7em").map(|target| target.name), Ok("thumbv7em"));
    assert_eq!(Target::find("cortex-m4f").map(|target| target.name), Ok("thumbv7em-hf"));
    let text = Target::find("thumbv7em-fh").map(|target| target.name).unwrap_err().to_string();
    assert_eq!(text, "unknown target `thumbv7em-fh`; did you mean thumbv7em-hf or thumbv7em?");
    let text = Target::find("vax").map(|target| target.name).unwrap_err().to_string();
    assert_eq!(text, "unknown target `vax`; `graver targets` lists all of them");
}

#[test]
fn rows_agree_with_their_architecture() {
    for target in ALL {
        assert_eq!(target.pointer_bytes, target.arch.pointer_bytes(), "{}", target.name);
        assert!(target.supports(target.bounds.default), "{}", target.name);
        assert!(!target.proven.is_empty() && !target.summary.is_empty(), "{}", target.name);
        assert!(target.file_align_log2 >= target.text_align_log2, "{}", target.name);
        assert_eq!(target.text_filler.len(), if target.code_bit() == 1 { 2 } else { 1 }, "{}", target.name);
    }
}

#[test]
fn each_library_symbol_has_one_definition() {
    for target in ALL {
        let symbols = || target.library.iter().flat_map(|group| group.iter()).map(|call| call.symbol);
        for symbol in symbols() {
            assert_eq!(symbols().filter(|other| *other == symbol).count(), 1, "{}: {symbol}", target.name);
        }
    }
}

#[test]
fn feature_names_become_the_masks_of_rows() {
    let v3 = Target::get("x86_64-v3").unwrap();
    let names = "sse3 ssse3 sse4.1 sse4.2 popcnt cx16 avx avx2 bmi bmi2 f16c fma lzcnt movbe cmov no-such-feature";
    assert_eq!(v3.feature_mask(names.split(' ')), v3.cpu_features);
}

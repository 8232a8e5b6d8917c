//! Constants in front of the code that loads them, and what is left for the loader.

use super::{Error, Input, Linked, Object, compile, function, link, link_all, target};
use crate::options::BaseAddress;
use graver_aot_format::LoadRelocation;

/// A switch, a call, a constant, data; `g` first, so that constants of one function are behind the code of another.
fn module() -> String {
    let g = function("g", "i32(ptr %c, i32 %x)", "  %r = mul i32 %x, 13579246\n  ret i32 %r");
    let body = "  switch i32 %x, label %d [i32 0, label %a\n i32 1, label %b\n i32 2, label %e\n i32 3, label %h\n i32 4, label %d]\n\
        a:\n  %r = call i32 @g(ptr %c, i32 987654321)\n  ret i32 %r\n\
        b:\n  %v = load volatile i32, ptr @data\n  ret i32 %v\n\
        e:\n  %s = call i32 @g(ptr %c, i32 13579246)\n  ret i32 %s\n\
        h:\n  store volatile i32 77, ptr %c\n  ret i32 11111111\n\
        d:\n  ret i32 -1";
    format!("@data = hidden constant i32 305419896\n{g}{}", function("f", "i32(ptr %c, i32 %x)", body))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// What every `l32r` of a function loads: the decoder knows no more than lengths.
fn loaded(linked: &Linked, name: &str) -> Vec<u32> {
    let function = linked.functions.iter().find(|function| function.name == name).unwrap();
    let (mut at, end) = (function.offset as usize, (function.offset + function.size) as usize);
    let mut values = Vec::new();
    while at < end {
        if linked.text[at] & 0xf == 1 {
            let words = u16::from_le_bytes([linked.text[at + 1], linked.text[at + 2]]);
            let distance = (u32::from(words) | 0xffff_0000) << 2;
            let place = ((at + 3) as u32 & !3).wrapping_add(distance) as usize;
            assert!(place.is_multiple_of(4) && place < function.offset as usize, "{name}: {place:#x}");
            values.push(word(&linked.text, place));
        }
        // The density option's instructions have two bytes.
        at += if linked.text[at] & 0xf < 8 { 3 } else { 2 };
    }
    values
}

fn link_at(base_address: Option<BaseAddress>) -> Linked {
    let target = target("xtensa-esp32");
    let object = compile(target, &module());
    let objects = [Object { name: "test.o", bytes: &object, replaces: false }];
    let input = Input { target, objects: &objects, roots: &["f"], constant_tables: &[], base_address };
    link(&input, |_| Ok::<_, std::convert::Infallible>(None)).unwrap()
}

#[test]
fn constants_lie_in_front_of_their_function() {
    let linked = link_at(None);
    assert_eq!(loaded(&linked, "g"), [13_579_246]);
    let g = linked.symbol("g").unwrap().offset;
    let data = linked.symbol("data").unwrap().offset;
    let values = loaded(&linked, "f");
    for expected in [g, data, 987_654_321, 13_579_246, 11_111_111] {
        assert!(values.contains(&expected), "{expected:#x} is not in {values:x?}");
    }
    assert_eq!(word(&linked.rodata, data as usize), 305_419_896);
}

#[test]
fn every_address_is_left_for_the_loader() {
    let (linked, fixed) = (link_at(None), link_at(Some(BaseAddress { text: 0x4200_0000, rodata: Some(0x3c00_0000) })));
    assert!(fixed.load_relocations.is_empty());
    let (mut text, mut rodata) = (linked.text.clone(), linked.rodata.clone());
    assert!(linked.load_relocations.iter().any(|relocation| relocation.is_in_rodata()), "a jump table has addresses");
    for relocation in &linked.load_relocations {
        let bytes = if relocation.is_in_rodata() { &mut rodata } else { &mut text };
        let base = if relocation.adds_rodata() { 0x3c00_0000 } else { 0x4200_0000 };
        let at = relocation.offset() as usize;
        let value = word(bytes, at).wrapping_add(base).to_le_bytes();
        bytes[at..at + 4].copy_from_slice(&value);
    }
    assert!(linked.load_relocations.is_sorted_by_key(|LoadRelocation { place }| (place & 1, *place)));
    // What the loader makes of the one is the other.
    assert_eq!((text, rodata), (fixed.text, fixed.rodata));
}

#[test]
fn code_beyond_the_reach_of_its_constants_is_an_error() {
    let body = format!("{}  ret i32 1234567", "  store volatile i32 123456, ptr %c\n".repeat(60_000));
    let target = target("xtensa-esp32");
    let object = compile(target, &function("huge", "i32(ptr %c)", &body));
    let error = link_all(target, &[&object], &["huge"]).unwrap_err();
    assert!(matches!(&error, Error::FunctionTooLarge { section, .. } if section == ".text.huge"), "{error}");
}

#[test]
fn data_in_the_text_is_refused() {
    let target = target("xtensa-esp32");
    let code = function("f", "ptr()", "  ret ptr @hidden");
    let ir = format!("@hidden = hidden constant i32 5, section \".text.data\"\n{code}");
    let assembly = super::super::test_tools::assembly(target, &ir).replace("\"a\",@progbits", "\"ax\",@progbits");
    let object = super::assemble(target, &assembly);
    let error = link_all(target, &[&object], &["f"]).unwrap_err();
    assert!(matches!(&error, Error::ReadsText { symbol, .. } if symbol == "hidden"), "{error}");
}

//! Constants in front of the code that loads them, and what is left for the loader.

use super::{Error, Linked, compile, function, link_all, target};
use crate::link::for_other_linkers;
use graver_aot_format::LoadRelocation;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags};

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

fn linked() -> Linked {
    let target = target("xtensa-esp32");
    link_all(target, &[&compile(target, &module())], &["f"]).unwrap()
}

#[test]
fn constants_lie_in_front_of_their_function() {
    let linked = linked();
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
    let linked = linked();
    let LoadRelocations { text, rodata } = LoadRelocations::of(&linked);
    // In the text: the address of `g` for each call, and of the data; in the data: the jump table's five.
    let address = |symbol| linked.symbol(symbol).unwrap().offset;
    assert_eq!(text.iter().filter(|(value, adds_rodata)| *value == address("g") && !adds_rodata).count(), 1);
    assert_eq!(text.iter().filter(|(value, adds_rodata)| *value == address("data") && *adds_rodata).count(), 1);
    let f = linked.symbol("f").unwrap();
    let in_f = |value: u32| (f.offset..f.offset + f.size).contains(&value);
    assert_eq!(rodata.iter().filter(|(value, adds_rodata)| in_f(*value) && !adds_rodata).count(), rodata.len());
    assert!(!rodata.is_empty(), "a jump table has addresses");
    assert!(linked.load_relocations.is_sorted_by_key(|LoadRelocation { place }| (place & 1, *place)));
}

/// The words with addresses, and whether they are of read-only data.
struct LoadRelocations {
    text: Vec<(u32, bool)>,
    rodata: Vec<(u32, bool)>,
}

impl LoadRelocations {
    fn of(linked: &Linked) -> Self {
        let words = |in_rodata: bool, bytes: &[u8]| {
            let relocations = linked.load_relocations.iter();
            let relocations = relocations.filter(|relocation| relocation.is_in_rodata() == in_rodata);
            relocations
                .map(|relocation| (word(bytes, relocation.offset() as usize), relocation.adds_rodata()))
                .collect()
        };
        Self { text: words(false, &linked.text), rodata: words(true, &linked.rodata) }
    }
}

#[test]
fn local_functions_are_reached_through_data() {
    // Objects refer to local functions as places in sections, like jump tables to labels in code.
    let local = "@table = hidden constant [2 x ptr] [ptr @other, ptr @local]\n\
        define internal i32 @other(ptr %c) nounwind section \".text.other\" {\n  ret i32 13579246\n}\n\
        define internal i32 @local(ptr %c) nounwind section \".text.local\" {\n  ret i32 24681357\n}\n";
    let body = "  %p = getelementptr ptr, ptr @table, i32 %x\n  %g = load ptr, ptr %p\n\
        %r = call i32 %g(ptr %c)\n  ret i32 %r";
    let target = target("xtensa-esp32");
    let object = compile(target, &format!("{local}{}", function("f", "i32(ptr %c, i32 %x)", body)));
    let linked = link_all(target, &[&object], &["f"]).unwrap();
    assert_eq!((loaded(&linked, "other"), loaded(&linked, "local")), (vec![13_579_246], vec![24_681_357]));
    let offset = |name| linked.functions.iter().find(|function| function.name == name).unwrap().offset;
    assert_eq!(LoadRelocations::of(&linked).rodata, [(offset("other"), false), (offset("local"), false)]);
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

#[test]
fn an_object_for_other_linkers_is_the_same_code() {
    for name in ["xtensa-esp32", "xtensa-esp8266"] {
        let target = target(name);
        let object = compile(target, &module());
        let rewritten = for_other_linkers(target, "test.o", object.clone(), false).unwrap();
        assert_ne!(rewritten, object);
        let [expected, linked] = [&object, &rewritten].map(|object| link_all(target, &[object], &["f"]).unwrap());
        assert_eq!((linked.text, linked.rodata), (expected.text, expected.rodata), "{name}");
        assert_eq!(linked.load_relocations, expected.load_relocations, "{name}");
        // Loads of constants are final: another linker has only words with addresses to do.
        let file = object::File::parse(&*rewritten).unwrap();
        let types = file.sections().flat_map(|section| section.relocations().collect::<Vec<_>>());
        let types: Vec<_> = types.map(|(_, relocation)| relocation.flags()).collect();
        let word = RelocationFlags::Elf { r_type: object::elf::R_XTENSA_32 };
        assert!(!types.is_empty() && types.iter().all(|flags| *flags == word), "{types:?}");
    }
    // Firmware's other objects have no such note; those of Linux all have it.
    for (name, keeps_note) in [("thumbv7em", false), ("riscv32imac", false), ("x86_64", true)] {
        let target = target(name);
        let object = compile(target, &function("f", "i32(ptr %c)", "  ret i32 1"));
        let rewritten = for_other_linkers(target, "test.o", object.clone(), false).unwrap();
        let has_note =
            |object: &[u8]| object::File::parse(object).unwrap().section_by_name(".note.GNU-stack").is_some();
        assert_eq!([has_note(&object), has_note(&rewritten)], [true, keeps_note], "{name}");
        assert_eq!(rewritten == object, keeps_note, "{name}");
        let [expected, linked] = [&object, &rewritten].map(|object| link_all(target, &[object], &["f"]).unwrap());
        assert_eq!(linked.text, expected.text, "{name}");
    }
}

#[test]
fn objects_for_other_linkers_may_have_writable_data() {
    let target = target("xtensa-esp32");
    let data = "@count = global i32 7\n@zeros = global [9 x i32] zeroinitializer\n@to = global ptr @count\n\
        @nothing = internal constant {} zeroinitializer\n";
    let body = "  %r = load volatile i32, ptr @count\n  store volatile ptr @nothing, ptr %c\n  ret i32 %r";
    let f = function("f", "i32(ptr %c, i32 %x)", body);
    let object = compile(target, &format!("{data}{f}"));
    assert!(matches!(for_other_linkers(target, "test.o", object.clone(), false), Err(Error::Writable { .. })));
    let rewritten = for_other_linkers(target, "test.o", object, true).unwrap();
    let file = object::File::parse(&*rewritten).unwrap();
    let section_of = |name: &str| {
        let symbol = file.symbol_by_name(name).unwrap();
        file.section_by_index(symbol.section_index().unwrap()).unwrap()
    };
    let symbol = file.symbol_by_name("count").unwrap();
    let place = symbol.address() as usize;
    assert_eq!(section_of("count").kind(), object::SectionKind::Data);
    assert_eq!(section_of("count").data().unwrap()[place..place + 4], 7_u32.to_le_bytes());
    assert_eq!(section_of("zeros").kind(), object::SectionKind::UninitializedData);
    assert_eq!(section_of("zeros").size(), 36);
    assert_eq!(section_of("to").relocations().count(), 1);
    // The addresses of the data and of what has no size, in front of the code.
    assert_eq!(section_of("f").relocations().map(|(at, _)| at).collect::<Vec<_>>(), [0, 4]);
}

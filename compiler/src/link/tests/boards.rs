//! Firmware for boards.

use super::{assemble, target};
use crate::link::Object;
use crate::link::board::{MemoryMap, link};

/// A jump of the vectors reaches 128 KiB: what it goes to must follow them, whatever lies between in the objects.
#[test]
fn what_vectors_jump_to_is_beside_them() {
    let target = target("xtensa-esp32-call0");
    let source = r#"
        .section .text.vectors, "ax", @progbits
        .global vectors
        vectors:
         j crash
        .section .text.large, "ax", @progbits
        .global large
        .type large, @function
        large:
         .space 0x30000
        .size large, .-large
        .section .text.crash, "ax", @progbits
        .global crash
        .type crash, @function
        crash:
         ret
        .size crash, .-crash
        .section .rodata.table, "a", @progbits
        .global table
        .p2align 2
        table:
         .long large
    "#;
    let entry =
        ".section .text.start, \"ax\", @progbits\n .p2align 2\n.Ltable: .long table\n.global start\nstart: ret\n";
    let objects = [source, entry].map(|text| assemble(target, text));
    let objects = objects.each_ref().map(|bytes| Object { name: "test.o", bytes, replaces: false });
    let map =
        MemoryMap { text: 0x1000, first: "vectors", rodata: 0x10_0000, sections: &[], data: 0x20_0000, symbols: &[] };
    let elf = link(target, &objects, &[], "start", &map).unwrap();
    let file = object::read::elf::ElfFile32::<object::Endianness>::parse(&*elf).unwrap();
    let text =
        object::Object::segments(&file).find(|segment| object::ObjectSegment::address(segment) == 0x1000).unwrap();
    assert!(object::ObjectSegment::size(&text) > 0x30000, "the large function is linked");
}

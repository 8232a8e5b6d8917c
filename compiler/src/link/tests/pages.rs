//! Addresses in two steps, a page and an offset in it, wherever the text lies.

use super::*;
use crate::link::field::decode;
use graver_targets::{Aarch64Field, Field};

/// A function that takes the address of `data` and loads from it, with `gap` bytes between.
fn link_with_gap(gap: u32) -> Linked {
    let target = target("aarch64");
    let text = format!(
        ".section .text.f0,\"ax\",%progbits\n.globl f0\n.type f0,%function\n\
         .space 0x1ff0\n\
         f0: adrp x0, data\nadd x0, x0, :lo12:data\nldr x1, [x0]\n\
         adrp x2, data+8\nldr x2, [x2, :lo12:data+8]\nret\n.size f0, .-f0\n\
         .section .text.gap,\"ax\",%progbits\n.globl gap\n.type gap,%function\ngap: .space {gap}\n.size gap, .-gap\n\
         .section .rodata.data,\"a\",%progbits\n.balign 16\n.space 0xfd0\n.globl data\ndata: .quad 1, 2, 3\n.size data, 24\n"
    );
    link_all(target, &[&assemble(target, &text)], &["f0", "gap"]).unwrap()
}

/// What a pair of instructions computes with the text at `base`.
fn address(linked: &Linked, base: i64, page_at: u32, offset_at: u32, offset: Aarch64Field) -> i64 {
    let field = |at: u32, field| decode(Field::Aarch64(field), &linked.text[at as usize..]).unwrap();
    let place = base + i64::from(page_at);
    let is_page = linked.text[page_at as usize + 3] & 0x80 != 0;
    let page = match is_page {
        true => (place & !0xfff) + field(page_at, Aarch64Field::Adrp),
        false => place + field(page_at, Aarch64Field::Adr),
    };
    page + field(offset_at, offset)
}

/// Where the address of `data` minus the base is seen to be, with the text at each of `bases`.
fn check(linked: &Linked, bases: &[i64]) {
    let rodata = linked.text.len().next_multiple_of(1 << linked.rodata_align_log2) as i64;
    let expected = rodata + i64::from(linked.symbol("data").unwrap().offset);
    let f0 = linked.symbol("f0").unwrap().offset;
    for base in bases {
        assert_eq!(address(linked, *base, f0, f0 + 4, Aarch64Field::Add12) - base, expected);
        assert_eq!(address(linked, *base, f0 + 12, f0 + 16, Aarch64Field::Access12(3)) - base, expected + 8);
    }
}

#[test]
fn near_pages_need_no_alignment() {
    let linked = link_with_gap(0xf_0000);
    assert_eq!(linked.text_align_log2, 4);
    check(&linked, &[0, 0x10, 0xff0, 0x1000, 0x1238_5670]);
}

#[test]
fn far_pages_ask_for_it() {
    let linked = link_with_gap(0x30_0000);
    assert_eq!(linked.text_align_log2, 12);
    check(&linked, &[0, 0x1000, 0x1238_5000]);
}

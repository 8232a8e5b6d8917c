use super::*;

fn error(target: &'static Target, ir: &str) -> Error {
    link_all(target, &[&compile(target, ir)], &["f0"]).unwrap_err()
}

#[test]
fn undefined_symbols_name_who_wants_them() {
    for name in TARGETS {
        let ir =
            function("f0", "i32()", "  %r = call i32 @nowhere()\n  ret i32 %r") + "declare hidden i32 @nowhere()\n";
        let found = error(target(name), &ir);
        assert_eq!(found, Error::Undefined { symbol: "nowhere".to_owned(), from: ".text.f0".to_owned() });
        let text =
            "undefined symbol `nowhere`, referenced in `.text.f0`: neither the code nor the helper archive has it";
        assert_eq!(found.to_string(), text);
    }
    let found = link_all(target("x86_64"), &[], &["f0"]).unwrap_err();
    assert_eq!(found, Error::Undefined { symbol: "f0".to_owned(), from: "the list of roots".to_owned() });
}

#[test]
fn a_symbol_has_one_definition() {
    let target = target("x86_64");
    let object = compile(target, &function("f0", "i32()", "  ret i32 7"));
    let found = link_all(target, &[&object, &object], &["f0"]).unwrap_err();
    assert_eq!(found, Error::Duplicate { symbol: "f0".to_owned(), object: "test.o".to_owned() });
}

#[test]
fn data_cannot_be_written() {
    for name in TARGETS {
        for (data, section) in [("i32 7", ".data"), ("i32 0", ".bss")] {
            let ir = function("f0", "ptr()", "  ret ptr @variable") + &format!("@variable = hidden global {data}\n");
            let found = error(target(name), &ir);
            assert!(matches!(&found, Error::Writable { section: found, .. } if found == section), "{name}: {found}");
        }
    }
    let pointer = function("f0", "ptr()", "  ret ptr @pointer") + "@pointer = hidden constant ptr @f0\n";
    assert!(matches!(error(target("x86_64"), &pointer), Error::Writable { .. }));
}

#[test]
fn absolute_relocations_are_unknown() {
    let ir =
        function("f0", "i32()", "  %r = load i32, ptr @elsewhere\n  ret i32 %r") + "@elsewhere = external global i32\n";
    for (name, elf_type) in [("x86_64", 42), ("aarch64", 311), ("armv7", 96), ("thumbv7em", 96)] {
        let found = error(target(name), &ir);
        assert!(
            matches!(&found, Error::UnknownRelocation { elf_type: found, symbol, .. }
            if *found == elf_type && symbol == "elsewhere"),
            "{name}: {found}"
        );
    }
    let target = target("x86_64");
    let object = compile_with(target, &["-relocation-model=static", "-code-model=large"], &ir);
    let found = link_all(target, &[&object], &["f0"]).unwrap_err();
    assert!(matches!(found, Error::UnknownRelocation { elf_type: 1, .. }), "{found}");
}

#[test]
fn absolute_symbols_are_errors() {
    let target = target("x86_64");
    let fixed = assemble(target, ".globl fixed\nfixed = 0x1234\n");
    let caller = ".globl f0\n.type f0,@function\nf0: call fixed\n.size f0, .-f0\n";
    let found = link_all(target, &[&assemble(target, caller), &fixed], &["f0"]).unwrap_err();
    assert_eq!(found, Error::Absolute { section: ".text".to_owned(), symbol: "fixed".to_owned() });
    // The assembler knows the address: no symbol is left.
    let own = format!("fixed = 0x1234\n{caller}");
    let found = link_all(target, &[&assemble(target, &own)], &["f0"]).unwrap_err();
    assert_eq!(found, Error::Absolute { section: ".text".to_owned(), symbol: "0x1230".to_owned() });
}

/// A call over a gap of `size` bytes.
fn call_over(size: u32, prefix: &str, call: &str) -> String {
    let function = |name: &str, body: &str| {
        format!(
            ".section .text.{name},\"ax\",%progbits\n.globl {name}\n.type {name},%function\n{prefix}\n{name}: {body}\n\
             .size {name}, .-{name}\n"
        )
    };
    format!(
        ".hidden f1\n{}{}{}",
        function("f0", call),
        function("gap", &format!(".space {size}")),
        function("f1", "nop")
    )
}

#[test]
fn branches_have_a_range() {
    // The longest distance, the instructions from the call to the gap, what the distance is counted from, and a step.
    let thumb = (".thumb_func", "bl f1\nnop", "R_ARM_THM_CALL", (1 << 24) - 2, 6, 4, 2);
    let aarch64 = ("", "bl f1\nnop", "R_AARCH64_CALL26", (1 << 27) - 4, 8, 0, 4);
    let arm = ("", "bl f1\nnop", "R_ARM_CALL", (1 << 25) - 4, 8, 8, 4);
    let arm_jump = ("", "beq f1\nnop", "R_ARM_JUMP24", (1 << 25) - 4, 8, 8, 4);
    let riscv_jump = ("", "j f1\nnop", "R_RISCV_JAL", (1 << 20) - 2, 6, 0, 2);
    let cases = [
        ("thumbv7em", thumb),
        ("aarch64", aarch64),
        ("armv7", arm),
        ("armv7-softfp", arm_jump),
        ("riscv32imac", riscv_jump),
        ("riscv64gc", riscv_jump),
    ];
    for (name, case) in cases {
        let target = target(name);
        let (prefix, call, relocation, longest, instructions, counted_from, step) = case;
        let gap = longest - instructions + counted_from;
        let object = |size| assemble(target, &call_over(size, prefix, call));
        link_all(target, &[&object(gap)], &["f0", "gap"]).unwrap();
        let found = link_all(target, &[&object(gap + step)], &["f0", "gap"]).unwrap_err();
        let (symbol, section) = ("f1".to_owned(), ".text.f0".to_owned());
        let expected = Error::OutOfRange { relocation, symbol, section, value: i64::from(longest + step) };
        assert_eq!(found, expected);
    }
}

#[test]
fn calls_in_two_instructions_have_a_range() {
    for name in ["riscv32imac", "riscv64gc"] {
        let target = target(name);
        let object = |distance: i64| {
            let text = format!(
                ".option norvc\n.section .text.f0,\"ax\"\n.globl f0\n.type f0,@function\n\
                 f0: .reloc ., R_RISCV_CALL_PLT, f0+{distance}\nauipc ra, 0\njalr ra, ra\n.size f0, .-f0\n"
            );
            assemble(target, &text)
        };
        for (last, first) in [((1 << 30) - 2, 1 << 30), (-1 << 30, (-1 << 30) - 2)] {
            link_all(target, &[&object(last)], &["f0"]).unwrap();
            let found = link_all(target, &[&object(first)], &["f0"]).unwrap_err();
            let (symbol, section) = ("f0".to_owned(), ".text.f0".to_owned());
            assert_eq!(found, Error::OutOfRange { relocation: "R_RISCV_CALL_PLT", symbol, section, value: first });
        }
    }
}

#[test]
fn objects_must_be_for_the_target() {
    let thumb = compile(target("thumbv7em"), &function("f0", "i32()", "  ret i32 7"));
    for bytes in [thumb.as_slice(), b"", b"\x7fELF", &thumb[..200], b"!<arch>\n"] {
        let found = link_all(target("x86_64"), &[bytes], &["f0"]).unwrap_err();
        assert!(matches!(found, Error::Format { .. }), "{found}");
    }
}

#[test]
fn damaged_objects_are_errors() {
    for name in TARGETS {
        let target = target(name);
        let ir = function("f0", "double(double %a)", "  %r = call double @f1(double %a)\n  ret double %r")
            + &function("f1", "double(double %a)", "  %r = fadd double %a, 0x400921FB54442D18\n  ret double %r");
        let object = compile(target, &ir);
        // Whatever a byte says, the linker returns.
        for at in 0..object.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut damaged = object.clone();
                damaged[at] ^= change;
                let _ = link_all(target, &[&damaged], &["f0"]);
            }
        }
        for length in 0..object.len() {
            let _ = link_all(target, &[&object[..length]], &["f0"]);
        }
    }
}

#[test]
fn tables_hold_functions() {
    let target = target("x86_64");
    let ir = function("f0", "ptr()", "  ret ptr @data") + "@data = hidden constant [2 x i64] [i64 1, i64 2]\n";
    let entries = vec![Some(("data".to_owned(), 0))];
    let table = ConstantTable { symbol: "const_table0".to_owned(), entries };
    let found = link_with(target, &[&compile(target, &ir)], &["f0"], &[table], &mut |_| None).unwrap_err();
    let expected = Error::NotAFunction { table: "const_table0".to_owned(), symbol: "data".to_owned() };
    assert_eq!(found, expected);
}

#[test]
fn the_archive_must_keep_its_word() {
    let target = target("x86_64");
    let ir = function("f0", "i32()", "  %r = call i32 @one()\n  ret i32 %r") + "declare hidden i32 @one()\n";
    let other = compile(target, &function("other", "i32()", "  ret i32 2"));
    let mut archive = |_: &str| Some(other.clone());
    let found = link_with(target, &[&compile(target, &ir)], &["f0"], &[], &mut archive).unwrap_err();
    assert_eq!(found, Error::Archive { symbol: "one".to_owned() });
}

#[test]
fn halves_of_a_pair_are_refused() {
    let target = target("riscv32imac");
    let cases = [
        (".reloc ., R_RISCV_PCREL_LO12_I, f0\n addi a0, a0, 0\n ret", "R_RISCV_PCREL_LO12_I"),
        (".reloc ., R_RISCV_ADD32, f0\n .word 0", "R_RISCV_ADD32"),
        (".reloc ., R_RISCV_SUB32, f0\n .word 0", "R_RISCV_SUB32"),
    ];
    for (body, name) in cases {
        let text = format!(".section .text.f0,\"ax\"\n.globl f0\n.type f0,@function\nf0:\n {body}\n");
        let found = link_all(target, &[&assemble(target, &text)], &["f0"]).unwrap_err();
        assert!(matches!(&found, Error::LoneRelocation { relocation, .. } if *relocation == name), "{found}");
    }
}

use super::*;
use crate::link::{Placed, Section};
use graver_aot_format::Arch;
use graver_targets::{Aarch64Field, ArmField, Field, RiscvField, ThumbField};

#[test]
fn drops_what_roots_do_not_reach_and_keeps_the_order() {
    for name in TARGETS {
        let target = target(name);
        let first = function("f2", "i32(i32 %a)", "  %r = call i32 @f1(i32 %a)\n  ret i32 %r")
            + &function("f9", "i32(i32 %a)", "  %r = call i32 @missing(i32 %a)\n  ret i32 %r")
            + "declare hidden i32 @f1(i32)\ndeclare hidden i32 @missing(i32)\n";
        let second = function("f1", "i32(i32 %a)", "  %r = add i32 %a, 1\n  ret i32 %r")
            + &function("f0", "i32(i32 %a)", "  %r = call i32 @f2(i32 %a)\n  ret i32 %r")
            + "declare hidden i32 @f2(i32)\n";
        let linked = link_all(target, &[&compile(target, &first), &compile(target, &second)], &["f0"]).unwrap();
        let order: Vec<_> = linked.functions.iter().map(|function| function.name.as_str()).collect();
        assert_eq!(order, ["f2", "f1", "f0"], "{name}");
        assert_eq!(names(&linked, &linked.functions[0].calls), ["f1"]);
        assert_eq!(names(&linked, &linked.functions[2].calls), ["f2"]);
        assert_eq!(linked.symbol("f9"), None);
        // Without glue something else is at offset 0.
        assert!(linked.functions[0].offset >= 16);
        let f1 = linked.symbol("f1").unwrap();
        assert_eq!(f1.offset, linked.functions[1].offset | target.code_bit());
        assert_eq!(f1.section, Section::Text);
    }
}

#[test]
fn calls_arrive() {
    let target = target("x86_64");
    let ir = function("f0", "i32()", "  %r = call i32 @f1()\n  ret i32 %r")
        + &function("f1", "i32()", "  %r = call i32 @f0()\n  ret i32 %r");
    let linked = link_all(target, &[&compile(target, &ir)], &["f0"]).unwrap();
    let [f0, f1] = [0, 1].map(|i| linked.functions[i].offset as usize);
    for (from, to) in [(f0, f1), (f1, f0)] {
        let call = (from..).find(|at| linked.text[*at] == 0xe8).unwrap();
        let distance = i32::from_le_bytes(linked.text[call + 1..call + 5].try_into().unwrap());
        assert_eq!(call as i64 + 5 + i64::from(distance), to as i64);
    }
}

#[test]
fn recursion_is_an_edge() {
    for name in TARGETS {
        let target = target(name);
        let ir = function("f0", "i32(i32 %a)", "  %r = call i32 @f0(i32 %a)\n  %s = add i32 %r, 1\n  ret i32 %s");
        let linked = link_all(target, &[&compile(target, &ir)], &["f0"]).unwrap();
        assert_eq!(linked.functions[0].calls, [0], "{name}");
    }
}

#[test]
fn jumps_to_functions_are_calls() {
    for name in TARGETS {
        let target = target(name);
        let ir = function("f0", "i32(i32 %a)", "  %r = musttail call i32 @f1(i32 %a)\n  ret i32 %r")
            + &function("f1", "i32(i32 %a)", "  ret i32 %a");
        let linked = link_all(target, &[&compile(target, &ir)], &["f0"]).unwrap();
        assert_eq!(linked.functions[0].calls, [1], "{name}");
        let [from, to] = [0, 1].map(|i| linked.functions[i].offset as usize);
        let place = &linked.text[from..];
        // The field's place in the instruction, and what the distance is counted from.
        let (field, start, counted_from) = match target.arch {
            Arch::X86_64 => (Field::Word32, 1, 5),
            Arch::Aarch64 => (Field::Aarch64(Aarch64Field::Branch26), 0, 0),
            Arch::Arm => (Field::Arm(ArmField::Branch24), 0, 8),
            Arch::Thumb => (Field::Thumb(ThumbField::Branch24), 0, 4),
            // AUIPC and JALR, from the first.
            Arch::Riscv32 | Arch::Riscv64 => (Field::Riscv(RiscvField::Call), 0, 0),
            other => panic!("how does {other:?} jump?"),
        };
        let distance = crate::link::field::decode(field, &place[start..]).unwrap();
        assert_eq!(from as i64 + counted_from + distance, to as i64, "{name}");
    }
}

#[test]
fn local_functions_are_in_the_graph() {
    for name in TARGETS {
        let target = target(name);
        let ir = function("f0", "i32(i32 %a)", "  %r = call i32 @local(i32 %a)\n  ret i32 %r")
            + &function("f1", "ptr()", "  ret ptr @local")
            + "define internal i32 @local(i32 %a) noinline nounwind section \".text.local\" {\n  \
               %r = mul i32 %a, %a\n  ret i32 %r\n}\n";
        let linked = link_all(target, &[&compile(target, &ir)], &["f0", "f1"]).unwrap();
        assert_eq!(names(&linked, &linked.functions[0].calls), ["local"], "{name}");
        assert_eq!(names(&linked, &linked.functions[1].takes), ["local"], "{name}");
    }
}

#[test]
fn equal_constants_are_one() {
    let target = target("x86_64");
    let body = "  %r = fadd double %a, 0x400921FB54442D18\n  ret double %r";
    let other = "  %r = fadd double %a, 0x3FF921FB54442D18\n  ret double %r";
    let objects: Vec<_> = [("f0", body), ("f1", body), ("f2", other), ("f3", other)]
        .map(|(name, body)| compile(target, &function(name, "double(double %a)", body)))
        .into();
    let objects: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
    let linked = link_all(target, &objects, &["f0", "f1", "f2"]).unwrap();
    assert_eq!(linked.rodata.len(), 16);
    let linked = link_all(target, &objects, &["f0", "f1"]).unwrap();
    assert_eq!(linked.rodata, std::f64::consts::PI.to_le_bytes());
}

#[test]
fn constant_tables_hold_callable_offsets() {
    for name in TARGETS {
        let target = target(name);
        let ir = function("f0", "i32()", "  ret i32 7")
            + &function("f1", "ptr()", "  ret ptr @const_table0")
            + "@const_table0 = external hidden constant i8\n";
        let entries = vec![None, Some(("f0".to_owned(), 5)), Some(("f1".to_owned(), 6))];
        let table = ConstantTable { symbol: "const_table0".to_owned(), entries };
        let linked = link_with(target, &[&compile(target, &ir)], &["f1"], &[table], &mut |_| None).unwrap();
        let Placed { section, offset, size } = linked.symbol("const_table0").unwrap();
        assert_eq!((section, size), (Section::Rodata, 24));
        let words: Vec<_> = linked.rodata[offset as usize..][..24]
            .chunks(4)
            .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            .collect();
        let code = |name| linked.symbol(name).unwrap().offset;
        assert_eq!(words, [0, 0, code("f0"), 5, code("f1"), 6], "{name}");
        assert_eq!(names(&linked, &linked.in_tables), ["f0", "f1"]);
    }
}

#[test]
fn library_routines_are_fetched_to_a_fixed_point() {
    for name in TARGETS {
        let target = target(name);
        let ir = function("f0", "i32()", "  %r = call i32 @one()\n  ret i32 %r") + "declare hidden i32 @one()\n";
        let one = function("one", "i32()", "  %r = call i32 @two()\n  ret i32 %r") + "declare hidden i32 @two()\n";
        let two = function("two", "i32()", "  ret i32 2");
        let mut asked = Vec::new();
        let linked = link_with(target, &[&compile(target, &ir)], &["f0"], &[], &mut |symbol| {
            asked.push(symbol.to_owned());
            Some(compile(target, if symbol == "one" { &one } else { &two }))
        });
        let order: Vec<_> = linked.unwrap().functions.into_iter().map(|function| function.name).collect();
        assert_eq!(order, ["f0", "one", "two"]);
        assert_eq!(asked, ["one", "two"]);
    }
}

#[test]
fn an_object_may_replace_functions() {
    for name in TARGETS {
        let target = target(name);
        let ir =
            function("f0", "i32()", "  %r = call i32 @f1()\n  ret i32 %r") + &function("f1", "i32()", "  ret i32 1");
        let again = function("f1", "i32()", "  %r = call i32 @f2()\n  ret i32 %r") + "declare hidden i32 @f2()\n";
        let f2 = function("f2", "i32()", "  ret i32 1");
        let [ir, again, f2] = [ir, again, f2].map(|ir| compile(target, &ir));
        let object = |bytes, replaces| Object { name: "test.o", bytes, replaces };
        let objects = [object(&ir, false), object(&f2, false), object(&again, true)];
        let linked = link_objects(target, &objects, &["f0"], &[], &mut |_| None).unwrap();
        let mut order: Vec<_> = linked.functions.iter().map(|function| function.name.as_str()).collect();
        order.sort_unstable();
        assert_eq!(order, ["f0", "f1", "f2"]);
        assert_eq!(names(&linked, &linked.functions[0].calls), ["f1"]);
        let f1 = linked.functions.iter().find(|function| function.name == "f1").unwrap();
        assert_eq!(names(&linked, &f1.calls), ["f2"]);
    }
}

#[test]
fn jump_tables_do_not_keep_code() {
    for name in ["x86_64", "riscv32imac", "riscv64gc"] {
        check_jump_tables(target(name));
    }
}

fn check_jump_tables(target: &'static Target) {
    let cases = |name: &str| {
        let labels: String = (0..9).map(|i| format!(" i32 {i}, label %l{i}")).collect();
        let blocks: String = (0..9).map(|i| format!("l{i}:\n  call void @g{i}()\n  ret void\n")).collect();
        function(name, "void(i32 %a)", &format!("  switch i32 %a, label %d [{labels} ]\n{blocks}d:\n  ret void"))
    };
    let callees: String = (0..9).map(|i| function(&format!("g{i}"), "void()", "  ret void")).collect();
    let object = compile(target, &(cases("f0") + &cases("f1") + &callees));
    let linked = link_all(target, &[&object], &["f1"]).unwrap();
    assert_eq!(linked.symbol("f0"), None);
    let f1 = linked.functions.iter().find(|function| function.name == "f1").unwrap();
    assert_eq!(f1.calls.len(), 9);
    // The table of f1 points into f1.
    let (start, end) = (i64::from(f1.offset), i64::from(f1.offset + f1.size));
    let rodata = (linked.text.len() as i64 + 15) & !15;
    let into = |at: usize| {
        let table = if at < 36 { 0 } else { 36 };
        rodata + table + i64::from(i32::from_le_bytes(linked.rodata[at..at + 4].try_into().unwrap()))
    };
    assert!((36..72).step_by(4).all(|at| (start..end).contains(&into(at))), "{:?}", linked.rodata);
    assert!(linked.rodata[..36].iter().all(|byte| *byte == 0));
}

#[test]
fn halves_of_an_address_find_each_other() {
    for name in ["riscv32imac", "riscv64gc"] {
        let target = target(name);
        // Two addresses whose instructions LLVM mixes, and one that is only stored through.
        let ir = function(
            "f0",
            "i32(i32 %a)",
            "  %x = load i32, ptr @one\n  %p = getelementptr i32, ptr @two, i32 %a\n  %y = load i32, ptr %p\n  %r = add i32 %x, %y\n  ret i32 %r",
        ) + "@one = hidden constant i32 5\n@two = hidden constant [2 x i32] [i32 6, i32 7]\n";
        let linked = link_all(target, &[&compile(target, &ir)], &["f0"]).unwrap();
        let [one, two] = ["one", "two"].map(|name| i64::from(linked.symbol(name).unwrap().offset));
        let rodata = (linked.text.len() as i64 + 15) & !15;
        let mut found = Vec::new();
        let words = |at: usize| u32::from_le_bytes(linked.text[at..at + 4].try_into().unwrap());
        let start = linked.functions[0].offset as usize;
        for at in (start..linked.text.len() - 3).step_by(2).filter(|at| words(*at) & 0x7f == 0x17) {
            let register = words(at) >> 7 & 31;
            let uses = |at: &usize| matches!(words(*at) & 0x7f, 0x03 | 0x13) && words(*at) >> 15 & 31 == register;
            let low = (at + 4..linked.text.len() - 3).step_by(2).find(uses).unwrap();
            let [high, low] = [(RiscvField::High, at), (RiscvField::LowI, low)]
                .map(|(field, at)| crate::link::field::decode(Field::Riscv(field), &linked.text[at..]).unwrap());
            found.push(at as i64 + high + low - rodata);
        }
        found.sort_unstable();
        assert_eq!(found, [one.min(two), one.max(two)], "{name}");
    }
}

#[test]
fn glue_comes_first_and_offsets_are_the_abi() {
    for name in TARGETS {
        let target = target(name);
        let ir = function("f0", "i32()", "  ret i32 7");
        for uses_floats in [false, true] {
            let glue = assemble(target, &target.glue(uses_floats));
            let roots = ["f0", "graver_enter", "graver_leave", "graver_trap"];
            let linked = link_all(target, &[&compile(target, &ir), &glue], &roots).unwrap();
            let order: Vec<_> = linked.functions.iter().map(|function| function.name.as_str()).collect();
            assert_eq!(order, ["graver_enter", "graver_trap", "graver_leave", "f0"], "{name}");
            assert_eq!(linked.symbol("graver_enter").unwrap().offset, target.code_bit());
            assert!(linked.symbol("graver_text").is_some_and(|placed| placed.offset == 0));
        }
    }
}

#[test]
fn addresses_of_thumb_functions_are_callable() {
    let target = target("thumbv7em");
    let ir = function("f0", "ptr()", "  ret ptr @f1")
        + &function("f1", "ptr()", "  ret ptr @graver_text")
        + "@graver_text = external hidden constant i8\n";
    let linked = link_all(target, &[&compile(target, &ir)], &["f0"]).unwrap();
    assert_eq!(names(&linked, &linked.functions[0].takes), ["f1"]);
    // ldr r0, [pc, #4]; add r0, pc; bx lr; nop; .word target - (place of the add + 4)
    for (function, address) in [(0, linked.functions[1].offset | 1), (1, 0)] {
        let at = linked.functions[function].offset as usize;
        let word = u32::from_le_bytes(linked.text[at + 8..at + 12].try_into().unwrap());
        assert_eq!(word.wrapping_add(at as u32 + 6), address);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for name in TARGETS {
        let target = target(name);
        let ir: String = (0..40)
            .map(|i| {
                let callee = (i * 7 + 3) % 40;
                function(&format!("f{i}"), "i32(i32 %a)", &format!("  %r = call i32 @f{callee}(i32 %a)\n  ret i32 %r"))
            })
            .collect();
        let object = compile(target, &ir);
        let roots: Vec<String> = (0..40).map(|i| format!("f{i}")).collect();
        let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
        let first = link_all(target, &[&object], &roots).unwrap();
        for _ in 0..5 {
            let again = link_all(target, &[&object], &roots).unwrap();
            assert_eq!((&first.text, &first.rodata), (&again.text, &again.rodata));
            assert_eq!(first.functions, again.functions);
        }
    }
}

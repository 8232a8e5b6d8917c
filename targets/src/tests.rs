use crate::{ALL, Cpu, Request, Target, select};
use alloc::string::ToString;
use graver_aot_format::abi::{ContextHeadField, ContextLayout, ContextShape, MemoryField, StoreField};
use graver_aot_format::{Arch, CpuFeature};

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
    assert_eq!(text, "unknown target `thumbv7em-fh`; did you mean thumbv7em-dp or thumbv7em-hf or thumbv7em?");
    let text = Target::find("vax").map(|target| target.name).unwrap_err().to_string();
    assert_eq!(text, "unknown target `vax`; `graver targets` lists all: cores and architectures, not boards");
    let text = Target::find("cortex-m55").map(|target| target.name).unwrap_err().to_string();
    assert!(text.contains("did you mean cortex-m"), "{text}");
}

#[test]
fn names_that_other_tools_print_are_known() {
    for (name, row) in [
        ("x86_64-unknown-linux-gnu", "x86_64"),
        ("riscv32imac-esp-espidf", "riscv32imac"),
        ("xtensa-esp32s3-none-elf", "xtensa-esp32s3"),
        ("cortex-m0+", "thumbv6m"),
    ] {
        assert_eq!(Target::find(name).map(|target| target.name), Ok(row));
    }
}

#[test]
fn rows_agree_with_their_architecture() {
    for target in ALL {
        assert_eq!(target.pointer_bytes, target.arch.pointer_bytes(), "{}", target.name);
        assert!(target.supports(target.bounds.default), "{}", target.name);
        assert!(!target.proven.is_empty() && !target.summary.is_empty(), "{}", target.name);
        assert!(target.file_align_log2 >= target.text_align_log2, "{}", target.name);
        // Wherever code ends, an instruction begins.
        let shortest = match target.arch {
            // Xtensa: two or three bytes, anywhere.
            Arch::X86_64 | Arch::XtensaWindowed | Arch::XtensaCall0 => 1,
            Arch::Aarch64 | Arch::Arm => 4,
            _ => 2,
        };
        assert_eq!(target.text_filler.len(), shortest, "{}", target.name);
    }
}

/// How far from a register the shortest load of a word reaches.
const fn short_offset(arch: Arch) -> u32 {
    match arch {
        Arch::XtensaWindowed | Arch::XtensaCall0 => 60, // `l32i.n`
        Arch::Thumb | Arch::Riscv32 => 124,             // `ldr` of 16 bits, `c.lw`
        Arch::X86_64 => 127,                            // a displacement of 8 bits
        Arch::Riscv64 => 248,                           // `c.ld`
        Arch::Arm => 4095,
        Arch::Aarch64 => 32760,
    }
}

#[test]
fn what_hot_code_reads_is_within_short_offsets() {
    let shape = ContextShape { memories: 1, global_cells: 2, ..ContextShape::default() };
    for target in ALL {
        let bytes = target.pointer_bytes;
        let layout = ContextLayout::new(&shape, bytes);
        let of_context = [
            ContextHeadField::Store.offset(bytes),
            ContextHeadField::Helpers.offset(bytes),
            layout.memory(0) + MemoryField::Base.offset(bytes),
            layout.memory(0) + MemoryField::Length.offset(bytes),
            // The stack pointer of C and Rust programs, and one more.
            layout.global_cell(0),
            layout.global_cell(1),
        ];
        let of_store = [StoreField::EntrySp, StoreField::StackLimit, StoreField::Trap, StoreField::Stop];
        let offsets = of_context.into_iter().chain(of_store.map(|field| field.offset(bytes)));
        for offset in offsets {
            assert!(offset <= short_offset(target.arch), "{}: {offset}", target.name);
        }
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

fn request<'a>(name: &'a str, abi: &'a str, cpu: &'a str, features: &'a str) -> Request<'a> {
    let given = |word: &'a str| (!word.is_empty()).then_some(word);
    Request { name, abi: given(abi), cpu: given(cpu), features: given(features) }
}

fn selected(name: &str, abi: &str, cpu: &str, features: &str) -> (&'static str, u64) {
    let found = select(&request(name, abi, cpu, features)).unwrap();
    (found.target.name, found.extra_features)
}

fn refused(name: &str, abi: &str, cpu: &str, features: &str) -> alloc::string::String {
    select(&request(name, abi, cpu, features)).map(|found| found.target.name).unwrap_err().to_string()
}

#[test]
fn every_row_is_found_by_what_it_is() {
    for target in ALL {
        assert_eq!(selected(target.name, "", "", ""), (target.name, 0));
        if let Cpu::Named(cpu) = target.llvm.cpu {
            assert_eq!(selected(target.name, "", cpu, "").0, target.name);
        }
        for alias in target.aliases {
            assert_eq!(selected(alias, "", "", "").0, target.name);
        }
    }
}

#[test]
fn an_abi_and_a_cpu_lead_to_relatives() {
    assert_eq!(selected("thumbv7em", "eabihf", "", "").0, "thumbv7em-hf");
    assert_eq!(selected("thumbv7em", "gnu", "", "").0, "thumbv7em");
    assert_eq!(selected("thumbv7em-hf", "eabi", "cortex-m4", "").0, "thumbv7em");
    assert_eq!(selected("x86_64", "", "haswell", "").0, "x86_64-v3");
    assert_eq!(selected("x86_64", "gnu", "x86-64-v3", "").0, "x86_64-v3");
}

#[test]
fn names_of_wamrc_mean_what_they_mean_there() {
    let cases = [
        // Floats in registers are the default of this family there.
        ("riscv32", "", "", "riscv32gc"),
        ("riscv32", "ilp32d", "", "riscv32gc"),
        ("riscv32", "ilp32f", "", "riscv32imafc"),
        // The least of what passes no floats in registers.
        ("riscv32", "ilp32", "", "riscv32imc"),
        ("riscv32", "ilp32", "generic-rv32", "riscv32imc"),
        ("riscv64", "", "", "riscv64gc"),
        ("riscv64", "lp64d", "generic-rv64", "riscv64gc"),
        ("aarch64v8", "gnu", "cortex-a53", "aarch64"),
        ("armv7", "gnueabihf", "", "armv7"),
        ("armv7", "gnueabihf", "cortex-a15", "armv7"),
        ("armv7", "gnueabi", "", "armv7-softfp"),
        ("armv7", "eabi", "cortex-a9", "armv7-softfp"),
        ("armv7a", "eabihf", "generic", "armv7"),
        ("thumbv7", "eabi", "cortex-m3", "thumbv7m"),
        ("thumbv7", "eabi", "cortex-m4", "thumbv7em"),
        ("thumbv7", "eabihf", "cortex-m4", "thumbv7em-hf"),
        ("thumbv7", "eabihf", "cortex-m7", "thumbv7em-dp"),
        // The row of this CPU passes floats in registers; what is left is the CPU without its FPU.
        ("thumbv7", "eabi", "cortex-m7", "thumbv7em"),
        ("thumbv7em", "gnueabi", "cortex-m7", "thumbv7em"),
        ("xtensa", "", "esp32", "xtensa-esp32"),
    ];
    for (name, abi, cpu, row) in cases {
        assert_eq!(selected(name, abi, cpu, ""), (row, 0), "{name} {abi} {cpu}");
    }

    assert_eq!(selected("riscv32", "ilp32", "generic-rv32", "+m,+a,+c"), ("riscv32imac", 0));

    let text = refused("riscv64", "lp64", "", "");
    assert_eq!(text, "unknown ABI `lp64` for riscv64; did you mean lp64d?");
}

#[test]
fn arm_features_lead_to_rows() {
    let bit = |name| CpuFeature::find(Arch::Arm, name).unwrap().mask();
    assert_eq!(selected("armv7", "", "", "+vfp3d16"), ("armv7", 0));
    assert_eq!(selected("armv7", "", "cortex-a15", "+hwdiv-arm"), ("armv7", bit("hwdiv-arm")));
    assert_eq!(selected("armv7-softfp", "", "", "+vfp4d16"), ("armv7-softfp", bit("vfp4d16")));
    // It flushes subnormal floats; and without an FPU there is no row.
    for features in ["+neon", "-vfp3d16"] {
        assert!(refused("armv7", "", "", features).contains("an image cannot require exactly"), "{features}");
    }
}

#[test]
fn features_lead_to_rows_and_what_is_left_is_extra() {
    let bit = |name| CpuFeature::find(Arch::X86_64, name).unwrap().mask();
    assert_eq!(selected("x86_64", "", "", "+popcnt"), ("x86_64", bit("popcnt")));
    // As LLVM has it: SSE4.1 has what came before it.
    assert_eq!(selected("x86_64", "", "", "+sse4.1"), ("x86_64", bit("sse4.1") | bit("ssse3") | bit("sse3")));
    assert_eq!(selected("x86_64-v3", "", "", ""), ("x86_64-v3", 0));
    assert_eq!(selected("x86_64-v3", "", "", "+avx2"), ("x86_64-v3", 0));
    assert_eq!(selected("x86_64-v3", "", "", "+avx512f"), ("x86_64-v3", bit("avx512f")));
    // Without AVX there is no FMA either, and the rest is the baseline with more.
    let (name, extra) = selected("x86_64-v3", "", "", "-avx");
    assert_eq!((name, extra & bit("fma"), extra & bit("bmi2")), ("x86_64", 0, bit("bmi2")));
    assert_eq!(selected("x86_64-v3", "", "", "-avx,+avx2,+f16c,+fma"), ("x86_64-v3", 0));
}

#[test]
fn what_means_nothing_is_refused_with_advice() {
    assert_eq!(
        refused("thumbv7em", "eabihg", "", ""),
        "unknown ABI `eabihg` for thumbv7em; did you mean eabihf or eabi?"
    );
    assert_eq!(refused("x86_64", "", "haswel", ""), "unknown CPU `haswel` for x86_64; did you mean haswell?");
    let text = refused("x86_64", "", "", "+avx3");
    assert!(text.starts_with("unknown CPU feature `avx3` for x86_64; did you mean avx or avx2"), "{text}");
    assert_eq!(refused("x86_64", "", "", "avx"), "CPU features are a list of +name and -name: `avx` has no sign");
    assert!(refused("native", "", "", "+avx").contains("name a target"));
    assert!(refused("thumbv7em-fh", "", "", "").contains("did you mean thumbv7em-dp or thumbv7em-hf"));
    // Double precision would change how floats are passed.
    let text = refused("thumbv7em", "", "", "+fp64");
    assert!(text.contains("an image cannot require exactly") && text.contains("thumbv7em-hf (fp32"), "{text}");
}

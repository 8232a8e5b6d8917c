//! Images as C source and as objects: linked by the system's linkers, and loaded from where they are.

use std::fs;
use std::process::Command;

use graver_aot_format::Arch;
use graver_guests::repository;
use graver_targets::{ALL, Target};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

use crate::Workplace;

const APP: &str = r#"(module (func (export "answer") (result i32) (i32.const 42)))"#;

/// Prints what is at the symbols, so that it can be compared with the image.
const CLIENT: &str = r#"
#include <stdint.h>
#include <stdio.h>
#ifdef __cplusplus
extern "C" {
#endif
extern const unsigned char app_aot[];
extern const unsigned long app_aot_size;
#ifdef OBJECT
const unsigned char *app_aot_image(unsigned long *size);
#endif
#ifdef __cplusplus
}
#endif
int main(void) {
    const unsigned char *image = app_aot;
    unsigned long size = app_aot_size;
#ifdef OBJECT
    unsigned long told = 0;
    if (app_aot_image(&told) != image || told != size || app_aot_image(0) != image) return 2;
#endif
    if ((uintptr_t)image % 16) return 3;
    return fwrite(image, 1, size, stdout) != size;
}
"#;

fn compiled() -> Workplace {
    let place = Workplace::new();
    place.write("app.wat", APP);
    place.write("client.c", CLIENT);
    place.write("client.cpp", CLIENT);
    place.graver(&["compile", "app.wat"]).expect(0, &[]);
    place
}

fn check(place: &Workplace) {
    let output = written(place, None, "app.aot");
    fs::write(place.path("linked.aot"), output).expect("writes");
    let run = place.graver(&["run", "--invoke", "answer", "linked.aot"]);
    run.expect(0, &["0x2a:i32"]);
}

/// What the client writes, in an emulator or not: the bytes of an image.
fn written(place: &Workplace, emulator: Option<&str>, image: &str) -> Vec<u8> {
    let client = place.path("client");
    let mut command = match emulator {
        Some(emulator) => Command::new(emulator),
        None => Command::new(&client),
    };
    let output = command.args(emulator.map(|_| &client)).output().expect("runs");
    assert!(output.status.success(), "{:?}", output.status);
    assert!(output.stdout == place.read(image), "other bytes than the image's");
    output.stdout
}

#[test]
fn a_c_array_is_c_and_cpp() {
    let place = compiled();
    let said = ["extern const unsigned char app_aot[", "extern const unsigned long app_aot_size;"];
    place.graver(&["compile", "app.wat", "--format", "c-array"]).expect(0, &said);
    for compiler in ["cc", "clang-22"] {
        for standard in ["-std=c99", "-std=c11", "-std=c23"] {
            let arguments = [standard, "-Wall", "-Wextra", "-Werror", "client.c", "app.c", "-o", "client"];
            // A compiler that is older than the standard has nothing to say about it.
            let answer = place.run(compiler, &arguments);
            if answer.stderr.contains("-std=") && standard == "-std=c23" {
                continue;
            }
            answer.expect(0, &[]);
            check(&place);
        }
    }
    fs::copy(place.path("app.c"), place.path("app.cpp")).expect("copies");
    place.run("clang-22", &["-x", "c++", "-Wall", "-Werror", "-c", "app.cpp", "-o", "app-cpp.o"]).expect(0, &[]);
    place.run("cc", &["client.c", "app-cpp.o", "-o", "client"]).expect(0, &[]);
    check(&place);
}

#[test]
fn an_object_links_with_gnu_ld_and_lld() {
    let place = compiled();
    place
        .graver(&["compile", "app.wat", "--format", "static-object"])
        .expect(0, &["app_aot_image(unsigned long *size)"]);
    for arguments in [&["cc"][..], &["cc", "-static"], &["cc", "-no-pie"], &["clang-22", "-fuse-ld=lld"]] {
        let rest = ["-DOBJECT", "-Wl,--fatal-warnings", "client.c", "app.o", "-o", "client"];
        place.run(arguments[0], &[&arguments[1..], &rest].concat()).expect(0, &[]);
        check(&place);
    }
}

#[test]
fn the_object_of_every_row_links() {
    let place = compiled();
    for target in ALL.iter().filter(|target| target.name != "native") {
        compile_both(&place, target);
        assert_object(&place, target);
        if LLD_LACKS.contains(&target.elf_machine) {
            run_in_simulator(&place, target);
            continue;
        }
        let link = ["--fatal-warnings", "-e", "app_aot_image", "-o", "row.elf", "row.o"];
        place.run("ld.lld-22", &link).expect(0, &[]);
        let bytes = place.read("row.elf");
        let program = object::File::parse(&*bytes).expect("an executable");
        let symbol = program.symbol_by_name("app_aot").expect("the image");
        assert_eq!(symbol.address() % 16, 0, "{}", target.name);
        assert_eq!(contents(&program, symbol.address(), symbol.size()), place.read("row.aot"), "{}", target.name);
    }
}

#[test]
fn firmware_links_without_warnings() {
    let place = compiled();
    let arguments = ["compile", "app.wat", "--target", "cortex-m0", "--format", "static-object", "-o", "m0.o"];
    place.graver(&arguments).expect(0, &[]);
    place.write(
        "firmware.c",
        "const unsigned char *app_aot_image(unsigned long *);\nint blink(void) { return *app_aot_image(0); }",
    );
    let options = ["-mcpu=cortex-m0", "-mthumb", "-nostdlib", "-Wl,-e,blink,--fatal-warnings"];
    let files = ["firmware.c", "m0.o", "-o", "firmware.elf"];
    place.run("arm-none-eabi-gcc", &[&options[..], &files].concat()).expect(0, &[]);
}

/// Machines that lld 22 does not know, by `e_machine`: Xtensa.
const LLD_LACKS: &[u16] = &[94];

/// The image of a row, and the object with it.
fn compile_both(place: &Workplace, target: &Target) {
    let arguments = ["compile", "app.wat", "--target", target.name];
    place.graver(&[&arguments[..], &["-o", "row.aot"]].concat()).expect(0, &[]);
    place.graver(&[&arguments[..], &["--format", "static-object", "-o", "row.o"]].concat()).expect(0, &[]);
}

/// Links a firmware for Xtensa with GNU's linker, functions apart from everything else, and lets it ask for the image and
/// write it to a file.
fn run_in_simulator(place: &Workplace, target: &Target) {
    let board = target.board.as_ref().expect("a board");
    let sources = repository().join("tests/firmware/embedded");
    let [start, script] = ["start.S", "link.x"].map(|name| sources.join(name).to_string_lossy().into_owned());
    // GNU's assembler knows only the instructions of the one core that it was built for.
    let is_windowed = target.arch == Arch::XtensaWindowed;
    let (assembler, options) = match is_windowed {
        true => ("llvm-mc-22", &["-triple=xtensa-none-elf", "-mcpu=esp32", "-filetype=obj", "--defsym=WINDOWED=1"][..]),
        false => ("xtensa-lx106-elf-as", &["--defsym", "WINDOWED=0"][..]),
    };
    place.run(assembler, &[options, &[&start, "-o", "start.o"]].concat()).expect(0, &[]);
    let (code, data) = match board.name {
        "xtensa-lx106" => ("--defsym=CODE=0x40001000", "--defsym=DATA=0x60000000"),
        _ => ("--defsym=CODE=0x2000", "--defsym=DATA=0x200000"),
    };
    let link = ["--fatal-warnings", "--gc-sections", code, data, "-T", &script, "start.o", "row.o", "-o", "row.elf"];
    place.run("xtensa-lx106-elf-ld", &link).expect(0, &[]);

    let (loader, options) = board.args.split_last().expect("options");
    let program = format!("{loader}row.elf");
    let quiet = ["-display", "none", "-serial", "null", "-monitor", "none", "-semihosting"];
    let emulator = ["60", board.emulator.expect("an emulator")];
    place.run("timeout", &[&emulator[..], &quiet, options, &[&program]].concat()).expect(0, &[]);
    assert_eq!(place.read("image"), place.read("row.aot"), "{}", target.name);
    fs::remove_file(place.path("image")).expect("is removed");
}

/// GNU's linker takes an object only together with those of the same conventions.
#[test]
fn an_object_links_with_the_compilers_of_other_machines() {
    let place = compiled();
    for (name, compiler, emulator) in [
        ("armv7", "arm-linux-gnueabihf-gcc", "qemu-arm"),
        ("armv7-softfp", "arm-linux-gnueabi-gcc", "qemu-arm"),
        ("riscv64gc", "riscv64-linux-gnu-gcc", "qemu-riscv64"),
    ] {
        compile_both(&place, Target::find(name).expect("a row"));
        let arguments = ["-static", "-DOBJECT", "-Wl,--fatal-warnings", "client.c", "row.o", "-o", "client"];
        place.run(compiler, &arguments).expect(0, &[]);
        written(&place, Some(emulator), "row.aot");
    }
}

#[test]
fn functions_reach_their_constants_wherever_linkers_put_them() {
    let place = compiled();
    // The size does not fit into an instruction.
    let data = "x".repeat(5000);
    place.write("app.wat", &format!("(module (memory 1) (data (i32.const 0) \"{data}\"))"));
    for target in ALL.iter().filter(|target| LLD_LACKS.contains(&target.elf_machine)) {
        compile_both(&place, target);
        run_in_simulator(&place, target);
    }
}

fn assert_object(place: &Workplace, target: &Target) {
    let bytes = place.read("row.o");
    let object = object::File::parse(&*bytes).expect("an object");
    let name = target.name;
    let size = object.symbol_by_name("app_aot").expect("the image").size();
    assert_eq!(size as usize, place.read("row.aot").len(), "{name}");
    assert!(object.symbol_by_name("app_aot_size").is_some() && object.symbol_by_name("app_aot_image").is_some());
    let section = object.section_by_name(".rodata.app_aot").expect("its section");
    assert!(section.align() >= 16, "{name}");
    assert_eq!(section.kind(), object::SectionKind::ReadOnlyData, "{name}");
}

fn contents(program: &object::File<'_>, address: u64, size: u64) -> Vec<u8> {
    let found = program.sections().find_map(|section| section.data_range(address, size).ok().flatten());
    found.unwrap_or_default().to_vec()
}

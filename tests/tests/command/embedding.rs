//! Images as C source and as objects: linked by the system's linkers, and loaded from where they are.

use std::fs;

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
    let output = std::process::Command::new(place.path("client")).output().expect("runs");
    assert!(output.status.success(), "{:?}", output.status);
    assert!(output.stdout == place.read("app.aot"), "other bytes than the image's");
    fs::write(place.path("linked.aot"), output.stdout).expect("writes");
    let run = place.graver(&["run", "--invoke", "answer", "linked.aot"]);
    run.expect(0, &["0x2a:i32"]);
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
        let arguments = ["compile", "app.wat", "--target", target.name];
        place.graver(&[&arguments[..], &["-o", "row.aot"]].concat()).expect(0, &[]);
        place.graver(&[&arguments[..], &["--format", "static-object", "-o", "row.o"]].concat()).expect(0, &[]);
        assert_object(&place, target);
        if !LLD_LACKS.contains(&target.elf_machine) {
            let link = ["--fatal-warnings", "-e", "app_aot_image", "-o", "row.elf", "row.o"];
            place.run("ld.lld-22", &link).expect(0, &[]);
            let bytes = place.read("row.elf");
            let program = object::File::parse(&*bytes).expect("an executable");
            let symbol = program.symbol_by_name("app_aot").expect("the image");
            assert_eq!(symbol.address() % 16, 0, "{}", target.name);
            assert_eq!(contents(&program, symbol.address(), symbol.size()), place.read("row.aot"), "{}", target.name);
        }
    }
}

/// Machines that lld 22 does not know, by `e_machine`: Xtensa.
const LLD_LACKS: &[u16] = &[94];

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

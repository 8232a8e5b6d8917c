//! The installed library in a program by pkg-config, and in projects of CMake: one that looks for it, and one that was written for
//! WAMR.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::root;

const CLIENT: &str = r#"
#include <stdio.h>
#include "wasm_export.h"
#include "bh_read_file.h"
int main(void)
{
    uint32_t major, minor, patch;
    if (!wasm_runtime_init())
        return 1;
    wasm_runtime_get_version(&major, &minor, &patch);
    printf("%u.%u\n", major, minor);
    wasm_runtime_destroy();
    return 0;
}
"#;

const FOUND: &str = r#"
cmake_minimum_required(VERSION 3.14)
project(found C)
find_package(graver REQUIRED)
add_executable(client client.c)
target_include_directories(client PRIVATE "${PREFIX}/include/samples-compat")
target_link_libraries(client graver::graver)
"#;

const WRITTEN_FOR_WAMR: &str = r#"
cmake_minimum_required(VERSION 3.14)
project(written_for_wamr C)
set(WAMR_BUILD_PLATFORM "linux")
set(WAMR_BUILD_TARGET "X86_64")
set(WAMR_BUILD_AOT 1)
set(WAMR_BUILD_LIBC_BUILTIN 1)
set(WAMR_BUILD_LIBC_WASI 1)
set(WAMR_BUILD_LOAD_CUSTOM_SECTION 1)
set(WAMR_BUILD_LIB_WASI_THREADS 1)
set(WAMR_BUILD_FAST_JIT 1)
set(WAMR_BUILD_SIMD 0)
set(WAMR_ROOT_DIR "${PREFIX}")
include(${WAMR_ROOT_DIR}/build-scripts/runtime_lib.cmake)
add_library(vmlib ${WAMR_RUNTIME_LIB_SOURCE})
include(${SHARED_DIR}/utils/uncommon/shared_uncommon.cmake)
add_executable(client client.c ${UNCOMMON_SHARED_SOURCE})
target_link_libraries(client vmlib -lm -ldl -lpthread)
"#;

/// Standard output and error of a command that succeeds.
fn run(command: &mut Command) -> (String, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{stdout}\n{stderr}");
    (stdout, stderr)
}

/// Builds a project; what the configuration warns of.
fn build(folder: &Path, prefix: &Path, lists: &str) -> String {
    fs::create_dir(folder).unwrap();
    fs::write(folder.join("CMakeLists.txt"), lists).unwrap();
    fs::write(folder.join("client.c"), CLIENT).unwrap();
    let define = |name: &str| format!("-D{name}={}", prefix.display());
    let made = folder.join("made");
    let mut cmake = Command::new("cmake");
    cmake.arg("-S").arg(folder).arg("-B").arg(&made).args([define("CMAKE_PREFIX_PATH"), define("PREFIX")]);
    let (_, warnings) = run(&mut cmake);
    run(Command::new("cmake").arg("--build").arg(&made));
    assert_eq!(run(&mut Command::new(made.join("client"))).0, "2.4\n");
    warnings
}

/// Builds a program as the documents say; it runs without being told where the library is.
fn build_with_pkg_config(folder: &Path, prefix: &Path) {
    let mut pkg_config = Command::new("pkg-config");
    pkg_config.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    let (flags, _) = run(pkg_config.args(["--cflags", "--libs", "--static", "graver"]));
    let (source, program) = (folder.join("client.c"), folder.join("client"));
    fs::write(&source, CLIENT).unwrap();
    let mut compiler = Command::new("cc");
    compiler.arg(source).arg("-o").arg(&program).arg("-I").arg(prefix.join("include/samples-compat"));
    run(compiler.args(flags.split_whitespace()));
    assert_eq!(run(&mut Command::new(program)).0, "2.4\n");
}

#[test]
fn projects_find_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("prefix");
    let mut install = Command::new(env!("CARGO"));
    run(install.current_dir(root()).args(["xtask", "install", "--prefix"]).arg(&prefix));
    build_with_pkg_config(folder.path(), &prefix);
    assert_eq!(build(&folder.path().join("found"), &prefix, FOUND), "");
    let warnings = build(&folder.path().join("wamr"), &prefix, WRITTEN_FOR_WAMR);
    assert!(warnings.contains("WAMR_BUILD_FAST_JIT=1 has no effect"), "{warnings}");
    assert_eq!(warnings.matches("has no effect").count(), 1, "{warnings}");
}

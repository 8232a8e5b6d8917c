//! `graver-run --native-lib`: natives in shared libraries, as they were written for `iwasm`.

use std::fs;
use std::path::Path;
use std::process::Command;

use graver_guests::tools::Tools;
use tempfile::TempDir;

use crate::root;

const NATIVES: &str = r#"
#include <stdio.h>
#include <string.h>
#include "wasm_export.h"

static int add(wasm_exec_env_t env, int a, int b)
{
    (void)env;
    return a + b;
}

static void greet(wasm_exec_env_t env, const char *who)
{
    (void)env;
    printf("hello, %s\n", who);
    fflush(stdout);
}

static uint32_t copy_of(wasm_exec_env_t env, uint32_t text)
{
    wasm_module_inst_t instance = wasm_runtime_get_module_inst(env);
    const char *from;
    if (!wasm_runtime_validate_app_str_addr(instance, text))
        return 0;
    from = wasm_runtime_addr_app_to_native(instance, text);
    return (uint32_t)wasm_runtime_module_dup_data(instance, from, strlen(from) + 1);
}

static NativeSymbol symbols[] = {
    { "add", (void *)add, "(ii)i", NULL },
    { "greet", (void *)greet, "($)", NULL },
    { "copy_of", (void *)copy_of, "(i)i", NULL },
};

int init_native_lib(void) { return printf("init\n") == 5 ? INIT : 1; }
void deinit_native_lib(void) { printf("deinit\n"); }

uint32_t get_native_lib(char **module_name, NativeSymbol **native_symbols)
{
    *module_name = "env";
    *native_symbols = symbols;
    return COUNT;
}
"#;

const GUEST: &str = r#"(module
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (import "env" "greet" (func $greet (param i32)))
  (import "env" "copy_of" (func $copy (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "guest\00")
  (func (export "main") (result i32)
    (call $greet (i32.const 16))
    (call $greet (call $copy (i32.const 16)))
    (call $add (i32.const 20) (i32.const 22)))
  (func (export "sum") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
      (else (i32.const 0))))
  (func (export "forever") (loop (br 0)))
  (func (export "wild") (drop (call $copy (i32.const -5)))))"#;

/// Exits with 10 for each argument, and 1 for a directory.
const WASI_GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $directory (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $args (i32.const 0) (i32.const 4)))
    (call $exit (call $add
      (i32.mul (i32.load (i32.const 0)) (i32.const 10))
      (i32.eqz (call $directory (i32.const 3) (i32.const 8)))))))"#;

/// Two modules with memories of their own, both of which call natives.
const MAIN_GUEST: &str = r#"(module
  (import "hall" "greet" (func $hall))
  (import "env" "greet" (func $greet (param i32)))
  (memory 1)
  (data (i32.const 8) "main\00")
  (func (export "main") (result i32) (call $hall) (call $greet (i32.const 8)) (i32.const 5)))"#;

const HALL: &str = r#"(module
  (import "env" "greet" (func $greet (param i32)))
  (memory 1)
  (data (i32.const 8) "hall\00")
  (func (export "greet") (call $greet (i32.const 8))))"#;

/// Tries to start three threads, which add 7 by way of a native and stay; exits with the sum.
const THREADS: &str = r#"(module
  (import "env" "memory" (memory 1 1 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (export "memory" (memory 0))
  (func (export "wasi_thread_start") (param i32 i32)
    (drop (i32.atomic.rmw.add (i32.const 0) (call $add (local.get 1) (i32.const 2))))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
    (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1))))
  (func (export "main") (result i32) (local $tries i32) (local $expected i32) (local $sum i32)
    (loop $again
      (if (i32.gt_s (call $spawn (i32.const 5)) (i32.const 0))
        (then (local.set $expected (i32.add (local.get $expected) (i32.const 7)))))
      (local.set $tries (i32.add (local.get $tries) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $tries) (i32.const 3))))
    (loop $again
      (local.set $sum (i32.atomic.load (i32.const 0)))
      (if (i32.ne (local.get $sum) (local.get $expected))
        (then
          (drop (memory.atomic.wait32 (i32.const 0) (local.get $sum) (i64.const -1)))
          (br $again))))
    (i32.atomic.store (i32.const 4) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 4) (i32.const 3)))
    (local.get $sum)))"#;

struct Fixture {
    tools: Tools,
    folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let fixture = Self { tools: Tools::build().expect("the commands"), folder: tempfile::tempdir().unwrap() };
        let guests =
            [("guest", GUEST), ("wasi", WASI_GUEST), ("main", MAIN_GUEST), ("hall", HALL), ("threads", THREADS)];
        for (name, text) in guests {
            let (wat, aot) = (fixture.path(&format!("{name}.wat")), fixture.path(&format!("{name}.aot")));
            fs::write(&wat, text).unwrap();
            fixture.tools.compile(Path::new(&wat), Path::new(&aot), &[]).unwrap();
        }
        fixture
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A library of natives, compiled with definitions.
    fn library(&self, name: &str, definitions: &[&str]) {
        let source = self.path("natives.c");
        fs::write(&source, NATIVES).unwrap();
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-Wall", "-Werror", "-I"]).arg(root().join("loader/capi/include"));
        compiler.args(definitions).arg("-o").arg(self.path(name)).arg(&source);
        assert!(compiler.status().expect("cc").success());
    }

    /// Status, standard output and error of `graver-run` in the folder.
    fn run(&self, line: &str) -> (i32, String, String) {
        let output = self.tools.graver_run().current_dir(self.folder.path()).args(line.split(' ')).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().expect("a status"), text(output.stdout), text(output.stderr))
    }
}

#[test]
fn natives_call_back_into_the_library() {
    let fixture = Fixture::new();
    fixture.library("natives.so", &["-DINIT=0", "-DCOUNT=3"]);
    let ran = |status, printed: &str, complaint: &str| (status, printed.to_owned(), complaint.to_owned());
    // Without a folder in its name, too.
    for name in ["natives.so", "./natives.so"] {
        let expected = ran(42, "init\nhello, guest\nhello, guest\ndeinit\n", "");
        assert_eq!(fixture.run(&format!("--native-lib {name} guest.aot")), expected);
    }
    let expected = ran(0, "init\n0x7:i32\ndeinit\n", "");
    assert_eq!(fixture.run("--native-lib=natives.so --invoke sum guest.aot 3 4"), expected);
    let expected = ran(1, "init\ndeinit\n", "Exception: out of bounds memory access\n");
    assert_eq!(fixture.run("--native-lib natives.so --invoke wild guest.aot"), expected);
    assert_eq!(fixture.run("--native-lib natives.so wasi.aot a b").0, 30);
    let deep = "natives.so --invoke deep guest.aot 20000";
    assert_eq!(fixture.run(&format!("--native-lib {deep}")), ran(0, "init\n0x4e20:i32\ndeinit\n", ""));
    let expected = ran(1, "init\ndeinit\n", "Exception: native stack overflow\n");
    assert_eq!(fixture.run(&format!("--stack-size 20000 --native-lib {deep}")), expected);
    assert_eq!(fixture.run("--native-lib natives.so --dir . wasi.aot").0, 11);
    assert_eq!(fixture.run("--timeout 100 --native-lib natives.so --invoke forever guest.aot").0, 1);
}

#[test]
fn modules_that_a_program_imports_from_find_natives_too() {
    let fixture = Fixture::new();
    fixture.library("natives.so", &["-DINIT=0", "-DCOUNT=3"]);
    let printed = "init\nhello, hall\nhello, main\ndeinit\n".to_owned();
    assert_eq!(fixture.run("--native-lib natives.so --module-path . main.aot"), (5, printed, String::new()));
    let (status, printed, _) = fixture.run("--native-lib natives.so --module-path . --invoke $hall$greet main.aot");
    assert_eq!((status, printed.as_str()), (0, "init\nhello, hall\n\ndeinit\n"));
    fs::write(fixture.path("hall.aot"), "no image").unwrap();
    let (status, _, complaint) = fixture.run("--native-lib natives.so --module-path . main.aot");
    assert!(status == 255 && complaint.contains("hall: magic header not detected"), "{complaint}");
}

#[test]
fn threads_call_natives_too() {
    let fixture = Fixture::new();
    fixture.library("natives.so", &["-DINIT=0", "-DCOUNT=3"]);
    for (options, sum) in [("", 21), ("--max-threads 2 ", 14), ("--max-threads 0 ", 0)] {
        let (status, printed, complaint) = fixture.run(&format!("{options}--native-lib natives.so threads.aot"));
        let is_told = printed.contains("thread-spawn: the program has as many threads as it may have");
        assert_eq!((status, is_told), (sum, sum != 21), "{printed}{complaint}");
    }
}

#[test]
fn what_is_no_library_of_natives_is_refused() {
    let fixture = Fixture::new();
    fixture.library("fails.so", &["-DINIT=3", "-DCOUNT=3"]);
    fixture.library("empty.so", &["-DINIT=0", "-DCOUNT=0"]);
    fixture.library("good.so", &["-DINIT=0", "-DCOUNT=3"]);
    fs::write(fixture.path("text.so"), "no ELF").unwrap();
    for (line, expected) in [
        ("--native-lib nowhere.so guest.aot", "nowhere.so"),
        ("--native-lib text.so guest.aot", "text.so"),
        ("--native-lib libm.so.6 guest.aot", "libm.so.6: not a library of natives"),
        ("--native-lib fails.so guest.aot", "init_native_lib failed with 3"),
        ("--native-lib empty.so guest.aot", "names no natives"),
        ("--native-lib good.so nowhere.aot", "nowhere.aot"),
        ("--native-lib good.so guest.wat", "guest.wat: WASM module load failed"),
        ("--native-lib good.so --dir /graver/is/not/here wasi.aot", "error while pre-opening directory"),
    ] {
        let (status, _, complaint) = fixture.run(line);
        assert!(status == 255 && complaint.contains(expected), "{line}: {status}, {complaint}");
    }
    assert_eq!(fixture.run("--native-lib").0, 2);
    // The compiler's command has none of the API's functions.
    let refused = fixture.tools.graver().args(["run", "--native-lib", "good.so", &fixture.path("guest.aot")]).output();
    assert_eq!(refused.unwrap().status.code(), Some(2));
}

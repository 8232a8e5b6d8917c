//! `graver` and `graver-run` on bad input: `graver` ends with 1 for bad input and 2 for wrong use, `graver-run` with
//! iwasm's codes, where 255 is an image that cannot be loaded. The file is named, and no output is left behind.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use graver_guests::tools::Tools;
use tempfile::TempDir;

use crate::sample::{RICH, SMALL, image, wasm};

struct Fixture {
    tools: Tools,
    folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let fixture =
            Self { tools: Tools::build().expect("the commands build"), folder: TempDir::new().expect("a folder") };
        fixture.write("good.wasm", &wasm(SMALL));
        fixture.write("rich.wasm", &wasm(RICH));
        fixture.write("cut.wasm", &wasm(RICH)[..100]);
        fixture.write("cut.aot", &image(SMALL)[..300]);
        fixture.write("bad.wat", b"(module (func (result i32)))");
        fixture.write("trap.wat", br#"(module (func (export "_start") unreachable))"#);
        fixture
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(name), bytes).expect("writes");
    }

    fn exists(&self, name: &str) -> bool {
        self.folder.path().join(name).exists()
    }

    fn run(&self, mut command: Command, arguments: &[&str]) -> Answer {
        let Output { status, stdout, stderr } =
            command.args(arguments).current_dir(self.folder.path()).output().expect("starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Answer { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    fn graver(&self, arguments: &[&str]) -> Answer {
        self.run(self.tools.graver(), arguments)
    }

    fn graver_run(&self, arguments: &[&str]) -> Answer {
        self.run(self.tools.graver_run(), arguments)
    }

    /// Names in the folder, to see that nothing was left.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("reads");
        let mut names: Vec<String> =
            entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
        names.sort();
        names
    }
}

#[derive(Debug)]
struct Answer {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Answer {
    /// Exit code, and words that the message must have.
    fn expect(&self, code: i32, words: &[&str]) {
        let said = format!("{}{}", self.stdout, self.stderr);
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {self:?}");
        assert!(!said.contains("panicked"), "{self:?}");
    }
}

#[test]
fn compile_refuses_bad_modules_and_leaves_nothing() {
    let fixture = Fixture::new();
    let before = fixture.names();
    fixture.graver(&["compile", "cut.wasm", "-o", "out.aot"]).expect(1, &["cut.wasm", "invalid"]);
    fixture.graver(&["compile", "bad.wat", "-o", "out.aot"]).expect(1, &["bad.wat", "type mismatch"]);
    fixture.graver(&["compile", "none.wasm", "-o", "out.aot"]).expect(1, &["none.wasm"]);
    fixture.graver(&["compile", "good.wasm", "-o", "no/folder/out.aot"]).expect(1, &["out.aot"]);
    assert_eq!(fixture.names(), before);
}

#[test]
fn an_output_that_was_there_stays_when_compilation_fails() {
    let fixture = Fixture::new();
    fixture.write("out.aot", b"precious");
    fixture.graver(&["compile", "cut.wasm", "-o", "out.aot"]).expect(1, &[]);
    assert_eq!(fs::read(fixture.folder.path().join("out.aot")).expect("still there"), b"precious");
}

#[test]
fn wrong_use_is_exit_code_2() {
    let fixture = Fixture::new();
    fixture.graver(&[]).expect(2, &["Usage"]);
    fixture.graver(&["compile"]).expect(2, &["Usage"]);
    fixture.graver(&["compile", "good.wasm", "--opt-level", "4"]).expect(2, &["--opt-level"]);
    fixture.graver(&["compile", "good.wasm", "--frobnicate"]).expect(2, &["--frobnicate"]);
    fixture.graver(&["compile", "good.wasm", "--target", "x86-65"]).expect(2, &["x86-65", "x86"]);
    fixture
        .graver(&["compile", "good.wasm", "--target", "thumbv7em", "--bounds-checks", "guard"])
        .expect(2, &["guard"]);
    fixture.graver_run(&[]).expect(2, &["graver-run"]);
    fixture.graver_run(&["--frobnicate", "x.aot"]).expect(2, &["--frobnicate"]);
}

#[test]
fn an_abort_of_llvm_names_the_function() {
    let fixture = Fixture::new();
    let before = fixture.names();
    let arguments = ["compile", "rich.wasm", "-o", "out.aot", "--abort-in-function", "2"];
    fixture.graver(&arguments).expect(1, &["rich.wasm", "function 2"]);
    assert_eq!(fixture.names(), before);
}

#[test]
fn graver_run_refuses_what_is_not_an_image_for_it() {
    let fixture = Fixture::new();
    fixture.graver_run(&["good.wasm"]).expect(255, &["graver compile"]);
    fixture.graver_run(&["cut.aot"]).expect(255, &["damaged"]);
    fixture.graver_run(&["none.aot"]).expect(255, &["none.aot"]);
    fixture.graver(&["compile", "good.wasm", "-o", "m4.aot", "--target", "thumbv7em"]).expect(0, &[]);
    fixture.graver_run(&["m4.aot"]).expect(255, &["Thumb"]);
    fixture.graver(&["compile", "rich.wasm", "-o", "rich.aot"]).expect(0, &[]);
    fixture.graver_run(&["rich.aot"]).expect(255, &["env", "log"]);
}

#[test]
fn traps_and_missing_functions() {
    let fixture = Fixture::new();
    fixture.graver(&["compile", "trap.wat", "-o", "trap.aot"]).expect(0, &[]);
    fixture.graver_run(&["trap.aot"]).expect(1, &["Exception: unreachable"]);
    fixture.graver(&["run", "trap.wat"]).expect(1, &["Exception: unreachable"]);
    fixture.graver(&["run", "--invoke", "none", "good.wasm"]).expect(1, &["none"]);
    fixture.graver(&["run", "--invoke", "f", "good.wasm"]).expect(0, &["0x2a:i32"]);
}

#[test]
fn inspect_refuses_what_is_not_an_image() {
    let fixture = Fixture::new();
    fixture.graver(&["inspect", "cut.aot"]).expect(1, &["cut.aot"]);
    fixture.graver(&["inspect", "good.wasm"]).expect(1, &["graver compile"]);
    assert!(fixture.exists("good.wasm"));
}

#[test]
fn the_same_input_gives_the_same_bytes_for_any_number_of_threads() {
    let fixture = Fixture::new();
    let compiled = |threads: &str, name: &str| {
        fixture.graver(&["compile", "rich.wasm", "-o", name, "--threads", threads]).expect(0, &[]);
        fs::read(Path::new(fixture.folder.path()).join(name)).expect("the image")
    };
    assert!(compiled("1", "one.aot") == compiled("3", "three.aot"));
}

//! One run for several targets.

use serde_json::Value;

use crate::Workplace;

const APP: &str = r#"(module
    (import "env" "log" (func $log (param i32)))
    (memory 4096 (pagesize 1))
    (func $leaf (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
    (func (export "run") (param i32) (call $log (call $leaf (local.get 0)))))"#;

/// All rows with a CPU of their own.
fn rows() -> Vec<&'static str> {
    let is_fixed = |name: &&str| *name != "native";
    graver_targets::ALL.iter().map(|target| target.name).filter(is_fixed).collect()
}

#[test]
fn every_row_at_once_gives_what_each_gives_alone() {
    let place = Workplace::new();
    place.write("app.wat", APP);
    let targets = rows().join(",");
    let arguments = ["compile", "app.wat", "--target", &targets, "-o"];
    let answer = place.graver(&[&arguments[..], &["all/"]].concat()).expect(0, &["TARGET", "STACK", "RAM"]);
    assert!(answer.stderr.is_empty(), "no progress where nobody looks: {answer:?}");
    place.graver(&[&arguments[..], &["one/", "--threads", "1"]].concat()).expect(0, &[]);
    assert_eq!(place.names("all"), {
        let mut names: Vec<String> = rows().iter().map(|name| format!("app.{name}.aot")).collect();
        names.sort();
        names
    });
    for name in rows() {
        let file = format!("app.{name}.aot");
        assert!(place.read(&format!("all/{file}")) == place.read(&format!("one/{file}")), "{name}");
        assert!(answer.stdout.lines().any(|line| line.starts_with(&format!("{name} "))), "{answer:?}");
    }
    let name = rows()[0];
    place.graver(&["compile", "app.wat", "--target", name]).expect(0, &[]);
    assert!(place.read("app.aot") == place.read(&format!("all/app.{name}.aot")));
}

#[test]
fn names_of_outputs() {
    let place = Workplace::new();
    place.write("app.wat", APP);
    let two = ["compile", "app.wat", "--target", "x86_64", "--target", "thumbv7em"];
    place.graver(&two).expect(0, &[]);
    place.graver(&[&two[..], &["-o", "out/stem.aot"]].concat()).expect(0, &[]);
    place.graver(&[&two[..], &["-o", "out/other"]].concat()).expect(0, &[]);
    place.graver(&["compile", "app.wat", "-o", "out/"]).expect(0, &[]);
    place.graver(&["compile", "app.wat", "-o", "out/single"]).expect(0, &[]);
    let names = ["app.thumbv7em.aot", "app.wat", "app.x86_64.aot", "out"];
    assert_eq!(place.names("."), names);
    let names =
        ["app.aot", "other.thumbv7em.aot", "other.x86_64.aot", "single", "stem.thumbv7em.aot", "stem.x86_64.aot"];
    assert_eq!(place.names("out"), names);
}

#[test]
fn one_failure_does_not_stop_the_others() {
    let place = Workplace::new();
    place.write("app.wat", APP);
    // A folder stands where one of the files should go.
    std::fs::create_dir(place.path("app.thumbv7em.aot")).expect("a folder");
    let answer = place.graver(&["compile", "app.wat", "--target", "x86_64,thumbv7em,thumbv7em-hf"]);
    let answer = answer.expect(1, &["graver: thumbv7em: app.thumbv7em.aot"]);
    assert_eq!(answer.stderr.lines().count(), 1, "{answer:?}");
    assert_eq!(place.names("."), ["app.thumbv7em-hf.aot", "app.thumbv7em.aot", "app.wat", "app.x86_64.aot"]);
    // A module that fails everywhere is named for each, and nothing is written.
    place.write("bad.wat", "(module (func (result i32)))");
    place.graver(&["compile", "bad.wat", "--target", "x86_64,thumbv7em"]).expect(1, &["bad.wat", "type mismatch"]);
    assert!(place.names(".").iter().all(|name| name == "bad.wat" || !name.starts_with("bad")));
}

#[test]
fn wrong_use_ends_before_anything_is_compiled() {
    let place = Workplace::new();
    place.write("app.wat", APP);
    let refuse = |arguments: &[&str], words: &[&str]| {
        place.graver(&[&["compile", "app.wat"], arguments].concat()).expect(2, words);
    };
    refuse(&["--target", "x86_64,thumbv7em", "--bounds-checks", "guard"], &["thumbv7em has no guard regions"]);
    refuse(&["--target", "x86_64", "--target", "amd64"], &["`amd64` is target x86_64 once more"]);
    refuse(&["--target", "x86_64,thumbv7en"], &["thumbv7en", "did you mean thumbv7em"]);
    refuse(&["--target", "thumbv7em", "--target-abi", "eabihff"], &["did you mean eabihf"]);
    refuse(&["--target", "x86_64", "--cpu", "haswel"], &["did you mean haswell"]);
    refuse(&["--target", "x86_64", "--cpu-features", "+avx22"], &["did you mean avx2"]);
    refuse(&["--target", "x86_64", "--cpu-features", "avx2"], &["no sign"]);
    refuse(&["--target", "thumbv7em", "--cpu-features", "+fp64"], &["an image cannot require exactly"]);
    refuse(&["--cpu", "haswell"], &["--target"]);
    refuse(&["--format", "asm", "--report"], &["--report"]);
    refuse(&["--format", "c-array", "--symbol", "no-name"], &["no-name", "--symbol"]);
    assert_eq!(place.names("."), ["app.wat"]);
}

#[test]
fn spellings_of_wamrc_are_the_same_rows() {
    let place = Workplace::new();
    place.write("app.wat", APP);
    let compiled = |arguments: &[&str]| {
        place.graver(&[&["compile", "app.wat", "-o", "x.aot"], arguments].concat()).expect(0, &[]);
        place.read("x.aot")
    };
    let hard = compiled(&["--target", "thumbv7em-hf"]);
    assert!(compiled(&["--target=thumbv7em", "--target-abi=eabihf", "--cpu=cortex-m4"]) == hard);
    let v3 = compiled(&["--target", "x86_64-v3"]);
    assert!(compiled(&["--target=x86_64", "--cpu=haswell"]) == v3);
    let more = compiled(&["--target=x86_64", "--cpu-features=+avx2,+popcnt"]);
    place.graver(&["inspect", "x.aot"]).expect(0, &["features: sse3 ssse3 sse4.1 sse4.2 popcnt avx avx2"]);
    assert!(more != v3);
}

#[test]
fn a_custom_section_that_is_not_there_is_an_error() {
    let place = Workplace::new();
    place.write("app.wat", r#"(module (@custom "here" "bytes"))"#);
    place.graver(&["compile", "app.wat", "-o", "app.aot", "--emit-custom-sections", "here"]).expect(0, &[]);
    let bytes = place.read("app.aot");
    assert!(bytes.windows(5).any(|window| window == b"bytes"));
    let answer = place.graver(&["compile", "app.wat", "-o", "none.aot", "--emit-custom-sections=here,there"]);
    answer.expect(2, &["no custom section \"there\""]);
    assert!(!place.path("none.aot").exists());
}

/// LLVM complains on standard error of features that it does not know.
#[test]
fn disassembling_says_nothing_else() {
    let place = Workplace::new();
    place.write(
        "app.wat",
        r#"(module (func (export "f") (param f32) (result f32) (f32.mul (local.get 0) (local.get 0))))"#,
    );
    for target in ["thumbv7em-dp", "thumbv8m.main-hf", "x86_64-v3", "riscv32imac"] {
        place.graver(&["compile", "app.wat", "-o", "app.aot", "--target", target]).expect(0, &[]);
        let answer = place.graver(&["inspect", "--disassemble", "app.aot"]).expect(0, &["machine"]);
        assert_eq!(answer.stderr, "", "{target}");
    }
}

#[test]
fn reports_agree_with_inspect() {
    let place = Workplace::new();
    place.write("app.wat", APP);
    place.graver(&["compile", "app.wat", "--target", "x86_64,thumbv7em", "--report=app.json"]).expect(0, &["TARGET"]);
    let reports: Value = serde_json::from_slice(&place.read("app.json")).expect("JSON");
    for report in reports.as_array().expect("a list") {
        let name = report["target"].as_str().expect("a name");
        let file = format!("app.{name}.aot");
        let answer = place.graver(&["inspect", "--json", &file]).expect(0, &[]);
        let inspection: Value = serde_json::from_str(&answer.stdout).expect("JSON");
        assert_eq!(report["cost"], inspection["cost"], "{name}");
        assert_eq!(report["cost"]["flash"]["total"], place.read(&file).len());
        assert_eq!(report["cost"]["ram"]["memories"], 4096);
        assert!(report["cost"]["stack_bound"].as_u64().is_some_and(|bound| bound > 0), "{report}");
        assert_eq!(report["calls_out"][0], "env.log");
        assert!(report["functions"].as_array().is_some_and(|functions| functions.len() >= 5));
    }
    let only = place.graver(&["compile", "app.wat", "--target", "x86_64,thumbv7em", "--report=json"]).expect(0, &[]);
    assert_eq!(serde_json::from_str::<Value>(&only.stdout).expect("JSON and nothing else"), reports);
    place.graver(&["compile", "app.wat", "--report"]).expect(0, &["at most", "env.log", "bytes per instance"]);
    place.graver(&["compile", "app.wat", "--report=app.txt"]).expect(0, &[]);
    assert!(String::from_utf8(place.read("app.txt")).is_ok_and(|text| text.contains("bytes per instance")));
}

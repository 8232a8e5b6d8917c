//! The C library and what is said about it: header and document list its functions as they are.

mod build_systems;
mod native_lib;
mod xtensa;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use graver_capi::{Exported, State, exported};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The shape of a type for a caller: handles by name, other pointers, and numbers by size.
fn shape(rust: &str) -> &str {
    match rust.trim_start_matches("*mut ").trim_start_matches("*const ") {
        "Mod" => "M",
        "Inst" => "I",
        "Env" => "E",
        _ if rust.starts_with('*') || rust.starts_with("Option<") => "p",
        "bool" | "u8" => "1",
        "u32" | "i32" | "c_int" | "c_uint" => "4",
        "u64" | "i64" | "usize" => "8",
        "f64" => "d",
        "" => "v",
        _ => panic!("what is {rust} in C?"),
    }
}

/// Checks in C++, whose templates see the types of functions: each has the shape that it has in Rust.
fn header_check(functions: &[Exported]) -> String {
    let mut text = r#"
#include <type_traits>
#include "wasm_export.h"
template <class T> constexpr char shape() {
    using U = std::remove_cv_t<T>;
    if constexpr (std::is_same_v<U, wasm_module_t>) return 'M';
    else if constexpr (std::is_same_v<U, wasm_module_inst_t>) return 'I';
    else if constexpr (std::is_same_v<U, wasm_exec_env_t>) return 'E';
    else if constexpr (std::is_void_v<U>) return 'v';
    else if constexpr (std::is_pointer_v<U>) return 'p';
    else if constexpr (std::is_same_v<U, double>) return 'd';
    else return '0' + sizeof(U);
}
template <class R, class... A> constexpr bool is(R (*)(A...), const char *expected) {
    const char shapes[] = { shape<R>(), shape<A>()..., 0 };
    for (unsigned i = 0; i < sizeof(shapes); i++) if (shapes[i] != expected[i]) return false;
    return true;
}
"#
    .to_owned();
    for function in functions {
        let shapes: String = [function.result].iter().chain(function.params).map(|rust| shape(rust)).collect();
        let name = function.name;
        writeln!(text, "static_assert(is({name}, \"{shapes}\"), \"{name} is {shapes} in Rust\");").unwrap();
    }
    for (structure, size) in [
        ("NativeSymbol", size_of::<graver_capi::NativeSymbol>()),
        ("RuntimeInitArgs", size_of::<graver_capi::RuntimeInitArgs>()),
        ("mem_alloc_info_t", size_of::<graver_capi::MemAllocInfo>()),
        ("LoadArgs", size_of::<graver_capi::LoadArgs>()),
        ("InstantiationArgs", size_of::<graver_capi::InstantiationArgs>()),
        ("wasm_val_t", size_of::<graver_capi::Val>()),
        ("wasm_import_t", size_of::<graver_capi::ImportType>()),
        ("wasm_export_t", size_of::<graver_capi::ExportType>()),
        ("wasm_global_inst_t", size_of::<graver_capi::GlobalInst>()),
        ("wasm_table_inst_t", size_of::<graver_capi::TableInst>()),
    ] {
        writeln!(text, "static_assert(sizeof({structure}) == {size}, \"{structure}\");").unwrap();
    }
    for (field, offset) in [
        ("n_native_symbols", std::mem::offset_of!(graver_capi::RuntimeInitArgs, n_native_symbols)),
        ("running_mode", std::mem::offset_of!(graver_capi::RuntimeInitArgs, running_mode)),
        ("enable_linux_perf", std::mem::offset_of!(graver_capi::RuntimeInitArgs, enable_linux_perf)),
    ] {
        writeln!(text, "static_assert(__builtin_offsetof(RuntimeInitArgs, {field}) == {offset}, \"{field}\");")
            .unwrap();
    }
    text
}

fn compile(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("check.cpp");
    fs::write(&source, text).unwrap();
    let include = root().join("loader/capi/include");
    let output = Command::new("g++").args(["-std=c++17", "-fsyntax-only", "-I"]).arg(include).arg(&source).output();
    String::from_utf8_lossy(&output.expect("g++").stderr).into_owned()
}

#[test]
fn the_header_declares_what_the_library_defines() {
    let functions: Vec<Exported> = exported().copied().collect();
    assert!(functions.len() > 150);
    assert_eq!(compile(&header_check(&functions)), "");
}

#[test]
fn a_declaration_that_drifts_is_noticed() {
    let right = exported().copied().find(|function| function.name == "wasm_runtime_unload").unwrap();
    let wrong = Exported { params: &["*mut Inst"], ..right };
    assert!(compile(&header_check(&[wrong])).contains("wasm_runtime_unload is vI in Rust"));
}

/// Functions that the header declares and the library does not define would be missing at link time.
#[test]
fn nothing_is_missing_at_link_time() {
    let header = fs::read_to_string(root().join("loader/capi/include/wasm_export.h")).unwrap();
    let known: Vec<&str> = exported().map(|function| function.name).collect();
    let names = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let mut declared = 0;
    for declaration in header.split("WASM_RUNTIME_API_EXTERN ").skip(1) {
        let head = declaration.split('(').next().unwrap_or_default();
        let Some(name) = names(head).pop() else { continue };
        // The macro's own definition comes first.
        if name.starts_with("__") {
            continue;
        }
        declared += 1;
        assert!(known.contains(&name.as_str()), "{name} is declared only");
    }
    assert!(declared > 150, "{declared}");
}

const START: &str = "<!-- functions -->\n";

/// `docs/api.md` from its marker on. `GRAVER_BLESS=1` rewrites it.
#[test]
fn the_document_lists_every_function() {
    let path = root().join("docs/api.md");
    let text = fs::read_to_string(&path).unwrap();
    let (intro, list) = text.split_once(START).expect("the marker");
    let mut rows = BTreeMap::new();
    for function in exported() {
        let state = match function.state {
            State::Works => "works",
            State::Accepted => "accepted, no effect",
            State::Refused => "refused",
        };
        rows.insert(function.name, format!("| `{}` | {state} | {} |", function.name, function.about.trim()));
    }
    let count = |state| exported().filter(|function| function.state == state).count();
    let mut expected = format!(
        "{} functions: {} work, {} are accepted without effect, {} are refused.\n\n| function | state | what it does |\n|---|---|---|\n",
        rows.len(),
        count(State::Works),
        count(State::Accepted),
        count(State::Refused)
    );
    rows.values().for_each(|row| expected += &format!("{row}\n"));
    if std::env::var_os("GRAVER_BLESS").is_some() {
        fs::write(&path, format!("{intro}{START}{expected}")).unwrap();
        return;
    }
    assert!(list == expected, "docs/api.md does not list the functions as they are: run this test with GRAVER_BLESS=1");
}

//! What the helper module promises of every export and all that it calls.

use crate::helpers::{Helper, WASM, exports_of, find};
use graver_targets::{ALL, LibraryBody};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{ExternalKind, FuncType, FunctionBody, Operator, Parser, Payload, TypeRef, ValType, WasmFeatures};

/// The module, by function.
struct Module {
    types: Vec<FuncType>,
    functions: Vec<u32>,
    exports: BTreeMap<String, u32>,
    bodies: Vec<FunctionBody<'static>>,
}

fn module() -> Module {
    let mut module = Module { types: vec![], functions: vec![], exports: BTreeMap::new(), bodies: vec![] };
    for payload in Parser::new(0).parse_all(WASM) {
        match payload.unwrap() {
            Payload::TypeSection(types) => {
                module.types = types.into_iter_err_on_gc_types().collect::<Result<_, _>>().unwrap();
            }
            Payload::ImportSection(imports) => {
                let mut imports = imports.into_imports();
                assert!(!imports.any(|import| matches!(import.unwrap().ty, TypeRef::Func(_))), "an undefined function");
            }
            Payload::FunctionSection(functions) => {
                module.functions = functions.into_iter().collect::<Result<_, _>>().unwrap();
            }
            Payload::ExportSection(exports) => {
                let exports = exports.into_iter().map(Result::unwrap);
                let functions = exports.filter(|export| export.kind == ExternalKind::Func);
                module.exports = functions.map(|export| (export.name.to_owned(), export.index)).collect();
            }
            Payload::CodeSectionEntry(body) => module.bodies.push(body),
            _ => {}
        }
    }
    module
}

impl Module {
    /// An export and everything that it calls.
    fn closure(&self, export: &str) -> BTreeSet<u32> {
        let mut work = vec![self.exports[export]];
        let mut reached = BTreeSet::new();
        while let Some(function) = work.pop() {
            if reached.insert(function) {
                for operator in self.bodies[function as usize].get_operators_reader().unwrap() {
                    if let Operator::Call { function_index } = operator.unwrap() {
                        work.push(function_index);
                    }
                }
            }
        }
        reached
    }

    fn signature(&self, export: &str) -> (&[ValType], &[ValType]) {
        let ty = &self.types[self.functions[self.exports[export] as usize] as usize];
        (ty.params(), ty.results())
    }
}

/// Control flow, locals, constants, and integer operations that cannot trap. A float can only be reinterpreted, passed
/// on, or change its sign: none of that needs a routine.
fn is_harmless(operator: &Operator<'_>) -> bool {
    use Operator::{F32Const, F32Neg, F32ReinterpretI32, F64Const, F64Neg, F64ReinterpretI64};
    use Operator::{I32DivS, I32DivU, I32RemS, I32RemU, I64DivS, I64DivU, I64RemS, I64RemU};
    match operator {
        F32Const { .. } | F64Const { .. } | F32Neg | F64Neg | F32ReinterpretI32 | F64ReinterpretI64 => true,
        I32DivS | I32DivU | I32RemS | I32RemU | I64DivS | I64DivU | I64RemS | I64RemU => false,
        Operator::I32ReinterpretF32 | Operator::I64ReinterpretF64 => true,
        Operator::LocalGet { .. } | Operator::LocalSet { .. } | Operator::LocalTee { .. } => true,
        Operator::Call { .. } | Operator::Return | Operator::End | Operator::Else | Operator::Drop => true,
        Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::Select => true,
        Operator::Br { .. } | Operator::BrIf { .. } | Operator::BrTable { .. } => true,
        // Everything on integers but loads, stores, and conversions from floats.
        other => {
            let name = format!("{other:?}");
            let on_integers = name.starts_with("I32") || name.starts_with("I64");
            on_integers && !["Load", "Store", "Trunc", "Atomic"].iter().any(|word| name.contains(word))
        }
    }
}

fn all_exports() -> BTreeSet<&'static str> {
    ALL.iter().flat_map(|target| exports_of(target)).collect()
}

#[test]
fn exports_are_integer_code_without_memory_and_traps() {
    let module = module();
    for export in all_exports() {
        for function in module.closure(export) {
            for operator in module.bodies[function as usize].get_operators_reader().unwrap() {
                let operator = operator.unwrap();
                assert!(is_harmless(&operator), "{export} reaches {operator:?} in function {function}");
            }
        }
    }
}

#[test]
fn no_export_calls_in_circles() {
    let module = module();
    for export in all_exports() {
        let root = module.exports[export];
        for function in module.closure(export) {
            let calls_root = module.bodies[function as usize].get_operators_reader().unwrap().into_iter().any(
                |operator| matches!(operator.unwrap(), Operator::Call { function_index } if function_index == root),
            );
            assert!(!calls_root, "{export} calls itself");
        }
    }
}

#[test]
fn signatures_are_what_the_calls_pass() {
    let module = module();
    for target in ALL {
        for call in target.library.iter().flat_map(|group| group.iter()) {
            let integer = |ty: &ValType| matches!(ty, ValType::I32 | ValType::I64);
            match call.body {
                LibraryBody::Export(export) => {
                    let (params, results) = module.signature(export);
                    assert!(params.iter().chain(results).all(integer), "{export}");
                    assert_eq!(results.len(), 1, "{export}");
                }
                LibraryBody::Wrapped { export, param, result } => {
                    let [param, result] =
                        [param, result].map(|scalar| if scalar.bits() == 32 { ValType::I32 } else { ValType::I64 });
                    assert_eq!(module.signature(export), ([param].as_slice(), [result].as_slice()), "{export}");
                }
                LibraryBody::DivMod { quotient } => {
                    let expected = [ValType::I64, ValType::I64];
                    assert_eq!(module.signature(quotient), (expected.as_slice(), [ValType::I64].as_slice()));
                }
                LibraryBody::WideDivision { .. } | LibraryBody::Memory(_) => {}
            }
        }
    }
}

#[test]
fn the_module_is_valid() {
    wasmparser::Validator::new_with_features(WasmFeatures::WASM2).validate_all(WASM).unwrap();
}

#[test]
fn every_export_is_used() {
    let used = all_exports();
    for export in module().exports.keys() {
        assert!(used.contains(export.as_str()), "no target uses {export}");
    }
}

#[test]
fn only_library_symbols_are_found() {
    let target = graver_targets::Target::find("thumbv7em").unwrap();
    assert_eq!(find(target, "__aeabi_dadd"), Some(Helper::Export("adddf3")));
    assert_eq!(find(target, "graver_helper_udivdi3"), Some(Helper::Export("udivdi3")));
    for symbol in ["f0", "graver_helper_f0", "__aeabi_unwind_cpp_pr0", "printf", ""] {
        assert_eq!(find(target, symbol), None);
    }
}

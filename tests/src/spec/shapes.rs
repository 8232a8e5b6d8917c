//! A file of our own: host functions of every shape that [`each_shape`] knows, called by wasm, and wasm functions of the
//! same shapes called by the host and by another module.

use std::fmt::Write as _;

use graver_loader::ValType;
use graver_test_script::{
    C_MODULE, CLOSURE_MODULE, FILL, HostModules, SPECTEST_MODULE, Shape, Value, each_shape, value_of,
};
use wasmparser::{Import, Parser, Payload};

use crate::text::constant;

/// Its name among those of the suites.
pub(crate) const FILE: &str = "graver/shapes.wast";

/// Which of the host's modules a module imports from.
pub(crate) fn imports(wasm: &[u8]) -> HostModules {
    let host = |import: &Import<'_>| match import.module {
        C_MODULE | CLOSURE_MODULE => HostModules::Shapes,
        SPECTEST_MODULE => HostModules::Spectest,
        _ => HostModules::None,
    };
    let most = |payload: Payload<'_>| match payload {
        Payload::ImportSection(section) => section.into_imports().flatten().map(|import| host(&import)).max(),
        _ => None,
    };
    Parser::new(0).parse_all(wasm).flatten().filter_map(most).max().unwrap_or_default()
}

/// The file.
pub(crate) fn text() -> String {
    let mut shapes = Vec::new();
    each_shape(&mut |shape| shapes.push(shape));
    let mut text = String::new();
    // C functions, from the module that imports them and from one that imports that module's; then closures. A third of
    // the shapes has all types everywhere, too.
    for (name, imported, step) in [("c", C_MODULE, 1), ("relay", "between", 3), ("closure", CLOSURE_MODULE, 3)] {
        let shapes: Vec<&Shape> = shapes.iter().step_by(step).collect();
        module(&mut text, name, imported, &shapes);
        for shape in shapes {
            (0..2).for_each(|round| call(&mut text, name, shape, round));
        }
        if name == "c" {
            text.push_str("(register \"between\" $c)\n");
        }
    }
    text.push_str(&POINTERS.replace("MODULE", C_MODULE).replace("NAME", FILL));
    text
}

/// A C function that gets pointers into the memory of the module.
const POINTERS: &str = r#"(module
  (import "MODULE" "NAME" (func $fill (param i32 i32 i32 f64) (result i32)))
  (memory 1)
  (data (i32.const 100) "abc\00")
  (data (i32.const 0xfffd) "end")
  (func (export "fill") (param i32 i32 i32 f64) (result i32)
    (call $fill (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "load") (param i32) (result i64) (i64.load (local.get 0))))
(assert_return (invoke "fill" (i32.const 201) (i32.const 7) (i32.const 100) (f64.const 40)) (i32.const 47))
(assert_return (invoke "load" (i32.const 200)) (i64.const 0x6163626163626100))
(assert_return (invoke "fill" (i32.const 0xfff8) (i32.const 8) (i32.const 101) (f64.const -8)) (i32.const 0))
(assert_return (invoke "load" (i32.const 0xfff8)) (i64.const 0x6362636263626362))
(assert_trap (invoke "fill" (i32.const 0xfff8) (i32.const 9) (i32.const 100) (f64.const 0)) "out of bounds memory access")
(assert_trap (invoke "fill" (i32.const -1) (i32.const 1) (i32.const 100) (f64.const 0)) "out of bounds memory access")
(assert_trap (invoke "fill" (i32.const 200) (i32.const -1) (i32.const 100) (f64.const 0)) "out of bounds memory access")
(assert_trap (invoke "fill" (i32.const 200) (i32.const 1) (i32.const 0xffff) (f64.const 0)) "out of bounds memory access")
"#;

/// A module with a function for each shape, which passes its parameters on to an import.
fn module(text: &mut String, name: &str, imported: &str, shapes: &[&Shape]) {
    let mut functions = String::new();
    // Writing to a string cannot fail.
    _ = writeln!(text, "(module ${name}");
    for (index, shape) in shapes.iter().enumerate() {
        let list = |word: &str, types: &[ValType]| {
            types.iter().map(|ty| format!("({word} {})", ty.name())).collect::<String>()
        };
        let ty = list("param", shape.params) + &list("result", shape.results);
        let passed: String = (0..shape.params.len()).map(|index| format!("(local.get {index})")).collect();
        _ = writeln!(text, "  (import \"{imported}\" \"{}\" (func $f{index} {ty}))", shape.name);
        _ = writeln!(functions, "  (func (export \"{}\") {ty} (call $f{index} {passed}))", shape.name);
    }
    text.push_str(&functions);
    text.push_str(")\n");
}

/// Calls such a function with other values in each round.
fn call(text: &mut String, module: &str, shape: &Shape, round: u64) {
    let number =
        |position: usize| (round + 1).wrapping_mul(0xd1b5_4a32_d192_ed03).wrapping_mul(2 * position as u64 + 3);
    let arguments: Vec<Value> =
        shape.params.iter().enumerate().map(|(position, ty)| value_of(*ty, number(position))).collect();
    let passed: String = arguments.iter().map(|value| constant(*value)).collect();
    let answers: String = shape.answers(&arguments).map(constant).collect();
    _ = writeln!(text, "(assert_return (invoke ${module} \"{}\" {passed}) {answers})", shape.name);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn shapes_have_names_of_their_own() {
        let (mut names, mut count) = (HashSet::new(), 0);
        each_shape(&mut |shape| {
            names.insert(shape.name);
            count += 1;
        });
        assert_eq!(names.len(), count);
        assert!(count > 400, "{count}");
    }

    #[test]
    fn arguments_have_signs_and_nans() {
        let text = text();
        assert!(text.contains("(i32.const -") && text.contains("(i64.const -") && text.contains("nan:"));
    }
}

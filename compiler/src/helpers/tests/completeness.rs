//! Whatever LLVM calls for the operations of WebAssembly is in the archive, and the archive's IR compiles.

use crate::helpers::{Helper, find};
use crate::link::test_tools::{compile, function};
use crate::options::Options;
use crate::translate::library;
use graver_targets::{ALL, Cpu, Target};
use object::{Object, ObjectSymbol};
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

fn rows() -> impl Iterator<Item = &'static Target> {
    ALL.iter().copied().filter(|target| !matches!(target.llvm.cpu, Cpu::Host(_)))
}

fn undefined(object: &[u8]) -> BTreeSet<String> {
    let file = object::File::parse(object).unwrap();
    file.symbols().filter(|symbol| symbol.is_undefined()).map(|symbol| symbol.name().unwrap().to_owned()).collect()
}

/// A function for each operation on floats and integers that could need a routine.
fn operations() -> String {
    let mut ir = String::new();
    let mut declarations = BTreeSet::new();
    let mut add = |name: String, result: &str, params: &str, body: &str| {
        ir.push_str(&function(&name, &format!("{result}({params})"), &format!("  {body}\n  ret {result} %r")));
    };
    let mut intrinsic = |name: &str, ty: &str, params: &str, result: &str| {
        declarations.insert(format!("declare {result} @llvm.{name}.{ty}({params})"));
    };
    for (float, suffix) in [("float", "f32"), ("double", "f64")] {
        for op in ["fadd", "fsub", "fmul", "fdiv"] {
            add(
                format!("{op}.{float}"),
                float,
                &format!("{float} %a, {float} %b"),
                &format!("%r = {op} {float} %a, %b"),
            );
        }
        for condition in
            ["oeq", "une", "olt", "ole", "ogt", "oge", "uno", "ord", "ult", "ule", "ugt", "uge", "one", "ueq"]
        {
            let body = format!("%c = fcmp {condition} {float} %a, %b\n  %r = zext i1 %c to i32");
            add(format!("fcmp.{condition}.{float}"), "i32", &format!("{float} %a, {float} %b"), &body);
        }
        for int in ["i32", "i64"] {
            for op in ["fptosi", "fptoui"] {
                let params = format!("{float} %a");
                add(format!("{op}.{float}.{int}"), int, &params, &format!("%r = {op} {float} %a to {int}"));
                intrinsic(&format!("{op}.sat"), &format!("{int}.{suffix}"), float, int);
                let body = format!("%r = call {int} @llvm.{op}.sat.{int}.{suffix}({float} %a)");
                add(format!("{op}.sat.{float}.{int}"), int, &params, &body);
            }
            for op in ["sitofp", "uitofp"] {
                let body = format!("%r = {op} {int} %a to {float}");
                add(format!("{op}.{float}.{int}"), float, &format!("{int} %a"), &body);
            }
        }
        for op in ["ceil", "floor", "trunc", "rint", "nearbyint", "roundeven", "sqrt", "fabs"] {
            intrinsic(op, suffix, float, float);
            let body = format!("%r = call {float} @llvm.{op}.{suffix}({float} %a)");
            add(format!("{op}.{float}"), float, &format!("{float} %a"), &body);
        }
        intrinsic("copysign", suffix, &format!("{float}, {float}"), float);
        let body = format!("%r = call {float} @llvm.copysign.{suffix}({float} %a, {float} %b)");
        add(format!("copysign.{float}"), float, &format!("{float} %a, {float} %b"), &body);
        add(format!("fneg.{float}"), float, &format!("{float} %a"), &format!("%r = fneg {float} %a"));
    }
    add("demote".into(), "float", "double %a", "%r = fptrunc double %a to float");
    add("promote".into(), "double", "float %a", "%r = fpext float %a to double");
    for int in ["i32", "i64"] {
        for op in ["mul", "sdiv", "udiv", "srem", "urem", "shl", "lshr", "ashr"] {
            add(format!("{op}.{int}"), int, &format!("{int} %a, {int} %b"), &format!("%r = {op} {int} %a, %b"));
        }
        intrinsic("ctpop", int, int, int);
        add(format!("ctpop.{int}"), int, &format!("{int} %a"), &format!("%r = call {int} @llvm.ctpop.{int}({int} %a)"));
        for op in ["ctlz", "cttz"] {
            intrinsic(op, int, &format!("{int}, i1"), int);
            let body = format!("%r = call {int} @llvm.{op}.{int}({int} %a, i1 false)");
            add(format!("{op}.{int}"), int, &format!("{int} %a"), &body);
        }
        for op in ["fshl", "fshr"] {
            intrinsic(op, int, &format!("{int}, {int}, {int}"), int);
            let body = format!("%r = call {int} @llvm.{op}.{int}({int} %a, {int} %a, {int} %b)");
            add(format!("{op}.{int}"), int, &format!("{int} %a, {int} %b"), &body);
        }
    }
    // WebAssembly has no such integers, but LLVM makes them: sums of powers in closed form, for instance.
    for op in ["mul", "sdiv", "udiv", "srem", "urem", "shl", "lshr", "ashr"] {
        add(format!("{op}.i128"), "i128", "i128 %a, i128 %b", &format!("%r = {op} i128 %a, %b"));
    }
    for align in [1, 4, 8, 16] {
        for op in ["memcpy", "memmove"] {
            intrinsic(op, "p0.p0.i32", "ptr, ptr, i32, i1", "void");
            let call =
                format!("call void @llvm.{op}.p0.p0.i32(ptr align {align} %a, ptr align {align} %b, i32 %n, i1 false)");
            add(format!("{op}.{align}"), "ptr", "ptr %a, ptr %b, i32 %n", &format!("{call}\n  %r = freeze ptr %a"));
        }
        intrinsic("memset", "p0.i32", "ptr, i8, i32, i1", "void");
        for byte in ["%b", "0"] {
            let call = format!("call void @llvm.memset.p0.i32(ptr align {align} %a, i8 {byte}, i32 %n, i1 false)");
            let body = format!("{call}\n  %r = freeze ptr %a");
            add(format!("memset.{}.{align}", byte.trim_matches('%')), "ptr", "ptr %a, i8 %b, i32 %n", &body);
        }
    }
    ir + &declarations.into_iter().collect::<Vec<_>>().join("\n")
}

#[test]
fn every_library_call_has_a_definition() {
    let ir = operations();
    for target in rows() {
        let calls = undefined(&compile(target, &ir));
        assert!(calls.contains("memcpy") || calls.contains("__aeabi_memcpy"), "{}: {calls:?}", target.name);
        for symbol in calls.iter().filter(|symbol| !symbol.is_empty()) {
            assert!(find(target, symbol).is_some(), "{}: no definition of {symbol}", target.name);
        }
    }
}

#[test]
fn every_definition_is_needed() {
    let ir = operations();
    for target in rows() {
        let calls = undefined(&compile(target, &ir));
        for call in target.library.iter().flat_map(|group| group.iter()) {
            // Loops become calls under the C names everywhere.
            let always = ["memcpy", "memmove", "memset"].contains(&call.symbol);
            // Rows with more instructions share the tables of rows with fewer.
            let unused_here = target.name == "x86_64-v3";
            assert!(always || unused_here || calls.contains(call.symbol), "{}: {}", target.name, call.symbol);
        }
    }
}

#[test]
fn wrappers_and_memory_routines_compile_and_call_helpers_only() {
    for target in rows() {
        for call in target.library.iter().flat_map(|group| group.iter()) {
            let Some(Helper::Ir(ir)) = find(target, call.symbol) else { continue };
            for symbol in undefined(&compile(target, &ir)).iter().filter(|symbol| !symbol.is_empty()) {
                let found = find(target, symbol);
                assert!(matches!(found, Some(Helper::Export(_))), "{}: {} calls {symbol}", target.name, call.symbol);
            }
        }
    }
}

/// LLVM may find the operation that a routine stands for in the routine itself, and call it.
#[test]
fn no_routine_reaches_itself() {
    for target in rows() {
        let options = Options::new(target);
        let mut callees = BTreeMap::new();
        let symbols: Vec<&str> = target.library.iter().flat_map(|group| group.iter()).map(|call| call.symbol).collect();
        let mut work: Vec<String> = symbols.iter().copied().map(str::to_owned).collect();
        while let Some(symbol) = work.pop() {
            if let Entry::Vacant(entry) = callees.entry(symbol.clone()) {
                let object = library::object(&options, &symbol).unwrap();
                let called = undefined(&object.unwrap_or_else(|| panic!("{}: {symbol}", target.name)).bytes);
                let called: Vec<String> = called.into_iter().filter(|callee| !callee.is_empty()).collect();
                work.extend(called.iter().cloned());
                entry.insert(called);
            }
        }
        for symbol in symbols {
            let mut reached = BTreeSet::new();
            let mut work = callees[symbol].clone();
            while let Some(callee) = work.pop() {
                work.extend(callees[&callee].iter().filter(|next| !reached.contains(*next)).cloned());
                reached.insert(callee);
            }
            assert!(!reached.contains(symbol), "{}: {symbol} calls itself", target.name);
        }
    }
}

#[test]
fn soft_float_code_has_no_float_registers() {
    let soft = Target::find("thumbv7em").unwrap();
    let assembly = crate::link::test_tools::assembly(soft, &operations());
    assert!(assembly.contains("bl\t__aeabi_dmul"));
    let uses = |line: &str| line.trim_start().starts_with('v') || line.contains("{d8") || line.contains("fpscr");
    assert!(!assembly.lines().any(uses));
}

//! Every numeric operator over edge values: operands as parameters, as constants (which LLVM folds), and mixed. Then
//! chains of operators that an optimiser is tempted to shorten, which a signalling NaN must not survive.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use wasmparser::ValType;

use super::super::case::{Call, Case, edges};
use super::super::trace::NanRule;
use crate::text::constant;
use graver_test_script::Value;

pub(super) const FOLDER: &str = "operator";

/// `result <- parameters: operators`, the operators without their type where they exist for several.
const OPERATORS: &[(&str, &str)] = &[
    ("i i", "clz ctz popcnt extend8_s extend16_s"),
    ("i i i", "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"),
    ("b i", "eqz"),
    ("b i i", "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"),
    ("f f", "abs neg sqrt ceil floor trunc nearest"),
    ("f f f", "add sub mul div min max copysign"),
    ("b f f", "eq ne lt gt le ge"),
];

/// Operators that exist once: name, result, parameter.
const CONVERSIONS: &[(&str, &str)] = &[
    ("i64 i64", "i64.extend32_s"),
    ("i32 i64", "i32.wrap_i64"),
    ("i64 i32", "i64.extend_i32_s i64.extend_i32_u"),
    ("i32 f32", "i32.trunc_f32_s i32.trunc_f32_u i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.reinterpret_f32"),
    ("i32 f64", "i32.trunc_f64_s i32.trunc_f64_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u"),
    ("i64 f32", "i64.trunc_f32_s i64.trunc_f32_u i64.trunc_sat_f32_s i64.trunc_sat_f32_u"),
    ("i64 f64", "i64.trunc_f64_s i64.trunc_f64_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u i64.reinterpret_f64"),
    ("f32 i32", "f32.convert_i32_s f32.convert_i32_u f32.reinterpret_i32"),
    ("f32 i64", "f32.convert_i64_s f32.convert_i64_u"),
    ("f64 i32", "f64.convert_i32_s f64.convert_i32_u"),
    ("f64 i64", "f64.convert_i64_s f64.convert_i64_u f64.reinterpret_i64"),
    ("f32 f64", "f32.demote_f64"),
    ("f64 f32", "f64.promote_f32"),
];

/// Expressions of `x` and `y`, of the type that `F` stands for; `I` is the integer type of the same width.
const CHAINS: &[(&str, &str)] = &[
    ("mul-one", "(F.mul x (F.const 1))"),
    ("mul-minus-one", "(F.mul x (F.const -1))"),
    ("div-one", "(F.div x (F.const 1))"),
    ("div-minus-one", "(F.div x (F.const -1))"),
    ("add-zero", "(F.add x (F.const 0))"),
    ("add-minus-zero", "(F.add x (F.const -0))"),
    ("sub-zero", "(F.sub x (F.const 0))"),
    ("sub-minus-zero", "(F.sub x (F.const -0))"),
    ("zero-sub", "(F.sub (F.const 0) x)"),
    ("minus-zero-sub", "(F.sub (F.const -0) x)"),
    ("mul-converted-one", "(F.mul x (F.convert_i32_s (i32.const 1)))"),
    ("mul-reinterpreted-one", "(F.mul x (F.reinterpret_I (I.reinterpret_F (F.const 1))))"),
    ("mul-reinterpreted-bits", "(F.mul x (F.reinterpret_I (I.const ONE)))"),
    ("mul-folded-one", "(F.mul x (F.add (F.const 0.5) (F.const 0.5)))"),
    ("mul-folded-minus-one", "(F.mul (F.sub (F.const 0.5) (F.const 1.5)) x)"),
    ("mul-rounded-one", "(F.mul x (F.ceil (F.const 0.5)))"),
    ("mul-negated-one", "(F.mul x (F.neg (F.const 1)))"),
    ("mul-selected-one", "(F.mul x (select (F.const 1) (F.const 1) (F.eq y y)))"),
    ("sub-folded-zero", "(F.sub x (F.mul (F.const 0.5) (F.const 0)))"),
    ("sub-difference-zero", "(F.sub x (F.sub (F.const 0.5) (F.const 0.5)))"),
    ("add-reinterpreted-zero", "(F.add x (F.reinterpret_I (I.shl (I.const 1) (I.const -1))))"),
    ("sub-converted-zero", "(F.sub x (F.convert_i32_u (i32.const 0)))"),
    ("add-trunc-zero", "(F.add x (F.trunc (F.const -0.5)))"),
    ("mul-global", "(F.mul x (global.get $one))"),
    ("sub-global", "(F.sub x (global.get $zero))"),
    ("mul-loaded", "(F.mul x (F.load (i32.const 16)))"),
    ("mul-called", "(F.mul x (call $one))"),
    ("mul-local", "(local.set $z (F.const 1)) (F.mul x (local.get $z))"),
    ("add-copysign", "(F.add x (F.copysign (F.const 0) (F.const -3)))"),
    ("halve-double", "(F.mul (F.mul x (F.const 0.5)) (F.const 2))"),
    ("add-sub", "(F.sub (F.add x y) y)"),
    ("sub-self", "(F.sub x x)"),
    ("div-self", "(F.div x x)"),
    ("mul-zero", "(F.mul x (F.const 0))"),
    ("min-self", "(F.min x x)"),
    ("max-self", "(F.max x x)"),
    ("min-infinity", "(F.min x (F.const inf))"),
    ("max-infinity", "(F.max x (F.const -inf))"),
    ("min-zero", "(F.min x (F.const 0))"),
    ("max-minus-zero", "(F.max x (F.const -0))"),
    ("min-max", "(F.min (F.max x (F.const 0)) (F.const 1))"),
    ("min-nan", "(F.min x (F.const nan:0x200001))"),
    ("add-nan", "(F.add x (F.const nan:0x200001))"),
    ("neg-neg", "(F.neg (F.neg x))"),
    ("neg-sub", "(F.neg (F.sub x y))"),
    ("add-neg", "(F.add x (F.neg y))"),
    ("neg-mul", "(F.mul (F.neg x) y)"),
    ("neg-neg-mul", "(F.mul (F.neg x) (F.neg y))"),
    ("abs-mul", "(F.mul (F.abs x) (F.abs x))"),
    ("abs-neg", "(F.abs (F.neg x))"),
    ("sqrt-square", "(F.sqrt (F.mul x x))"),
    ("square-sqrt", "(F.mul (F.sqrt x) (F.sqrt x))"),
    ("one-div", "(F.div (F.const 1) x)"),
    ("div-constant", "(F.div x (F.const 3))"),
    ("div-power", "(F.div x (F.const 8))"),
    ("floor-floor", "(F.floor (F.floor x))"),
    ("floor-of-integer", "(F.floor (F.convert_i32_s (i32.trunc_sat_F_s x)))"),
    ("trunc-nearest", "(F.trunc (F.nearest x))"),
    ("copysign-self", "(F.copysign x x)"),
    ("copysign-abs", "(F.abs (F.copysign x y))"),
    ("select-max", "(select x y (F.gt x y))"),
    ("select-min", "(select y x (F.ge x y))"),
    ("select-self", "(select x (F.const 0) (F.eq x x))"),
    ("select-zero", "(select (F.const 0) x (F.eq x (F.const 0)))"),
    ("select-abs", "(select (F.neg x) x (F.lt x (F.const 0)))"),
    ("mul-add", "(F.add (F.mul x y) x)"),
    ("mul-sub", "(F.sub (F.mul x y) (F.mul x x))"),
    ("distribute", "(F.add (F.mul x y) (F.mul x (F.const 2)))"),
    ("round-trip", "(F.convert_i32_s (i32.trunc_sat_F_s x))"),
    ("round-trip-64", "(F.convert_i64_u (i64.trunc_sat_F_u x))"),
    ("bits", "(F.reinterpret_I (I.and (I.reinterpret_F x) (I.const -2)))"),
    ("sign-bit", "(F.reinterpret_I (I.xor (I.reinterpret_F x) (I.const SIGN)))"),
    ("sign-bit-of-product", "(F.reinterpret_I (I.xor (I.reinterpret_F (F.mul x (F.const 1))) (I.const SIGN)))"),
    ("through-other", "OTHER"),
    ("store-load", "(F.store (i32.const 3) (F.mul x (F.const 1))) (F.load (i32.const 3))"),
    (
        "loop-mul",
        "(local.set $z x) (loop $l (local.set $z (F.mul (local.get $z) (F.const 1)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3)))) (local.get $z)",
    ),
    (
        "loop-sum",
        "(loop $l (local.set $z (F.add (local.get $z) x))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (local.get $z)",
    ),
];

/// An operator with its types.
struct Operator {
    name: String,
    result: ValType,
    params: Vec<ValType>,
}

fn operators() -> Vec<Operator> {
    let mut found = Vec::new();
    for (types, names) in OPERATORS {
        let widths = if types.contains('f') { ["f32", "f64"] } else { ["i32", "i64"] };
        for width in widths {
            let types: Vec<ValType> =
                types.split(' ').map(|ty| val_type(if ty == "b" { "i32" } else { width })).collect();
            let each = names.split(' ').map(|name| (format!("{width}.{name}"), &types));
            found.extend(each.map(|(name, types)| Operator { name, result: types[0], params: types[1..].to_vec() }));
        }
    }
    for (types, names) in CONVERSIONS {
        let types: Vec<ValType> = types.split(' ').map(val_type).collect();
        let each = names.split(' ').map(|name| (name.to_owned(), &types));
        found.extend(each.map(|(name, types)| Operator { name, result: types[0], params: types[1..].to_vec() }));
    }
    found
}

fn val_type(name: &str) -> ValType {
    match name {
        "i32" => ValType::I32,
        "i64" => ValType::I64,
        "f32" => ValType::F32,
        _ => ValType::F64,
    }
}

pub(super) fn names() -> Vec<String> {
    let operators = operators().into_iter().map(|operator| format!("{FOLDER}/{}", operator.name));
    let chains = ["f32", "f64"].map(|ty| CHAINS.iter().map(move |(name, _)| format!("{FOLDER}/{ty}-{name}")));
    operators.chain(chains.into_iter().flatten()).collect()
}

pub(super) fn case(name: &str) -> Result<Case> {
    if let Some(operator) = operators().into_iter().find(|operator| operator.name == name) {
        return over_edges(&operator);
    }
    let (ty, chain) = name.split_once('-').with_context(|| format!("no operator {name}"))?;
    let (_, text) = CHAINS.iter().find(|(known, _)| *known == chain).with_context(|| format!("no chain {chain}"))?;
    chain_case(ty, text)
}

fn over_edges(operator: &Operator) -> Result<Case> {
    let (name, result) = (&operator.name, operator.result);
    let values: Vec<Vec<Value>> = operator.params.iter().map(|ty| edges(*ty)).collect();
    let params: String = operator.params.iter().map(|ty| format!(" (param {ty})")).collect();
    let mut text = String::from("(module\n");
    let mut calls = Vec::new();
    let gets: String = (0..operator.params.len()).map(|index| format!("(local.get {index})")).collect();
    writeln!(text, "(func (export \"params\"){params} (result {result}) ({name} {gets}))")?;
    for (index, first) in values[0].iter().enumerate() {
        let Some(seconds) = values.get(1) else {
            calls.push(Call { export: "params".into(), arguments: vec![*first] });
            let export = format!("constant{index}");
            writeln!(text, "(func (export \"{export}\") (result {result}) ({name} {}))", constant(*first))?;
            calls.push(Call { export, arguments: Vec::new() });
            continue;
        };
        let (left, right) = (format!("left{index}"), format!("right{index}"));
        let (ty, value) = (operator.params[1], constant(*first));
        writeln!(text, "(func (export \"{left}\") (param {ty}) (result {result}) ({name} {value} (local.get 0)))")?;
        let other = constant(seconds[index % seconds.len()]);
        writeln!(text, "(func (export \"{right}\") (param {ty}) (result {result}) ({name} (local.get 0) {other}))")?;
        for (number, second) in seconds.iter().enumerate() {
            calls.push(Call { export: "params".into(), arguments: vec![*first, *second] });
            calls.push(Call { export: left.clone(), arguments: vec![*second] });
            calls.push(Call { export: right.clone(), arguments: vec![*second] });
            // Folding needs fewer: pairs on some diagonals.
            if (index + number) % 5 == 0 || index == number {
                let export = format!("both{index}x{number}");
                let (a, b) = (constant(*first), constant(*second));
                writeln!(text, "(func (export \"{export}\") (result {result}) ({name} {a} {b}))")?;
                calls.push(Call { export, arguments: Vec::new() });
            }
        }
    }
    text.push(')');
    Ok(Case { module: wat::parse_str(&text)?, provider: None, calls, nans: nan_rule(name) })
}

/// Which operators pass NaNs on untouched.
fn nan_rule(name: &str) -> NanRule {
    let exact = [".neg", ".abs", ".copysign", "reinterpret"];
    if exact.iter().any(|part| name.contains(part)) { NanRule::Exact } else { NanRule::Arithmetic }
}

fn chain_case(ty: &str, chain: &str) -> Result<Case> {
    let (int, one, sign, other) = match ty {
        "f32" => ("i32", "0x3f800000", "0x80000000", "(f32.demote_f64 (f64.promote_f32 x))"),
        _ => ("i64", "0x3ff0000000000000", "0x8000000000000000", "(f64.promote_f32 (f32.demote_f64 x))"),
    };
    let body =
        chain.replace("OTHER", other).replace("ONE", one).replace("SIGN", sign).replace("_I", &format!("_{int}"));
    let body = body.replace("_F", &format!("_{ty}")).replace("F.", &format!("{ty}.")).replace("I.", &format!("{int}."));
    let expand = |x: &str, y: &str| body.replace(" x", &format!(" {x}")).replace(" y", &format!(" {y}"));
    let constants = [0x3fc0_0000_u64, 0x7f80_0001, 0xffa0_0000, 0x8000_0000];
    let mut text = format!(
        "(module (memory 1) (global $one {ty} ({ty}.const 1)) (global $zero {ty} ({ty}.const 0))
        (func $one (result {ty}) ({ty}.const 1))
        (func (export \"params\") (param $x {ty}) (param $y {ty}) (result {ty}) (local $z {ty}) (local $i i32)
          {})",
        expand("(local.get $x)", "(local.get $y)")
    );
    let values = edges(val_type(ty));
    let mut calls = Vec::new();
    for x in &values {
        for y in values.iter().step_by(3) {
            calls.push(Call { export: "params".into(), arguments: vec![*x, *y] });
        }
    }
    for (index, bits) in constants.iter().enumerate() {
        let value = match ty {
            "f32" => Value::F32(*bits as u32),
            _ => Value::F64(bits << 32),
        };
        writeln!(
            text,
            "(func (export \"constant{index}\") (param $y {ty}) (result {ty}) (local $z {ty}) (local $i i32) {})",
            expand(&constant(value), "(local.get $y)")
        )?;
        calls.extend(values.iter().map(|y| Call { export: format!("constant{index}"), arguments: vec![*y] }));
    }
    text.push(')');
    let module = wat::parse_str(&text).with_context(|| text.clone())?;
    Ok(Case { module, provider: None, calls, nans: NanRule::Arithmetic })
}

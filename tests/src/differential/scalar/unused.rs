//! Loads whose values nothing uses, or nothing on some paths, or nothing that matters: they must trap all the same.
//! And traps in their order: what comes first in the program is what is reported.

use anyhow::{Context as _, Result};

use super::super::case::{Call, Case};
use super::super::trace::NanRule;
use super::accesses::LOADS;
use graver_test_script::Value;

pub(super) const FOLDER: &str = "unused";

/// Bodies of `(func (param $a i32) (param $c i32) (result i32) (local $t T) (local $i i32))`. `LOAD` is a load at `$a`,
/// `INT` the same as an i32, `T` its type.
const BODIES: &[(&str, &str)] = &[
    ("dropped", "(drop LOAD) (i32.const 7)"),
    ("set", "(local.set $t LOAD) (i32.const 7)"),
    ("set-twice", "(local.set $t LOAD) (local.set $t (T.const 0)) (i32.const 7)"),
    ("times-zero", "(i32.mul INT (i32.const 0))"),
    ("and-zero", "(i32.and INT (i32.const 0))"),
    ("or-ones", "(i32.or INT (i32.const -1))"),
    ("xor-self", "(local.set $i INT) (i32.xor (local.get $i) (local.get $i))"),
    ("sub-self", "(local.set $i INT) (i32.sub (local.get $i) (local.get $i))"),
    ("eq-self", "(local.set $i INT) (i32.eq (local.get $i) (local.get $i))"),
    ("below-zero", "(i32.lt_u INT (i32.const 0))"),
    ("rem-one", "(i32.rem_u INT (i32.const 1))"),
    ("shifted-out", "(i32.shr_u (i32.and INT (i32.const 255)) (i32.const 8))"),
    ("computed-dropped", "(drop (i32.add (i32.mul INT (i32.const 3)) (local.get $c))) (i32.const 7)"),
    ("select-same", "(select (local.get $c) (local.get $c) INT)"),
    ("select-other", "(select INT (i32.const 7) (i32.const 0))"),
    ("select-by-condition", "(select INT (i32.const 7) (local.get $c))"),
    ("if-same", "(if (result i32) INT (then (i32.const 7)) (else (i32.const 7)))"),
    ("if-empty", "(if INT (then)) (i32.const 7)"),
    ("one-path", "(local.set $i INT) (if (result i32) (local.get $c) (then (local.get $i)) (else (i32.const 7)))"),
    (
        "one-path-computed",
        "(local.set $i (i32.add INT (i32.const 1)))
         (if (result i32) (local.get $c) (then (i32.mul (local.get $i) (local.get $i))) (else (i32.const 7)))",
    ),
    ("one-path-early-return", "(local.set $i INT) (if (local.get $c) (then (return (i32.const 7)))) (local.get $i)"),
    ("branch-value", "(block $b (result T) (br_if $b LOAD (local.get $c)) (drop) (T.const 0)) (drop) (i32.const 7)"),
    (
        "other-path",
        "(local.set $i INT) (if (local.get $c) (then (return (i32.const 7)))) (call $note (local.get $i)) (i32.const 8)",
    ),
    ("passed-ignored", "(call $ignore INT) (i32.const 7)"),
    ("passed-ignored-result", "(drop (call $constant INT)) (i32.const 7)"),
    ("callee", "(drop (call $load (local.get $a))) (i32.const 7)"),
    ("callee-set", "(local.set $i (call $load (local.get $a))) (i32.const 7)"),
    ("callee-deep", "(drop (call $deep (local.get $a) (i32.const 3))) (i32.const 7)"),
    (
        "loop-dropped",
        "(loop $l (drop LOAD) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5)))) (i32.const 7)",
    ),
    (
        "loop-walk",
        "(loop $l (drop LOAD) (local.set $a (i32.add (local.get $a) (i32.const 8191))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (i32.const 7)",
    ),
    (
        "loop-sum-unused",
        "(local $s i32) (loop $l (local.set $s (i32.add (local.get $s) INT)) (local.set $a (i32.add (local.get $a) (i32.const 8191))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (i32.const 7)",
    ),
    (
        "loop-sum-zero",
        "(local $s i32) (loop $l (local.set $s (i32.add (local.get $s) INT)) (local.set $a (i32.add (local.get $a) (i32.const 4096))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16)))) (i32.and (local.get $s) (i32.const 0))",
    ),
    (
        "loop-last",
        "(local $s i32) (loop $l (local.set $s INT) (local.set $a (i32.add (local.get $a) (i32.const 4096))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (local.get $s)",
    ),
    (
        "loop-invariant",
        "(local $s i32) (loop $l (if (local.get $c) (then (local.set $s (i32.add (local.get $s) INT)))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (local.get $s)",
    ),
    (
        "overwritten",
        "(local.set $i INT) (i32.store (i32.const 64) (local.get $i)) (i32.store (i32.const 64) (i32.const 0)) (i32.const 7)",
    ),
    ("stored-same", "(i32.store (i32.const 64) (i32.load (i32.const 64))) (drop LOAD) (i32.const 7)"),
    ("global-overwritten", "(global.set $g INT) (global.set $g (i32.const 1)) (global.get $g)"),
    ("twice", "(drop LOAD) (drop LOAD) (i32.const 7)"),
    ("used-and-dropped", "(drop LOAD) INT"),
    ("before-division", "(local.set $i INT) (i32.add (local.get $i) (i32.div_u (i32.const 9) (local.get $c)))"),
    ("after-division", "(local.set $i (i32.div_u (i32.const 9) (local.get $c))) (i32.add INT (local.get $i))"),
    ("before-unreachable", "(local.set $i INT) (if (i32.eqz (local.get $c)) (then (unreachable))) (local.get $i)"),
    (
        "before-conversion",
        "(local.set $i INT) (i32.add (local.get $i) (i32.trunc_f32_s (f32.div (f32.const 1) (f32.convert_i32_s (local.get $c)))))",
    ),
    ("before-call", "(local.set $i INT) (call $note (local.get $c)) (local.get $i)"),
    ("before-trapping-call", "(local.set $i INT) (call $trap_if_zero (local.get $c)) (local.get $i)"),
    ("before-indirect-call", "(local.set $i INT) (call_indirect (type $void) (local.get $c)) (local.get $i)"),
    (
        "before-store",
        "(local.set $i INT) (i32.store (i32.sub (i32.const -2) (local.get $c)) (i32.const 1)) (local.get $i)",
    ),
    (
        "before-endless-loop",
        "(local.set $i INT) (if (local.get $c) (then (loop $l (br_if $l (i32.eqz (local.get $a)))))) (local.get $i)",
    ),
    ("call-before", "(call $trap_if_zero (local.get $c)) INT"),
    ("unreachable-before", "(if (i32.eqz (local.get $c)) (then (unreachable))) INT"),
    ("dead-code", "(if (local.get $c) (then (return (i32.const 7)))) (drop LOAD) (i32.const 8)"),
    (
        "table",
        "(local.set $i INT) (block $x (block $y (block $z (br_table $x $y $z (local.get $c)))  (return (local.get $i)))) (i32.const 7)",
    ),
    (
        "loop-copy",
        "(loop $l (T.store (i32.add (i32.const 1024) (i32.shl (local.get $i) (i32.const 3))) LOAD) (local.set $a (i32.add (local.get $a) (i32.const 8))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64)))) (i32.const 7)",
    ),
    (
        "loop-copy-down",
        "(loop $l (T.store (i32.add (i32.const 4096) (i32.mul (local.get $i) (i32.const -8))) LOAD) (local.set $a (i32.sub (local.get $a) (i32.const 8))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64)))) (i32.const 7)",
    ),
    (
        "loop-in-place",
        "(loop $l (T.store (local.get $a) (T.add LOAD (T.const 3))) (local.set $a (i32.add (local.get $a) (i32.const 8))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 77)))) (i32.const 7)",
    ),
    (
        "loop-two-arrays",
        "(loop $l (T.store (i32.add (i32.const 1024) (local.get $i)) (T.add LOAD (T.load (i32.add (i32.const 1024) (local.get $i))))) (local.set $a (i32.add (local.get $a) (i32.const 8))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 512)))) (i32.const 7)",
    ),
    (
        "loop-unrolled",
        "(loop $l (T.store (i32.add (i32.const 1024) (local.get $i)) LOAD) (T.store (i32.add (i32.const 1032) (local.get $i)) (T.load (i32.add (local.get $a) (i32.const 8)))) (local.set $a (i32.add (local.get $a) (i32.const 16))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 512)))) (i32.const 7)",
    ),
    (
        "loop-one-place",
        "(loop $l (T.store (i32.const 1024) LOAD) (local.set $a (i32.add (local.get $a) (i32.const 4096))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (i32.const 7)",
    ),
    (
        "loop-one-place-outer",
        "(local $s i32) (loop $o (local.set $i (i32.const 0)) (loop $l (T.store (i32.add (i32.const 1024) (local.get $i)) LOAD) (local.set $a (i32.add (local.get $a) (i32.const 512))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 64)))) (br_if $o (i32.lt_u (local.tee $s (i32.add (local.get $s) (i32.const 1))) (i32.const 3)))) (i32.const 7)",
    ),
    (
        "loop-overlapping",
        "(loop $l (T.store (i32.add (i32.const 1024) (local.get $i)) LOAD) (local.set $a (i32.add (local.get $a) (i32.const 2048))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 40)))) (i32.const 7)",
    ),
    (
        "loop-part-stored",
        "(loop $l (i32.store8 (i32.add (i32.const 1024) (local.get $i)) INT) (local.set $a (i32.add (local.get $a) (i32.const 1))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64)))) (i32.const 7)",
    ),
    (
        "loop-masked-in-place",
        "(loop $l (i32.store (local.get $a) (i32.or INT (i32.const 255))) (local.set $a (i32.add (local.get $a) (i32.const 4))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64)))) (i32.const 7)",
    ),
    (
        "loop-cancelled",
        "(local $s i32) (loop $l (local.set $s INT) (i32.store (i32.add (i32.const 1024) (local.get $i)) (i32.sub (local.get $s) (local.get $s))) (local.set $a (i32.add (local.get $a) (i32.const 2048))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 256)))) (i32.const 7)",
    ),
    (
        "loop-stored-by-condition",
        "(loop $l (i32.store (i32.add (i32.const 1024) (local.get $i)) (select INT (i32.const 9) (local.get $c))) (local.set $a (i32.add (local.get $a) (i32.const 2048))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 256)))) (i32.const 7)",
    ),
    (
        "loop-next",
        "(loop $l (local.set $a (i32.add (local.get $a) (i32.const 8))) (local.set $c (i32.add (local.get $c) INT)) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (local.get $c)",
    ),
    (
        "loop-scaled",
        "(loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (local.set $c (i32.add (local.get $c) (i32.load (i32.add (local.get $a) (i32.shl (local.get $i) (i32.const 3)))))) (br_if $l (i32.lt_u (local.get $i) (i32.const 9)))) (local.get $c)",
    ),
    (
        "loop-wraps-unaccessed",
        "(loop $l (if (i32.lt_u (local.get $a) (i32.const 1000)) (then (local.set $c (i32.add (local.get $c) INT)))) (local.set $a (i32.add (local.get $a) (i32.const 4))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (local.get $c)",
    ),
    (
        "loop-wraps-continued",
        "(loop $l (local.set $a (i32.add (local.get $a) (i32.const 4))) (br_if $l (i32.gt_u (local.get $a) (i32.const 0xffffff00))) (local.set $c (i32.add (local.get $c) INT)) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (local.get $c)",
    ),
    (
        "loop-below",
        "(loop $l (local.set $c (i32.add (local.get $c) (i32.load (i32.sub (local.get $a) (i32.const 8))))) (local.set $a (i32.add (local.get $a) (i32.const 4))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (local.get $c)",
    ),
    (
        "loop-offset",
        "(loop $l (local.set $c (i32.add (local.get $c) (i32.load offset=65532 (local.get $a)))) (local.set $a (i32.add (local.get $a) (i32.const 65535))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (local.get $c)",
    ),
    ("neighbour", "(i32.add INT (i32.load (i32.add (local.get $a) (i32.const 8))))"),
    (
        "neighbours",
        "(i32.add INT (i32.add (i32.load (i32.add (local.get $a) (i32.const 8))) (i32.load (i32.add (local.get $a) (i32.const 65536)))))",
    ),
    ("neighbour-below", "(i32.add INT (i32.load (i32.sub (local.get $a) (i32.const 8))))"),
    ("neighbour-first", "(i32.add (i32.load (i32.add (local.get $a) (i32.const 8))) INT)"),
    ("neighbour-dropped", "(drop LOAD) (i32.load (i32.add (local.get $a) (i32.const 8)))"),
    (
        "neighbour-stored",
        "(i32.store (local.get $a) (i32.const 5)) (i32.store (i32.add (local.get $a) (i32.const 12)) (i32.const 6)) (i32.load (i32.add (local.get $a) (i32.const 4)))",
    ),
    (
        "neighbour-on-one-path",
        "(if (local.get $c) (then (drop LOAD))) (i32.load (i32.add (local.get $a) (i32.const 8)))",
    ),
    (
        "neighbour-of-last-turn",
        "(loop $l (if (local.get $i) (then (drop (i32.load (local.get $a))))) (local.set $c (i32.load (i32.add (local.get $a) (i32.const 8)))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $c)))) (i32.const 7)",
    ),
];

/// Which loads each body is tried with.
const TRIED: &[&str] = &["i32.load", "i32.load8_u", "i32.load16_s", "i64.load", "f32.load", "f64.load", "i64.load32_u"];

pub(super) fn names() -> Vec<String> {
    BODIES.iter().map(|(name, _)| format!("{FOLDER}/{name}")).collect()
}

pub(super) fn case(name: &str) -> Result<Case> {
    let (_, body) = BODIES.iter().find(|(known, _)| *known == name).with_context(|| format!("no case {name}"))?;
    let mut text = String::from(
        "(module (memory (export \"memory\") 1 2) (table funcref (elem $nop $nop $trap)) (type $void (func))
         (global $g (export \"g\") (mut i32) (i32.const 5))
         (func $nop) (func $trap unreachable)
         (func $note (param i32) (global.set $g (local.get 0)))
         (func $ignore (param i32)) (func $constant (param i32) (result i32) (i32.const 9))
         (func $trap_if_zero (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))
         (func $load (param i32) (result i32) (i32.load (local.get 0)))
         (func $deep (param i32) (param i32) (result i32)
           (if (result i32) (local.get 1)
             (then (call $deep (local.get 0) (i32.sub (local.get 1) (i32.const 1)))) (else (call $load (local.get 0)))))\n",
    );
    let mut calls = Vec::new();
    for (load, width) in LOADS.iter().filter(|(load, _)| TRIED.contains(load)) {
        let ty = &load[..3];
        let value = format!("({load} (local.get $a))");
        let int = match ty {
            "i64" => format!("(i32.wrap_i64 {value})"),
            "f32" => format!("(i32.reinterpret_f32 {value})"),
            "f64" => format!("(i32.wrap_i64 (i64.reinterpret_f64 {value}))"),
            _ => value.clone(),
        };
        let body = body.replace("LOAD", &value).replace("INT", &int).replace("T.", &format!("{ty}."));
        let body = body.replace("(result T)", &format!("(result {ty})"));
        // Further locals come first in the text format.
        let (locals, body) = match body.strip_prefix("(local $s i32)") {
            Some(rest) => ("(local $s i32)", rest.to_owned()),
            None => ("", body),
        };
        text += &format!(
            "(func (export \"{load}\") (param $a i32) (param $c i32) (result i32) (local $t {ty}) (local $i i32) {locals} {body})\n"
        );
        let last = 65536 - *width as i32;
        for address in [0, 64, last, last + 1, 65535, 65536, 70000, i32::MAX, -1, -8, -16] {
            for condition in [0, 1, 2, 3] {
                let arguments = vec![Value::I32(address), Value::I32(condition)];
                calls.push(Call { export: (*load).to_owned(), arguments });
            }
        }
    }
    text.push(')');
    let module = wat::parse_str(&text).with_context(|| text.clone())?;
    Ok(Case { module, provider: None, calls, nans: NanRule::Exact })
}

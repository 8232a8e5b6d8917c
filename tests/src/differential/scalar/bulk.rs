//! Copies and fills of every short length and some long ones, variable and constant: apart, overlapping both ways, up to
//! the last byte and one beyond it, where nothing may be written.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use super::super::case::{Call, Case};
use super::super::trace::NanRule;
use graver_test_script::Value;

pub(super) const FOLDER: &str = "bulk";

/// Memories: limits, and by how many pages the module grows each at first.
const MEMORIES: &[(&str, &str, u32)] = &[("fixed", "1 1", 0), ("grown", "1 3", 1), ("from-empty", "0", 1)];

const OPERATORS: [&str; 2] = ["copy", "fill"];

pub(super) fn names() -> Vec<String> {
    let all = OPERATORS.iter().flat_map(|operator| MEMORIES.iter().map(move |(memory, _, _)| (operator, memory)));
    all.map(|(operator, memory)| format!("{FOLDER}/{operator}-{memory}")).collect()
}

pub(super) fn case(name: &str) -> Result<Case> {
    let (operator, memory) = name.split_once('-').with_context(|| format!("no operation {name}"))?;
    let (_, limits, grown) =
        MEMORIES.iter().find(|(known, _, _)| *known == memory).with_context(|| format!("no memory {memory}"))?;
    let minimum: u32 = limits.split(' ').next().unwrap_or("0").parse()?;
    let end = (minimum + grown) * 65536;
    let mut text = format!(
        "(module (memory (export \"memory\") {limits})
         (func $write (param $at i32) (param $end i32)
           (loop $l
             (i32.store8 (local.get $at) (i32.add (i32.mul (local.get $at) (i32.const 37)) (i32.const 129)))
             (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end)))))
         (func $start (drop (memory.grow (i32.const {grown})))
           (call $write (i32.const 0) (i32.const 2048)) (call $write (i32.const {}) (i32.const {end})))
         (start $start)
         (func (export \"variable\") (param i32 i32 i32)
           (memory.{operator} (local.get 0) (local.get 1) (local.get 2)))\n",
        end - 512
    );
    let mut calls = Vec::new();
    for length in (0..=70).chain([127, 128, 129, 300]) {
        writeln!(
            text,
            "(func (export \"constant{length}\") (param i32 i32)
               (memory.{operator} (local.get 0) (local.get 1) (i32.const {length})))"
        )?;
        for (to, from) in places(operator, length, end) {
            let mut arguments = vec![Value::I32(to as i32), Value::I32(from as i32)];
            calls.push(Call { export: format!("constant{length}"), arguments: arguments.clone() });
            arguments.push(Value::I32(length as i32));
            calls.push(Call { export: "variable".to_owned(), arguments });
        }
    }
    for length in [end, end + 1, u32::MAX] {
        let arguments = [1, 0, length].map(|value| Value::I32(value as i32)).to_vec();
        calls.push(Call { export: "variable".to_owned(), arguments });
    }
    text.push(')');
    let module = wat::parse_str(&text).with_context(|| text.clone())?;
    Ok(Case { module, provider: None, calls, nans: NanRule::Exact })
}

/// Where to and where from, or with which byte.
fn places(operator: &str, length: u32, end: u32) -> Vec<(u32, u32)> {
    let last = end - length;
    if operator == "fill" {
        return vec![(11, length), (last, 0x1ff), (last.wrapping_add(1), 7), (u32::MAX, 8)];
    }
    let (apart, overlapping) = ([(900, 100), (100, 900)], [(501, 500), (500, 501), (500 + length / 2, 500)]);
    let ends = [(last, 40), (last + 1, 40), (41, last), (41, last + 1), (u32::MAX, 0), (0, u32::MAX)];
    [&apart[..], &overlapping, &ends].concat()
}

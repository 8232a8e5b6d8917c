//! Loads and stores of every width: unaligned, up to the last byte and one beyond it, and with offsets that overflow
//! 32 bits; in memories that cannot grow, that can, and that have grown.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use super::super::case::{Call, Case, edges};
use super::super::trace::NanRule;
use crate::text::constant;
use graver_test_script::Value;
use wasmparser::ValType;

pub(super) const FOLDER: &str = "access";

/// Operator and width in bytes.
pub(super) const LOADS: &[(&str, u64)] = &[
    ("i32.load", 4),
    ("i64.load", 8),
    ("f32.load", 4),
    ("f64.load", 8),
    ("i32.load8_s", 1),
    ("i32.load8_u", 1),
    ("i32.load16_s", 2),
    ("i32.load16_u", 2),
    ("i64.load8_s", 1),
    ("i64.load8_u", 1),
    ("i64.load16_s", 2),
    ("i64.load16_u", 2),
    ("i64.load32_s", 4),
    ("i64.load32_u", 4),
];

const STORES: &[(&str, u64)] = &[
    ("i32.store", 4),
    ("i64.store", 8),
    ("f32.store", 4),
    ("f64.store", 8),
    ("i32.store8", 1),
    ("i32.store16", 2),
    ("i64.store8", 1),
    ("i64.store16", 2),
    ("i64.store32", 4),
];

/// Memories: limits, and by how many pages the module grows each at first.
const MEMORIES: &[(&str, &str, u64)] =
    &[("fixed", "1 1", 0), ("growable", "1 3", 0), ("grown", "1 3", 1), ("empty", "0 2", 0), ("from-empty", "0", 1)];

const PAGE: u64 = 65536;
const OFFSETS: &[u64] = &[0, 1, 7, 65_534, 65_535, 65_536, 65_537, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];

pub(super) fn names() -> Vec<String> {
    let operators = || LOADS.iter().chain(STORES);
    let all = MEMORIES.iter().flat_map(|(memory, _, _)| operators().map(move |(name, _)| (memory, name)));
    all.map(|(memory, name)| format!("{FOLDER}/{name}-{memory}")).collect()
}

pub(super) fn case(name: &str) -> Result<Case> {
    let (operator, memory) = name.split_once('-').with_context(|| format!("no access {name}"))?;
    let find = |table: &[(&str, u64)]| table.iter().find(|(known, _)| *known == operator).map(|(_, width)| *width);
    let memory =
        MEMORIES.iter().find(|(known, _, _)| *known == memory).with_context(|| format!("no memory {memory}"))?;
    match (find(LOADS), find(STORES)) {
        (Some(width), _) => access_case(operator, width, false, memory),
        (_, Some(width)) => access_case(operator, width, true, memory),
        _ => anyhow::bail!("no operator {operator}"),
    }
}

fn access_case(operator: &str, width: u64, is_store: bool, memory: &(&str, &str, u64)) -> Result<Case> {
    let (_, limits, grown) = memory;
    let minimum: u64 = limits.split(' ').next().unwrap_or("0").parse()?;
    let length = (minimum + grown) * PAGE;
    let ty = &operator[..3];
    let (params, value, results) = match is_store {
        true => (format!("(param i32) (param {ty})"), "(local.get 1)", String::new()),
        false => ("(param i32)".to_owned(), "", format!("(result {ty})")),
    };
    let mut text = format!("(module (memory (export \"memory\") {limits})\n(func $start\n");
    writeln!(text, "(drop (memory.grow (i32.const {grown})))")?;
    for address in (0..length).filter(|address| address % PAGE < 24 || address % PAGE > PAGE - 24) {
        writeln!(text, "(i32.store8 (i32.const {address}) (i32.const {}))", (address * 37 + 129) % 256)?;
    }
    text.push_str(")\n(start $start)\n");
    let values = match ty {
        "i32" => edges(ValType::I32),
        "i64" => edges(ValType::I64),
        "f32" => edges(ValType::F32),
        _ => edges(ValType::F64),
    };
    let mut calls = Vec::new();
    for offset in OFFSETS {
        writeln!(
            text,
            "(func (export \"offset{offset}\") {params} {results} ({operator} offset={offset} (local.get 0) {value}))"
        )?;
        for (number, address) in addresses(length, width, *offset).into_iter().enumerate() {
            let stored = values[number * 5 % values.len()];
            let mut arguments = vec![Value::I32(address as i32)];
            arguments.extend(is_store.then_some(stored));
            calls.push(Call { export: format!("offset{offset}"), arguments });
            let value = if is_store { constant(stored) } else { String::new() };
            let export = format!("constant{offset}x{number}");
            let index = address as i32;
            writeln!(
                text,
                "(func (export \"{export}\") {results} ({operator} offset={offset} (i32.const {index}) {value}))"
            )?;
            calls.push(Call { export, arguments: Vec::new() });
        }
    }
    text.push(')');
    let module = wat::parse_str(&text).with_context(|| text.clone())?;
    Ok(Case { module, provider: None, calls, nans: NanRule::Exact })
}

/// Indexes around both ends of the memory and of the index's range.
fn addresses(length: u64, width: u64, offset: u64) -> Vec<u32> {
    let end = length.wrapping_sub(offset);
    let near_end = [end.wrapping_sub(width), end.wrapping_sub(width).wrapping_add(1), end, end.wrapping_sub(1)];
    let mut found: Vec<u32> = near_end.iter().map(|address| *address as u32).collect();
    found.extend([0, 1, 3, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0u32.wrapping_sub(offset as u32)]);
    found.sort_unstable();
    found.dedup();
    found
}

//! Parsing and printing with the serde_json crate: allocation, maps, number formatting.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::random::{Random, mix};

#[derive(Serialize, Deserialize)]
struct Entry {
    id: u32,
    name: String,
    position: [f64; 3],
    tags: Vec<String>,
    note: Option<String>,
}

fn document() -> String {
    let mut random = Random::new(5);
    let entries: Vec<Entry> = (0..200)
        .map(|id| Entry {
            id,
            name: format!("entry \"{:x}\"\n", random.next()),
            position: core::array::from_fn(|_| f64::from(random.next()) / 1024.0),
            tags: (0..random.next() % 5).map(|tag| format!("tag-{tag}")).collect(),
            note: (id % 3 == 0).then(|| "ünïcode".repeat(3)),
        })
        .collect();
    serde_json::to_string(&entries).unwrap_or_default()
}

fn weigh(value: &Value) -> u64 {
    match value {
        Value::Null => 1,
        Value::Bool(flag) => 2 + u64::from(*flag),
        Value::Number(number) => number.as_f64().unwrap_or_default().to_bits(),
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(weigh).fold(4, mix),
        Value::Object(fields) => fields.iter().map(|(name, value)| weigh(value) ^ name.len() as u64).fold(5, mix),
    }
}

/// A round parses 30 KB as a tree and as structures, and prints the structures.
pub fn run(rounds: u32) -> u64 {
    let mut text = document();
    let mut checksum = 0;
    for round in 0..rounds {
        let tree: Value = serde_json::from_str(&text).unwrap_or_default();
        let mut entries: Vec<Entry> = serde_json::from_str(&text).unwrap_or_default();
        checksum = mix(checksum, weigh(&tree));
        if let Some(entry) = entries.get_mut(round as usize % 200) {
            entry.position[0] += 0.125;
        }
        text = serde_json::to_string(&entries).unwrap_or_default();
        checksum = mix(checksum, text.len() as u64);
    }
    checksum
}

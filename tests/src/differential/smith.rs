//! Random modules from `wasm-smith`: WebAssembly 2.0 without vectors, plus extended constant expressions.

use std::collections::BTreeSet;

use anyhow::Result;
use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

use super::case::{Call, Case, arguments, functions};
use super::provider;
use super::random::Random;
use super::trace::NanRule;

/// Names of these cases: this, then the seed.
pub(crate) const PREFIX: &str = "smith/";

/// Calls of each exported function, and of all together.
const CALLS_EACH: usize = 3;
const CALLS: usize = 40;

/// How often a seed is tried.
const ATTEMPTS: usize = 5;

/// Loop heads and function entries that a module may pass before it traps.
const FUEL: u32 = 2000;

/// The case of a seed; `None` if it has nothing to call.
pub(crate) fn case(seed: u64) -> Result<Option<Case>> {
    let mut random = Random::new(seed);
    // Some configurations contradict themselves or the bytes.
    for _ in 0..ATTEMPTS {
        if let Some(case) = attempt(&mut random)? {
            return Ok(Some(case));
        }
    }
    Ok(None)
}

fn attempt(random: &mut Random) -> Result<Option<Case>> {
    let config = config(random);
    // Half of the modules count down fuel; the others have plain loops, and the oracle says which calls take too long.
    let has_fuel = random.chance(2);
    let size = 256 << random.below(7);
    let bytes = random.bytes(size);
    let Ok(mut module) = Module::new(config, &mut Unstructured::new(&bytes)) else { return Ok(None) };
    if has_fuel && module.ensure_termination(FUEL).is_err() {
        return Ok(None);
    }
    let module = module.to_bytes();
    let functions = functions(&module)?;
    let provider = provider::for_module(&module, random)?;
    if let Some(provider) = &provider
        && provider.imports.iter().collect::<BTreeSet<_>>().len() != provider.imports.len()
    {
        return Ok(None);
    }
    let mut calls = Vec::new();
    for _ in 0..CALLS_EACH {
        for (export, ty) in &functions {
            calls.push(Call { export: export.clone(), arguments: arguments(ty, random) });
        }
    }
    calls.truncate(CALLS);
    Ok(Some(Case { module, provider, calls, nans: NanRule::Exact }))
}

fn config(random: &mut Random) -> Config {
    let mut config = Config {
        canonicalize_nans: true,
        export_everything: true,
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        multi_value_enabled: true,
        sign_extension_ops_enabled: true,
        saturating_float_to_int_enabled: true,
        extended_const_enabled: true,
        exceptions_enabled: false,
        gc_enabled: false,
        compact_imports_enabled: false,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        shared_everything_threads_enabled: false,
        wide_arithmetic_enabled: false,
        acquire_release_atomics_enabled: false,
        multibyte_array_access_enabled: false,
        allow_floats: !random.chance(3),
        // Growing must fail at the same size on both sides, so every maximum is declared and small.
        memory_max_size_required: true,
        max_memory32_bytes: 65536 << random.below(4),
        table_max_size_required: true,
        max_table_elements: 200,
        max_memories: 1,
        max_tables: 1 + random.below(3),
        max_imports: random.below(8),
        max_funcs: 1 + random.below(20),
        min_funcs: 1,
        max_globals: 10,
        max_types: 20,
        min_types: 1,
        max_instructions: 20 << random.below(6),
        ..Config::default()
    };
    // Mostly accesses that have a chance to be in bounds.
    config.memory_offset_choices = wasm_smith::MemoryOffsetChoices(90, 9, 1);
    config.min_memories = u32::from(!random.chance(8));
    config
}

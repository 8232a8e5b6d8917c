//! Finding the row that a name, an ABI, a CPU and features mean together, in the spellings of `wamrc`.
//!
//! A row is chosen from the table and nothing else: what an image's header cannot say is refused. Features beyond those
//! of a row are possible where they change no calling convention.

use crate::near::{names, near};
use crate::{ALL, Cpu, Target, UnknownTarget};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use graver_aot_format::{Arch, CpuFeature, FloatAbi};

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// The name of a row, an alias, or an architecture as a triple begins.
    pub name: &'a str,
    /// The end of a triple, or an ABI of RISC-V: `eabihf`, `ilp32f`, ...
    pub abi: Option<&'a str>,
    /// A CPU.
    pub cpu: Option<&'a str>,
    /// `+a,-b`: more or fewer features than the row has.
    pub features: Option<&'a str>,
}

/// What was found.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    /// The row.
    pub target: &'static Target,
    /// Features beyond the row's, bits of [`CpuFeature`].
    pub extra_features: u64,
}

/// Why nothing was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectError {
    /// The name means nothing.
    Target(UnknownTarget),
    /// The ABI, CPU or feature means nothing for the rows that are left.
    Unknown {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
        /// What it is for.
        target: String,
        /// What would mean something, nearest first.
        near: Vec<String>,
    },
    /// A feature without `+` or `-` before it.
    Sign(String),
    /// The features are known, but no image can have just these.
    Combination {
        /// What was asked for.
        features: String,
        /// The target.
        target: &'static str,
        /// The features of similar rows.
        rows: Vec<String>,
    },
    /// Features on top of whatever the host has.
    Host,
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(unknown) => unknown.fmt(f),
            Self::Unknown { what, name, target, near } => {
                write!(f, "unknown {what} `{name}` for {target}; ")?;
                if near.is_empty() {
                    write!(f, "there is none to choose")
                } else {
                    write!(f, "did you mean {}?", near.join(" or "))
                }
            }
            Self::Sign(name) => write!(f, "CPU features are a list of +name and -name: `{name}` has no sign"),
            Self::Combination { features, target, rows } => {
                write!(f, "an image cannot require exactly `{features}` of {target}; choose a target instead: ")?;
                write!(f, "{}", rows.join(", "))
            }
            Self::Host => f.write_str("`native` has the features of this machine: name a target to choose others"),
        }
    }
}

impl core::error::Error for SelectError {}

/// Finds what a request means.
///
/// # Errors
/// A name that means nothing, with those that look like it.
pub fn select(request: &Request<'_>) -> Result<Selection, SelectError> {
    let all = rows_called(request.name)?;
    let mut rows = all.clone();
    if let Some(abi) = request.abi {
        rows = with_abi(&rows, abi, request.name)?;
    }
    if let Some(cpu) = request.cpu {
        rows = with_cpu(&rows, &all, cpu, request.name)?;
    }
    // An exact name comes before its relatives.
    let Some(target) = rows.first().copied() else {
        return Err(SelectError::Target(Target::find(request.name).err().unwrap_or_default()));
    };
    match request.features {
        Some(features) => with_features(target, features),
        None => Ok(Selection { target, extra_features: 0 }),
    }
}

/// Names that stand for several beginnings of triples.
const FAMILIES: &[(&str, &[&str])] = &[("thumbv7", &["thumbv7m", "thumbv7em"])];

/// The row of that name, then its relatives: those whose triples begin with the name, or as the row's.
fn rows_called(name: &str) -> Result<Vec<&'static Target>, SelectError> {
    let exact = Target::get(name);
    let family = [exact.map_or(name, |target| architecture(target))];
    let family = FAMILIES.iter().find(|(known, _)| *known == name).map_or(&family[..], |(_, all)| all);
    let is_relative = |target: &&&'static Target| family.contains(&architecture(target)) && !is_same(exact, target);
    let rows: Vec<_> = exact.into_iter().chain(ALL.iter().filter(is_relative).copied()).collect();
    if rows.is_empty() {
        return Target::find(name).map(|target| Vec::from([target])).map_err(SelectError::Target);
    }
    Ok(rows)
}

fn is_same(row: Option<&'static Target>, other: &Target) -> bool {
    row.is_some_and(|row| core::ptr::eq(row, other))
}

/// What the triple begins with.
fn architecture(target: &Target) -> &'static str {
    target.llvm.triple.split('-').next().unwrap_or_default()
}

/// Whether a row has an ABI.
type Fits = fn(&Target) -> bool;

/// What spellings of ABIs say about rows. `gnu` and `elf` are every row's.
const ABIS: &[(&str, Fits)] = &[
    ("gnu", |_| true),
    ("elf", |_| true),
    ("eabi", |target| is_arm(target) && target.float_abi == FloatAbi::Soft),
    ("gnueabi", |target| is_arm(target) && target.float_abi == FloatAbi::Soft),
    ("eabihf", |target| is_arm(target) && target.float_abi == FloatAbi::Hard),
    ("gnueabihf", |target| is_arm(target) && target.float_abi == FloatAbi::Hard),
    ("ilp32", |target| passes(target, Arch::Riscv32, FloatAbi::Soft)),
    ("ilp32f", |target| passes(target, Arch::Riscv32, FloatAbi::HardSingle)),
    ("ilp32d", |target| passes(target, Arch::Riscv32, FloatAbi::Hard)),
    ("lp64", |target| passes(target, Arch::Riscv64, FloatAbi::Soft)),
    ("lp64f", |target| passes(target, Arch::Riscv64, FloatAbi::HardSingle)),
    ("lp64d", |target| passes(target, Arch::Riscv64, FloatAbi::Hard)),
];

fn is_arm(target: &Target) -> bool {
    matches!(target.arch, Arch::Arm | Arch::Thumb)
}

/// Whether a RISC-V row passes floats this way.
fn passes(target: &Target, arch: Arch, float_abi: FloatAbi) -> bool {
    target.arch == arch && target.float_abi == float_abi
}

fn with_abi(rows: &[&'static Target], abi: &str, name: &str) -> Result<Vec<&'static Target>, SelectError> {
    let fits = |target: &Target, abi: &str| ABIS.iter().any(|(known, fits)| *known == abi && fits(target));
    let found: Vec<_> = rows.iter().copied().filter(|target| fits(target, abi)).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let possible = ABIS.iter().map(|(known, _)| *known).filter(|abi| rows.iter().any(|target| fits(target, abi)));
    Err(unknown("ABI", abi, name, possible.collect()))
}

/// The name that LLVM has for the CPU of a row, if it is always the same.
fn cpu(target: &Target) -> Option<&'static str> {
    match target.llvm.cpu {
        Cpu::Named(name) => Some(name),
        Cpu::Host(_) => None,
    }
}

/// Of `rows` those with a CPU. If an ABI has ruled them out, that with the most of what the CPU has according to `all`.
fn with_cpu(
    rows: &[&'static Target],
    all: &[&'static Target],
    name: &str,
    target: &str,
) -> Result<Vec<&'static Target>, SelectError> {
    let is_it = |target: &&&'static Target| cpu(target) == Some(name) || names(target).any(|known| known == name);
    let found: Vec<_> = rows.iter().filter(is_it).copied().collect();
    if !found.is_empty() {
        return Ok(found);
    }
    if let Some(own) = all.iter().find(is_it) {
        let runs = |row: &&&'static Target| row.arch == own.arch && row.cpu_features & !own.cpu_features == 0;
        // The first of those with the most.
        let best = rows.iter().rev().filter(runs).max_by_key(|row| row.cpu_features.count_ones());
        if let Some(best) = best {
            return Ok(Vec::from([*best]));
        }
    }
    let possible = rows.iter().flat_map(|target| cpu(target).into_iter().chain(names(target)));
    Err(unknown("CPU", name, target, possible.collect()))
}

fn unknown(what: &'static str, name: &str, target: &str, mut possible: Vec<&'static str>) -> SelectError {
    possible.sort_unstable();
    possible.dedup();
    let near = near(name, possible.iter().copied());
    // Few enough to show all.
    let near = if near.is_empty() { possible.into_iter().take(8).collect() } else { near };
    let near = near.into_iter().map(ToString::to_string).collect();
    SelectError::Unknown { what, name: name.into(), target: target.into(), near }
}

/// What a feature has besides itself, as LLVM has it: turning off the second turns off the first.
const IMPLIED: &[(Arch, &str, &str)] = &[
    (Arch::X86_64, "ssse3", "sse3"),
    (Arch::X86_64, "sse4.1", "ssse3"),
    (Arch::X86_64, "sse4.2", "sse4.1"),
    (Arch::X86_64, "avx", "sse4.2"),
    (Arch::X86_64, "avx2", "avx"),
    (Arch::X86_64, "f16c", "avx"),
    (Arch::X86_64, "fma", "avx"),
    (Arch::X86_64, "avx512f", "avx2"),
    (Arch::X86_64, "avx512f", "f16c"),
    (Arch::X86_64, "avx512f", "fma"),
    (Arch::X86_64, "avx512bw", "avx512f"),
    (Arch::X86_64, "avx512cd", "avx512f"),
    (Arch::X86_64, "avx512dq", "avx512f"),
    (Arch::X86_64, "avx512vl", "avx512f"),
    (Arch::Arm, "vfp4d16", "vfp3d16"),
    (Arch::Arm, "neon", "vfp3d16"),
    (Arch::Riscv32, "d", "f"),
    (Arch::Riscv64, "d", "f"),
];

/// Features that LLVM knows by the same name and that change neither a calling convention nor what the library needs.
const OPTIONAL: &[(Arch, &[&str])] = &[
    (
        Arch::X86_64,
        &[
            "sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "cx16", "avx", "avx2", "bmi", "bmi2", "f16c", "fma",
            "lzcnt", "movbe", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl",
        ],
    ),
    (Arch::Aarch64, &["lse"]),
    (Arch::Arm, &["vfp4d16", "hwdiv-arm"]),
    (Arch::Riscv32, &["m", "a", "c"]),
    (Arch::Riscv64, &["m", "a", "c"]),
];

fn mask(arch: Arch, name: &str) -> u64 {
    CpuFeature::find(arch, name).map_or(0, CpuFeature::mask)
}

/// A feature's bit with all that it implies.
fn with_implied(arch: Arch, bits: u64) -> u64 {
    let rows = || IMPLIED.iter().filter(|(of, ..)| *of == arch);
    let more = rows().filter(|(_, name, _)| bits & mask(arch, name) != 0).map(|(_, _, implied)| mask(arch, implied));
    match more.fold(bits, |bits, more| bits | more) {
        all if all == bits => bits,
        all => with_implied(arch, all),
    }
}

fn with_features(target: &'static Target, list: &str) -> Result<Selection, SelectError> {
    if cpu(target).is_none() {
        return Err(SelectError::Host);
    }
    let arch = target.arch;
    let mut wanted = target.cpu_features;
    for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let name = word.strip_prefix(['+', '-']).ok_or_else(|| SelectError::Sign(word.into()))?;
        let of_arch = || CpuFeature::ALL.iter().filter(|feature| feature.arch == arch);
        let Some(feature) = of_arch().find(|feature| feature.name == name) else {
            return Err(unknown("CPU feature", name, target.name, of_arch().map(|feature| feature.name).collect()));
        };
        if word.starts_with('+') {
            wanted |= with_implied(arch, feature.mask());
        } else {
            let depends = |other: &&CpuFeature| with_implied(arch, other.mask()) & feature.mask() != 0;
            wanted &= !of_arch().filter(depends).map(CpuFeature::mask).sum::<u64>();
        }
    }
    closest(target, wanted).ok_or_else(|| combination(target, wanted))
}

/// The row with most of the features and none but them, and the rest.
fn closest(target: &'static Target, wanted: u64) -> Option<Selection> {
    let optional = OPTIONAL.iter().find(|(arch, _)| *arch == target.arch).map_or(&[][..], |(_, names)| names);
    let optional: u64 = optional.iter().map(|name| mask(target.arch, name)).sum();
    let fits = |row: &&&'static Target| {
        row.arch == target.arch
            && row.float_abi == target.float_abi
            && row.board.is_some() == target.board.is_some()
            && cpu(row).is_some()
            && row.cpu_features & !wanted == 0
            && wanted & !row.cpu_features & !optional == 0
    };
    let rows = core::iter::once(&target).chain(ALL).filter(fits);
    // The first of those with the most, so the row itself if it will do.
    let best = rows.fold(None, |best: Option<&&'static Target>, row| match best {
        Some(best) if best.cpu_features.count_ones() >= row.cpu_features.count_ones() => Some(best),
        _ => Some(row),
    })?;
    Some(Selection { target: best, extra_features: wanted & !best.cpu_features })
}

fn combination(target: &'static Target, wanted: u64) -> SelectError {
    let name_all = |bits: u64| {
        let set = CpuFeature::ALL.iter().filter(|feature| feature.arch == target.arch && bits & feature.mask() != 0);
        let names: Vec<&str> = set.map(|feature| feature.name).collect();
        if names.is_empty() { String::from("none") } else { names.join(" ") }
    };
    let relatives = ALL.iter().filter(|row| row.arch == target.arch && cpu(row).is_some());
    let describe = |row: &&'static Target| alloc::format!("{} ({})", row.name, name_all(row.cpu_features));
    SelectError::Combination {
        features: name_all(wanted),
        target: target.name,
        rows: relatives.map(describe).collect(),
    }
}

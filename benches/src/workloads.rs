//! What is run: the kernels' package, and how many rounds of each.

use graver_guests::{Error, rust};

use crate::options::Options;

/// The package of the kernels: the native build is for the CPU level that Graver's is for.
pub(crate) const KERNELS: rust::Program = rust::Program {
    name: "kernels",
    folder: "benches/kernels",
    wasm_target: "wasm32-unknown-unknown",
    native_flags: "-C target-cpu=x86-64-v3",
    flags: &[],
    library: true,
};

/// The file is part of the source: figures of one version are figures of its workloads.
const FILE: &str = include_str!("../workloads.txt");

/// A kernel and its number of rounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Workload {
    pub(crate) kernel: String,
    pub(crate) rounds: u32,
}

/// The workloads of the file that the options leave.
pub(crate) fn read(options: &Options) -> Result<Vec<Workload>, Error> {
    let all = parse(FILE, options.quick)?;
    let chosen: Vec<_> = all.into_iter().filter(|workload| workload.kernel.contains(&options.filter)).collect();
    if chosen.is_empty() {
        return Err(format!("no kernel has a name with `{}` in it: see benches/workloads.txt", options.filter).into());
    }
    Ok(chosen)
}

fn parse(text: &str, quick: bool) -> Result<Vec<Workload>, Error> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            let kernel = words.next().unwrap_or_default().to_owned();
            let rounds = words.nth(usize::from(quick)).ok_or_else(|| format!("no number of rounds in `{line}`"))?;
            Ok(Workload { kernel, rounds: rounds.parse().map_err(|error| format!("`{line}`: {error}"))? })
        })
        .collect()
}

#[test]
fn the_file_has_ten_kernels_and_quick_ones_are_smaller() -> Result<(), Error> {
    let (full, quick) = (parse(FILE, false)?, parse(FILE, true)?);
    assert_eq!(full.len(), 10);
    assert!(full.iter().zip(&quick).all(|(full, quick)| full.kernel == quick.kernel && full.rounds > quick.rounds));
    Ok(())
}

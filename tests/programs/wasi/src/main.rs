//! Small programs that call preview 1's functions themselves and print what each returned. The first argument names the one
//! to run; `list` prints all names.
//!
//! What is printed is what every host must agree on: error numbers, sizes, kinds, contents. Inodes, devices and times as
//! such are not. Each starts with two directories: 3 is an empty one, 4 has what the test puts there (`/aside`).

mod calls;
mod clocks;
mod descriptors;
mod directories;
mod files;
mod imports;
mod links;
mod names;
mod opening;
mod paths;
mod process;
mod standard;
mod streams;
mod waiting;

/// The directory that a case works in.
const ROOT: u32 = 3;
/// Another one.
const ASIDE: u32 = 4;

/// A program by its name.
type Case = (&'static str, fn());

fn cases() -> impl Iterator<Item = &'static Case> {
    [
        process::CASES,
        clocks::CASES,
        streams::CASES,
        descriptors::CASES,
        files::CASES,
        opening::CASES,
        paths::CASES,
        names::CASES,
        links::CASES,
        directories::CASES,
        waiting::CASES,
        standard::CASES,
    ]
    .into_iter()
    .flatten()
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    if name == "list" {
        return cases().for_each(|(name, _)| println!("{name}"));
    }
    match cases().find(|(known, _)| *known == name) {
        Some((_, run)) => run(),
        None => {
            eprintln!("no case `{name}`");
            std::process::exit(99);
        }
    }
}

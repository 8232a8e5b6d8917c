//! Damaged images and modules for as long as one likes; see `--help`. The same seed does the same work.

extern crate alloc;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
// The exercise is shared with the format's unit tests, where these are the crate's own names.
pub(crate) use graver_aot_format::*;
use graver_compiler::{ErrorKind, Options, compile};
use graver_targets::Target;
use graver_tests::Tally;

#[path = "../../../aot-format/fuzz/exercise.rs"]
mod exercise;

const USAGE: &str = "\
fuzz [--seconds S] [--seed N]

Damages images and WebAssembly modules and checks what parser and compiler make of them.
  --seconds S   how long (60)
  --seed N      where to start (from the clock)";

/// Modules to damage, and to compile to images to damage.
const SOURCES: &[&str] = &[
    include_str!("../../golden/image.wat"),
    include_str!("../../golden/image_thumb.wat"),
    include_str!("../../golden/constant_table.wat"),
    include_str!("../../golden/globals_and_imports.wat"),
];

/// A module, and its image for a target.
struct Sample {
    wasm: Vec<u8>,
    image: Vec<u8>,
    options: Options,
}

fn main() -> ExitCode {
    match arguments().and_then(|(seconds, seed)| run(seconds, seed)) {
        Ok(tally) => {
            println!("{tally}");
            tally.exit_code()
        }
        Err(error) => {
            eprintln!("fuzz: {error:#}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<(u64, u64)> {
    let (mut seconds, mut seed) = (60, fastrand::u64(..) >> 16);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|value| value.parse().ok()).context("a number is missing");
        match argument.as_str() {
            "--seconds" => seconds = number()?,
            "--seed" => seed = number()?,
            "--help" => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            other => bail!("unknown option {other}"),
        }
    }
    Ok((seconds, seed))
}

fn run(seconds: u64, first: u64) -> Result<Tally> {
    let samples = samples()?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut tally = Tally::default();
    println!("from seed {first} on");
    for seed in first.. {
        if Instant::now() >= end {
            break;
        }
        match catch_unwind(|| attack(&samples, seed)) {
            Ok(()) => tally.passed += 1,
            Err(_) => {
                println!("FAILED: --seed {seed} --seconds 1 does it again");
                tally.failed += 1;
            }
        }
    }
    Ok(tally)
}

fn samples() -> Result<Vec<Sample>> {
    let targets = ["x86_64", "thumbv7em"];
    let pairs = SOURCES.iter().flat_map(|source| targets.iter().map(move |target| (source, target)));
    pairs
        .map(|(source, target)| {
            let mut options = Options::new(Target::get(target).context("no such target")?);
            options.opt_level = 0;
            options.threads = 1;
            let wasm = wat::parse_str(source)?;
            Ok(Sample { image: compile(&wasm, &options)?, wasm, options })
        })
        .collect()
}

/// Compiling takes a thousand times as long as parsing, so it happens once for many images.
const IMAGES_PER_MODULE: usize = 200;

fn attack(samples: &[Sample], seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let Some(sample) = random.choice(samples) else { return };
    for _ in 0..IMAGES_PER_MODULE {
        exercise::exercise(&damaged(&sample.image, &mut random));
    }
    let module = damaged(&sample.wasm, &mut random);
    match compile(&module, &sample.options) {
        Ok(image) => assert!(exercise::exercise(&image), "what compiles is a valid image"),
        Err(error) => {
            let expected = matches!(error.kind, ErrorKind::Invalid | ErrorKind::Unsupported);
            assert!(expected && !error.message.is_empty(), "{error:?}");
        }
    }
}

/// A copy with bytes and words replaced, or with its end cut off.
fn damaged(bytes: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    for _ in 0..random.usize(1..6) {
        let width = *random.choice(&[1, 1, 2, 4]).unwrap_or(&1);
        let at = random.usize(0..=copy.len() - width) / width * width;
        let edges = [0, 1, 0x7f, 0x80, 0xff, 0x7fff_ffff, 0x8000_0000, u32::MAX, copy.len() as u32];
        let value = if random.bool() { *random.choice(&edges).unwrap_or(&0) } else { random.u32(..) };
        copy[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    }
    if random.u8(..8) == 0 {
        copy.truncate(random.usize(..copy.len()));
    }
    copy
}

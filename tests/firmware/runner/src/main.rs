//! Executes a test script on a board and reports over semihosting.
//!
//! The script is the file `script` in the folder that the emulator was started in. It is read to the start of the board's
//! free memory, so that code in it runs where it lies, or lies in flash already (feature `in-flash`); behind it come the
//! slots of modules and instances, and the rest is the pool of the runtime. There is no global allocator.

#![no_std]
#![no_main]

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "arm")]
mod cortex_m;
mod memory;
mod output;
mod places;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
mod riscv;
#[cfg(target_arch = "xtensa")]
mod xtensa;

#[cfg(target_arch = "xtensa")]
extern crate firmware_simcall as semihosting;

use core::fmt;

use graver_loader::platform::Bare;
use graver_loader::{Allocator, Instance, Runtime, RuntimeError, StoreOptions};
use graver_test_script::{BadScript, Lines, ModuleSlot, Script, SetupError, execute};
#[cfg(not(feature = "in-flash"))]
use semihosting::{
    fs::{File, Metadata},
    io::{self, Read as _},
};
use semihosting::println;

use memory::Memory;
use output::Output;
use places::Places;

/// Where the script is.
#[cfg(not(feature = "in-flash"))]
const SCRIPT: &core::ffi::CStr = c"script";

/// Why there are no results.
enum Stop {
    #[cfg(not(feature = "in-flash"))]
    File(io::Error),
    Script(BadScript),
    Memory,
    Runtime(RuntimeError),
    Setup(SetupError),
    Written,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(not(feature = "in-flash"))]
            Self::File(error) => write!(f, "the file `script`: {error}"),
            Self::Script(error) => error.fmt(f),
            Self::Memory => f.write_str("the script does not fit into the memory of this board"),
            Self::Runtime(error) => error.fmt(f),
            Self::Setup(error) => error.fmt(f),
            Self::Written => f.write_str("code was written"),
        }
    }
}

/// What the board's start-up code calls. Exit code 0 means that the whole script was executed.
fn main() -> ! {
    match run(Memory::of_board()) {
        Ok(()) => semihosting::process::exit(0),
        Err(stop) => {
            println!("firmware: {}", stop);
            semihosting::process::exit(1)
        }
    }
}

fn run(mut memory: Memory) -> Result<(), Stop> {
    let script = Script::parse(read(&mut memory)?).map_err(Stop::Script)?;
    let modules = memory.slots(script.images(), ModuleSlot::new).ok_or(Stop::Memory)?;
    let instances = memory.slots(script.instances(), || None::<Instance>).ok_or(Stop::Memory)?;
    let platform = Bare::new(memory::stack_end());
    #[cfg(target_arch = "xtensa")]
    let platform = xtensa::with_features(platform);
    let copies = memory.slots(script.images(), || None).ok_or(Stop::Memory)?;
    let places = Places::new(&platform, script.bytes(), copies);
    let runtime = Runtime::with_platform(Allocator::pool(memory.rest()), &places).map_err(Stop::Runtime)?;
    let mut report = Lines(Output::new());
    execute(&script, &runtime, StoreOptions::default(), modules, instances, &mut report).map_err(Stop::Setup)?;
    #[cfg(feature = "damages-code")]
    places.damage();
    if !places.are_unchanged() {
        return Err(Stop::Written);
    }
    println!("{}", places);
    Ok(())
}

/// The script in flash.
#[cfg(feature = "in-flash")]
fn read(_: &mut Memory) -> Result<&'static [u8], Stop> {
    Ok(memory::flash())
}

/// Reads the script into memory.
#[cfg(not(feature = "in-flash"))]
fn read(memory: &mut Memory) -> Result<&'static [u8], Stop> {
    let mut file = File::open(SCRIPT).map_err(Stop::File)?;
    let length = file.metadata().as_ref().map(Metadata::len).unwrap_or_default();
    let bytes = usize::try_from(length).ok().and_then(|length| memory.slots(length, || 0_u8)).ok_or(Stop::Memory)?;
    file.read_exact(bytes).map_err(Stop::File)?;
    Ok(bytes)
}

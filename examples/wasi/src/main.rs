//! Runs a program made with a `wasm32-wasip1` toolchain where it lies in flash: gives it arguments, variables, a console and a
//! clock, and reports its exit code.

#![no_std]
#![no_main]

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::{entry, exception};
use graver_loader::platform::Bare;
use graver_loader::wasi::{Errno, board};
use graver_loader::{Allocator, CallError, Linker, Module, Runtime, Store, StoreOptions};
use semihosting::io::{Read as _, Write as _, stderr, stdin, stdout};
use semihosting::println;

/// `graver compile program.wasm --target cortex-m4f -o program.aot`.
static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(env!("GRAVER_IMAGE")));

#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

/// For the program's memory, which for Rust's standard library takes 17 pages of 64 KiB unless the linker is told otherwise.
const POOL: usize = 2 * 1024 * 1024;

unsafe extern "C" {
    // From cortex-m-rt's linker script: the lowest address of the stack.
    static _stack_end: u8;
}

/// What programs get of this board.
struct Console;

impl board::System for Console {
    fn write(&self, stream: board::Stream, bytes: &[u8]) -> Result<usize, Errno> {
        let written = match stream {
            board::Stream::Output => stdout().and_then(|mut stream| stream.write(bytes)),
            board::Stream::Error => stderr().and_then(|mut stream| stream.write(bytes)),
        };
        written.map_err(|_| Errno::Io)
    }

    fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        stdin().and_then(|mut stream| stream.read(buffer)).map_err(|_| Errno::Io)
    }

    fn now(&self, clock: board::Clock) -> Option<u64> {
        // Nothing here knows the date. A board that has a source of random numbers implements `random`, too.
        (clock == board::Clock::Monotonic).then(|| u64::from(MILLISECONDS.load(Ordering::Relaxed)) * 1_000_000)
    }

    fn idle(&self, _until: u64) {
        cortex_m::asm::wfi();
    }
}

/// Since the start. A firmware that runs for more than 49 days needs more bits.
static MILLISECONDS: AtomicU32 = AtomicU32::new(0);

#[exception]
fn SysTick() {
    MILLISECONDS.fetch_add(1, Ordering::Relaxed);
}

#[entry]
fn main() -> ! {
    let (Some(pool), Some(core)) =
        (cortex_m::singleton!(: [MaybeUninit<u8>; POOL] = [MaybeUninit::uninit(); POOL]), cortex_m::Peripherals::take())
    else {
        panic!("main runs once");
    };
    start_clock(core.SYST);
    let outcome = run(pool);
    match outcome {
        Ok(code) => println!("\nexit code {code}"),
        Err(what) => println!("\nfailed: {what}"),
    }
    semihosting::process::exit(outcome.is_err().into())
}

/// Counts milliseconds of the board's clock, 25 MHz.
fn start_clock(mut timer: cortex_m::peripheral::SYST) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(25_000 - 1);
    timer.clear_current();
    timer.enable_counter();
    timer.enable_interrupt();
}

/// Runs the program to its end.
fn run(pool: &mut [MaybeUninit<u8>]) -> Result<i32, &'static str> {
    let board = Bare::new((&raw const _stack_end).addr());
    let runtime = Runtime::with_platform(Allocator::pool(pool), &board).map_err(|_| "the pool is too small")?;
    let module = Module::new(&runtime, &IMAGE.0).map_err(|_| "not an image for this board")?;
    let wasi = board::Wasi::new(&Console, &[c"program", c"3", c"two words"], &[c"LEVEL=high"]);
    let mut store = Store::new(&runtime, StoreOptions::default()).map_err(|_| "the pool is too small")?;
    let mut linker = Linker::new(&runtime);
    board::link(&mut linker, &mut store, &module, &wasi).map_err(|_| "the pool is too small")?;
    let instance = linker.instantiate(&mut store, &module).map_err(|error| {
        println!("{error}");
        "not instantiated"
    })?;
    let start = instance.typed_func::<(), ()>(&store, "_start").map_err(|_| "not a program")?;
    match start.call(&mut store, ()) {
        Ok(()) => Ok(0),
        Err(CallError::Exit(code)) => Ok(code),
        Err(error) => {
            println!("{error}");
            Err("the program did not end by itself")
        }
    }
}

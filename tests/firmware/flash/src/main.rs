//! Runs an image from flash that instructions see at one place and data reads at another, as on Espressif's chips.
//!
//! Each place has only what is read there: the one for instructions the text, the one for data everything else. What the
//! code took from the wrong one would be zeros.

#![no_std]
#![no_main]

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use firmware_simcall::{println, process};
use graver_loader::format::MachineFacts;
use graver_loader::platform::{Bare, Placement, Platform, PlatformError};
use graver_loader::{Allocator, Linker, LoadError, Module, Runtime, Store, StoreOptions};

#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

macro_rules! flash {
    ($($name:ident: $section:literal = $variable:literal;)*) => { $(
        #[unsafe(link_section = $section)]
        static $name: Aligned<[u8; include_bytes!(env!($variable)).len()]> = Aligned(*include_bytes!(env!($variable)));
    )* };
}

flash! {
    // The image without anything but its text, the image without its text, and the whole image at another place.
    TEXT: ".flash_text" = "GRAVER_TEXT";
    DATA: ".flash_data" = "GRAVER_DATA";
    ELSEWHERE: ".elsewhere" = "GRAVER_IMAGE";
    // An image for text in the next GiB.
    FAR: ".far" = "GRAVER_FAR";
}

unsafe extern "C" {
    // From the memory map: the lowest address of the stack.
    static _stack_end: u8;
}

/// Code in `data` runs at the same offset from `text`.
struct Flash {
    board: Bare,
    data: usize,
    text: usize,
}

// SAFETY: all of the code is at the place that `place_code` names, and stays there.
unsafe impl Platform for Flash {
    fn machine(&self) -> Option<MachineFacts> {
        self.board.machine()
    }

    fn place_code(&self, code: &[u8], _: usize) -> Result<Placement, PlatformError> {
        let run = self.text + (code.as_ptr().addr() - self.data);
        NonNull::new(core::ptr::with_exposed_provenance_mut(run)).map(Placement::Mapped).ok_or(PlatformError)
    }

    unsafe fn publish_code(&self, _: NonNull<u8>, _: usize) -> Result<(), PlatformError> {
        Err(PlatformError)
    }

    fn stack_end(&self) -> Option<usize> {
        self.board.stack_end()
    }
}

/// What the start-up code calls.
#[unsafe(no_mangle)]
extern "C" fn graver_main() -> ! {
    let (text, data) = (TEXT.0.as_ptr().expose_provenance(), DATA.0.as_ptr().addr());
    let outcome = run(&DATA.0, text, data, &mut [MaybeUninit::uninit(); 8192]);
    println!("in place: {}", outcome.as_ref().err().unwrap_or(&"done"));
    // Data at another place, and text at another place.
    refused(&ELSEWHERE.0, text, ELSEWHERE.0.as_ptr().addr());
    refused(&DATA.0, text + 16, data);
    refused(&FAR.0, text + (1 << 30), FAR.0.as_ptr().addr());
    process::exit(i32::from(outcome.is_err()))
}

fn flash(text: usize, data: usize) -> Flash {
    let features = ["div32", "sext", "clamps", "minmax", "s32c1i", "fp", "bool"];
    let board = Bare::new((&raw const _stack_end).addr()).with_named_features(&features);
    Flash { board, data, text }
}

fn refused(image: &[u8], text: usize, data: usize) {
    let platform = flash(text, data);
    let mut pool = [MaybeUninit::uninit(); 4096];
    let Ok(runtime) = Runtime::with_platform(Allocator::pool(&mut pool), &platform) else { return };
    match Module::new(&runtime, image) {
        Ok(_) => println!("loaded at another place"),
        Err(error @ (LoadError::BaseAddress(_) | LoadError::OtherGib)) => println!("refused: {}", error),
        Err(error) => println!("refused for another reason: {}", error),
    };
}

fn run(image: &[u8], text: usize, data: usize, pool: &mut [MaybeUninit<u8>]) -> Result<(), &'static str> {
    let platform = flash(text, data);
    let runtime = Runtime::with_platform(Allocator::pool(pool), &platform).map_err(|_| "runtime")?;
    let module = Module::new(&runtime, image).map_err(|_| "load")?;
    let mut store = Store::new(&runtime, StoreOptions::default()).map_err(|_| "store")?;
    let instance = Linker::new(&runtime).instantiate(&mut store, &module).map_err(|_| "instantiate")?;
    for name in ["switch", "indirect", "data"] {
        let function = instance.typed_func::<i32, i32>(&store, name).map_err(|_| "no function")?;
        for argument in [0, 1, 2, 3, 9] {
            match function.call(&mut store, argument) {
                Ok(value) => println!("{}({}) = {}", name, argument, value),
                Err(error) => println!("{}({}): {}", name, argument, error),
            }
        }
    }
    let divide = instance.typed_func::<(f64, f64), f64>(&store, "divide").map_err(|_| "no `divide`")?;
    println!("divide(1, 8) = {}", divide.call(&mut store, (1.0, 8.0)).map_err(|_| "divide")?);
    Ok(())
}

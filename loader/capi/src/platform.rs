//! The machine, as the loader sees it through the C API.
#![allow(unsafe_code)] // Forwards an unsafe trait.

#[cfg(feature = "std")]
mod here {
    pub(crate) use graver_loader::platform::Linux;

    pub(crate) static PLATFORM: Linux = Linux;
}

#[cfg(not(feature = "std"))]
mod here {
    use core::ptr::NonNull;

    use graver_loader::MachineFacts;
    use graver_loader::platform::{Bare, Placement, Platform, PlatformError};

    /// A board. Where the stack ends only exec envs know: without a boundary of their own they have the stack size that
    /// the client gave, from where it calls.
    #[derive(Debug)]
    pub(crate) struct Board;

    /// Features of the core that the library was installed for, where neither the core nor the compiler names them.
    const INSTALLED_FOR: u64 = match option_env!("GRAVER_CPU_FEATURES") {
        Some(mask) => match u64::from_str_radix(mask, 10) {
            Ok(mask) => mask,
            Err(_) => panic!("GRAVER_CPU_FEATURES is a number"),
        },
        None => 0,
    };

    // SAFETY: everything is `Bare`'s, but for the end of the stack, of which nothing is promised: exec envs limit it.
    unsafe impl Platform for Board {
        fn machine(&self) -> Option<MachineFacts> {
            let machine = Bare::new(0).machine()?;
            Some(MachineFacts { cpu_features: machine.cpu_features | INSTALLED_FOR, ..machine })
        }

        fn place_code(&self, code: &[u8], align: usize) -> Result<Placement, PlatformError> {
            Bare::new(0).place_code(code, align)
        }

        unsafe fn publish_code(&self, start: NonNull<u8>, length: usize) -> Result<(), PlatformError> {
            // SAFETY: promised by the caller.
            unsafe { Bare::new(0).publish_code(start, length) }
        }

        fn stack_end(&self) -> Option<usize> {
            Some(0)
        }
    }

    pub(crate) static PLATFORM: Board = Board;
}

pub(crate) use here::PLATFORM;

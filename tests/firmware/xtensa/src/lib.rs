//! The host's files and standard output by `simcall`, the instruction by which programs in Xtensa's simulator ask for
//! them: call number and arguments in registers, result and error number back.
//! <https://github.com/qemu/qemu/blob/master/target/xtensa/xtensa-semi.c>

#![no_std]

use core::ffi::CStr;

/// Call numbers.
mod number {
    pub(crate) const EXIT: usize = 1;
    pub(crate) const READ: usize = 3;
    pub(crate) const WRITE: usize = 4;
    pub(crate) const OPEN: usize = 5;
    pub(crate) const CLOSE: usize = 6;
    pub(crate) const SEEK: usize = 19;
}

// The linker's arguments name them; this makes cargo link again when they change.
const _: [&[u8]; 2] = [include_bytes!("../windowed.S"), include_bytes!("../call0.S")];

unsafe extern "C" {
    // In `windowed.S` and `call0.S`.
    fn graver_simcall(number: usize, a: usize, b: usize, c: usize) -> isize;
}

fn call(number: usize, a: usize, b: usize, c: usize) -> io::Result<usize> {
    // SAFETY: all callers pass what the call expects; the simulator reads and writes no other memory.
    usize::try_from(unsafe { graver_simcall(number, a, b, c) }).map_err(|_| io::Error)
}

/// Files of the host.
pub mod fs {
    use super::{CStr, call, io, number};

    /// An open file.
    pub struct File(usize);

    /// What is known of a file.
    pub struct Metadata(u64);

    impl File {
        /// Opens a file for reading.
        pub fn open(path: &CStr) -> io::Result<Self> {
            call(number::OPEN, path.as_ptr().addr(), 0, 0).map(Self)
        }

        /// Its length.
        pub fn metadata(&self) -> io::Result<Metadata> {
            let length = call(number::SEEK, self.0, 0, 2)?;
            call(number::SEEK, self.0, 0, 0)?;
            Ok(Metadata(length as u64))
        }
    }

    impl Metadata {
        /// Bytes.
        pub fn len(&self) -> u64 {
            self.0
        }
    }

    impl io::Read for File {
        fn read_exact(&mut self, mut bytes: &mut [u8]) -> io::Result<()> {
            while !bytes.is_empty() {
                match call(number::READ, self.0, bytes.as_mut_ptr().addr(), bytes.len())? {
                    0 => return Err(io::Error),
                    length => bytes = &mut bytes[length..],
                }
            }
            Ok(())
        }
    }
}

/// Reading and writing.
pub mod io {
    use super::{call, number};
    use core::fmt;

    /// The host refused.
    #[derive(Debug)]
    pub struct Error;

    /// A result of this module.
    pub type Result<T> = core::result::Result<T, Error>;

    impl fmt::Display for Error {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the host cannot do it")
        }
    }

    /// What can be read.
    pub trait Read {
        /// Fills `bytes`.
        fn read_exact(&mut self, bytes: &mut [u8]) -> Result<()>;
    }

    /// What can be written to.
    pub trait Write {
        /// Writes all of `bytes`.
        fn write_all(&mut self, bytes: &[u8]) -> Result<()>;
    }

    /// Standard output.
    pub struct Stdout(usize);

    /// Opens standard output as a file of its own: the one that the simulator has open may be redirected.
    pub fn stdout() -> Result<Stdout> {
        const WRITE_ONLY: usize = 1;
        call(number::OPEN, c"/dev/stdout".as_ptr().addr(), WRITE_ONLY, 0).map(Stdout)
    }

    impl Drop for Stdout {
        fn drop(&mut self) {
            // If that fails it stays open.
            let _ = call(number::CLOSE, self.0, 0, 0);
        }
    }

    impl Write for Stdout {
        fn write_all(&mut self, mut bytes: &[u8]) -> Result<()> {
            while !bytes.is_empty() {
                match call(number::WRITE, self.0, bytes.as_ptr().addr(), bytes.len())? {
                    0 => return Err(Error),
                    length => bytes = &bytes[length..],
                }
            }
            Ok(())
        }
    }

    impl fmt::Write for Stdout {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.write_all(text.as_bytes()).map_err(|_| fmt::Error)
        }
    }
}

/// The machine as a process of the host.
pub mod process {
    use super::{call, number};

    /// Ends the simulator.
    pub fn exit(code: i32) -> ! {
        loop {
            let _ = call(number::EXIT, code as usize, 0, 0);
        }
    }
}

/// Prints.
#[macro_export]
macro_rules! print {
    ($($arguments:tt)*) => {
        if let Ok(mut out) = $crate::io::stdout() {
            let _ = ::core::fmt::Write::write_fmt(&mut out, ::core::format_args!($($arguments)*));
        }
    };
}

/// Prints a line.
#[macro_export]
macro_rules! println {
    ($($arguments:tt)*) => { $crate::print!("{}\n", ::core::format_args!($($arguments)*)) };
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    println!("firmware: {}", info);
    process::exit(134)
}

/// What LLVM calls where code cannot go on.
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    println!("firmware: abort");
    process::exit(134)
}

/// What the vectors jump to.
#[unsafe(no_mangle)]
extern "C" fn graver_fault(cause: usize, pc: usize) -> ! {
    println!("firmware: exception {} at {:#x}", cause, pc);
    process::exit(1)
}

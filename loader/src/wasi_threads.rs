//! The words of wasi-threads: <https://github.com/WebAssembly/wasi-threads>. A program imports one function, which starts a
//! thread: that makes an instance of the program over the same memory, and calls what it exports for that.

/// What an instance exports for the host, which calls it with the thread's number and the program's argument.
pub const ENTRY: &str = "wasi_thread_start";

/// The function by which a program starts threads.
pub const SPAWN: (&str, &str) = ("wasi", "thread-spawn");

/// What `thread-spawn` answers if there can be no thread.
pub const REFUSED: i32 = -1;

/// The largest number that a thread may have. The first is 1.
pub const LAST_THREAD: i32 = (1 << 29) - 1;

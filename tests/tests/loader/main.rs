//! The loader, with images that the compiler makes: calls, traps, host functions, linking, memory, failures.

mod allocation;
mod calls;
mod errors;
mod faults;
mod host;
mod interrupt;
mod linking;
mod natives;
mod stack;
mod support;
mod threads;
mod traps;
mod wasi_board;

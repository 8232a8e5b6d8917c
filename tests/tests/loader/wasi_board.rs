//! The WASI of boards, which runs here as well.

use std::cell::RefCell;

use graver_loader::wasi::Errno;
use graver_loader::wasi::board::{self, Clock, Stream, System};
use graver_loader::{Allocator, CallError, Interrupt, LinkError, Linker, Module, Runtime, Store, StoreOptions, Trap};

use crate::support::image;

/// `_start` prints what a file's function returns, as a letter, and ends with 7; `wait` waits for an hour, again and again.
const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\40\00\00\00\01\00\00\00")
    (func (export "_start")
      (i32.store8 (i32.const 64) (call $sync (i32.const 1)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 128)))
      (call $exit (i32.const 7))
      (unreachable))
    (func (export "wait")
      (i32.store (i32.const 528) (i32.const 1))
      (i64.store (i32.const 536) (i64.const 3600000000000))
      (loop (drop (call $poll (i32.const 512) (i32.const 640) (i32.const 1) (i32.const 128))) (br 0))))"#;

/// Asks the program to stop while it waits.
#[derive(Default)]
struct Console {
    printed: RefCell<Vec<u8>>,
    stop: Interrupt,
}

impl System for Console {
    fn write(&self, stream: Stream, bytes: &[u8]) -> Result<usize, Errno> {
        assert_eq!(stream, Stream::Output);
        self.printed.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn now(&self, _: Clock) -> Option<u64> {
        Some(0)
    }

    fn idle(&self, _until: u64) {
        self.stop.request();
    }
}

#[test]
fn programs_print_wait_and_end() {
    let bytes = image(PROGRAM);
    let console = Console::default();
    let wasi = board::Wasi::new(&console, &[c"program"], &[]);
    let runtime = Runtime::new(Allocator::system()).expect("runtime");
    let module = Module::new(&runtime, &bytes).expect("module");
    let mut store = Store::new(&runtime, StoreOptions::default()).expect("store");
    store.set_interrupt(&console.stop).expect("signals");
    let mut linker = Linker::new(&runtime);
    board::link(&mut linker, &mut store, &module, &wasi).expect("room");
    let instance = linker.instantiate(&mut store, &module).expect("all imports are there");
    let mut call = |name| instance.typed_func::<(), ()>(&store, name).expect("exported").call(&mut store, ());
    assert!(matches!(call("_start"), Err(CallError::Exit(7))));
    assert_eq!(*console.printed.borrow(), [Errno::NoSys as u8]);
    assert!(matches!(call("wait"), Err(CallError::Trap(Trap::Terminated))));
    console.stop.withdraw();
    assert!(matches!(call("_start"), Err(CallError::Exit(7))));
}

#[test]
fn functions_have_their_types() {
    for (import, fits) in [
        (r#""fd_write" (func (param i32 i32 i32 i32) (result i32))"#, true),
        (r#""fd_write" (func (param i32 i32 i32) (result i32))"#, false),
        (r#""proc_exit" (func (param i64))"#, false),
        // One that nobody knows says that it is missing, if it can.
        (r#""fd_dance" (func (param i64 f32) (result i32))"#, true),
        (r#""fd_dance" (func (param i64 f32) (result i64))"#, false),
    ] {
        let bytes = image(&format!(r#"(module (import "wasi_snapshot_preview1" {import}))"#));
        let console = Console::default();
        let wasi = board::Wasi::new(&console, &[], &[]);
        let runtime = Runtime::new(Allocator::system()).expect("runtime");
        let module = Module::new(&runtime, &bytes).expect("module");
        let mut store = Store::new(&runtime, StoreOptions::default()).expect("store");
        let mut linker = Linker::new(&runtime);
        board::link(&mut linker, &mut store, &module, &wasi).expect("room");
        match linker.instantiate(&mut store, &module) {
            Ok(_) => assert!(fits, "{import}"),
            Err(LinkError::Missing { .. } | LinkError::Incompatible { .. }) => assert!(!fits, "{import}"),
            Err(error) => panic!("{import}: {error}"),
        }
    }
}

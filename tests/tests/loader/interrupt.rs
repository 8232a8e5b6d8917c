//! Code that others stop: in loops, in calls, while it waits, and in whatever it does at any moment.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use graver_aot_format::BoundsStrategy;
use graver_loader::wasi::{Stdio, WasiOptions};
use graver_loader::{
    Allocator, CallError, Caller, Instance, Interrupt, Linker, Module, Runtime, Store, StoreOptions, Trap, Val,
};

use crate::support::{image, image_bounds, image_with};

/// The first function follows the entry glue at once, and all of it is a loop.
const ENDLESS: &str = r#"(module
    (import "host" "call" (func $host (param i32) (result i32)))
    (func (export "spin") (loop (br 0)))
    (memory (export "memory") 1 8 shared)
    (global $turns (mut i64) (i64.const 0))
    (func (export "wait") (result i32)
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
    (func (export "call") (loop (drop (call $host (i32.const 0))) (br 0)))
    (func (export "once") (param i32) (result i32) (call $host (local.get 0)))
    ;; All that code can do to the loader, round and round.
    (func (export "busy")
      (loop
        (global.set $turns (i64.add (global.get $turns) (i64.const 1)))
        (drop (call $host (i32.const 0)))
        (drop (memory.grow (i32.const 0)))
        (memory.fill (i32.const 64) (i32.const 1) (i32.const 4096))
        (drop (call $fib (i32.const 12)))
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 1000)))
        (br 0)))
    (func $fib (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "fib") (param i32) (result i32) (call $fib (local.get 0))))"#;

const PATIENCE: Duration = Duration::from_secs(60);

/// Ends the process with a name if it is not dropped in time: what does not stop would hang the tests.
struct Watchdog(Option<mpsc::Sender<()>>, Option<JoinHandle<()>>);

impl Watchdog {
    fn new(name: &'static str) -> Self {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            if receiver.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                eprintln!("{name}: still running after {PATIENCE:?}");
                std::process::abort();
            }
        });
        Self(Some(sender), Some(thread))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.0.take());
        self.1.take().map(JoinHandle::join);
    }
}

type Host<'a> = dyn Fn(&mut Caller<'_, '_>, i32) -> Result<i32, CallError> + 'a;

/// Runs `body` with an instance that `interrupt` stops.
fn with<R>(
    bytes: &[u8],
    interrupt: &Interrupt,
    host: &Host<'_>,
    body: impl FnOnce(&mut Store<'_>, Instance) -> R,
) -> R {
    let runtime = Runtime::new(Allocator::system()).expect("runtime");
    let module = Module::new(&runtime, bytes).expect("module");
    let mut linker = Linker::new(&runtime);
    let mut store = Store::new(&runtime, StoreOptions::default()).expect("store");
    store.set_interrupt(interrupt).expect("signals");
    let function = |caller: &mut Caller<'_, '_>, argument: i32| host(caller, argument);
    linker.func(&mut store, "host", "call", function).expect("room");
    let instance = linker.instantiate(&mut store, &module).expect("instance");
    body(&mut store, instance)
}

fn is_stopped<T: std::fmt::Debug>(outcome: Result<T, CallError>) {
    assert!(matches!(outcome, Err(CallError::Trap(Trap::Terminated))), "{outcome:?}");
}

/// Calls a function that never returns, and stops it after a while.
fn stop(bytes: &[u8], name: &str, after: Duration) {
    let interrupt = Interrupt::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(after);
            interrupt.request();
        });
        with(bytes, &interrupt, &|_, value| Ok(value), |store, instance| {
            let func = instance.func(store, name).expect("exported");
            is_stopped(func.call(store, &[], &mut [Val::I32(0)][..usize::from(name == "wait")]));
            // Until it is withdrawn.
            let fib = instance.typed_func::<i32, i32>(store, "fib").expect("exported");
            is_stopped(fib.call(store, 1));
            interrupt.withdraw();
            assert_eq!(fib.call(store, 10).expect("no trap"), 55);
        });
    });
}

#[test]
fn everything_can_be_stopped() {
    let _watchdog = Watchdog::new("everything_can_be_stopped");
    let guard = image_bounds(ENDLESS, BoundsStrategy::Guard);
    let software = image_with(ENDLESS, |options| {
        options.bounds = Some(BoundsStrategy::Software);
        options.opt_level = 3;
    });
    for bytes in [&guard, &software] {
        for name in ["spin", "wait", "call", "busy"] {
            stop(bytes, name, Duration::from_millis(30));
            stop(bytes, name, Duration::ZERO);
        }
    }
}

#[test]
fn nothing_is_damaged_wherever_it_stops() {
    let _watchdog = Watchdog::new("nothing_is_damaged_wherever_it_stops");
    let bytes = image(ENDLESS);
    let (interrupt, rounds, is_over) = (Interrupt::new(), AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut seen = 0;
            while !is_over.load(Ordering::SeqCst) {
                let now = rounds.load(Ordering::SeqCst);
                if now != seen {
                    seen = now;
                    // Somewhere else each time.
                    thread::sleep(Duration::from_nanos(u64::from(now * 7919 % 200_000)));
                    interrupt.request();
                }
                thread::yield_now();
            }
        });
        with(&bytes, &interrupt, &|_, value| Ok(value), |store, instance| {
            let busy = instance.typed_func::<(), ()>(store, "busy").expect("exported");
            let fib = instance.typed_func::<i32, i32>(store, "fib").expect("exported");
            for round in 1..=1000 {
                rounds.store(round, Ordering::SeqCst);
                is_stopped(busy.call(store, ()));
                interrupt.withdraw();
                assert_eq!(fib.call(store, 10).expect("no trap"), 55);
            }
            is_over.store(true, Ordering::SeqCst);
        });
    });
}

/// Requests that come while signals for an older one are still being sent, and are withdrawn at any moment.
#[test]
fn requests_are_not_lost() {
    let _watchdog = Watchdog::new("requests_are_not_lost");
    let bytes = image(ENDLESS);
    let (interrupt, is_over) = (Interrupt::new(), AtomicBool::new(false));
    thread::scope(|scope| {
        for pause in [1, 7] {
            let (interrupt, is_over) = (&interrupt, &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    interrupt.request();
                    thread::sleep(Duration::from_micros(pause));
                }
            });
        }
        with(&bytes, &interrupt, &|_, value| Ok(value), |store, instance| {
            let spin = instance.typed_func::<(), ()>(store, "spin").expect("exported");
            for _ in 0..300 {
                interrupt.withdraw();
                is_stopped(spin.call(store, ()));
            }
            is_over.store(true, Ordering::SeqCst);
        });
    });
}

#[test]
fn hosts_that_wait_are_woken() {
    let _watchdog = Watchdog::new("hosts_that_wait_are_woken");
    let bytes = image(ENDLESS);
    let interrupt = Interrupt::new();
    let (reader, _writer) = std::io::pipe().expect("a pipe");
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(20));
            interrupt.request();
        });
        let read = |_: &mut Caller<'_, '_>, _| {
            assert_eq!((&reader).read(&mut [0]).expect_err("nobody writes").kind(), ErrorKind::Interrupted);
            Ok(1)
        };
        with(&bytes, &interrupt, &read, |store, instance| {
            let call = instance.typed_func::<(), ()>(store, "call").expect("exported");
            is_stopped(call.call(store, ()));
        });
    });
}

/// The inner call ends, and then, whatever the host makes of it, the outer one.
#[test]
fn calls_inside_of_calls_end() {
    let _watchdog = Watchdog::new("calls_inside_of_calls_end");
    let bytes = image(ENDLESS);
    let interrupt = Interrupt::new();
    let inner = |caller: &mut Caller<'_, '_>, depth: i32| {
        let instance = caller.instance().expect("a guest called");
        if depth > 0 {
            let once = instance.typed_func::<i32, i32>(caller, "once").expect("exported");
            return once.call(caller, depth - 1);
        }
        interrupt.request();
        let spin = instance.typed_func::<(), ()>(caller, "spin").expect("exported");
        is_stopped(spin.call(caller, ()));
        Ok(7)
    };
    with(&bytes, &interrupt, &inner, |store, instance| {
        let once = instance.typed_func::<i32, i32>(store, "once").expect("exported");
        is_stopped(once.call(store, 3));
        interrupt.withdraw();
        let fib = instance.typed_func::<i32, i32>(store, "fib").expect("exported");
        assert_eq!(fib.call(store, 10).expect("no trap"), 55);
    });
}

#[test]
fn start_functions_can_be_stopped() {
    let _watchdog = Watchdog::new("start_functions_can_be_stopped");
    let bytes = image("(module (func $main (loop (br 0))) (start $main))");
    let interrupt = Interrupt::new();
    let runtime = Runtime::new(Allocator::system()).expect("runtime");
    let module = Module::new(&runtime, &bytes).expect("module");
    let mut store = Store::new(&runtime, StoreOptions::default()).expect("store");
    store.set_interrupt(&interrupt).expect("signals");
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(20));
            interrupt.request();
        });
        let error = Linker::new(&runtime).instantiate(&mut store, &module).expect_err("does not end");
        assert_eq!(error.to_string(), Trap::Terminated.text());
    });
}

/// One request for all threads of a program.
#[test]
fn several_stores_stop_at_once() {
    let _watchdog = Watchdog::new("several_stores_stop_at_once");
    let bytes = image(ENDLESS);
    let (interrupt, started) = (Interrupt::new(), AtomicU32::new(0));
    thread::scope(|scope| {
        for name in ["spin", "busy", "call"] {
            let (bytes, interrupt, started) = (&bytes, &interrupt, &started);
            scope.spawn(move || {
                with(bytes, interrupt, &|_, value| Ok(value), |store, instance| {
                    started.fetch_add(1, Ordering::SeqCst);
                    let func = instance.func(store, name).expect("exported");
                    is_stopped(func.call(store, &[], &mut []));
                });
            });
        }
        while started.load(Ordering::SeqCst) < 3 {
            thread::yield_now();
        }
        interrupt.request();
    });
}

/// A clock that is an hour away, and a stream that nobody writes.
const WASI: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "sleep")
      (i32.store (i32.const 16) (i32.const 1))
      (i64.store (i32.const 24) (i64.const 3600000000000))
      (loop (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))) (br 0)))
    (func (export "read")
      (i32.store (i32.const 0) (i32.const 256))
      (i32.store (i32.const 4) (i32.const 16))
      (loop (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 128))) (br 0))))"#;

#[test]
fn wasi_programs_that_wait_are_stopped() {
    let _watchdog = Watchdog::new("wasi_programs_that_wait_are_stopped");
    let bytes = image(WASI);
    let (reader, _writer) = std::io::pipe().expect("a pipe");
    for name in ["sleep", "read"] {
        let interrupt = Interrupt::new();
        let runtime = Runtime::new(Allocator::system()).expect("runtime");
        let module = Module::new(&runtime, &bytes).expect("module");
        let mut linker = Linker::new(&runtime);
        let mut store = Store::new(&runtime, StoreOptions::default()).expect("store");
        store.set_interrupt(&interrupt).expect("signals");
        let stdin = File::from(OwnedFd::from(reader.try_clone().expect("another")));
        let wasi = WasiOptions::new().stdin(Stdio::File(stdin)).build().expect("valid");
        graver_loader::wasi::link(&mut linker, &mut store, wasi).expect("room");
        let instance = linker.instantiate(&mut store, &module).expect("instance");
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(20));
                interrupt.request();
            });
            is_stopped(instance.typed_func::<(), ()>(&store, name).expect("exported").call(&mut store, ()));
        });
    }
}

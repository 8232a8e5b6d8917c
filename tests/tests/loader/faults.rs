//! Faults that are not the guest's end the process as they would have without the loader.
#![allow(unsafe_code)] // Makes faults.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use graver_aot_format::BoundsStrategy;

use crate::support::{image_bounds, with_instance};

const GUEST: &str = r#"(module (import "" "host" (func $host)) (memory 1)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "host") (call $host)))"#;
const LONELY: &str = r#"(module (memory 1) (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#;

const CASE: &str = "GRAVER_FAULT_CASE";
const HANDLED: i32 = 7;

/// Writes where nothing is mapped.
fn fault() {
    // SAFETY: none; this process is there to fail.
    unsafe { std::ptr::without_provenance_mut::<u8>(16).write_volatile(1) };
}

/// Traps once through the fault handler, so that it is surely installed.
fn trap_once() {
    with_instance(&image_bounds(LONELY, BoundsStrategy::Guard), |store, instance| {
        let load = instance.typed_func::<i32, i32>(store, "load").unwrap();
        assert!(load.call(store, -1).is_err());
    });
}

extern "C" fn exit(_: libc::c_int) {
    // SAFETY: ends the process without any more of its code.
    unsafe { libc::_exit(HANDLED) };
}

fn install_exit() {
    // SAFETY: the handler does nothing but end the process.
    unsafe { libc::signal(libc::SIGSEGV, exit as *const () as libc::sighandler_t) };
}

/// Runs a case in a process of its own: this test again, told by a variable.
fn child(case: &str) -> ExitStatus {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.args(["--exact", "faults::foreign_faults_keep_their_meaning", "--nocapture"]).env(CASE, case);
    command.output().unwrap().status
}

#[test]
fn foreign_faults_keep_their_meaning() {
    match std::env::var(CASE).as_deref() {
        Ok("previous handler") => {
            install_exit();
            trap_once();
            fault();
        }
        Ok("default") => {
            // SAFETY: the default action.
            unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
            trap_once();
            fault();
        }
        Ok("in a host function") => in_a_host_function(),
        _ => {
            assert_eq!(child("previous handler").code(), Some(HANDLED));
            assert_eq!(child("default").signal(), Some(libc::SIGSEGV));
            assert_eq!(child("in a host function").code(), Some(HANDLED));
        }
    }
}

/// The guest is active, but the fault is in code of the host.
fn in_a_host_function() {
    use graver_loader::{Allocator, Caller, Linker, Module, Runtime, Store, StoreOptions};
    install_exit();
    let bytes = image_bounds(GUEST, BoundsStrategy::Guard);
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let module = Module::new(&runtime, &bytes).unwrap();
    let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
    let mut linker = Linker::new(&runtime);
    linker.func(&mut store, "", "host", |_: &mut Caller<'_, '_>, ()| fault()).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    instance.typed_func::<(), ()>(&store, "host").unwrap().call(&mut store, ()).unwrap();
}

//! The stack that calls use, compared with what the image's header says they use at most.
#![allow(unsafe_code)] // A thread on a stack of our own, so that we can see how much of it was used.

use core::ffi::c_void;
use std::cell::Cell;
use std::ptr::NonNull;

use graver_aot_format::NONE;
use graver_loader::platform::{ActiveStore, Linux, Placement, Platform, PlatformError};
use graver_loader::{Allocator, Linker, MachineFacts, Module, Runtime, StackLimit, Store, StoreOptions, Trap};

use crate::support::{image_with, with_instance};

const GUEST: &str = include_str!("../../firmware/m4/guests/stack.wat");

const RECURSIVE: &str = r#"(module (func $f (export "f") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
      (else (i32.const 0)))))"#;

const COLOUR: u8 = 0xA5;

/// What the function that notes the stack pointer may have below its caller, and the optimiser's freedom.
const NOTE: usize = 256;

/// How far below a guest's entry we look.
const WINDOW: usize = 64 * 1024;

/// The system's platform, which paints the stack right before guest code is entered, and looks at it right after.
struct Noting {
    entered: Cell<usize>,
    /// A copy of what lies below, because looking at it uses the stack, too.
    seen: *mut [u8; WINDOW],
}

// SAFETY: `Linux` does everything.
unsafe impl Platform for Noting {
    fn machine(&self) -> Option<MachineFacts> {
        Linux.machine()
    }

    fn place_code(&self, code: &[u8], align: usize) -> Result<Placement, PlatformError> {
        Linux.place_code(code, align)
    }

    unsafe fn publish_code(&self, start: NonNull<u8>, length: usize) -> Result<(), PlatformError> {
        // SAFETY: the caller's promise.
        unsafe { Linux.publish_code(start, length) }
    }

    unsafe fn release_code(&self, start: NonNull<u8>, length: usize) {
        // SAFETY: the caller's promise.
        unsafe { Linux.release_code(start, length) }
    }

    fn stack_end(&self) -> Option<usize> {
        Linux.stack_end()
    }

    #[inline(never)]
    fn activate(&self, store: Option<ActiveStore>) -> Result<Option<ActiveStore>, PlatformError> {
        if store.is_none() {
            // SAFETY: the stack of this thread is larger than the window, and a vector of `measure` that was initialised.
            unsafe { libc::memcpy(self.seen.cast(), (self.entered.get() - WINDOW) as *const c_void, WINDOW) };
            return Linux.activate(store);
        }
        let result = Linux.activate(store);
        let here = 0u8;
        self.entered.set(core::ptr::from_ref(core::hint::black_box(&here)).expose_provenance());
        let free = stack_pointer() - OWN;
        // SAFETY: below the stack pointer and what `memset` itself needs, nothing is in use.
        unsafe { libc::memset((free - WINDOW) as *mut c_void, i32::from(COLOUR), WINDOW) };
        result
    }
}

/// What the C library's functions may use of the stack themselves.
const OWN: usize = 64;

/// About where the stack pointer of the caller is, from below.
#[inline(never)]
fn stack_pointer() -> usize {
    let here = 0u8;
    core::ptr::from_ref(core::hint::black_box(&here)).expose_provenance()
}

/// What a thread on a painted stack does.
struct Call<'c> {
    image: &'c [u8],
    function: &'c str,
    argument: i32,
    /// Bytes that were used below the guest's entry.
    used: usize,
}

impl Call<'_> {
    fn run(&mut self) {
        let mut seen = [0; WINDOW];
        let platform = Noting { entered: Cell::new(0), seen: &raw mut seen };
        let runtime = Runtime::with_platform(Allocator::system(), &platform).expect("runtime");
        let module = Module::new(&runtime, self.image).expect("module");
        let mut store = Store::new(&runtime, StoreOptions { host_stack: 0, ..StoreOptions::default() }).expect("store");
        let instance = Linker::new(&runtime).instantiate(&mut store, &module).expect("instance");
        let function = instance.typed_func::<i32, i32>(&store, self.function).expect("function");
        function.call(&mut store, self.argument).expect("returns");
        self.used = WINDOW - seen.iter().take_while(|byte| **byte == COLOUR).count();
    }
}

extern "C" fn start(call: *mut c_void) -> *mut c_void {
    // SAFETY: `measure` passes a call, and waits for the thread before it uses it again.
    unsafe { &mut *call.cast::<Call<'_>>() }.run();
    std::ptr::null_mut()
}

/// Bytes of stack that a call uses from the guest's entry on; a little less, because the entry is seen from below.
fn measure(image: &[u8], function: &str, argument: i32) -> usize {
    const SIZE: usize = 1 << 20;
    let mut stack = vec![COLOUR; SIZE + 16];
    let bottom = stack.as_mut_ptr().wrapping_add(stack.as_ptr().align_offset(16));
    let mut call = Call { image, function, argument, used: 0 };
    // SAFETY: the stack is large, aligned, and lives until the thread has ended.
    unsafe {
        let mut attributes = std::mem::zeroed();
        assert_eq!(libc::pthread_attr_init(&raw mut attributes), 0);
        assert_eq!(libc::pthread_attr_setstack(&raw mut attributes, bottom.cast(), SIZE), 0);
        let mut thread = std::mem::zeroed();
        let argument = (&raw mut call).cast();
        assert_eq!(libc::pthread_create(&raw mut thread, &raw const attributes, start, argument), 0);
        assert_eq!(libc::pthread_join(thread, std::ptr::null_mut()), 0);
        libc::pthread_attr_destroy(&raw mut attributes);
    }
    call.used
}

#[test]
fn calls_use_no_more_stack_than_the_image_says() {
    for (opt_level, size_level) in [(0, 0), (3, 0), (3, 3)] {
        let image = image_with(GUEST, |options| {
            options.target = graver_targets::Target::find("haswell").expect("a row");
            (options.opt_level, options.size_level) = (opt_level, size_level);
        });
        let bound = graver_aot_format::Image::parse(&image).expect("an image").header().stack_bound;
        assert_ne!(bound, NONE);
        let used = ["nothing", "library", "arguments", "deep"].map(|name| measure(&image, name, -123_456));
        let deepest = used.into_iter().max().unwrap_or(0);
        println!("-O{opt_level} -s{size_level}: {used:?} of {bound}");
        assert!(deepest <= bound as usize, "{used:?} of {bound}");
        // The red zone of 128 bytes is counted whether or not the last function uses it.
        assert!(bound as usize <= deepest + NOTE, "{used:?} of {bound}: the bound is no use");
    }
}

#[test]
fn recursion_costs_what_the_report_says() {
    for opt_level in [0, 1] {
        let mut options = graver_compiler::Options::new(graver_targets::Target::host().expect("a host"));
        options.opt_level = opt_level;
        let wasm = graver_compiler::binary(RECURSIVE.as_bytes()).expect("valid");
        let output = graver_compiler::compile_with_report(&wasm, &options).expect("compiles");
        let report = output.report.expect("a report");
        assert_eq!(report.cost.stack_bound, None);
        // Optimised, the recursion may have become a loop; what is not may not be forgotten.
        let Some(recursion) = report.recursion else { panic!("no recursion") };
        for calls in [0, 10, 1000] {
            let used = measure(&output.bytes, "f", calls as i32);
            let most = recursion.base as usize + calls * recursion.per_call as usize;
            assert!(used <= most, "{used} of {most} for {calls} calls");
            assert!(opt_level > 0 || most <= used + NOTE + calls * 16, "{used} of {most} for {calls} calls");
        }
    }
}

#[test]
fn ends_beyond_the_stack_of_the_thread_are_not_believed() {
    // On a thread, because the main one's stack may have no limit.
    let run = || {
        with_instance(&image_with(RECURSIVE, |options| options.opt_level = 0), |store, instance| {
            let function = instance.typed_func::<i32, i32>(store, "f").expect("function");
            for limit in [StackLimit::End(0), StackLimit::Size(usize::MAX), StackLimit::Platform] {
                store.set_stack_limit(limit);
                let error = function.call(store, -1).expect_err("without end");
                assert_eq!(error.trap(), Some(Trap::StackOverflow), "{limit:?}");
                assert_eq!(function.call(store, 10).ok(), Some(10), "{limit:?}");
            }
        });
    };
    std::thread::spawn(run).join().expect("no panic");
}

//! Memories that several threads use, each with a store of its own.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use graver_aot_format::BoundsStrategy;
use graver_loader::{
    AccessError, Allocator, Instance, Linker, Memory, MemoryType, Module, Runtime, SharedMemory, Store, StoreOptions,
    Trap,
};

use crate::support::{image, image_bounds, with_instance};

const WORKER: &str = r#"(module
    (import "env" "memory" (memory $memory 1 16 shared))
    (export "memory" (memory $memory))
    ;; Adds 1 to places of all widths so many times.
    (func (export "count") (param $times i32)
      (loop $again
        (drop (i32.atomic.rmw8.add_u (i32.const 0) (i32.const 1)))
        (drop (i32.atomic.rmw16.add_u (i32.const 2) (i32.const 1)))
        (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
        (drop (i64.atomic.rmw.add (i32.const 8) (i64.const 1)))
        (call $locked)
        (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))
    ;; A plain addition under a lock that waits.
    (func $locked
      (loop $try
        (if (i32.atomic.rmw.cmpxchg (i32.const 16) (i32.const 0) (i32.const 1))
          (then
            (drop (memory.atomic.wait32 (i32.const 16) (i32.const 1) (i64.const -1)))
            (br $try))))
      (i64.store (i32.const 24) (i64.add (i64.load (i32.const 24)) (i64.const 1)))
      (i32.atomic.store (i32.const 16) (i32.const 0))
      (drop (memory.atomic.notify (i32.const 16) (i32.const 1))))
    (func (export "wait") (param i32 i64) (result i32)
      (memory.atomic.wait32 (i32.const 32) (local.get 0) (local.get 1)))
    (func (export "wake") (param i32) (result i32)
      (memory.atomic.notify (i32.const 32) (local.get 0)))
    (func (export "peek") (param i32) (result i64) (i64.load (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size)))"#;

const OWNER: &str = r#"(module
    (memory (export "memory") 1 2 shared)
    (data (i32.const 100) "\2a")
    (global (export "count") (mut i32) (i32.const 0))
    (func (export "add") (result i32) (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (func (export "misplaced") (drop (i32.atomic.load (i32.const 2))))
    (func (export "for ever") (drop (memory.atomic.wait32 (i32.const 65536) (i32.const 0) (i64.const -1)))))"#;

fn memory() -> SharedMemory {
    SharedMemory::new(MemoryType { shared: true, ..MemoryType::new(1, Some(16)) }).expect("address space")
}

/// Runs `body` with an instance of its own over a memory of others.
fn with_worker<R>(bytes: &[u8], memory: &SharedMemory, body: impl FnOnce(&mut Store<'_>, Instance) -> R) -> R {
    let runtime = Runtime::new(Allocator::system()).expect("runtime");
    let module = Module::new(&runtime, bytes).expect("module");
    let mut store = Store::new(&runtime, StoreOptions::default()).expect("store");
    let mut linker = Linker::new(&runtime);
    let memory = Memory::of_shared(&mut store, memory).expect("room");
    linker.define("env", "memory", memory).expect("room");
    let instance = linker.instantiate(&mut store, &module).expect("instance");
    body(&mut store, instance)
}

fn count(bounds: BoundsStrategy) {
    const THREADS: i32 = 4;
    const TIMES: i32 = 20_000;
    let (bytes, memory) = (image_bounds(WORKER, bounds), memory());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                with_worker(&bytes, &memory, |store, instance| {
                    let count = instance.typed_func::<i32, ()>(store, "count").expect("exported");
                    count.call(store, TIMES).expect("no trap");
                });
            });
        }
    });
    with_worker(&bytes, &memory, |store, instance| {
        let peek = instance.typed_func::<i32, i64>(store, "peek").expect("exported");
        let mut at = |place: i32| peek.call(store, place).expect("no trap");
        let all = i64::from(THREADS * TIMES);
        assert_eq!([at(0) & 0xff, at(2) & 0xffff, at(4) & 0xffff_ffff], [all & 0xff, all & 0xffff, all]);
        assert_eq!([at(8), at(24)], [all, all]);
    });
}

#[test]
fn updates_are_not_lost_with_guard_regions() {
    count(BoundsStrategy::Guard);
}

#[test]
fn updates_are_not_lost_with_software_checks() {
    count(BoundsStrategy::Software);
}

#[test]
fn waiting_ends() {
    let (bytes, memory, is_ready) = (image(WORKER), memory(), Barrier::new(2));
    thread::scope(|scope| {
        let sleeper = scope.spawn(|| {
            with_worker(&bytes, &memory, |store, instance| {
                let wait = instance.typed_func::<(i32, i64), i32>(store, "wait").expect("exported");
                assert_eq!(wait.call(store, (1, -1)).expect("no trap"), 1, "another value");
                assert_eq!(wait.call(store, (0, 1_000_000)).expect("no trap"), 2, "a millisecond is over");
                is_ready.wait();
                wait.call(store, (0, -1)).expect("no trap")
            })
        });
        with_worker(&bytes, &memory, |store, instance| {
            let wake = instance.typed_func::<i32, i32>(store, "wake").expect("exported");
            is_ready.wait();
            let start = Instant::now();
            while !sleeper.is_finished() {
                wake.call(store, 1).expect("no trap");
                assert!(start.elapsed() < Duration::from_secs(60), "nobody waits");
                thread::sleep(Duration::from_millis(5));
            }
        });
        assert_eq!(sleeper.join().expect("no panic"), 0, "woken");
    });
}

#[test]
fn all_threads_see_a_memory_grow() {
    for bounds in [BoundsStrategy::Guard, BoundsStrategy::Software] {
        let (bytes, memory) = (image_bounds(WORKER, bounds), memory());
        with_worker(&bytes, &memory, |store, instance| {
            let size = instance.typed_func::<(), i32>(store, "size").expect("exported");
            let peek = instance.typed_func::<i32, i64>(store, "peek").expect("exported");
            assert_eq!(peek.call(store, 65536).unwrap_err().trap(), Some(Trap::MemoryOutOfBounds));
            let grown = thread::scope(|scope| {
                let grow = || {
                    with_worker(&bytes, &memory, |store, instance| {
                        let grow = instance.typed_func::<i32, i32>(store, "grow").expect("exported");
                        [2, 14, 13, 1].map(|pages| grow.call(store, pages).expect("no trap"))
                    })
                };
                scope.spawn(grow).join().expect("no panic")
            });
            assert_eq!(grown, [1, -1, 3, -1], "16 pages are the most");
            assert_eq!((size.call(store, ()).unwrap(), peek.call(store, 16 * 65536 - 8).unwrap()), (16, 0));
            assert_eq!(memory.length(), 16 * 65536);
        });
    }
}

#[test]
fn own_memories_are_inherited() {
    let bytes = image(OWNER);
    let add = |store: &mut Store<'_>, instance: Instance| {
        instance.typed_func::<(), i32>(store, "add").expect("exported").call(store, ()).expect("no trap")
    };
    let memory = with_instance(&bytes, |store, instance| {
        assert_eq!([add(store, instance), add(store, instance)], [0, 1]);
        let memory = instance.memory(store, "memory").expect("exported");
        assert_eq!(memory.data(store).map(<[u8]>::len), Ok(65536));
        assert_eq!(memory.write(store, 100, &[7]), Ok(()));
        let shared = memory.shared(store).expect("its store").expect("a shared one");
        // What others may change can only be copied.
        let mut copied = [0; 4];
        assert_eq!(memory.data(store).err(), Some(AccessError::SharedBytes));
        assert_eq!(memory.read(store, 0, &mut copied), Ok(()));
        assert_eq!(copied, [2, 0, 0, 0]);
        assert_eq!(memory.read(store, 65533, &mut copied), Err(AccessError::OutOfBounds));
        shared
    });
    let runtime = Runtime::new(Allocator::system()).expect("runtime");
    let module = Module::new(&runtime, &bytes).expect("module");
    let mut store = Store::new(&runtime, StoreOptions::default()).expect("store");
    store.inherit([memory]);
    let linker = Linker::new(&runtime);
    let heir = linker.instantiate(&mut store, &module).expect("instance");
    let other = linker.instantiate(&mut store, &module).expect("instance");
    assert_eq!((add(&mut store, heir), add(&mut store, other)), (2, 0), "only the first inherits");
    for (instance, expected) in [(heir, 7), (other, 42)] {
        let (memory, mut copied) = (instance.memory(&store, "memory").expect("exported"), [0]);
        assert_eq!((memory.read(&store, 100, &mut copied), copied), (Ok(()), [expected]), "data comes once");
    }
}

#[test]
fn a_host_has_room_before_others_come() {
    for bounds in [BoundsStrategy::Guard, BoundsStrategy::Software] {
        with_instance(&image_bounds(OWNER, bounds), |store, instance| {
            let memory = instance.memory(store, "memory").expect("exported");
            // The maximum is 2 pages.
            assert_eq!(memory.append(store, 3 * 65536), Ok(()));
            assert_eq!(memory.range(store).map(|(_, length)| length), Ok(4 * 65536));
            assert_eq!(memory.grow(store, 1), Err(AccessError::CannotGrow));
            assert_eq!(memory.write(store, 4 * 65536 - 1, &[1]), Ok(()));
            let _shared = memory.shared(store).expect("its store").expect("a shared one");
            assert_eq!(memory.append(store, 1), Err(AccessError::CannotGrow));
            assert_eq!(memory.range(store).map(|(_, length)| length), Ok(4 * 65536));
        });
    }
}

#[test]
fn what_is_wrong_traps() {
    with_instance(&image(OWNER), |store, instance| {
        for (name, trap) in [("misplaced", Trap::UnalignedAtomic), ("for ever", Trap::MemoryOutOfBounds)] {
            let func = instance.typed_func::<(), ()>(store, name).expect("exported");
            assert_eq!(func.call(store, ()).unwrap_err().trap(), Some(trap), "{name}");
        }
    });
    let not_shared = MemoryType::new(1, Some(16));
    for ty in [not_shared, MemoryType { shared: true, maximum: None, ..not_shared }] {
        assert_eq!(SharedMemory::new(ty).err(), Some(AccessError::InvalidLimits));
    }
}

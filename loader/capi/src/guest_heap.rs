//! Memory of the guest's for the host: from the module's own `malloc`, or from the app heap.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::{c_char, c_void};
use core::ptr::null_mut;
use core::slice;

use graver_loader::{Func, ValType};

use crate::call;
use crate::exception;
use crate::exported::exported;
use crate::heap::{Corrupted, Heap};
use crate::instance::{Inst, running_env};
use crate::log::warning;
use crate::memory::{bytes_of_guest, inside, parts, range, write_to};
use crate::parts::owner_of_memory;

pub(crate) fn set_heap(inst: *mut Inst, heap: Heap) {
    // SAFETY: null, or an instance of the client.
    if let Some(inst) = unsafe { inst.as_mut() } {
        inst.heap = Some(heap);
    }
}

/// The functions by which a module lets the host allocate.
pub(crate) struct GuestAllocator {
    malloc: Func,
    free: Func,
    /// AssemblyScript: `malloc` takes a second argument, and `pin` keeps what it returned.
    pin: Option<Func>,
}

impl GuestAllocator {
    /// What the module exports.
    pub(crate) fn of(inst: *mut Inst) -> Option<Self> {
        let (store, instance) = parts(inst)?;
        let find = |name: &str, params: usize, results: usize| {
            let func = instance.func(&*store, name)?;
            let ty = func.signature(&*store).ok()?;
            let is_it = ty.params().len() == params
                && ty.results().len() == results
                && ty.params().chain(ty.results()).all(|ty| ty == ValType::I32);
            is_it.then_some(func)
        };
        if let (Some(malloc), Some(free)) = (find("malloc", 1, 1), find("free", 1, 0)) {
            return Some(Self { malloc, free, pin: None });
        }
        let malloc = find("__new", 2, 1)?;
        let pairs = [("__pin", "__unpin"), ("__retain", "__release")];
        pairs
            .into_iter()
            .find_map(|(pin, free)| Some(Self { malloc, pin: Some(find(pin, 1, 1)?), free: find(free, 1, 0)? }))
    }

    fn allocate(&self, inst: *mut Inst, size: u32) -> u32 {
        let mut cells = [u64::from(size), 0];
        let called = run(inst, self.malloc, &mut cells);
        match self.pin {
            _ if !called => 0,
            Some(pin) if !run(inst, pin, &mut cells) => 0,
            _ => cells[0] as u32,
        }
    }
}

/// Calls one of the guest's functions of up to two cells for the host.
fn run(inst: *mut Inst, func: Func, cells: &mut [u64]) -> bool {
    // SAFETY: the instance lives; the function takes and returns no references.
    unsafe { call::guarded(inst, running_env(inst), |store| func.call_raw(store, cells)) }
}

/// Gives such memory back; nothing for 0.
pub(crate) fn free(inst: *mut Inst, address: u64) {
    if inst.is_null() || address == 0 {
        return;
    }
    let inst = owner_of_memory(inst);
    if let Some(guest) = GuestAllocator::of(inst) {
        run(inst, guest.free, &mut [address]);
        return;
    }
    // SAFETY: the instance lives; nobody else uses its memory now.
    unsafe {
        if let (Some((start, length)), Some(heap)) = (range(inst), (*inst).heap) {
            let free = || heap.free(slice::from_raw_parts_mut(start, length), address as usize);
            if (*(*inst).root).seat.with_heap(free).is_err() {
                exception::set(inst, format_args!("app heap corrupted"));
            }
        }
    }
}

/// A block of another size, with the old one's bytes; 0 if there is no room, and the old one remains. Only blocks of the app
/// heap, whose size is known.
pub(crate) fn reallocate(inst: *mut Inst, address: u64, size: u64) -> u64 {
    if address == 0 {
        return allocate(inst, size);
    }
    let inst = owner_of_memory(inst);
    // SAFETY: the instance lives and waits for this function.
    let old = unsafe {
        let heap = inst.as_ref().and_then(|inst| inst.heap);
        heap.zip(bytes_of_guest(inst))
            .and_then(|(heap, data)| (*(*inst).root).seat.with_heap(|| heap.size_of(data, address as usize)))
    };
    let Some(old) = old else { return 0 };
    let block = allocate(inst, size);
    if block != 0 {
        let kept = old.min(size as usize);
        // SAFETY: as above.
        if let Some(data) = unsafe { bytes_of_guest(inst) } {
            // Both blocks are in the memory.
            data.copy_within(address as usize..address as usize + kept, block as usize);
        }
        free(inst, address);
    }
    block
}

/// Memory of the guest's for the host; 0 if there is none.
pub(crate) fn allocate(inst: *mut Inst, size: u64) -> u64 {
    let Ok(size) = u32::try_from(size) else { return 0 };
    let inst = owner_of_memory(inst);
    if let Some(guest) = GuestAllocator::of(inst) {
        return u64::from(guest.allocate(inst, size));
    }
    allocate_aligned(inst, size, 1)
}

/// Memory of the app heap, at a multiple of a power of two; 0 if there is none.
pub(crate) fn allocate_aligned(inst: *mut Inst, size: u32, align: u32) -> u64 {
    // SAFETY: the instance lives; nobody else uses its memory now.
    unsafe {
        let Some((start, length)) = range(inst) else {
            exception::set(inst, format_args!("uninitialized memory"));
            return 0;
        };
        let Some(heap) = (*inst).heap else { return 0 };
        let data = slice::from_raw_parts_mut(start, length);
        match (*(*inst).root).seat.with_heap(|| heap.allocate_aligned(data, size as usize, align as usize)) {
            Ok(found) => found.unwrap_or(0) as u64,
            Err(Corrupted) => {
                exception::set(inst, format_args!("app heap corrupted"));
                0
            }
        }
    }
}

exported! {
    /// Memory of the guest's for the host, from the module's own `malloc` or the app heap: its address there, and as a pointer
    /// until the memory grows. 0 if there is none.
    fn wasm_runtime_module_malloc(inst: *mut Inst, size: u64, pointer: *mut *mut c_void) -> u64 {
        if inst.is_null() {
            return 0;
        }
        let address = allocate(inst, size);
        if address == 0 {
            warning!("allocate {size} bytes memory failed");
        }
        write_to(pointer, if address == 0 { null_mut() } else { inside(inst, address, 0).unwrap_or(null_mut()).cast() });
        address
    }

    /// Gives memory of the guest's back; 0 is nothing.
    fn wasm_runtime_module_free(inst: *mut Inst, address: u64) {
        free(inst, address);
    }

    /// A copy of bytes of the host in memory of the guest's: its address there; 0 if there is no room.
    fn wasm_runtime_module_dup_data(inst: *mut Inst, from: *const c_char, size: u64) -> u64 {
        // SAFETY: as promised to this function.
        unsafe {
            let mut to = null_mut();
            let address = wasm_runtime_module_malloc(inst, size, &raw mut to);
            if address != 0 && !from.is_null() && inside(inst, address, size).is_some() {
                to.cast::<u8>().copy_from_nonoverlapping(from.cast(), size as usize);
            }
            address
        }
    }
}

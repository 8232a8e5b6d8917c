//! Memories, addresses in them, and memory of the guest's for the host.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::{c_char, c_void};
use core::mem::ManuallyDrop;
use core::ptr::null_mut;
use core::slice;

use graver_loader::format::ExternKind;
use graver_loader::{Extern, Instance, Memory, Store, Trap};

use crate::exception;
use crate::exported::exported;
use crate::instance::Inst;
use crate::list::Linked;
use crate::parts::export;
use crate::text::str_of;

/// `wasm_memory_inst_t`: kept by its instance.
pub struct MemoryHandle {
    next: *mut Self,
    pub(crate) inst: *mut Inst,
    pub(crate) memory: Memory,
}

impl Linked for MemoryHandle {
    fn next(&mut self) -> &mut *mut Self {
        &mut self.next
    }
}

/// The store and the instance of a handle that lives.
pub(crate) fn parts(inst: *mut Inst) -> Option<(ManuallyDrop<Store<'static>>, Instance)> {
    // SAFETY: null, or an instance of the client.
    let inst = unsafe { inst.as_ref() }?;
    Some((inst.store(), inst.instance?))
}

/// Memory 0.
pub(crate) fn default_memory(inst: *mut Inst) -> Option<(ManuallyDrop<Store<'static>>, Memory)> {
    let (store, instance) = parts(inst)?;
    match instance.item(&*store, ExternKind::Memory, 0)? {
        Extern::Memory(memory) => Some((store, memory)),
        _ => None,
    }
}

/// Start and length of memory 0.
pub(crate) fn range(inst: *mut Inst) -> Option<(*mut u8, usize)> {
    let (store, memory) = default_memory(inst)?;
    let (start, length) = memory.range(&*store).ok()?;
    Some((start.as_ptr(), length))
}

impl Inst {
    /// The bytes of memory 0, until code runs or the memory grows.
    ///
    /// # Safety
    /// The instance lives, and nobody writes the memory while the bytes are used.
    pub(crate) unsafe fn memory_bytes<'a>(&mut self) -> Option<&'a [u8]> {
        let (start, length) = range(self)?;
        // SAFETY: promised by the caller.
        Some(unsafe { slice::from_raw_parts(start, length) })
    }
}

/// The bytes of memory 0, to be written as well.
///
/// # Safety
/// The instance lives, and nobody else uses its memory as long as the bytes are used.
pub(crate) unsafe fn bytes_of_guest<'a>(inst: *mut Inst) -> Option<&'a mut [u8]> {
    let (start, length) = range(inst)?;
    // SAFETY: promised by the caller.
    Some(unsafe { slice::from_raw_parts_mut(start, length) })
}

/// Where `size` bytes at an address are, if they are inside memory 0.
pub(crate) fn inside(inst: *mut Inst, address: u64, size: u64) -> Option<*mut u8> {
    let (start, length) = range(inst)?;
    let end = address.checked_add(size)?;
    (end <= length as u64).then(|| start.wrapping_add(address as usize))
}

/// The address of a pointer into memory 0, if `size` bytes from it on are inside.
fn address_of(inst: *mut Inst, pointer: *const c_void, size: u64) -> Option<u64> {
    let (start, length) = range(inst)?;
    let address = pointer.addr().checked_sub(start.addr())? as u64;
    (address.checked_add(size)? <= length as u64).then_some(address)
}

/// Sets the exception of an address that is not inside.
fn out_of_bounds(inst: *mut Inst) -> bool {
    // SAFETY: the instance lives.
    unsafe { exception::set(inst, format_args!("{}", Trap::MemoryOutOfBounds.text())) };
    false
}

fn checks_bounds(inst: *mut Inst) -> bool {
    // SAFETY: null, or an instance of the client.
    unsafe { inst.as_ref() }.is_some_and(|inst| inst.checks_bounds)
}

pub(crate) fn write_to<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: not null, so it is the client's place.
        unsafe { place.write(value) };
    }
}

/// The handle of a memory; null if there is no memory for it.
fn handle(inst: *mut Inst, memory: Memory) -> *mut MemoryHandle {
    // SAFETY: the instance lives.
    unsafe {
        let known = (*inst).memories.iter().find(|known| (**known).memory == memory);
        known.unwrap_or_else(|| (*inst).memories.add(MemoryHandle { next: null_mut(), inst, memory }))
    }
}

/// Uses the memory of a handle.
fn with<R>(memory: *const MemoryHandle, body: impl FnOnce(&mut Store<'static>, Memory) -> Option<R>) -> Option<R> {
    // SAFETY: null, or a handle of the client, whose instance lives.
    unsafe {
        let handle = memory.as_ref()?;
        body(&mut (*handle.inst).store(), handle.memory)
    }
}

exported! {
    /// Whether addresses that the client passes are checked, from now on.
    fn wasm_runtime_set_bounds_checks(inst: *mut Inst, enable: bool) {
        // SAFETY: null, or an instance of the client.
        if let Some(inst) = unsafe { inst.as_mut() } {
            inst.checks_bounds = enable;
        }
    }

    /// Whether addresses that the client passes are checked.
    fn wasm_runtime_is_bounds_checks_enabled(inst: *mut Inst) -> bool {
        checks_bounds(inst)
    }

    /// Whether bytes of the guest's are inside its memory; if not, the exception is set.
    fn wasm_runtime_validate_app_addr(inst: *mut Inst, address: u64, size: u64) -> bool {
        !inst.is_null() && (!checks_bounds(inst) || inside(inst, address, size).is_some() || out_of_bounds(inst))
    }

    /// Whether a text of the guest's ends inside its memory; if not, the exception is set.
    fn wasm_runtime_validate_app_str_addr(inst: *mut Inst, address: u64) -> bool {
        if inst.is_null() {
            return false;
        }
        // SAFETY: the instance lives; nobody writes its memory now.
        let text = unsafe { (*inst).memory_bytes() }.and_then(|data| data.get(usize::try_from(address).ok()?..));
        !checks_bounds(inst) || text.is_some_and(|text| text.contains(&0)) || out_of_bounds(inst)
    }

    /// Whether bytes of the host's are inside the guest's memory; if not, the exception is set.
    fn wasm_runtime_validate_native_addr(inst: *mut Inst, pointer: *mut c_void, size: u64) -> bool {
        !inst.is_null() && (!checks_bounds(inst) || address_of(inst, pointer, size).is_some() || out_of_bounds(inst))
    }

    /// The pointer for an address of the guest's, until its memory grows; null if it is not inside.
    fn wasm_runtime_addr_app_to_native(inst: *mut Inst, address: u64) -> *mut c_void {
        inside(inst, address, 1).unwrap_or(null_mut()).cast()
    }

    /// The guest's address of a pointer; 0 if it is not inside.
    fn wasm_runtime_addr_native_to_app(inst: *mut Inst, pointer: *mut c_void) -> u64 {
        address_of(inst, pointer, 1).unwrap_or(0)
    }

    /// The range of addresses around one: the whole memory.
    fn wasm_runtime_get_app_addr_range(inst: *mut Inst, address: u64, start: *mut u64, end: *mut u64) -> bool {
        let Some((_, length)) = range(inst).filter(|(_, length)| address < *length as u64) else { return false };
        write_to(start, 0);
        write_to(end, length as u64);
        true
    }

    /// The range of pointers around one: the whole memory.
    fn wasm_runtime_get_native_addr_range(
        inst: *mut Inst,
        pointer: *mut u8,
        start: *mut *mut u8,
        end: *mut *mut u8,
    ) -> bool {
        let (Some(_), Some((first, length))) = (address_of(inst, pointer.cast(), 1), range(inst)) else { return false };
        write_to(start, first);
        write_to(end, first.wrapping_add(length));
        true
    }

    /// The exported memory of a name; null if there is none.
    fn wasm_runtime_lookup_memory(inst: *mut Inst, name: *const c_char) -> *mut MemoryHandle {
        // SAFETY: a text of the client.
        match export(inst, unsafe { str_of(name) }) {
            Some((inst, Extern::Memory(memory))) => handle(inst, memory),
            _ => null_mut(),
        }
    }

    /// Memory 0; null if there is none.
    fn wasm_runtime_get_default_memory(inst: *mut Inst) -> *mut MemoryHandle {
        default_memory(inst).map_or(null_mut(), |(_, memory)| handle(inst, memory))
    }

    /// The memory of a number; null if there is none.
    fn wasm_runtime_get_memory(inst: *mut Inst, index: u32) -> *mut MemoryHandle {
        match parts(inst).and_then(|(store, instance)| instance.item(&*store, ExternKind::Memory, index)) {
            Some(Extern::Memory(memory)) => handle(inst, memory),
            _ => null_mut(),
        }
    }

    /// Pages that a memory has.
    fn wasm_memory_get_cur_page_count(memory: *const MemoryHandle) -> u64 {
        with(memory, |store, memory| memory.size(store).ok()).unwrap_or(0)
    }

    /// The most pages that a memory can have.
    fn wasm_memory_get_max_page_count(memory: *const MemoryHandle) -> u64 {
        let found = with(memory, |store, memory| Some((memory.ty(store).ok()?, memory.size(store).ok()?)));
        // An app heap can have made it longer than the module allows.
        found.map_or(0, |(ty, size)| ty.maximum.map_or((1 << 32) >> ty.page_log2.min(32), |maximum| maximum.max(size)))
    }

    /// Bytes of a page.
    fn wasm_memory_get_bytes_per_page(memory: *const MemoryHandle) -> u64 {
        with(memory, |store, memory| memory.ty(store).ok()).map_or(0, |ty| 1 << ty.page_log2)
    }

    /// Whether a memory is shared between threads.
    fn wasm_memory_get_shared(memory: *const MemoryHandle) -> bool {
        with(memory, |store, memory| memory.ty(store).ok()).is_some_and(|ty| ty.shared)
    }

    /// The first byte of a memory, until it grows.
    fn wasm_memory_get_base_address(memory: *const MemoryHandle) -> *mut c_void {
        let start = with(memory, |store, memory| memory.range(store).ok());
        start.map_or(null_mut(), |(start, _)| start.as_ptr()).cast()
    }
}

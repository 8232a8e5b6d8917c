//! Programs of several modules: instances that share a store. One was made by the client, the root; the others are instances
//! of the modules that it imports from, one of each.
#![allow(unsafe_code)] // Instances by pointer.

use core::ptr::NonNull;

use graver_loader::format::ExternKind;
use graver_loader::{Extern, Instance};

use crate::instance::Inst;
use crate::instantiate::{self, Args, Failure};
use crate::load::Mod;
use crate::memory::default_memory;

/// All instances of a program, the root first.
///
/// # Safety
/// The instance lives as long as the result is used.
pub(crate) unsafe fn of_program(inst: *const Inst) -> impl Iterator<Item = *mut Inst> {
    // SAFETY: promised by the caller; parts go with the root.
    let mut next = unsafe { (*inst).root };
    core::iter::from_fn(move || {
        let part = NonNull::new(next)?.as_ptr();
        // SAFETY: as above.
        next = unsafe { (*part).next_part };
        Some(part)
    })
}

/// The instance of a module in a program.
///
/// # Safety
/// As for [`of_program`].
pub(crate) unsafe fn of_module(inst: *const Inst, module: *const Mod) -> Option<*mut Inst> {
    // SAFETY: promised by the caller.
    unsafe { of_program(inst).find(|part| (**part).module.cast_const() == module) }
}

/// The instance of a program that the loader calls so; the given one if there is none.
///
/// # Safety
/// As for [`of_program`].
pub(crate) unsafe fn of_instance(inst: *mut Inst, instance: Option<Instance>) -> *mut Inst {
    // SAFETY: promised by the caller.
    unsafe {
        let found = instance.and_then(|_| of_program(inst).find(|part| (**part).instance == instance));
        found.unwrap_or(inst)
    }
}

/// The instance in whose memory 0 the host's allocations for an instance are: the one that brought the memory.
pub(crate) fn owner_of_memory(inst: *mut Inst) -> *mut Inst {
    // SAFETY: null, or an instance of the client; parts live as long.
    unsafe {
        if inst.is_null() || !(*inst).is_in_company() {
            return inst;
        }
        let memory = default_memory(inst).map(|(_, memory)| memory);
        let owns = |part: &*mut Inst| {
            let module = (**part).module;
            let mut imports = (*module).module.image().imports().iter();
            let imported = imports.position(|import| import.kind == ExternKind::Memory.raw());
            // One that no module exports was made for the importer.
            let is_own = imported.is_none_or(|position| (*module).relations.source(position).is_null());
            is_own && default_memory(*part).map(|(_, memory)| memory) == memory
        };
        memory.and_then(|_| of_program(inst).find(owns)).unwrap_or(inst)
    }
}

/// What a name of an export stands for, and whose it is: `$MODULE$NAME` is an export of another module of the program.
pub(crate) fn export(inst: *mut Inst, name: &str) -> Option<(*mut Inst, Extern)> {
    // SAFETY: null, or an instance of the client; parts live as long.
    unsafe {
        let (store, instance) = crate::memory::parts(inst)?;
        if let Some(found) = instance.export(&*store, name) {
            return Some((inst, found));
        }
        let (b'$', path) = name.as_bytes().split_first()? else { return None };
        let end = path.iter().position(|byte| *byte == b'$')?;
        let module = path.get(..end)?;
        let part = of_program(inst).find(|part| (*(**part).module).relations.is_called(module))?;
        Some((part, (*part).instance?.export(&*store, name.get(end + 2..)?)?))
    }
}

/// Makes the instances that an instance imports from, as far as its program does not have them.
///
/// # Safety
/// The instance lives and is not linked yet.
pub(crate) unsafe fn make(inst: *mut Inst, args: &Args) -> Result<(), Failure> {
    // SAFETY: promised by the caller; modules outlive their instances.
    unsafe {
        let module: &'static Mod = &*(*inst).module;
        for source in module.relations.sources() {
            match of_module(inst, source) {
                Some(part) if (*part).instance.is_some() => {}
                // It is being made, for a reason that leads here.
                Some(_) => return Err("found circular dependency".into()),
                None => instantiate::make_part((*inst).root, source, args)?,
            }
        }
    }
    Ok(())
}

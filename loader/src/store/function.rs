//! Functions of a store, and the references by which generated code knows them.
#![allow(unsafe_code)] // Reads the references that generated code holds.

use core::ptr::NonNull;

use graver_aot_format::abi::{ContextHead, FunctionReference, HostRecord, ReferenceField};
use graver_aot_format::{FunctionType, NONE};

use super::StoreInner;
use super::cell::Pinned;
use crate::alloc::Owned;
use crate::bytes::Zero;
use crate::error::AccessError;
use crate::module::Module;
use crate::value::Signature;

/// A function of a store: of the instance `owner`, or, with [`FuncId::HOST`] as the owner, of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FuncId {
    pub(crate) owner: u32,
    pub(crate) index: u32,
}

impl FuncId {
    /// The owner of host functions.
    pub(crate) const HOST: u32 = u32::MAX;
}

// SAFETY: made of integers.
unsafe impl Zero for FuncId {}
// SAFETY: as above.
unsafe impl Zero for graver_aot_format::abi::Store {}

/// What a host function's code looks like: a [`graver_aot_format::abi::Trap`] code or 0. Cells hold parameters, then results.
pub(crate) type HostCode = unsafe extern "C" fn(record: *const HostRecord, cells: *mut u64) -> usize;

/// A host function.
#[derive(Debug)]
pub(crate) struct HostFunction<'m> {
    pub(crate) signature: Signature<'m>,
    pub(crate) kind: HostKind<'m>,
}

/// What stands behind a host function.
#[derive(Debug)]
pub(crate) enum HostKind<'m> {
    /// A closure, called through a raw thunk.
    Closure { code: HostCode, data: Owned<'m> },
    /// A C function, called through a native thunk, and the letters of its parameters if any of those is converted.
    Native { function: usize, letters: &'m str, attachment: usize },
}

impl HostFunction<'_> {
    /// The text offset of the thunk that calls it with the type of `ty`, or [`NONE`].
    pub(crate) fn thunk(&self, ty: &FunctionType) -> u32 {
        match self.kind {
            HostKind::Closure { .. } => ty.raw_thunk,
            HostKind::Native { .. } => ty.native_thunk,
        }
    }
}

/// A reference to a function that has none in a context: to one of the host's, or to one that its module never refers to.
#[derive(Debug)]
pub(crate) struct ExtraReference<'m> {
    function: FuncId,
    reference: Pinned<'m, FunctionReference>,
    /// The owner of the reference and, for host functions, the callee's context.
    _record: Pinned<'m, HostRecord>,
}

/// In the `instance` word of a context head: the rest is the index of an [`ExtraReference`].
const EXTRA: usize = 1 << (usize::BITS - 1);

/// What generated code needs to call a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Callee {
    pub(crate) code: usize,
    pub(crate) ctx: usize,
}

impl<'m> StoreInner<'m> {
    /// The type of a function.
    pub(crate) fn signature(&self, function: FuncId) -> Result<Signature<'m>, AccessError> {
        let foreign = AccessError::ForeignHandle;
        if function.owner == FuncId::HOST {
            return Ok(self.hosts.get(function.index as usize).ok_or(foreign)?.signature);
        }
        let module = self.instances.get(function.owner as usize).ok_or(foreign)?.module;
        let ty = module.function_type(function.index).ok_or(foreign)?;
        Ok(module.signature(&ty))
    }

    /// What calls a function of an instance. Host functions have no code of their own: see [`Self::host_record`].
    pub(crate) fn callee(&self, function: FuncId) -> Option<Callee> {
        let instance = self.instances.get(function.owner as usize)?;
        let record = instance.module.image().functions().get(function.index as usize)?;
        Some(Callee { code: instance.module.optional_code(record.code)?, ctx: instance.context.address() })
    }

    /// The context of a host function, called by an instance (its index) or through a reference.
    pub(crate) fn host_record(&self, host: u32, instance: usize) -> Option<HostRecord> {
        let head = self.context_head(instance);
        let (function, attachment, flags) = match &self.hosts.get(host as usize)?.kind {
            HostKind::Closure { code, data } => (*code as usize, data.start().expose_provenance().get(), 0),
            // The helpers find the rest by number.
            HostKind::Native { function, letters, .. } => {
                (*function, host as usize, if letters.is_empty() { 0 } else { HostRecord::CONVERTS_ARGUMENTS })
            }
        };
        Some(HostRecord { store: head.store, helpers: head.helpers, instance, function, attachment, flags })
    }

    /// The instance that a host record or context names, unless it belongs to a reference.
    pub(crate) fn instance_of(word: usize) -> Option<u32> {
        (word & EXTRA == 0).then_some(word as u32)
    }

    /// The function that a reference of generated code refers to; null is `None`.
    pub(crate) fn function_of(&self, word: usize) -> Option<FuncId> {
        let reference = NonNull::new(core::ptr::with_exposed_provenance_mut::<FunctionReference>(word))?;
        // SAFETY: function references of generated code point to the contexts of instances, or to extra references;
        // both live as long as the store, and so does the owner that they name.
        let head = unsafe {
            let owner = core::ptr::with_exposed_provenance::<ContextHead>(reference.read().owner);
            owner.read()
        };
        if head.instance & EXTRA != 0 {
            return Some(self.references.get(head.instance & !EXTRA)?.function);
        }
        let own = head.instance as u32;
        let instance = self.instances.get(own as usize)?;
        let first = instance.context.address() + instance.module.layout().reference(0) as usize;
        let stride = ReferenceField::size(size_of::<usize>() as u8) as usize;
        let position = word.checked_sub(first)? / stride;
        Some(instance.function(own, instance.module.image().references().get(position)?))
    }

    /// The reference by which generated code knows a function.
    pub(crate) fn reference_of(&mut self, function: FuncId) -> Result<usize, AccessError> {
        if let Some(reference) = self.context_reference(function) {
            return Ok(reference);
        }
        let known = self.references.iter().find(|extra| extra.function == function);
        if let Some(address) = known.and_then(|extra| extra.reference.at(0)) {
            return Ok(address.address());
        }
        self.add_reference(function)
    }

    /// The reference in the context of the function's own instance, if other instances can use it.
    fn context_reference(&self, function: FuncId) -> Option<usize> {
        let instance = self.instances.get(function.owner as usize)?;
        let image = instance.module.image();
        let position = image.functions().get(function.index as usize)?.reference;
        let has_local_ids = image.module().flags & graver_aot_format::Module::LOCAL_TYPE_IDS != 0;
        if position == NONE || has_local_ids {
            return None;
        }
        Some(instance.context.at::<FunctionReference>(instance.module.layout().reference(position)).address())
    }

    fn add_reference(&mut self, function: FuncId) -> Result<usize, AccessError> {
        let signature = self.signature(function)?;
        let type_id = self.type_id(signature)?;
        let tag = EXTRA | self.references.len();
        let (record, callee) = if function.owner == FuncId::HOST {
            let record = self.host_record(function.index, tag).ok_or(AccessError::ForeignHandle)?;
            let code = self.host_code(function.index).ok_or(AccessError::NoThunk)?;
            (Pinned::new(self.runtime, &[record])?, Callee { code, ctx: 0 })
        } else {
            let head = self.context_head(tag);
            let record =
                HostRecord { store: head.store, helpers: head.helpers, instance: tag, ..HostRecord::default() };
            (Pinned::new(self.runtime, &[record])?, self.callee(function).ok_or(AccessError::NoThunk)?)
        };
        let owner = record.at(0).map_or(0, super::cell::Shared::address);
        let ctx = if callee.ctx == 0 { owner } else { callee.ctx };
        let reference = FunctionReference { code: callee.code, ctx, type_id: type_id as usize, owner };
        let reference = Pinned::new(self.runtime, &[reference])?;
        let address = reference.at(0).map_or(0, super::cell::Shared::address);
        self.references.push(ExtraReference { function, reference, _record: record })?;
        Ok(address)
    }

    /// Code by which generated code can call a host function, in any module of the store.
    fn host_code(&self, host: u32) -> Option<usize> {
        let function = self.hosts.get(host as usize)?;
        let (module, ty) = self.find_type(function.signature, |ty| function.thunk(ty) != NONE)?;
        Some(module.code(function.thunk(&ty)))
    }

    /// The first type of any module of the store with this signature for which something holds.
    pub(crate) fn find_type(
        &self,
        signature: Signature<'_>,
        holds: impl Fn(&FunctionType) -> bool,
    ) -> Option<(&'m Module<'m>, FunctionType)> {
        self.instances.iter().map(|instance| instance.module).find_map(|module| {
            let fits = |ty: &FunctionType| holds(ty) && module.signature(ty) == signature;
            Some((module, module.image().types().iter().find(fits)?))
        })
    }

    /// The text offset of the thunk by which code of a type calls a host function, or [`NONE`].
    pub(crate) fn thunk_of(&self, host: u32, ty: &FunctionType) -> u32 {
        self.hosts.get(host as usize).map_or(NONE, |function| function.thunk(ty))
    }
}

//! Native C functions as imports of the guest, called through the image's native thunks.
#![allow(unsafe_code)] // Called by machine code, with raw pointers; C functions get the store's address.

use core::ffi::c_void;
use core::fmt;
use core::ptr::NonNull;

use graver_aot_format::abi::{HostRecord, Trap};
use graver_aot_format::{ExternKind, NONE, ValType};

use super::closure::note;
use crate::alloc::OutOfMemory;
use crate::call::Entry;
use crate::error::{AccessError, CallError};
use crate::store::function::{Callee, FuncId, HostFunction, HostKind};
use crate::store::{Caller, Inner, StoreInner};
use crate::value::Signature;

/// A C function that the guest can import: `result f(void *env, params..., result2 *, ...)`, with `int32_t`, `int64_t`,
/// `float`, `double`, and a word for references. [`Caller::of_native`] makes `env` useful.
#[derive(Clone, Copy, Debug)]
pub struct Native<'m> {
    /// Its type.
    pub ty: Signature<'m>,
    /// How parameters are converted, a letter each in parentheses: `i` `I` `f` `F` `r` are passed as they are; `*` is an
    /// address in the caller's memory 0 that becomes a pointer, `~` the length of what the `*` before it points to, `$`
    /// the address of a string that ends with NUL. What follows the parentheses is the result. Empty: no conversion.
    pub signature: &'m str,
    /// The function.
    pub function: *const c_void,
    /// What [`Caller::attachment`] returns.
    pub attachment: *mut c_void,
}

/// Why a native cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeError {
    /// The letters are not those of the types.
    Signature,
    /// No memory.
    OutOfMemory,
}

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature => f.write_str("the letters of a native's signature are not those of its types"),
            Self::OutOfMemory => OutOfMemory.fmt(f),
        }
    }
}

impl core::error::Error for NativeError {}

/// Adds a C function to a store.
pub(crate) fn add<'m>(store: &mut StoreInner<'m>, native: &Native<'m>) -> Result<FuncId, NativeError> {
    if !native.fits() {
        return Err(NativeError::Signature);
    }
    store.natives = Some(&SUPPORT);
    let kind = HostKind::Native {
        function: native.function.expose_provenance(),
        letters: letters(native.signature),
        attachment: native.attachment.expose_provenance(),
    };
    let index = store.hosts.len() as u32;
    store.hosts.push(HostFunction { signature: native.ty, kind }).map_err(|_| NativeError::OutOfMemory)?;
    Ok(FuncId { owner: FuncId::HOST, index })
}

/// The letters of the parameters, if any of those is converted.
fn letters(signature: &str) -> &str {
    let letters = signature.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or("", |(letters, _)| letters);
    if letters.bytes().any(|letter| matches!(letter, b'*' | b'$')) { letters } else { "" }
}

/// Whether a signature's letters are those of the types; `~` follows `*`, and only the first result has a letter.
fn fits(native: &Native<'_>) -> bool {
    let Some((params, result)) = native.signature.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
        return false;
    };
    let mut before = b' ';
    let lengths_follow_pointers = params.bytes().all(|letter| {
        let is_right = letter != b'~' || before == b'*';
        before = letter;
        is_right
    });
    lengths_follow_pointers
        && params.bytes().map(type_of).eq(native.ty.params().map(Some))
        && !result.bytes().any(|letter| matches!(letter, b'*' | b'~' | b'$'))
        && result.bytes().map(type_of).eq(native.ty.results().take(1).map(Some))
}

fn type_of(letter: u8) -> Option<ValType> {
    Some(match letter {
        b'i' | b'*' | b'~' | b'$' => ValType::I32,
        b'I' => ValType::I64,
        b'f' => ValType::F32,
        b'F' => ValType::F64,
        b'r' => ValType::ExternRef,
        _ => return None,
    })
}

impl Native<'_> {
    /// Whether the letters are those of the type.
    pub fn fits(&self) -> bool {
        self.signature.is_empty() || fits(self)
    }

    /// The pointer for an address of the guest's, as its letter `*` or `$` has it, into the bytes of the guest's memory.
    /// `length` is what a `~` behind it says. `None` if what it stands for is not all inside.
    pub fn pointer(letter: u8, address: u32, length: Option<u32>, memory: &[u8]) -> Option<usize> {
        pointer(letter, address, length, memory)
    }
}

impl<'m> Caller<'_, 'm> {
    /// The caller of the native that got `env`.
    ///
    /// # Safety
    /// `env` is the first argument of a [`Native`] that is running on this thread and has no other `Caller` in use, and
    /// the result is not used once the native has returned.
    pub unsafe fn of_native(env: NonNull<c_void>) -> Self {
        let store = env.cast::<StoreInner<'m>>();
        // SAFETY: natives get the address of their store, which lives during the call; thunks note the running record.
        unsafe { Self::new(store, calling_instance(store.as_ref())) }
    }

    /// What was attached to the running native; null in closures.
    pub fn attachment(&self) -> *mut c_void {
        attachment(self.shared())
    }

    /// Makes the guest stop when the running host function returns, for a reason that its caller gets. Closures can return
    /// an error instead.
    pub fn fail(&mut self, reason: CallError) {
        let store = self.exclusive();
        store.pending = Some(reason);
        store.abi.stop = 1;
    }
}

/// What was attached to the running native; null in closures.
pub(crate) fn attachment(store: &StoreInner<'_>) -> *mut c_void {
    let record = core::ptr::with_exposed_provenance::<HostRecord>(store.abi.host_record);
    // SAFETY: records live as long as the store, and one is noted only while its function runs.
    let host = unsafe { record.as_ref() }.and_then(|record| store.hosts.get(record.attachment));
    match host.map(|host| &host.kind) {
        Some(HostKind::Native { attachment, .. }) => core::ptr::with_exposed_provenance_mut(*attachment),
        _ => core::ptr::null_mut(),
    }
}

/// The instance that called the running host function; `None` if the host did, or code through a reference to the function.
pub(crate) fn calling_instance(store: &StoreInner<'_>) -> Option<u32> {
    let record = core::ptr::with_exposed_provenance::<HostRecord>(store.abi.host_record);
    // SAFETY: records live as long as the store, and one is noted only while its function runs.
    let record = unsafe { record.as_ref() }?;
    StoreInner::instance_of(record.instance)
}

/// The record of the running native, and its store.
///
/// # Safety
/// `record` is the address of a host record whose thunk calls, so nothing else refers into its store.
unsafe fn caller<'a>(record: usize) -> Option<(HostRecord, &'a mut StoreInner<'a>)> {
    // SAFETY: promised by the caller.
    unsafe {
        let record = core::ptr::with_exposed_provenance::<HostRecord>(record).read();
        let mut store = NonNull::new(core::ptr::with_exposed_provenance_mut::<StoreInner<'a>>(record.store))?;
        Some((record, store.as_mut()))
    }
}

/// What C functions need of the loader. Their stores refer to it, so that programs without C functions have none of it.
pub(crate) struct Support {
    /// Turns addresses of the guest into pointers.
    convert: fn(&StoreInner<'_>, &HostRecord, words: usize) -> Option<()>,
    /// How the host itself calls the function with this number, which has this record.
    pub(crate) entry: fn(&StoreInner<'_>, host: u32, &HostRecord) -> Result<Entry, AccessError>,
}

static SUPPORT: Support = Support { convert: convert_arguments, entry };

/// The helper that turns addresses of the guest into pointers.
pub(crate) unsafe extern "C" fn arguments(record: usize, words: usize) -> usize {
    // SAFETY: called by a native thunk with its record.
    let converted = unsafe { caller(record) }.and_then(|(record, store)| {
        let support = store.natives?;
        (support.convert)(store, &record, words)
    });
    if converted.is_some() { 0 } else { Trap::MemoryOutOfBounds.code() as usize }
}

/// `words` are those that a native thunk passes with its record.
fn convert_arguments(store: &StoreInner<'_>, record: &HostRecord, words: usize) -> Option<()> {
    let HostKind::Native { letters, .. } = store.hosts.get(record.attachment)?.kind else { return None };
    let is_word = |letter: &u8| type_of(*letter) == Some(ValType::I32);
    let count = letters.bytes().filter(|letter| is_word(letter)).count();
    let words = core::ptr::with_exposed_provenance_mut::<usize>(words);
    // SAFETY: the thunk passes a word for each `i32` parameter, and the letters are those of the parameters.
    let words = unsafe { core::slice::from_raw_parts_mut(words, count) };
    convert(letters, words, memory(store, record.instance)?)
}

/// Through the thunks of any module of the store that has both for the function's type.
fn entry(store: &StoreInner<'_>, host: u32, record: &HostRecord) -> Result<Entry, AccessError> {
    let signature = store.signature(FuncId { owner: FuncId::HOST, index: host })?;
    let found = store.find_type(signature, |ty| ty.call_thunk != NONE && ty.native_thunk != NONE);
    let (module, ty) = found.ok_or(AccessError::NoThunk)?;
    let callee = Callee { code: module.code(ty.native_thunk), ctx: core::ptr::from_ref(record).expose_provenance() };
    Ok(Entry::new(store, module, ty.call_thunk, callee))
}

/// The bytes of the calling instance's memory 0; none if it has no memory.
fn memory<'s>(store: &'s StoreInner<'_>, instance: usize) -> Option<&'s [u8]> {
    let instance = store.instances.get(StoreInner::instance_of(instance)? as usize)?;
    match instance.position(ExternKind::Memory, 0) {
        Some(position) => Some(store.memories.get(position)?.data()),
        None => Some(&[]),
    }
}

/// Replaces the words of `*` and `$` by pointers into `data`; `None` if one is out of bounds.
fn convert(letters: &str, words: &mut [usize], data: &[u8]) -> Option<()> {
    let mut kinds = letters.bytes().filter(|letter| type_of(*letter) == Some(ValType::I32)).peekable();
    for index in 0..words.len() {
        let letter = kinds.next()?;
        if !matches!(letter, b'*' | b'$') {
            continue;
        }
        // `~` is the very next parameter, and therefore the next word.
        let length = if kinds.peek() == Some(&b'~') { Some(*words.get(index + 1)? as u32) } else { None };
        // A word is sign-extended; addresses and lengths have no sign.
        *words.get_mut(index)? = pointer(letter, *words.get(index)? as u32, length, data)?;
    }
    Some(())
}

/// The pointer for an address with letter `*` or `$`; `None` if what it stands for is not all in `data`.
fn pointer(letter: u8, address: u32, length: Option<u32>, data: &[u8]) -> Option<usize> {
    let rest = data.get(address as usize..)?;
    let is_inside = match (letter, length) {
        (b'$', _) => rest.contains(&0),
        (_, Some(length)) => length as usize <= rest.len(),
        (_, None) => !rest.is_empty(),
    };
    is_inside.then(|| rest.as_ptr().expose_provenance())
}

/// The helper that says why the guest must stop.
pub(crate) unsafe extern "C" fn after_return(record: usize) -> usize {
    // SAFETY: called by a native thunk with its record.
    let Some((_, store)) = (unsafe { caller(record) }) else { return Trap::Host.code() as usize };
    store.abi.stop = 0;
    match store.pending.take() {
        Some(reason) => note(store, reason),
        None if store.must_stop() => Trap::Terminated.code() as usize,
        // Who wanted that does not any more.
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(params: &'static [ValType], results: &'static [ValType], signature: &'static str) -> Native<'static> {
        let ty = Signature::of(params, results);
        Native { ty, signature, function: core::ptr::null(), attachment: core::ptr::null_mut() }
    }

    #[test]
    fn letters_must_fit_the_types() {
        use ValType::{ExternRef, F32, F64, I32, I64};
        let all = native(&[I32, I64, F32, F64, ExternRef, I32, I32, I32], &[I32], "(iIfFr*~$)i");
        assert!(fits(&all));
        assert!(fits(&native(&[], &[], "()")));
        // More results go to pointers, which have no letters.
        assert!(fits(&native(&[], &[F32, I32], "()f")));
        for wrong in ["", "(", "iIfFr*~$", "(iIfFr*~)i", "(IiiFr*~$)i", "(iIfFr*~$)", "(iIfFr*~$)*", "(iIfFr~*$)i"] {
            assert!(!fits(&Native { signature: wrong, ..all }), "{wrong}");
        }
        assert!(!fits(&native(&[I32, I64, I32], &[], "(*I~)")), "the length of nothing");
    }

    #[test]
    fn pointers_stay_inside() {
        let data = [1, 2, 0, 4];
        let start = data.as_ptr().expose_provenance();
        let converted = |letters, mut words: [usize; 2]| convert(letters, &mut words, &data).map(|()| words);
        assert_eq!(converted("*~", [1, 3]), Some([start + 1, 3]));
        assert_eq!(converted("*~", [4, 0]), Some([start + 4, 0]));
        assert_eq!(converted("*~", [1, 4]), None);
        assert_eq!(converted("*~", [usize::MAX, 1]), None);
        assert_eq!(converted("*~", [1, usize::MAX]), None);
        assert_eq!(converted("Ii*", [7, 0]), Some([7, start]));
        assert_eq!(converted("i*", [0, 4]), None);
        assert_eq!(converted("$i", [0, 9]), Some([start, 9]));
        assert_eq!(converted("$i", [3, 9]), None, "no NUL before the end");
    }
}

//! Numbers for host objects.
//!
//! The guest has an object's address itself as its reference, so nothing here is needed to pass one; these functions are for
//! hosts that keep numbers instead of addresses.
#![allow(unsafe_code)] // C names and callbacks.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr::null_mut;

use crate::exported::exported;
use crate::instance::Inst;
use crate::list::{Linked, List};
use crate::lock::Lock;

/// The number of null.
const NULL: u32 = u32::MAX;

/// Runs when an object's number is given back.
type Cleanup = unsafe extern "C" fn(*mut c_void);

/// An object with a number.
struct Object {
    next: *mut Self,
    number: u32,
    address: *mut c_void,
    inst: *mut Inst,
    cleanup: Option<Cleanup>,
    /// Stays when its instance goes.
    is_retained: bool,
}

impl Linked for Object {
    fn next(&mut self) -> &mut *mut Self {
        &mut self.next
    }
}

/// All objects, and the last number that was given.
struct Objects {
    list: List<Object>,
    last: u32,
}

struct Shared(UnsafeCell<Objects>);

// SAFETY: only used while the lock is held.
unsafe impl Sync for Shared {}

static OBJECTS: Shared = Shared(UnsafeCell::new(Objects { list: List::new(), last: 0 }));
static LOCK: Lock = Lock::new();

fn with<R>(body: impl FnOnce(&mut Objects) -> R) -> R {
    // SAFETY: the lock is held, and `body` cannot keep the reference.
    LOCK.hold(|| body(unsafe { &mut *OBJECTS.0.get() }))
}

/// The first object that `is_it` likes.
fn find(objects: &mut Objects, is_it: impl Fn(&Object) -> bool) -> Option<&mut Object> {
    // SAFETY: what is in the list lives, and the lock is held while the reference is.
    objects.list.iter().find(|object| is_it(unsafe { &**object })).map(|object| unsafe { &mut *object })
}

/// Gives back the numbers of an instance's objects, but for those that are retained; of all if `inst` is null.
pub(crate) fn forget(inst: *mut Inst) {
    loop {
        let gone = with(|objects| {
            let object: *mut Object =
                find(objects, |object| inst.is_null() || (object.inst == inst && !object.is_retained))?;
            // SAFETY: just found.
            let (cleanup, address) = unsafe { ((*object).cleanup, (*object).address) };
            objects.list.remove(object);
            Some((cleanup, address))
        });
        match gone {
            None => return,
            // SAFETY: the client's function for its object.
            Some((Some(cleanup), address)) => unsafe { cleanup(address) },
            Some((None, _)) => {}
        }
    }
}

exported! {
    /// A number for an object of the host, the same each time; false if there is no memory.
    fn wasm_externref_obj2ref(inst: *mut Inst, object: *mut c_void, number: *mut u32) -> bool {
        if inst.is_null() || number.is_null() {
            return false;
        }
        let found = if object.addr() == usize::MAX {
            Some(NULL)
        } else {
            with(|objects| {
                if let Some(known) = find(objects, |known| known.address == object && known.inst == inst) {
                    return Some(known.number);
                }
                let last = objects.last.checked_add(1).filter(|number| *number != NULL)?;
                let made =
                    Object { next: null_mut(), number: last, address: object, inst, cleanup: None, is_retained: false };
                if objects.list.add(made).is_null() {
                    return None;
                }
                objects.last = last;
                Some(last)
            })
        };
        // SAFETY: not null.
        found.is_some_and(|found| unsafe {
            number.write(found);
            true
        })
    }

    /// Gives the number of an object back.
    fn wasm_externref_objdel(inst: *mut Inst, object: *mut c_void) -> bool {
        let found = with(|objects| {
            let known: *mut Object = find(objects, |known| known.address == object && known.inst == inst)?;
            // SAFETY: just found.
            let cleanup = unsafe { (*known).cleanup };
            objects.list.remove(known);
            Some(cleanup)
        });
        if let Some(Some(cleanup)) = found {
            // SAFETY: the client's function for its object.
            unsafe { cleanup(object) };
        }
        found.is_some()
    }

    /// A function that runs when the number of an object is given back.
    fn wasm_externref_set_cleanup(
        inst: *mut Inst,
        object: *mut c_void,
        cleanup: Option<unsafe extern "C" fn(*mut c_void)>,
    ) -> bool {
        with(|objects| {
            let known = find(objects, |known| known.address == object && known.inst == inst);
            known.map(|known| known.cleanup = cleanup).is_some()
        })
    }

    /// The object of a number; null for the number of null, false if there is none.
    fn wasm_externref_ref2obj(number: u32, object: *mut *mut c_void) -> bool {
        if object.is_null() {
            return false;
        }
        let found = match number {
            NULL => Some(null_mut()),
            _ => with(|objects| find(objects, |known| known.number == number).map(|known| known.address)),
        };
        // SAFETY: not null.
        found.is_some_and(|found| unsafe {
            object.write(found);
            true
        })
    }

    /// Keeps the number of an object when its instance goes.
    fn wasm_externref_retain(number: u32) -> bool {
        with(|objects| {
            let known = find(objects, |known| known.number == number);
            known.map(|known| known.is_retained = true).is_some()
        })
    }
}

//! Names for what modules import.

use core::fmt;

use crate::alloc::{Buf, OutOfMemory};
use crate::call::Params;
use crate::error::{AccessError, LinkError};
use crate::func::Func;
use crate::host::HostResult;
use crate::instance::{Extern, Instance};
use crate::instantiate;
use crate::module::Module;
use crate::runtime::Runtime;
use crate::store::{Caller, Inner, Store, StoreInner};

/// What modules can import, by module name and field name. Names are borrowed, not copied.
pub struct Linker<'l> {
    definitions: Buf<'l, Definition<'l>>,
}

impl fmt::Debug for Linker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.definitions.iter()).finish()
    }
}

#[derive(Debug)]
enum Definition<'l> {
    One { module: &'l str, name: &'l str, item: Extern },
    Exports { module: &'l str, of: Instance },
}

impl<'l> Linker<'l> {
    /// A linker that knows nothing.
    pub fn new(runtime: &'l Runtime<'_>) -> Self {
        Self { definitions: Buf::new(runtime.allocator()) }
    }

    /// Defines a host function by a closure with Rust types, as [`Func::wrap`] makes it.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn func<'m, P: Params, R: HostResult>(
        &mut self,
        store: &mut Store<'m>,
        module: &'l str,
        name: &'l str,
        closure: impl Fn(&mut Caller<'_, '_>, P) -> R + 'm,
    ) -> Result<(), AccessError> {
        let func = Func::wrap(store, closure)?;
        Ok(self.define(module, name, func)?)
    }

    /// Defines something. A later definition of the same name replaces an earlier one.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn define(&mut self, module: &'l str, name: &'l str, item: impl Into<Extern>) -> Result<(), OutOfMemory> {
        self.definitions.push(Definition::One { module, name, item: item.into() })
    }

    /// Defines all exports of an instance under a module name.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn instance(&mut self, module: &'l str, of: Instance) -> Result<(), OutOfMemory> {
        self.definitions.push(Definition::Exports { module, of })
    }

    /// What a name stands for in a store.
    pub fn get<'m>(&self, store: &impl crate::AsStore<'m>, module: &str, name: &str) -> Option<Extern> {
        self.find(store.shared(), module, name)
    }

    fn find(&self, store: &StoreInner<'_>, module: &str, name: &str) -> Option<Extern> {
        self.definitions.iter().rev().find_map(|definition| match definition {
            Definition::One { module: known, name: field, item } => {
                (*known == module && *field == name).then_some(*item)
            }
            Definition::Exports { module: known, of } if *known == module => of.export_of(store, name),
            Definition::Exports { .. } => None,
        })
    }

    /// Makes an instance of a module: finds its imports, initialises it, and runs its start function.
    ///
    /// # Errors
    /// If an import is missing or does not fit, if there is no memory, or if initialising traps. The error borrows names from
    /// the image: `map_err(CallError::from)` makes one that can leave the function that has the module.
    pub fn instantiate<'m>(&self, store: &mut Store<'m>, module: &'m Module<'_>) -> Result<Instance, LinkError<'m>> {
        instantiate::instantiate(store, module, &|store, module, name| self.find(store, module, name))
    }
}

//! From a module to an instance.

mod build;
mod imports;
mod start;

pub(crate) use start::initial_value;

use crate::error::{CallError, LinkError};
use crate::instance::{Extern, Instance};
use crate::module::Module;
use crate::store::{Inner, Store, StoreInner};
use build::Builder;

/// Finds what an import's names stand for.
pub(crate) type Resolve<'r> = &'r dyn Fn(&StoreInner<'_>, &str, &str) -> Option<Extern>;

/// Makes an instance.
///
/// Until the instance is complete nothing that others can see has changed, so a failure leaves no trace. From then on it
/// stays in the store, even if a segment is out of bounds or the start function traps: WebAssembly 2.0 says that what was
/// written before stays, and that may be references to functions of this instance.
pub(crate) fn instantiate<'m>(
    store: &mut Store<'m>,
    module: &'m Module<'_>,
    resolve: Resolve<'_>,
) -> Result<Instance, LinkError<'m>> {
    let instance = link(store, module, resolve)?;
    start(store, instance)?;
    Ok(instance)
}

/// The first two steps: an instance without initial values.
pub(crate) fn link<'m>(
    store: &mut Store<'m>,
    module: &'m Module<'_>,
    resolve: Resolve<'_>,
) -> Result<Instance, LinkError<'m>> {
    let inner = store.exclusive();
    let mut builder = Builder::new(inner, module)?;
    // 1. Find every import and compare its type with what the module expects.
    builder.link(resolve)?;
    // 2. Allocate everything else, and fill in the context.
    let index = builder.finish()?;
    Ok(Instance::new(inner.id, index))
}

/// The third step: globals, elements, data, in this order; then the start function.
pub(crate) fn start(store: &mut Store<'_>, instance: Instance) -> Result<(), CallError> {
    initialise(store, instance)?;
    run_start_function(store, instance)
}

pub(crate) fn initialise(store: &mut Store<'_>, instance: Instance) -> Result<(), CallError> {
    let index = instance.index(store.shared())?;
    start::initialise(store, index)
}

pub(crate) fn run_start_function(store: &mut Store<'_>, instance: Instance) -> Result<(), CallError> {
    let index = instance.index(store.shared())?;
    start::run_start_function(store, index)
}

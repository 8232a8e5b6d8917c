//! The store: instances that may refer to each other, and everything that they own.
#![allow(unsafe_code)] // Keeps the store at one address, which generated code and host functions know.

mod active;
pub(crate) mod cell;
pub(crate) mod function;
pub(crate) mod global;
#[cfg(all(feature = "std", target_os = "linux"))]
mod hosted;
pub(crate) mod instance;
mod interrupt;
pub(crate) mod memory;
pub(crate) mod table;

pub use active::ActiveStore;

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use graver_aot_format::abi;

use crate::alloc::{Block, Buf, OutOfMemory};
use crate::bytes::zeroed;
use crate::error::{AccessError, CallError};
use crate::host::NativeSupport;
use crate::module::Module;
use crate::runtime::Runtime;
use crate::value::Signature;
use function::{ExtraReference, HostFunction};
use global::GlobalEntry;
use instance::InstanceEntry;
use memory::MemoryEntry;
use table::TableEntry;

/// How far generated code may use the native stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackLimit {
    /// To the end of the running thread's stack, as the platform reports it. Programs that switch to stacks of their own, as
    /// coroutines do, say where those end.
    Platform,
    /// To this address, the lowest usable one. Trusted but where the platform knows better, as Linux does of the stacks
    /// of threads: code that recurses without end writes all memory from here to the stack.
    End(usize),
    /// This many bytes from where the host calls, as far as the platform's stack has them. Nothing runs on a stack that the
    /// platform does not know, see [`Self::Platform`].
    Size(usize),
}

/// Choices for a store.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    /// How far generated code may use the native stack.
    pub stack: StackLimit,
    /// Bytes of that stack which generated code leaves to host functions and the loader.
    pub host_stack: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        // Hosted programs print and format in host functions; boards count every byte.
        let host_stack = if cfg!(feature = "std") { 64 * 1024 } else { 1024 };
        Self { stack: StackLimit::Platform, host_stack }
    }
}

/// Is told of a memory that the guest could not make larger: its number in the module, the pages that were asked for, and
/// why. The guest goes on with the -1 that `memory.grow` returns.
pub type GrowFailed = fn(&mut Caller<'_, '_>, memory: u32, pages: u64, error: AccessError);

/// What generated code, host functions and handles work on. Lives at one address from [`Store::new`] to its drop.
#[repr(C)]
pub struct StoreInner<'m> {
    /// First, so that its address is the store's for generated code.
    pub(crate) abi: abi::Store,
    pub(crate) runtime: &'m Runtime<'m>,
    pub(crate) id: u32,
    pub(crate) options: StoreOptions,
    /// How many calls into guest code are under way.
    pub(crate) depth: u32,
    /// The most stack that unchecked code of any instance may use below the limit.
    pub(crate) stack_slack: usize,
    /// The first module whose `enter` prepares for floats.
    pub(crate) float_door: Option<&'m Module<'m>>,
    pub(crate) instances: Buf<'m, InstanceEntry<'m>>,
    pub(crate) memories: Buf<'m, MemoryEntry<'m>>,
    pub(crate) tables: Buf<'m, TableEntry<'m>>,
    pub(crate) globals: Buf<'m, GlobalEntry<'m>>,
    pub(crate) hosts: Buf<'m, HostFunction<'m>>,
    pub(crate) references: Buf<'m, ExtraReference<'m>>,
    /// What C functions need, once there are some.
    pub(crate) natives: Option<&'static NativeSupport>,
    /// Is told of memories that the guest could not make larger.
    pub(crate) grow_failed: Option<GrowFailed>,
    /// Types by id: id 1 is the first.
    types: Buf<'m, Signature<'m>>,
    /// Why a host function stopped the guest, until the call returns.
    pub(crate) pending: Option<CallError>,
    /// Shared memories that instances take instead of new ones.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub(crate) inherited: std::collections::VecDeque<crate::shared::SharedMemory>,
    /// What signal handlers look at.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub(crate) hosted: hosted::Hosted<'m>,
    /// A panic of a host function, until the call returns.
    #[cfg(feature = "std")]
    pub(crate) panic: Option<Box<dyn core::any::Any + Send>>,
    /// The memory that all this is in.
    block: ManuallyDrop<Block<'m>>,
}

impl<'m> StoreInner<'m> {
    /// The id of a type: the same number for equal types.
    pub(crate) fn type_id(&mut self, signature: Signature<'m>) -> Result<u32, OutOfMemory> {
        let known = self.types.iter().position(|known| *known == signature);
        let position = match known {
            Some(position) => position,
            None => {
                self.types.push(signature)?;
                self.types.len() - 1
            }
        };
        Ok(position as u32 + 1)
    }

    /// How many memories, tables and globals there are.
    pub(crate) fn lengths(&self) -> [usize; 3] {
        [self.memories.len(), self.tables.len(), self.globals.len()]
    }

    /// Removes those that came after there were so many.
    pub(crate) fn truncate(&mut self, [memories, tables, globals]: [usize; 3]) {
        self.memories.truncate(memories);
        self.tables.truncate(tables);
        self.globals.truncate(globals);
    }

    /// Bytes between the limit that generated code checks and the end of the stack.
    pub(crate) fn reserved_stack(&self) -> usize {
        self.options.host_stack.saturating_add(self.stack_slack)
    }

    /// Makes room for code with this much unchecked stack, also in calls that are under way.
    pub(crate) fn reserve_stack_slack(&mut self, slack: usize) {
        let more = slack.saturating_sub(self.stack_slack);
        self.stack_slack += more;
        if self.depth > 0 {
            self.abi.stack_limit = self.abi.stack_limit.saturating_add(more);
        }
    }

    /// Something that a handle names, if the handle is this store's.
    pub(crate) fn check_owner(&self, store: u32) -> Result<(), AccessError> {
        if store == self.id { Ok(()) } else { Err(AccessError::ForeignHandle) }
    }
}

/// A group of instances that can call each other and share memories, tables and globals, on one thread.
///
/// Everything in a store lives until the store is dropped. Modules and host closures must outlive it.
///
/// A store stays on its thread, and so do its runtime and modules:
///
/// ```compile_fail
/// fn send<T: Send>() {}
/// send::<graver_loader::Store<'static>>();
/// ```
pub struct Store<'m> {
    inner: NonNull<StoreInner<'m>>,
    owned: PhantomData<StoreInner<'m>>,
}

impl<'m> Store<'m> {
    /// An empty store.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn new(runtime: &'m Runtime<'_>, options: StoreOptions) -> Result<Self, OutOfMemory> {
        let allocator = runtime.allocator();
        let size = size_of::<StoreInner<'m>>();
        let block = Block::zeroed(allocator, size, align_of::<StoreInner<'m>>())?;
        let inner = block.start().cast::<StoreInner<'m>>();
        // A number that another store's handles hardly have. Nothing but the error message depends on it.
        let id = ((inner.addr().get() >> 4) as u32) ^ runtime.count_store().wrapping_mul(0x9E37_79B1);
        let content = StoreInner {
            abi: zeroed(),
            runtime,
            id,
            options,
            depth: 0,
            stack_slack: 0,
            float_door: None,
            instances: Buf::new(allocator),
            memories: Buf::new(allocator),
            tables: Buf::new(allocator),
            globals: Buf::new(allocator),
            hosts: Buf::new(allocator),
            references: Buf::new(allocator),
            natives: None,
            grow_failed: None,
            types: Buf::new(allocator),
            pending: None,
            #[cfg(all(feature = "std", target_os = "linux"))]
            inherited: std::collections::VecDeque::new(),
            #[cfg(all(feature = "std", target_os = "linux"))]
            hosted: hosted::Hosted::default(),
            #[cfg(feature = "std")]
            panic: None,
            block: ManuallyDrop::new(block),
        };
        // SAFETY: the block was made for exactly this, and moving its owner does not move its bytes.
        unsafe {
            inner.write(content);
            // What natives get as their environment.
            (*inner.as_ptr()).abi.exec_env = inner.expose_provenance().get();
            (*inner.as_ptr()).abi.interrupt = StoreInner::no_interrupt();
        };
        Ok(Self { inner, owned: PhantomData })
    }
}

impl Store<'_> {
    /// Chooses what natives in C get as their first argument from now on, and returns what it was: at first something that
    /// [`Caller::of_native`] understands.
    pub fn set_native_env(&mut self, env: *mut core::ffi::c_void) -> *mut core::ffi::c_void {
        let outer = core::mem::replace(&mut self.exclusive().abi.exec_env, env.expose_provenance());
        core::ptr::with_exposed_provenance_mut(outer)
    }

    /// Chooses who is told of memories that the guest cannot make larger.
    pub fn set_grow_failed(&mut self, told: Option<GrowFailed>) {
        self.exclusive().grow_failed = told;
    }

    /// Chooses how far code may use the stack, in calls that start from now on, and returns what it was.
    pub fn set_stack_limit(&mut self, limit: StackLimit) -> StackLimit {
        core::mem::replace(&mut self.exclusive().options.stack, limit)
    }

    /// Bytes of stack that are left for code which runs now; `None` if none runs.
    pub fn stack_left(&self) -> Option<usize> {
        let inner = self.shared();
        (inner.depth != 0).then(|| crate::call::stack_pointer().saturating_sub(inner.abi.stack_limit))
    }

    /// Gives the store shared memories of another one: instances that are made from now on take these, in this order,
    /// instead of making shared memories of their own, and leave out the active segments for them. So a thread gets the
    /// instances of the thread that starts it.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub fn inherit(&mut self, memories: impl IntoIterator<Item = crate::SharedMemory>) {
        self.exclusive().inherited.extend(memories);
    }

    /// Whether code of the guest is running, so that this is called by one of its host functions.
    pub fn is_running(&self) -> bool {
        self.shared().depth != 0
    }

    /// Makes the guest stop when the running host function returns, or, with `None`, not stop after all.
    pub fn set_failure(&mut self, reason: Option<CallError>) {
        let inner = self.exclusive();
        inner.abi.stop = usize::from(reason.is_some());
        inner.pending = reason;
    }

    /// The instance that called the host function which runs; `None` if none runs, if the host itself called it, or if code did
    /// through a reference.
    pub fn calling_instance(&self) -> Option<crate::instance::Instance> {
        let inner = self.shared();
        let index = crate::host::native::calling_instance(inner)?;
        Some(crate::instance::Instance::new(inner.id, index))
    }

    /// What was attached to the running native; null in closures.
    pub fn attachment(&self) -> *mut core::ffi::c_void {
        crate::host::native::attachment(self.shared())
    }
}

impl Drop for Store<'_> {
    fn drop(&mut self) {
        // SAFETY: `new` put it there and this is the last use. The block is moved out first, because it must live until
        // everything in it has been dropped.
        unsafe {
            let _block = ManuallyDrop::take(&mut (*self.inner.as_ptr()).block);
            self.inner.drop_in_place();
        }
    }
}

impl fmt::Debug for Store<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.shared();
        f.debug_struct("Store")
            .field("id", &inner.id)
            .field("instances", &inner.instances.len())
            .finish_non_exhaustive()
    }
}

/// A [`Store`], or the [`Caller`] by which a host function sees it. Implemented for these two only.
///
/// `&mut` of it proves that no other reference into the store exists, so there is no implementation for `&Store`.
pub trait AsStore<'m>: sealed::Sealed<'m> {}

impl<'m, T: sealed::Sealed<'m>> AsStore<'m> for T {}

pub(crate) mod sealed {
    use super::{NonNull, StoreInner};

    pub trait Sealed<'m> {
        fn pointer(&self) -> NonNull<StoreInner<'m>>;
    }
}

impl<'m> sealed::Sealed<'m> for Store<'m> {
    fn pointer(&self) -> NonNull<StoreInner<'m>> {
        self.inner
    }
}

impl<'m> sealed::Sealed<'m> for Caller<'_, 'm> {
    fn pointer(&self) -> NonNull<StoreInner<'m>> {
        self.store
    }
}

impl<'m, T: sealed::Sealed<'m>> sealed::Sealed<'m> for &mut T {
    fn pointer(&self) -> NonNull<StoreInner<'m>> {
        (**self).pointer()
    }
}

/// The inside of a store, for this crate.
pub(crate) trait Inner<'m>: AsStore<'m> {
    fn shared(&self) -> &StoreInner<'m> {
        // SAFETY: the pointer is valid while the store or the host call lives. A `&mut StoreInner` exists only as long as
        // a `&mut` of the implementor is borrowed (see `exclusive`); frames of outer calls hold none.
        unsafe { self.pointer().as_ref() }
    }

    fn exclusive(&mut self) -> &mut StoreInner<'m> {
        // SAFETY: as above, and `&mut self` excludes other borrows.
        unsafe { self.pointer().as_mut() }
    }
}

impl<'m, T: AsStore<'m>> Inner<'m> for T {}

/// What a host function sees of the guest that called it.
pub struct Caller<'a, 'm> {
    store: NonNull<StoreInner<'m>>,
    instance: Option<u32>,
    borrow: PhantomData<&'a mut Store<'m>>,
}

impl<'m> Caller<'_, 'm> {
    /// # Safety
    /// The store is valid and nothing else refers into it while the result is used.
    pub(crate) unsafe fn new(store: NonNull<StoreInner<'m>>, instance: Option<u32>) -> Self {
        Self { store, instance, borrow: PhantomData }
    }

    /// The instance that called: the one that imports the function. `None` if the host itself did.
    pub fn instance(&self) -> Option<crate::instance::Instance> {
        self.instance.map(|index| crate::instance::Instance::new(self.shared().id, index))
    }

    /// What natives in C get as their first argument: see [`Store::set_native_env`].
    pub fn native_env(&self) -> *mut core::ffi::c_void {
        core::ptr::with_exposed_provenance_mut(self.shared().abi.exec_env)
    }

    /// The memory that the calling instance exports under `name`; programs that follow WASI export `memory`.
    pub fn memory(&self, name: &str) -> Option<crate::memory::Memory> {
        self.instance()?.memory(self, name)
    }

    /// Where the bytes of the calling instance's memory 0 are, and how many there are, until it grows: for C. Also of a memory
    /// of several threads.
    pub fn range(&self) -> Option<(NonNull<u8>, usize)> {
        self.first_memory()?.range(self).ok()
    }

    /// The bytes of the calling instance's memory 0, exported or not; none if it has no memory, or other threads have it.
    pub fn bytes(&self) -> &[u8] {
        self.first_memory().and_then(|memory| memory.data(self).ok()).unwrap_or_default()
    }

    /// The bytes of the calling instance's memory 0, exported or not; none if it has no memory, or other threads have it.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.first_memory().and_then(|memory| memory.data_mut(self).ok()).unwrap_or_default()
    }

    fn first_memory(&self) -> Option<crate::memory::Memory> {
        match self.instance()?.item(self, graver_aot_format::ExternKind::Memory, 0)? {
            crate::instance::Extern::Memory(memory) => Some(memory),
            _ => None,
        }
    }
}

impl fmt::Debug for Caller<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("instance", &self.instance).finish_non_exhaustive()
    }
}

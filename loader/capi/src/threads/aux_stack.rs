//! The stacks that C programs have in their memory, one for each thread.
//!
//! Toolchains give a program one stack, between two addresses that it exports or that the linker's globals tell. Its threads
//! share it: each gets as much as the first one keeps.

use graver_loader::format::{ExternKind, Global, Image, InitKind};
use graver_loader::{Mutability, ValType};

/// A smaller stack is of no use.
const LEAST: u32 = 256;

/// Whose values are multiples of this.
const ALIGN: u32 = 16;

/// The stacks of a program.
pub(super) struct Stacks {
    layout: Layout,
    /// By number, whether a thread has it; without stacks, just how many threads there may be.
    taken: Vec<bool>,
}

/// Where a program has its stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// It has none, as far as anybody can tell.
    None,
    /// There seems to be one, but not where it ends.
    Unknown,
    /// From `top` down, `size` bytes each; `pointer` is the number of the global.
    Split { pointer: u32, top: u32, size: u32 },
}

/// What a thread gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stack {
    pub(super) number: usize,
    /// The global that points to it, and its start.
    pub(super) pointer: Option<(u32, u32)>,
}

impl Stacks {
    pub(super) fn new() -> Self {
        Self { layout: Layout::None, taken: Vec::new() }
    }

    /// For so many threads beside the first.
    pub(super) fn of(image: &Image<'_>, threads: u32) -> Self {
        Self { layout: Layout::of(image, threads), taken: vec![false; threads as usize] }
    }

    /// A stack that nobody has, or why there is none.
    pub(super) fn take(&mut self) -> Result<Stack, &'static str> {
        let pointer = |number: usize| match self.layout {
            Layout::None => Ok(None),
            Layout::Unknown => {
                Err("the module must export __data_end and __heap_base, so that its threads get stacks of their own")
            }
            Layout::Split { size, .. } if size < LEAST => Err("the module's stack is too small for so many threads"),
            Layout::Split { pointer, top, size } => Ok(Some((pointer, top - size * (number as u32 + 1)))),
        };
        let free = self.taken.iter_mut().enumerate().find(|(_, is_taken)| !**is_taken);
        let (number, place) = free.ok_or(super::program::HAS_ALL)?;
        let stack = Stack { number, pointer: pointer(number)? };
        *place = true;
        Ok(stack)
    }

    pub(super) fn give_back(&mut self, number: usize) {
        if let Some(place) = self.taken.get_mut(number) {
            *place = false;
        }
    }
}

impl Layout {
    fn of(image: &Image<'_>, threads: u32) -> Self {
        let exported = |name: &str| {
            let export = image.find_export(name.as_bytes())?;
            (export.kind == ExternKind::Global.raw()).then_some(export.index)
        };
        let record = |index: u32| image.globals().get(index as usize);
        let data_end = exported("__data_end").and_then(record).and_then(|global| constant(&global));
        let heap_base = exported("__heap_base").and_then(record).and_then(|global| constant(&global));
        // The linker's stack pointer comes before all that the program itself makes.
        let first = || {
            let mut own = (image.module().imported_globals..).map_while(|index| Some((index, record(index)?)));
            own.find(|(_, global)| global.mutability == Mutability::Var.raw())
        };
        let pointer = exported("__stack_pointer").and_then(|index| Some((index, record(index)?))).or_else(first);
        let Some((pointer, Some(top))) = pointer.map(|(index, global)| (index, constant(&global))) else {
            return Self::None;
        };
        match (data_end, heap_base) {
            (Some(end), Some(base)) if top != 0 && top <= base => {
                // Below the data, or above it.
                let bottom = if end < top { end } else { 0 };
                let size = (top - bottom) / threads.saturating_add(1);
                Self::Split { pointer, top, size: size & !(ALIGN - 1) }
            }
            _ if exported("__stack_pointer").is_some() || looks_like_a_stack(image, top) => Self::Unknown,
            _ => Self::None,
        }
    }
}

/// The initial value of a global that is a 32-bit constant.
fn constant(global: &Global) -> Option<u32> {
    let is_it = global.ty == ValType::I32.raw() && global.init.kind == InitKind::Constant.raw();
    is_it.then_some(global.init.cells[0] as u32)
}

/// Whether a global's initial value may well be the start of a stack.
fn looks_like_a_stack(image: &Image<'_>, top: u32) -> bool {
    const LIKELY: u32 = 1024;
    let memory = image.memories().get(0).map_or(0, |memory| memory.minimum << memory.page_log2.min(16));
    top >= LIKELY && top.is_multiple_of(ALIGN) && u64::from(top) <= memory
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(stacks: &mut Stacks) -> [Option<(u32, u32)>; 2] {
        [(); 2].map(|()| stacks.take().unwrap().pointer)
    }

    #[test]
    fn each_thread_has_its_own() {
        let layout = Layout::Split { pointer: 3, top: 4096, size: 1024 };
        let mut stacks = Stacks { layout, taken: vec![false; 2] };
        assert_eq!(taken(&mut stacks), [Some((3, 3072)), Some((3, 2048))]);
        assert!(stacks.take().is_err(), "there are two");
        stacks.give_back(0);
        assert_eq!(stacks.take(), Ok(Stack { number: 0, pointer: Some((3, 3072)) }));
    }

    #[test]
    fn what_has_no_room_is_refused() {
        for layout in [Layout::Unknown, Layout::Split { pointer: 0, top: 1024, size: 240 }] {
            assert!(Stacks { layout, taken: vec![false] }.take().is_err(), "{layout:?}");
        }
        assert!(Stacks { layout: Layout::None, taken: Vec::new() }.take().is_err());
        assert_eq!(taken(&mut Stacks { layout: Layout::None, taken: vec![false; 2] }), [None, None]);
    }
}

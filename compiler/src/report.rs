//! What an image takes of flash, RAM and stack, and which of its functions take most.

mod text;

use std::ops::Range;

use graver_aot_format::{Image, NONE, Ram};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::link::Linked;
use crate::module::Module;
use crate::stack::{Bound, Stack};
use crate::translate::symbol;

/// Bytes of the parts of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Machine code.
    pub text: u64,
    /// Read-only data of the code.
    pub rodata: u64,
    /// Data segments.
    pub data: u64,
    /// Everything else: header, names, types, gaps.
    pub metadata: u64,
    /// The whole image.
    pub total: u64,
}

/// Bytes of RAM that an instance takes, as [`Ram`] has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RamReport {
    /// The context with own globals.
    pub context: u64,
    /// Own memories at their initial size.
    pub memories: u64,
    /// Own tables that are not constant.
    pub tables: u64,
    /// What the loader keeps about the instance.
    pub records: u64,
    /// All of it.
    pub total: u64,
}

/// What the image itself says of its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Flash.
    pub flash: Flash,
    /// RAM for each instance.
    pub ram: RamReport,
    /// Bytes of stack that any call from the host needs at most, host functions aside; `None` where there is no bound.
    pub stack_bound: Option<u32>,
    /// Bytes of stack below the limit that code may use without a check.
    pub stack_slack: u32,
}

impl Cost {
    /// Reads the cost from an image.
    pub fn of(image: &Image<'_>) -> Self {
        let (text, rodata) = (image.text().len() as u64, image.rodata().len() as u64);
        let data = image.data_segments().iter().map(|segment| u64::from(segment.length)).sum();
        let total = image.bytes().len() as u64;
        let ram = Ram::of(image);
        let header = image.header();
        Self {
            flash: Flash { text, rodata, data, metadata: total.saturating_sub(text + rodata + data), total },
            ram: RamReport {
                context: ram.context,
                memories: ram.memories,
                tables: ram.tables,
                records: ram.records,
                total: ram.total(),
            },
            stack_bound: Some(header.stack_bound).filter(|bound| *bound != NONE),
            stack_slack: header.stack_slack,
        }
    }
}

/// Recursion: the stack needs `base` bytes, and `per_call` more for each call of a function that is already active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recursion {
    /// Bytes without recursive calls.
    pub base: u32,
    /// Bytes for each recursive call, at most.
    pub per_call: u32,
    /// The functions that can call themselves, directly or not.
    pub functions: Vec<String>,
}

/// A function of the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionReport {
    /// Its symbol: `f` and the index for functions of the module, else a thunk or a library routine.
    pub symbol: String,
    /// Its name in the module, if it has one.
    pub name: Option<String>,
    /// Bytes of code.
    pub text: u32,
    /// Bytes of its frame, without what a call itself pushes.
    pub frame: u32,
    /// Bytes of stack with everything it calls; `None` where recursion is involved.
    pub stack: Option<u32>,
}

/// A report on one compilation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The target's name.
    pub target: String,
    /// Flash, RAM and stack.
    pub cost: Cost,
    /// Why there is no bound for the stack.
    pub recursion: Option<Recursion>,
    /// Imported functions that may be called: what they need of the stack comes on top.
    pub calls_out: Vec<String>,
    /// Calls through tables or references may reach other modules, too.
    pub calls_unknown: bool,
    /// Functions, largest first.
    pub functions: Vec<FunctionReport>,
    /// Ranges of the text that are constants between functions, ascending; none where targets do not tell.
    pub data_in_text: Vec<Range<u32>>,
}

impl Report {
    pub(crate) fn new(target: &str, image: &[u8], module: &Module<'_>, linked: &Linked, stack: &Stack) -> Result<Self> {
        let image = Image::parse(image).map_err(|error| Error::new(ErrorKind::Link, error.to_string()))?;
        let name = |symbol: &str| symbol::function_index(symbol).and_then(|index| module.function_name(index));
        let mut functions: Vec<FunctionReport> = linked
            .functions
            .iter()
            .zip(stack.frames.iter().zip(&stack.depths))
            .map(|(function, (frame, depth))| FunctionReport {
                symbol: function.name.clone(),
                name: name(&function.name).map(str::to_owned),
                text: function.size,
                frame: *frame,
                stack: *depth,
            })
            .collect();
        let recursion = match &stack.bound {
            Bound::Bytes(_) => None,
            Bound::Recursive { base, round, functions: cycle } => Some(Recursion {
                base: *base,
                per_call: *round,
                functions: cycle.iter().filter_map(|index| functions.get(*index)).map(FunctionReport::title).collect(),
            }),
        };
        functions.sort_by(|a, b| b.text.cmp(&a.text).then_with(|| a.symbol.cmp(&b.symbol)));
        let import = |function: &u32| {
            let found = module
                .imports
                .iter()
                .find(|import| import.kind == graver_aot_format::ExternKind::Function && import.index == *function);
            found.map(|import| format!("{}.{}", import.module, import.name))
        };
        Ok(Self {
            target: target.to_owned(),
            cost: Cost::of(&image),
            recursion,
            calls_out: stack.called_imports.iter().filter_map(import).collect(),
            calls_unknown: stack.calls_unknown,
            functions,
            data_in_text: linked.data_in_text.clone(),
        })
    }
}

impl FunctionReport {
    /// Symbol and name.
    fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{} `{name}`", self.symbol),
            None => self.symbol.clone(),
        }
    }
}

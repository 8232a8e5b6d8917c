//! What an image says, for people and for programs.

pub(crate) mod constants;
mod text;

use graver_aot_format::{
    Arch, BaseAddresses, BoundsStrategy, CpuFeature, ExternKind, FloatAbi, Image, Init, InitKind, Mutability, NONE,
    SegmentMode, StopMode, ValType,
};
use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::llvm::disassemble;
use crate::report::Cost;

/// Everything that the metadata of an image says.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// Flash, RAM and stack.
    pub cost: Cost,
    /// Instruction set.
    pub arch: String,
    /// Bytes in a pointer.
    pub pointer_bytes: u8,
    /// How floats cross the boundary.
    pub float_abi: &'static str,
    /// CPU features that the code uses.
    pub cpu_features: Vec<&'static str>,
    /// Where the code must lie, if it was linked for a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<CodePlace>,
    /// Whether the code looks by itself if it should stop.
    pub interruptible: bool,
    /// Version of the compiler.
    pub compiler: String,
    /// Version of LLVM.
    pub llvm: String,
    /// Imports, `kind module.name type`.
    pub imports: Vec<String>,
    /// Exports, `kind name type`.
    pub exports: Vec<String>,
    /// Functions with code that the host can call: name of the symbol, type, text offset.
    pub functions: Vec<Symbol>,
    /// Memories.
    pub memories: Vec<String>,
    /// Tables.
    pub tables: Vec<String>,
    /// Globals.
    pub globals: Vec<String>,
    /// Element segments.
    pub elements: Vec<String>,
    /// Data segments.
    pub data: Vec<String>,
    /// Start function, if there is one.
    pub start: Option<u32>,
    /// The code, if asked for: offset and instruction.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disassembly: Vec<String>,
}

/// Addresses of code that runs nowhere else.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CodePlace {
    /// Where the text runs.
    pub text: u64,
    /// Where code reads the read-only data.
    pub rodata: u64,
}

/// A known place in the text.
#[derive(Clone, Debug, Serialize)]
pub struct Symbol {
    /// Text offset.
    pub offset: u32,
    /// What is there.
    pub name: String,
    /// Its type, for functions.
    pub ty: String,
}

/// Reads an image; with `with_code`, disassembles it.
///
/// # Errors
/// The bytes are not an image, or LLVM cannot disassemble for its machine.
pub fn inspect(bytes: &[u8], with_code: bool) -> Result<Inspection> {
    let image = Image::parse(bytes).map_err(|error| Error::new(ErrorKind::Invalid, error.to_string()))?;
    let header = image.header();
    let reader = Reader { image: &image };
    let functions = reader.symbols();
    let disassembly = if with_code { disassemble(&image, &functions)? } else { Vec::new() };
    Ok(Inspection {
        cost: Cost::of(&image),
        arch: format!("{:?}", image.arch()),
        pointer_bytes: header.pointer_bytes,
        float_abi: match FloatAbi::from_raw(header.float_abi) {
            Some(FloatAbi::Hard) => "hard",
            Some(FloatAbi::HardSingle) => "hard, single",
            Some(FloatAbi::Soft) => "soft",
            _ => "none",
        },
        cpu_features: feature_names(image.arch(), header.cpu_features),
        interruptible: header.stop_mode == StopMode::Polled.raw(),
        place: image.base_addresses().map(|BaseAddresses { text, rodata }| CodePlace { text, rodata }),
        compiler: version(header.compiler_version),
        llvm: version(header.llvm_version),
        imports: reader.imports(),
        exports: reader.exports(),
        functions,
        memories: (0..image.memories().len()).map(|index| reader.memory(index)).collect(),
        tables: (0..image.tables().len()).map(|index| reader.table(index)).collect(),
        globals: (0..image.globals().len()).map(|index| reader.global(index)).collect(),
        elements: reader.elements(),
        data: reader.data(),
        start: Some(image.module().start_function).filter(|start| *start != NONE),
        disassembly,
    })
}

/// LLVM's names of the features in a header's mask.
pub(crate) fn feature_names(arch: Arch, mask: u64) -> Vec<&'static str> {
    let is_set = |feature: &&CpuFeature| feature.arch == arch && mask & feature.mask() != 0;
    CpuFeature::ALL.iter().filter(is_set).map(|feature| feature.name).collect()
}

fn version(packed: u32) -> String {
    format!("{}.{}.{}", packed >> 16, packed >> 8 & 0xff, packed & 0xff)
}

struct Reader<'r, 'a> {
    image: &'r Image<'a>,
}

impl Reader<'_, '_> {
    fn signature(&self, ty: u32) -> String {
        let Some(record) = self.image.types().get(ty as usize) else { return String::new() };
        let names = |raw: &[u8]| {
            let names: Vec<&str> = raw.iter().map(|raw| ValType::from_raw(*raw).map_or("?", ValType::name)).collect();
            names.join(" ")
        };
        format!("({}) -> ({})", names(self.image.params(&record)), names(self.image.results(&record)))
    }

    fn extern_type(&self, kind: u8, index: u32) -> String {
        match ExternKind::from_raw(kind) {
            Some(ExternKind::Function) => {
                let ty = self.image.functions().get(index as usize).map_or(NONE, |function| function.ty);
                format!("{index} {}", self.signature(ty))
            }
            _ => index.to_string(),
        }
    }

    fn imports(&self) -> Vec<String> {
        let describe = |import: graver_aot_format::Import| {
            let (module, name) = (self.image.name(import.module), self.image.name(import.name));
            format!("{} {module:?} {name:?} = {}", kind_name(import.kind), self.extern_type(import.kind, import.index))
        };
        self.image.imports().iter().map(describe).collect()
    }

    fn exports(&self) -> Vec<String> {
        let describe = |export: graver_aot_format::Export| {
            let name = self.image.name(export.name);
            format!("{} {name:?} = {}", kind_name(export.kind), self.extern_type(export.kind, export.index))
        };
        self.image.exports().iter().map(describe).collect()
    }

    /// Everything with a known place in the text, by offset; offsets without the bit that marks Thumb code.
    fn symbols(&self) -> Vec<Symbol> {
        let code_bit = u32::from(self.image.arch() == Arch::Thumb);
        let module = self.image.module();
        let glue = [(module.enter, "enter"), (module.leave, "leave")];
        let mut symbols: Vec<Symbol> = glue
            .into_iter()
            .map(|(offset, name)| Symbol { offset: offset & !code_bit, name: name.to_owned(), ty: String::new() })
            .collect();
        for (index, function) in self.image.functions().iter().enumerate() {
            if function.code != NONE {
                let ty = self.signature(function.ty);
                symbols.push(Symbol { offset: function.code & !code_bit, name: format!("f{index}"), ty });
            }
        }
        for (index, ty) in self.image.types().iter().enumerate() {
            if ty.canonical != index as u32 {
                continue;
            }
            let thunks =
                [(ty.call_thunk, "call_thunk"), (ty.raw_thunk, "raw_thunk"), (ty.native_thunk, "native_thunk")];
            for (offset, name) in thunks {
                if offset != NONE {
                    let ty = self.signature(index as u32);
                    symbols.push(Symbol { offset: offset & !code_bit, name: format!("{name}{index}"), ty });
                }
            }
        }
        symbols.sort_by_key(|symbol| symbol.offset);
        symbols
    }

    fn memory(&self, index: usize) -> String {
        let Some(memory) = self.image.memories().get(index) else { return String::new() };
        let bounds = match BoundsStrategy::from_raw(memory.bounds) {
            Some(BoundsStrategy::Guard) => "guard",
            _ => "software",
        };
        let mut text = format!(
            "{} pages of {}",
            limits(memory.minimum, memory.has_maximum, memory.maximum),
            1u64 << memory.page_log2
        );
        for (is_set, word) in [(memory.shared, "shared"), (memory.fixed, "fixed"), (memory.never_grows, "never grows")]
        {
            if is_set != 0 {
                text = format!("{text}, {word}");
            }
        }
        format!("{text}, bounds checks: {bounds}")
    }

    fn table(&self, index: usize) -> String {
        let Some(table) = self.image.tables().get(index) else { return String::new() };
        let element = ValType::from_raw(table.element).map_or("?", ValType::name);
        let size = limits(table.minimum, table.has_maximum, table.maximum);
        if table.constant == NONE {
            return format!("{size} of {element}");
        }
        format!("{size} of {element}, constant, at rodata offset {:#x}", table.constant)
    }

    fn global(&self, index: usize) -> String {
        let Some(global) = self.image.globals().get(index) else { return String::new() };
        let ty = ValType::from_raw(global.ty).map_or("?", ValType::name);
        let mutability = if global.mutability == Mutability::Var.raw() { "mut " } else { "" };
        if index < self.image.module().imported_globals as usize {
            return format!("{mutability}{ty}, imported");
        }
        format!("{mutability}{ty} = {}", init(&global.init))
    }

    fn elements(&self) -> Vec<String> {
        let describe = |segment: graver_aot_format::Element| {
            let place = place(segment.mode, "table", segment.table, &segment.offset);
            format!("{} items, {place}", segment.count)
        };
        self.image.elements().iter().map(describe).collect()
    }

    fn data(&self) -> Vec<String> {
        let describe = |segment: graver_aot_format::Data| {
            let place = place(segment.mode, "memory", segment.memory, &segment.offset);
            format!("{} bytes, {place}", segment.length)
        };
        self.image.data_segments().iter().map(describe).collect()
    }
}

fn kind_name(raw: u8) -> &'static str {
    match ExternKind::from_raw(raw) {
        Some(ExternKind::Function) => "func",
        Some(ExternKind::Table) => "table",
        Some(ExternKind::Memory) => "memory",
        Some(ExternKind::Global) => "global",
        Some(ExternKind::Tag) | None => "tag",
    }
}

fn limits(minimum: u64, has_maximum: u8, maximum: u64) -> String {
    if has_maximum != 0 { format!("{minimum}..{maximum}") } else { format!("{minimum}..") }
}

fn place(mode: u8, target: &str, index: u32, offset: &Init) -> String {
    match SegmentMode::from_raw(mode) {
        Some(SegmentMode::Active) => format!("active in {target} {index} at {}", init(offset)),
        Some(SegmentMode::Passive) => "passive".to_owned(),
        Some(SegmentMode::Declared) | None => "done or declared only".to_owned(),
    }
}

fn init(init: &Init) -> String {
    match InitKind::from_raw(init.kind) {
        Some(InitKind::Constant) => format!("{:#x}", init.cells[0]),
        Some(InitKind::Global) => format!("global {}", init.index),
        Some(InitKind::Function) => format!("function {}", init.index),
        Some(InitKind::Null) => "null".to_owned(),
        Some(InitKind::Code) => format!("code at {:#x}", init.index),
        None => "?".to_owned(),
    }
}

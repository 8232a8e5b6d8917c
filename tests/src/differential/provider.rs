//! A module that satisfies the imports of another: its functions note what they were called with and return constants,
//! its globals are constants, its memories and tables empty.

use anyhow::{Result, bail};
use wasm_encoder::reencode::{Reencode as _, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, HeapType, Ieee32, Ieee64, InstructionSink, MemorySection, Module, RefType, TableSection, TypeSection,
    ValType,
};
use wasmparser::{FuncType, Parser, Payload};

use super::case::{F32, F64, I32, I64, Provider};
use super::random::Random;

/// The first global counts and mixes calls.
const NOTE: u32 = 0;

#[derive(Default)]
struct Parts {
    types: TypeSection,
    functions: FunctionSection,
    tables: TableSection,
    memories: MemorySection,
    globals: GlobalSection,
    exports: ExportSection,
    code: CodeSection,
}

/// The provider for what `wasm` imports; `None` if that is nothing.
pub(crate) fn for_module(wasm: &[u8], random: &mut Random) -> Result<Option<Provider>> {
    let mut parts = Parts::default();
    let note = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
    parts.globals.global(note, &ConstExpr::i64_const(0));
    parts.exports.export("note", ExportKind::Global, NOTE);
    let (mut types, mut imports) = (Vec::<FuncType>::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => types.extend(section.into_iter_err_on_gc_types().flatten()),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let ty = RoundtripReencoder.entity_type(import.ty)?;
                    parts.provide(&imports.len().to_string(), ty, &types, random)?;
                    imports.push((import.module.to_owned(), import.name.to_owned()));
                }
            }
            _ => {}
        }
    }
    Ok((!imports.is_empty()).then(|| Provider { module: parts.finish(), imports }))
}

impl Parts {
    fn provide(&mut self, name: &str, ty: EntityType, types: &[FuncType], random: &mut Random) -> Result<()> {
        let (kind, index) = match ty {
            EntityType::Function(ty) => {
                self.function(&types[ty as usize], random)?;
                (ExportKind::Func, self.functions.len() - 1)
            }
            EntityType::Table(ty) => {
                self.tables.table(ty);
                (ExportKind::Table, self.tables.len() - 1)
            }
            EntityType::Memory(ty) => {
                self.memories.memory(ty);
                (ExportKind::Memory, self.memories.len() - 1)
            }
            EntityType::Global(ty) => {
                let value = match ty.val_type {
                    ValType::I32 => ConstExpr::i32_const(random.pick(I32) as i32),
                    ValType::I64 => ConstExpr::i64_const(random.pick(I64) as i64),
                    ValType::F32 => ConstExpr::f32_const(Ieee32::new(random.pick(F32))),
                    ValType::F64 => ConstExpr::f64_const(Ieee64::new(random.pick(F64))),
                    ValType::Ref(ty) => ConstExpr::ref_null(ty.heap_type),
                    ValType::V128 => bail!("a vector"),
                };
                self.globals.global(ty, &value);
                (ExportKind::Global, self.globals.len() - 1)
            }
            other => bail!("cannot provide {other:?}"),
        };
        self.exports.export(name, kind, index);
        Ok(())
    }

    fn function(&mut self, ty: &FuncType, random: &mut Random) -> Result<()> {
        let convert = |types: &[wasmparser::ValType]| {
            types.iter().map(|ty| RoundtripReencoder.val_type(*ty)).collect::<Result<Vec<_>, _>>()
        };
        let (params, results) = (convert(ty.params())?, convert(ty.results())?);
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        self.functions.function(self.types.len() - 1);
        let mut function = Function::new([]);
        let mut code = function.instructions();
        for (index, ty) in params.iter().enumerate() {
            note_param(&mut code, index as u32, *ty);
        }
        for ty in &results {
            constant(&mut code, *ty, random);
        }
        code.end();
        self.code.function(&function);
        Ok(())
    }

    fn finish(&self) -> Vec<u8> {
        let mut module = Module::new();
        module.section(&self.types).section(&self.functions).section(&self.tables).section(&self.memories);
        module.section(&self.globals).section(&self.exports).section(&self.code);
        module.finish()
    }
}

/// `note = rotl(note + 1, 7) ^ bits of the parameter`.
fn note_param(code: &mut InstructionSink<'_>, index: u32, ty: ValType) {
    code.global_get(NOTE).i64_const(1).i64_add().i64_const(7).i64_rotl().local_get(index);
    match ty {
        ValType::I32 => code.i64_extend_i32_u(),
        ValType::F32 => code.i32_reinterpret_f32().i64_extend_i32_u(),
        ValType::F64 => code.i64_reinterpret_f64(),
        ValType::Ref(_) => code.ref_is_null().i64_extend_i32_u(),
        ValType::I64 | ValType::V128 => code,
    };
    code.i64_xor().global_set(NOTE);
}

fn constant(code: &mut InstructionSink<'_>, ty: ValType, random: &mut Random) {
    match ty {
        ValType::I32 => code.i32_const(random.pick(I32) as i32),
        ValType::I64 => code.i64_const(random.pick(I64) as i64),
        ValType::F32 => code.f32_const(Ieee32::new(random.pick(F32))),
        ValType::F64 => code.f64_const(Ieee64::new(random.pick(F64))),
        ValType::Ref(RefType { heap_type, .. }) => code.ref_null(heap_type),
        ValType::V128 => code.ref_null(HeapType::EXTERN),
    };
}

//! A module and what is done with it.

use anyhow::Result;
use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};

use super::random::Random;
use super::trace::NanRule;
use super::{scalar, smith};
use graver_test_script::Value;

/// What is run on both sides.
pub(crate) struct Case {
    pub(crate) module: Vec<u8>,
    /// What the module imports, if anything.
    pub(crate) provider: Option<Provider>,
    pub(crate) calls: Vec<Call>,
    pub(crate) nans: NanRule,
}

/// A module whose exports satisfy the imports of another.
pub(crate) struct Provider {
    pub(crate) module: Vec<u8>,
    /// Module and field names of the imports; export `N` is for the Nth.
    pub(crate) imports: Vec<(String, String)>,
}

/// A call of an exported function.
pub(crate) struct Call {
    pub(crate) export: String,
    pub(crate) arguments: Vec<Value>,
}

/// The case with a name; `None` if the generator makes nothing usable of it.
pub(crate) fn make(name: &str) -> Result<Option<Case>> {
    match name.strip_prefix(smith::PREFIX) {
        Some(seed) => smith::case(seed.parse()?),
        None => scalar::case(name).map(Some),
    }
}

/// Exported functions, with their types.
pub(crate) fn functions(wasm: &[u8]) -> Result<Vec<(String, FuncType)>> {
    let (mut types, mut functions, mut found) = (Vec::<FuncType>::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => types.extend(section.into_iter_err_on_gc_types().flatten()),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Func(ty) = import?.ty {
                        functions.push(ty);
                    }
                }
            }
            Payload::FunctionSection(section) => functions.extend(section.into_iter().flatten()),
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        let ty = &types[functions[export.index as usize] as usize];
                        found.push((export.name.to_owned(), ty.clone()));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

pub(crate) const I32: &[u32] = &[
    0,
    1,
    2,
    3,
    7,
    8,
    31,
    32,
    33,
    63,
    64,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_fffe,
    0xffff_ffff,
    0x1234_5678,
    0xdead_beef,
];

pub(crate) const I64: &[u64] = &[
    0,
    1,
    2,
    31,
    32,
    63,
    64,
    0x80,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x0020_0000_0000_0001,
    0x7fff_ffff_ffff_fbff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0x8000_0000_0000_0401,
    0xffff_ffff_8000_0000,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
    0x0123_4567_89ab_cdef,
];

/// Zeros, ones, halves, denormals, limits of integers, infinities; then NaNs: canonical, with payload, signalling.
pub(crate) const F32: &[u32] = &[
    0x0000_0000,
    0x8000_0000,
    0x3f80_0000,
    0xbf80_0000,
    0x3f00_0000,
    0xbf00_0000,
    0x3fc0_0000,
    0x4020_0000,
    0x0000_0001,
    0x8000_0001,
    0x007f_ffff,
    0x0080_0000,
    0x7f7f_ffff,
    0xff7f_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x4f00_0000,
    0xcf00_0000,
    0x4eff_ffff,
    0xcf00_0001,
    0x4f80_0000,
    0x4f7f_ffff,
    0x5f00_0000,
    0xdf00_0000,
    0x5eff_ffff,
    0x5f80_0000,
    0x5f7f_ffff,
    0xbf7f_ffff,
    0x4b00_0001,
    0x4049_0fdb,
    0x7fc0_0000,
    0xffc0_0000,
    0x7fe0_1234,
    0x7f80_0001,
    0xffa0_0000,
];

pub(crate) const F64: &[u64] = &[
    0x0000_0000_0000_0000,
    0x8000_0000_0000_0000,
    0x3ff0_0000_0000_0000,
    0xbff0_0000_0000_0000,
    0x3fe0_0000_0000_0000,
    0xbfe0_0000_0000_0000,
    0x3ff8_0000_0000_0000,
    0x4004_0000_0000_0000,
    0x0000_0000_0000_0001,
    0x800f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x41e0_0000_0000_0000,
    0xc1e0_0000_0000_0000,
    0xc1e0_0000_0010_0000,
    0xc1e0_0000_0020_0000,
    0x41df_ffff_ffff_ffff,
    0x41f0_0000_0000_0000,
    0x41ef_ffff_ffff_ffff,
    0x43e0_0000_0000_0000,
    0xc3e0_0000_0000_0000,
    0xc3e0_0000_0000_0001,
    0x43df_ffff_ffff_ffff,
    0x43f0_0000_0000_0000,
    0x43ef_ffff_ffff_ffff,
    0xbfef_ffff_ffff_ffff,
    0x47ef_ffff_f000_0000,
    0x36a0_0000_0000_0000,
    0x4009_21fb_5444_2d18,
    0x7ff8_0000_0000_0000,
    0xfff8_0000_0000_0000,
    0x7ffc_0000_0000_1234,
    0x7ff0_0000_0000_0001,
    0xfff4_0000_0000_0000,
];

/// Interesting values of a type. Function references are null: the host has none to give.
pub(crate) fn edges(ty: ValType) -> Vec<Value> {
    match ty {
        ValType::I32 => I32.iter().map(|bits| Value::I32(*bits as i32)).collect(),
        ValType::I64 => I64.iter().map(|bits| Value::I64(*bits as i64)).collect(),
        ValType::F32 => F32.iter().map(|bits| Value::F32(*bits)).collect(),
        ValType::F64 => F64.iter().map(|bits| Value::F64(*bits)).collect(),
        ValType::EXTERNREF => vec![Value::ExternRef(None), Value::ExternRef(Some(0)), Value::ExternRef(Some(77))],
        _ => vec![Value::FuncRef { is_null: true }],
    }
}

/// Arguments for a call, mostly edge values.
pub(crate) fn arguments(ty: &FuncType, random: &mut Random) -> Vec<Value> {
    let mut argument = |ty: &ValType| match ty {
        ValType::I32 if random.chance(4) => Value::I32(random.below(1 << 16) as i32),
        ValType::I64 if random.chance(4) => Value::I64(random.next() as i64),
        ty => random.pick(&edges(*ty)),
    };
    ty.params().iter().map(&mut argument).collect()
}

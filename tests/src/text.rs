//! Values in WebAssembly's text format.

use graver_test_script::Value;

/// `x.const value`, exact to the bit.
pub(crate) fn constant(value: Value) -> String {
    let nan = |sign: bool, payload: u64| format!("{}nan:{payload:#x}", if sign { "-" } else { "" });
    match value {
        Value::I32(value) => format!("(i32.const {value})"),
        Value::I64(value) => format!("(i64.const {value})"),
        Value::F32(bits) => match f32::from_bits(bits) {
            number if number.is_nan() => format!("(f32.const {})", nan(bits >> 31 != 0, u64::from(bits & 0x7f_ffff))),
            number => format!("(f32.const {number:?})"),
        },
        Value::F64(bits) => match f64::from_bits(bits) {
            number if number.is_nan() => format!("(f64.const {})", nan(bits >> 63 != 0, bits & 0xf_ffff_ffff_ffff)),
            number => format!("(f64.const {number:?})"),
        },
        Value::FuncRef { .. } => "(ref.null func)".to_owned(),
        Value::ExternRef(_) => "(ref.null extern)".to_owned(),
    }
}

//! Constants that modules import.

use graver_loader::Val;

/// Module name, name, value.
const ALL: &[(&str, &str, Val)] = &[
    ("global", "NaN", Val::F64(f64::NAN)),
    ("global", "Infinity", Val::F64(f64::INFINITY)),
    ("spectest", "global_i32", Val::I32(666)),
    ("spectest", "global_i64", Val::I64(666)),
    ("spectest", "global_f32", Val::F32(666.6)),
    ("spectest", "global_f64", Val::F64(666.6)),
    ("test", "global-i32", Val::I32(0)),
    ("test", "global-f32", Val::F32(0.0)),
];

/// None without the feature.
const GLOBALS: &[(&str, &str, Val)] = if cfg!(feature = "builtin") { ALL } else { &[] };

/// The value of a constant.
pub(crate) fn global(module: &str, name: &str) -> Option<Val> {
    GLOBALS.iter().find(|(of, known, _)| *of == module && *known == name).map(|(_, _, value)| *value)
}

//! Every numeric instruction of compiled code, compared with this machine's arithmetic: over edge cases and many other
//! operands, natively and, for boards, in an emulator. On boards most of them are library routines.

use graver_aot_format::Image;
use graver_compiler::{Options, compile};
use graver_targets::Target;
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// An instruction, its types, and what it should compute; `None` where it traps or has no one result.
struct Operation {
    name: &'static str,
    params: &'static [Type],
    result: Type,
    expected: fn(u64, u64) -> Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    I32,
    I64,
    F32,
    F64,
}
use Type::{F32, F64, I32, I64};

impl Type {
    fn name(self) -> &'static str {
        match self {
            I32 => "i32",
            I64 => "i64",
            F32 => "f32",
            F64 => "f64",
        }
    }
}

/// A value and the bits of its cell that count.
trait Value: Copy {
    const TYPE: Type;
    fn from_cell(cell: u64) -> Self;
    fn to_cell(self) -> u64;
}

macro_rules! values {
    ($($ty:ty = $name:ident: $cell:ident => $from:expr, $value:ident => $to:expr;)*) => {$(
        impl Value for $ty {
            const TYPE: Type = $name;
            fn from_cell($cell: u64) -> Self {
                $from
            }
            fn to_cell(self) -> u64 {
                let $value = self;
                $to
            }
        }
    )*};
}

values! {
    i32 = I32: cell => cell as i32, value => u64::from(value as u32);
    u32 = I32: cell => cell as u32, value => u64::from(value);
    i64 = I64: cell => cell as i64, value => value as u64;
    u64 = I64: cell => cell, value => value;
    f32 = F32: cell => f32::from_bits(cell as u32), value => u64::from(value.to_bits());
    f64 = F64: cell => f64::from_bits(cell), value => value.to_bits();
}

macro_rules! operations {
    ($($name:literal($($param:ident: $ty:ty),+) -> $result:ty = $body:expr;)*) => {
        &[$(Operation {
            name: $name,
            params: &[$(<$ty as Value>::TYPE),+],
            result: <$result as Value>::TYPE,
            expected: |a, b| {
                let mut cells = [a, b].into_iter();
                $(let $param = <$ty as Value>::from_cell(cells.next()?);)+
                let result: Option<$result> = $body;
                Some(result?.to_cell())
            },
        }),*]
    };
}

const OPERATIONS: &[Operation] = operations! {
    "f64.add"(a: f64, b: f64) -> f64 = Some(a + b);
    "f64.sub"(a: f64, b: f64) -> f64 = Some(a - b);
    "f64.mul"(a: f64, b: f64) -> f64 = Some(a * b);
    "f64.div"(a: f64, b: f64) -> f64 = Some(a / b);
    "f64.min"(a: f64, b: f64) -> f64 = Some(minimum(a, b, a.is_sign_negative(), a < b));
    "f64.max"(a: f64, b: f64) -> f64 = Some(minimum(a, b, a.is_sign_positive(), a > b));
    "f64.copysign"(a: f64, b: f64) -> f64 = Some(a.copysign(b));
    "f64.abs"(a: f64) -> f64 = Some(a.abs());
    "f64.neg"(a: f64) -> f64 = Some(-a);
    "f64.sqrt"(a: f64) -> f64 = Some(a.sqrt());
    "f64.ceil"(a: f64) -> f64 = Some(a.ceil());
    "f64.floor"(a: f64) -> f64 = Some(a.floor());
    "f64.trunc"(a: f64) -> f64 = Some(a.trunc());
    "f64.nearest"(a: f64) -> f64 = Some(a.round_ties_even());
    "f64.eq"(a: f64, b: f64) -> u32 = Some(u32::from(a == b));
    "f64.ne"(a: f64, b: f64) -> u32 = Some(u32::from(a != b));
    "f64.lt"(a: f64, b: f64) -> u32 = Some(u32::from(a < b));
    "f64.le"(a: f64, b: f64) -> u32 = Some(u32::from(a <= b));
    "f64.gt"(a: f64, b: f64) -> u32 = Some(u32::from(a > b));
    "f64.ge"(a: f64, b: f64) -> u32 = Some(u32::from(a >= b));
    "f32.add"(a: f32, b: f32) -> f32 = Some(a + b);
    "f32.sub"(a: f32, b: f32) -> f32 = Some(a - b);
    "f32.mul"(a: f32, b: f32) -> f32 = Some(a * b);
    "f32.div"(a: f32, b: f32) -> f32 = Some(a / b);
    "f32.min"(a: f32, b: f32) -> f32 = Some(minimum(a, b, a.is_sign_negative(), a < b));
    "f32.max"(a: f32, b: f32) -> f32 = Some(minimum(a, b, a.is_sign_positive(), a > b));
    "f32.copysign"(a: f32, b: f32) -> f32 = Some(a.copysign(b));
    "f32.sqrt"(a: f32) -> f32 = Some(a.sqrt());
    "f32.ceil"(a: f32) -> f32 = Some(a.ceil());
    "f32.floor"(a: f32) -> f32 = Some(a.floor());
    "f32.trunc"(a: f32) -> f32 = Some(a.trunc());
    "f32.nearest"(a: f32) -> f32 = Some(a.round_ties_even());
    "f32.eq"(a: f32, b: f32) -> u32 = Some(u32::from(a == b));
    "f32.ne"(a: f32, b: f32) -> u32 = Some(u32::from(a != b));
    "f32.lt"(a: f32, b: f32) -> u32 = Some(u32::from(a < b));
    "f32.le"(a: f32, b: f32) -> u32 = Some(u32::from(a <= b));
    "f32.gt"(a: f32, b: f32) -> u32 = Some(u32::from(a > b));
    "f32.ge"(a: f32, b: f32) -> u32 = Some(u32::from(a >= b));
    "f64.promote_f32"(a: f32) -> f64 = Some(f64::from(a));
    "f32.demote_f64"(a: f64) -> f32 = Some(a as f32);
    "i32.trunc_sat_f64_s"(a: f64) -> i32 = Some(a as i32);
    "i32.trunc_sat_f64_u"(a: f64) -> u32 = Some(a as u32);
    "i64.trunc_sat_f64_s"(a: f64) -> i64 = Some(a as i64);
    "i64.trunc_sat_f64_u"(a: f64) -> u64 = Some(a as u64);
    "i32.trunc_sat_f32_s"(a: f32) -> i32 = Some(a as i32);
    "i32.trunc_sat_f32_u"(a: f32) -> u32 = Some(a as u32);
    "i64.trunc_sat_f32_s"(a: f32) -> i64 = Some(a as i64);
    "i64.trunc_sat_f32_u"(a: f32) -> u64 = Some(a as u64);
    "i32.trunc_f64_s"(a: f64) -> i32 = fits(a, -2_147_483_649.0, 2_147_483_648.0).then_some(a as i32);
    "i32.trunc_f64_u"(a: f64) -> u32 = fits(a, -1.0, 4_294_967_296.0).then_some(a as u32);
    // The next double below a power of two this large is 2048 away.
    "i64.trunc_f64_s"(a: f64) -> i64 = fits(a, -TWO_TO_63 - 2048.0, TWO_TO_63).then_some(a as i64);
    "i64.trunc_f64_u"(a: f64) -> u64 = fits(a, -1.0, 2.0 * TWO_TO_63).then_some(a as u64);
    "f64.convert_i32_s"(a: i32) -> f64 = Some(f64::from(a));
    "f64.convert_i32_u"(a: u32) -> f64 = Some(f64::from(a));
    "f64.convert_i64_s"(a: i64) -> f64 = Some(a as f64);
    "f64.convert_i64_u"(a: u64) -> f64 = Some(a as f64);
    "f32.convert_i32_s"(a: i32) -> f32 = Some(a as f32);
    "f32.convert_i32_u"(a: u32) -> f32 = Some(a as f32);
    "f32.convert_i64_s"(a: i64) -> f32 = Some(a as f32);
    "f32.convert_i64_u"(a: u64) -> f32 = Some(a as f32);
    "i64.mul"(a: u64, b: u64) -> u64 = Some(a.wrapping_mul(b));
    "i64.div_s"(a: i64, b: i64) -> i64 = a.checked_div(b);
    "i64.div_u"(a: u64, b: u64) -> u64 = a.checked_div(b);
    "i64.rem_s"(a: i64, b: i64) -> i64 = (b != 0).then(|| a.wrapping_rem(b));
    "i64.rem_u"(a: u64, b: u64) -> u64 = a.checked_rem(b);
    "i64.shl"(a: u64, b: u64) -> u64 = Some(a.wrapping_shl(b as u32));
    "i64.shr_s"(a: i64, b: u64) -> i64 = Some(a.wrapping_shr(b as u32));
    "i64.shr_u"(a: u64, b: u64) -> u64 = Some(a.wrapping_shr(b as u32));
    "i64.rotl"(a: u64, b: u64) -> u64 = Some(a.rotate_left(b as u32 % 64));
    "i64.clz"(a: u64) -> u64 = Some(u64::from(a.leading_zeros()));
    "i64.ctz"(a: u64) -> u64 = Some(u64::from(a.trailing_zeros()));
    "i64.popcnt"(a: u64) -> u64 = Some(u64::from(a.count_ones()));
    "i32.div_s"(a: i32, b: i32) -> i32 = a.checked_div(b);
    "i32.div_u"(a: u32, b: u32) -> u32 = a.checked_div(b);
    "i32.rem_s"(a: i32, b: i32) -> i32 = (b != 0).then(|| a.wrapping_rem(b));
    "i32.rem_u"(a: u32, b: u32) -> u32 = a.checked_rem(b);
    "i32.clz"(a: u32) -> u32 = Some(a.leading_zeros());
    "i32.ctz"(a: u32) -> u32 = Some(a.trailing_zeros());
    "i32.popcnt"(a: u32) -> u32 = Some(a.count_ones());
};

/// `min`, or with the conditions turned round `max`: NaN wins, zeros are told apart by their sign.
fn minimum<T: PartialOrd + std::ops::Add<Output = T> + Copy>(a: T, b: T, first_zero: bool, first: bool) -> T {
    let takes_first = match a.partial_cmp(&b) {
        None => return a + b,
        Some(Ordering::Equal) => first_zero,
        Some(_) => first,
    };
    if takes_first { a } else { b }
}

const TWO_TO_63: f64 = 9.223_372_036_854_776e18;

fn fits(value: f64, above: f64, below: f64) -> bool {
    value > above && value < below
}

const EDGES: &[u64] = &[
    0,
    1,
    2,
    3,
    10,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
    // Doubles: subnormal, near 1/2, 1 and 3/2, powers of two at integer limits and their neighbours, infinite, NaN.
    0x000f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x3fdf_ffff_ffff_ffff,
    0x3fe0_0000_0000_0000,
    0x3fe0_0000_0000_0001,
    0x3ff0_0000_0000_0000,
    0x3ff0_0000_0000_0001,
    0x3ff8_0000_0000_0000,
    0x4004_0000_0000_0000,
    0x41df_ffff_ffff_ffff,
    0x41e0_0000_0000_0000,
    0x41ef_ffff_fff0_0000,
    0x41f0_0000_0000_0000,
    0x432f_ffff_ffff_ffff,
    0x4330_0000_0000_0001,
    0x43df_ffff_ffff_ffff,
    0x43e0_0000_0000_0000,
    0x43f0_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    0x7ff0_0000_0000_0001,
    0x7ff8_0000_0000_0000,
    0x7ffc_0000_0000_0000,
    // Floats likewise.
    0x007f_ffff,
    0x0080_0000,
    0x3eff_ffff,
    0x3f00_0000,
    0x3f00_0001,
    0x3f80_0000,
    0x3fc0_0000,
    0x4020_0000,
    0x4aff_ffff,
    0x4b00_0001,
    0x4eff_ffff,
    0x4f00_0000,
    0x4f80_0000,
    0x5eff_ffff,
    0x5f00_0000,
    0x5f80_0000,
    0x7f7f_ffff,
    0x7f80_0000,
    0x7f80_0001,
    0x7fc0_0000,
];

/// Operands: every pair of edge cases, with either sign, and numbers of all sizes.
fn operands(ty: Type) -> Vec<(u64, u64)> {
    let sign = if matches!(ty, I32 | F32) { 1 << 31 } else { 1 << 63 };
    let edges: Vec<u64> = EDGES.iter().flat_map(|edge| [*edge, edge ^ sign]).collect();
    let mut pairs: Vec<_> = edges.iter().flat_map(|a| edges.iter().map(|b| (*a, *b))).collect();
    let mut state = 0x1234_5678_9abc_def1_u64;
    let mut random = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    };
    let mut operand = || {
        let (value, shift) = (random(), random() % 64);
        match (random() % 4, ty) {
            (0, _) => value >> shift,
            (1, _) => (u64::MAX << shift) ^ (value % 3),
            // Comparable sizes, so that additions round.
            (2, F64) => value & !(0x7ff << 52) | (0x3ff - 40 + shift) << 52,
            (2, F32) => value & !(0xff << 23) | (0x7f - 20 + shift % 40) << 23,
            _ => value,
        }
    };
    pairs.extend((0..4000).map(|_| (operand(), operand())));
    pairs
}

/// A module that exports each instruction as a function.
fn module() -> Vec<u8> {
    let mut text = String::from("(module\n");
    for operation in OPERATIONS {
        let params: Vec<_> = operation.params.iter().map(|ty| ty.name()).collect();
        let gets: String = (0..params.len()).map(|i| format!(" local.get {i}")).collect();
        let (name, result) = (operation.name, operation.result.name());
        let _ =
            writeln!(text, "(func (export \"{name}\") (param {}) (result {result}){gets} {name})", params.join(" "));
    }
    wat::parse_str(text + ")").unwrap()
}

/// Builds a program of the image, for `target`.
fn program(target: &Target, image: &Image<'_>, flags: &[&str]) -> PathBuf {
    let prefix = std::env::var_os("LLVM_SYS_221_PREFIX").unwrap_or_else(|| "/usr/lib/llvm-22".into());
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("arithmetic-{}", target.name));
    std::fs::create_dir_all(&directory).unwrap();
    let [code, program] = ["code", "program"].map(|file| directory.join(file));
    std::fs::write(&code, image.code_bytes()).unwrap();
    let status = Command::new(PathBuf::from(prefix).join("bin/clang"))
        .args(["-O1", "-Wall", "-o"])
        .args([program.as_path(), Path::new("tests/run_image.c")])
        .arg(format!("-DIMAGE=\"{}\"", code.display()))
        .arg(format!("-DENTER={}", image.module().enter))
        .args(flags)
        .status()
        .unwrap();
    assert!(status.success());
    program
}

/// Sends all calls to the program and returns the outcomes: whether the call was left, trap code, result.
fn run(command: &mut Command, calls: Vec<u8>) -> Vec<(u32, u32, u64)> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || input.write_all(&calls));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    let word = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    let outcome =
        |bytes: &[u8]| (word(&bytes[..4]), word(&bytes[4..8]), u64::from_le_bytes(bytes[8..].try_into().unwrap()));
    output.stdout.chunks(16).map(outcome).collect()
}

/// Compiles, runs and compares.
fn check(name: &str, opt_level: u8, flags: &[&str], emulator: &[&str]) {
    let target = Target::find(name).unwrap();
    let options = Options { opt_level, ..Options::new(target) };
    let bytes = compile(&module(), &options).unwrap();
    let image = Image::parse(&bytes).unwrap();
    let program = program(target, &image, flags);

    let mut calls = Vec::new();
    let mut expected = Vec::new();
    for operation in OPERATIONS {
        let export = image.find_export(operation.name.as_bytes()).unwrap();
        let function = image.functions().get(export.index as usize).unwrap();
        let thunk = image.types().get(function.ty as usize).unwrap().call_thunk;
        for (a, b) in operands(operation.params[0]) {
            let Some(result) = (operation.expected)(a, b) else { continue };
            calls.extend([function.code, thunk].into_iter().flat_map(u32::to_le_bytes));
            calls.extend([a, b].into_iter().flat_map(u64::to_le_bytes));
            expected.push((operation, a, b, result));
        }
    }
    let command: Vec<_> = emulator.iter().map(std::ffi::OsStr::new).chain([program.as_os_str()]).collect();
    let outcomes = run(Command::new(command[0]).args(&command[1..]), calls);
    assert_eq!(outcomes.len(), expected.len());
    let mut wrong = 0;
    for ((left, trap, found), (operation, a, b, expected)) in outcomes.into_iter().zip(expected) {
        let is_exact = ["f64.abs", "f64.neg", "f64.copysign", "f32.copysign"].contains(&operation.name);
        let is_right =
            if is_exact { equal(operation.result, found, expected) } else { same(operation.result, found, expected) };
        if left != 0 || trap != 0 || !is_right {
            wrong += 1;
            if wrong < 20 {
                println!("{}({a:#x}, {b:#x}) = {found:#x} (trap {trap}), expected {expected:#x}", operation.name);
            }
        }
    }
    assert_eq!(wrong, 0, "{name}: wrong results");
}

/// Equal, or both NaN and the one found quiet: an arithmetic NaN, whose other bits are not determined.
fn same(ty: Type, found: u64, expected: u64) -> bool {
    match ty {
        F32 if f32::from_bits(expected as u32).is_nan() => found as u32 & !(1 << 31) >= 0x7fc0_0000,
        F64 if f64::from_bits(expected).is_nan() => found & !(1 << 63) >= 0x7ff8 << 48,
        _ => equal(ty, found, expected),
    }
}

/// Equal in the bits that the type has.
fn equal(ty: Type, found: u64, expected: u64) -> bool {
    match ty {
        I32 | F32 => found as u32 == expected as u32,
        I64 | F64 => found == expected,
    }
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn native_code_computes() {
    for opt_level in [0, 3] {
        check("x86_64", opt_level, &["-Wl,-z,noexecstack"], &[]);
    }
    check("native", 3, &["-Wl,-z,noexecstack"], &[]);
}

const BARE: [&str; 5] = ["-mcpu=cortex-m4", "-ffreestanding", "-nostdlib", "-fuse-ld=lld", "-static"];
const EMULATOR: [&str; 3] = ["qemu-arm", "-cpu", "cortex-a15"];

#[test]
fn thumb_code_with_soft_floats_computes() {
    for opt_level in [0, 3] {
        check(
            "thumbv7em",
            opt_level,
            &[&["--target=thumbv7em-none-eabi", "-mfpu=none"], &BARE[..]].concat(),
            &EMULATOR,
        );
    }
}

#[test]
fn thumb_code_with_an_fpu_computes() {
    for opt_level in [0, 3] {
        check("thumbv7em-hf", opt_level, &[&["--target=thumbv7em-none-eabihf"], &BARE[..]].concat(), &EMULATOR);
    }
}

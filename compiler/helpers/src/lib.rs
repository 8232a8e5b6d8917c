//! The routines that LLVM calls where a target has no instruction: soft float, 64-bit division, rounding, square roots.
//!
//! This crate becomes a WebAssembly module whose exports the compiler translates, one by one, for the target at hand.
//! What makes that work, and what a test of the compiler proves of every export and all that it calls:
//! * **Integers only.** Parameters and results are integers; floats are their bits. No float instruction occurs besides
//!   reinterpretation, and no 64-bit division, so no routine is implemented by a call of itself.
//! * **No linear memory**, no stack in it either: there is no instance at run time.
//! * **No trap**: no division instruction, no `unreachable`.
//!
//! Routines for cores without 64-bit products and shifts (`narrow.rs`) are not made of what they stand for; a test
//! compiles every routine for every target and proves that none reaches itself.
//!
//! Where `compiler_builtins` has a routine that keeps these rules, it is called by its usual name (`__adddf3`), which in
//! Rust's wasm32 target is pure integer code. Ours are the ones where it does not: double multiplication and division
//! and 64-bit division (they return wide integers through memory), promotion (it does not make NaNs quiet), and what wasm
//! has an instruction for.
#![no_std]

mod compare;
mod divide;
mod double;
mod narrow;
mod round;
mod sqrt;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Exports functions under their own names: parameters by register type, and the expression that computes the result.
macro_rules! export {
    ($($name:ident($($param:ident: $ty:ty),*) -> $result:ty = $body:expr;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name($($param: $ty),*) -> $result {
            $body
        }
    )*};
}

// Ours.
export! {
    udivdi3(n: u64, d: u64) -> u64 = divide::unsigned(n, d);
    divdi3(n: i64, d: i64) -> i64 = divide::signed(n, d);
    umoddi3(n: u64, d: u64) -> u64 = divide::remainder(n, d);
    moddi3(n: i64, d: i64) -> i64 = divide::signed_remainder(n, d);
    udivsi3(n: u32, d: u32) -> u32 = narrow::divide(n, d) as u32;
    divsi3(n: i32, d: i32) -> u32 = narrow::divide_signed(n, d) as u32;
    umodsi3(n: u32, d: u32) -> u32 = (narrow::divide(n, d) >> 32) as u32;
    modsi3(n: i32, d: i32) -> u32 = (narrow::divide_signed(n, d) >> 32) as u32;
    udivmodsi4(n: u32, d: u32) -> u64 = narrow::divide(n, d);
    divmodsi4(n: i32, d: i32) -> u64 = narrow::divide_signed(n, d);
    muldi3(a: u64, b: u64) -> u64 = narrow::multiply(a, b);
    ashldi3(value: u64, amount: u32) -> u64 = narrow::shift_left(value, amount);
    lshrdi3(value: u64, amount: u32) -> u64 = narrow::shift_right(value, amount);
    ashrdi3(value: i64, amount: u32) -> u64 = narrow::shift_right_signed(value, amount);
    clzsi2(value: u32) -> u32 = narrow::leading_zeros(value);
    muldf3(a: u64, b: u64) -> u64 = double::multiply(a, b);
    divdf3(a: u64, b: u64) -> u64 = double::divide(a, b);
    extendsfdf2(a: u32) -> u64 = double::from_single(a);
    sqrt(a: u64) -> u64 = sqrt::double(a);
    sqrtf(a: u32) -> u32 = sqrt::single(a);
    ceil(a: u64) -> u64 = round::double(a, round::Toward::Positive);
    ceilf(a: u32) -> u32 = round::single(a, round::Toward::Positive);
    floor(a: u64) -> u64 = round::double(a, round::Toward::Negative);
    floorf(a: u32) -> u32 = round::single(a, round::Toward::Negative);
    trunc(a: u64) -> u64 = round::double(a, round::Toward::Zero);
    truncf(a: u32) -> u32 = round::single(a, round::Toward::Zero);
    nearest(a: u64) -> u64 = round::double(a, round::Toward::Nearest);
    nearestf(a: u32) -> u32 = round::single(a, round::Toward::Nearest);
    eqdf(a: u64, b: u64) -> u32 = compare::double(a, b, compare::EQUAL);
    ltdf(a: u64, b: u64) -> u32 = compare::double(a, b, compare::LESS);
    ledf(a: u64, b: u64) -> u32 = compare::double(a, b, compare::LESS | compare::EQUAL);
    gtdf(a: u64, b: u64) -> u32 = compare::double(a, b, compare::GREATER);
    gedf(a: u64, b: u64) -> u32 = compare::double(a, b, compare::GREATER | compare::EQUAL);
    undf(a: u64, b: u64) -> u32 = compare::double(a, b, compare::UNORDERED);
    eqsf(a: u32, b: u32) -> u32 = compare::single(a, b, compare::EQUAL);
    ltsf(a: u32, b: u32) -> u32 = compare::single(a, b, compare::LESS);
    lesf(a: u32, b: u32) -> u32 = compare::single(a, b, compare::LESS | compare::EQUAL);
    gtsf(a: u32, b: u32) -> u32 = compare::single(a, b, compare::GREATER);
    gesf(a: u32, b: u32) -> u32 = compare::single(a, b, compare::GREATER | compare::EQUAL);
    lesserdf(a: u64, b: u64) -> i32 = compare::three_way_double(a, b, 1);
    greaterdf(a: u64, b: u64) -> i32 = compare::three_way_double(a, b, -1);
    lessersf(a: u32, b: u32) -> i32 = compare::three_way_single(a, b, 1);
    greatersf(a: u32, b: u32) -> i32 = compare::three_way_single(a, b, -1);
    unsf(a: u32, b: u32) -> u32 = compare::single(a, b, compare::UNORDERED);
}

/// Declares routines of `compiler_builtins`, and exports each with floats as bits.
macro_rules! builtins {
    ($($name:ident = $builtin:ident($($param:ident: $ty:ty),*) -> $result:ty;)*) => {
        // SAFETY: these are the signatures that the run-time library gives these names.
        unsafe extern "C" {
            $(safe fn $builtin($($param: $ty),*) -> $result;)*
        }
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $name($($param: <$ty as Bits>::Bits),*) -> <$result as Bits>::Bits {
                $builtin($(<$ty as Bits>::from_bits($param)),*).bits()
            }
        )*
    };
}

builtins! {
    adddf3 = __adddf3(a: f64, b: f64) -> f64;
    subdf3 = __subdf3(a: f64, b: f64) -> f64;
    addsf3 = __addsf3(a: f32, b: f32) -> f32;
    subsf3 = __subsf3(a: f32, b: f32) -> f32;
    mulsf3 = __mulsf3(a: f32, b: f32) -> f32;
    divsf3 = __divsf3(a: f32, b: f32) -> f32;
    fixdfsi = __fixdfsi(a: f64) -> i32;
    fixunsdfsi = __fixunsdfsi(a: f64) -> u32;
    fixdfdi = __fixdfdi(a: f64) -> i64;
    fixunsdfdi = __fixunsdfdi(a: f64) -> u64;
    fixsfsi = __fixsfsi(a: f32) -> i32;
    fixunssfsi = __fixunssfsi(a: f32) -> u32;
    fixsfdi = __fixsfdi(a: f32) -> i64;
    fixunssfdi = __fixunssfdi(a: f32) -> u64;
    floatsidf = __floatsidf(a: i32) -> f64;
    floatunsidf = __floatunsidf(a: u32) -> f64;
    floatdidf = __floatdidf(a: i64) -> f64;
    floatundidf = __floatundidf(a: u64) -> f64;
    floatsisf = __floatsisf(a: i32) -> f32;
    floatunsisf = __floatunsisf(a: u32) -> f32;
    floatdisf = __floatdisf(a: i64) -> f32;
    floatundisf = __floatundisf(a: u64) -> f32;
    truncdfsf2 = __truncdfsf2(a: f64) -> f32;
}

/// A value as it crosses the boundary.
trait Bits {
    type Bits;
    fn from_bits(bits: Self::Bits) -> Self;
    fn bits(self) -> Self::Bits;
}

macro_rules! bits {
    ($($ty:ty as $bits:ty: $from:expr, $to:expr;)*) => {$(
        impl Bits for $ty {
            type Bits = $bits;
            fn from_bits(bits: $bits) -> Self {
                $from(bits)
            }
            fn bits(self) -> $bits {
                $to(self)
            }
        }
    )*};
}

bits! {
    f64 as u64: f64::from_bits, f64::to_bits;
    f32 as u32: f32::from_bits, f32::to_bits;
    i32 as i32: core::convert::identity, core::convert::identity;
    u32 as u32: core::convert::identity, core::convert::identity;
    i64 as i64: core::convert::identity, core::convert::identity;
    u64 as u64: core::convert::identity, core::convert::identity;
}

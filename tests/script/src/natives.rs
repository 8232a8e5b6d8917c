//! Host functions of many shapes, as C functions and as closures: parameters and results of all types by turns, in the
//! registers of every convention, past them, and on the edge between. Each looks at all it gets, so that a value in a wrong
//! place shows; [`Shape::answers`] says what must come back.
#![allow(unsafe_code)] // Functions of C's convention, which get raw pointers.

use core::ffi::c_void;
use core::ptr::NonNull;

use graver_loader::{AccessError, CallError, Caller, Func, Linker, Native, NativeError, Signature, Store, ValType};

use crate::value::{Record as _, Value};

/// Module name of the C functions.
pub const C_MODULE: &str = "c";
/// Module name of closures of the same shapes.
pub const CLOSURE_MODULE: &str = "closure";
/// The C function `(buffer, length, text, number) -> count` that gets pointers: it fills the buffer with bytes of the
/// text, again and again, and returns their count plus the number.
pub const FILL: &str = "fill";

/// A host function.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its name, different for each.
    pub name: &'static str,
    /// Types of the parameters.
    pub params: &'static [ValType],
    /// Types of the results.
    pub results: &'static [ValType],
    function: *const c_void,
}

impl Shape {
    /// What the function returns.
    pub fn answers(&self, arguments: &[Value]) -> impl Iterator<Item = Value> + use<> {
        let digest = digest(self.name, arguments);
        self.results.iter().enumerate().map(move |(position, ty)| answer(*ty, digest, position))
    }
}

/// A number that depends on every bit of all values.
fn digest(name: &str, values: &[Value]) -> u64 {
    let name = name.bytes().map(|byte| (0, u64::from(byte)));
    name.chain(values.iter().map(|value| value.encode())).fold(0, |sum, (tag, bits)| mix(sum ^ bits, u64::from(tag)))
}

/// From the finaliser of SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
fn mix(number: u64, salt: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_add(salt).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The result at a position.
fn answer(ty: ValType, digest: u64, position: usize) -> Value {
    value_of(ty, mix(digest, position as u64 + 1))
}

/// Some value of a type: of the numbers. NaNs are among them.
pub fn value_of(ty: ValType, bits: u64) -> Value {
    match ty {
        ValType::I32 => Value::I32(bits as i32),
        ValType::I64 => Value::I64(bits as i64),
        ValType::F32 => Value::F32(bits as u32),
        ValType::F64 => Value::F64(bits),
        _ => Value::ExternRef(None),
    }
}

/// A number as C passes it.
trait Scalar: Copy {
    const TYPE: ValType;
    fn value(self) -> Value;
    fn of(value: Value) -> Self;
}

macro_rules! scalars {
    ($($rust:ident $ty:ident $from:path, $to:path;)*) => {
        $(impl Scalar for $rust {
            const TYPE: ValType = ValType::$ty;

            fn value(self) -> Value {
                Value::$ty($from(self))
            }

            fn of(value: Value) -> Self {
                match value {
                    Value::$ty(value) => $to(value),
                    _ => Self::default(),
                }
            }
        })*
    };
}

scalars! {
    i32 I32 i32::from, i32::from;
    i64 I64 i64::from, i64::from;
    f32 F32 f32::to_bits, f32::from_bits;
    f64 F64 f64::to_bits, f64::from_bits;
}

/// Visits a function for every list of types that the one at the end stands for, in which `any` is each type in turn.
/// `takes` has the list as parameters and returns the last type; `returns` takes a number and has the list as results.
macro_rules! shapes {
    ($visit:ident $kind:ident ($name:ident $($names:ident)*) [$($done:tt)*] any $($rest:ident)*) => {
        shapes!($visit $kind ($($names)*) [$($done)* $name: i32,] $($rest)*);
        shapes!($visit $kind ($($names)*) [$($done)* $name: i64,] $($rest)*);
        shapes!($visit $kind ($($names)*) [$($done)* $name: f32,] $($rest)*);
        shapes!($visit $kind ($($names)*) [$($done)* $name: f64,] $($rest)*);
    };
    ($visit:ident $kind:ident ($name:ident $($names:ident)*) [$($done:tt)*] $ty:ident $($rest:ident)*) => {
        shapes!($visit $kind ($($names)*) [$($done)* $name: $ty,] $($rest)*);
    };
    ($visit:ident takes $names:tt [$($param:ident: $ty:ident,)*]) => {{
        const NAME: &str = concat!("takes" $(, " ", stringify!($ty))*);
        unsafe extern "C" fn takes(env: NonNull<c_void>, $($param: $ty,)*) -> last!(i32 $($ty)*) {
            // SAFETY: this is a native that is running.
            let digest = unsafe { called(env, NAME, &[$($param.value()),*]) };
            Answers { digest, position: 0 }.next()
        }
        $visit(Shape {
            name: NAME,
            params: const { &[$($ty::TYPE),*] },
            results: const { &[<last!(i32 $($ty)*)>::TYPE] },
            function: takes as unsafe extern "C" fn(NonNull<c_void>, $($ty),*) -> last!(i32 $($ty)*) as *const c_void,
        });
    }};
    ($visit:ident returns $names:tt [$first:ident: $first_ty:ident, $($param:ident: $ty:ident,)*]) => {{
        const NAME: &str = concat!("returns ", stringify!($first_ty) $(, " ", stringify!($ty))*);
        unsafe extern "C" fn returns(env: NonNull<c_void>, number: i64, $($param: *mut $ty,)*) -> $first_ty {
            // SAFETY: this is a native that is running.
            // SAFETY: this is a native that is running.
            let digest = unsafe { called(env, NAME, &[number.value()]) };
            let mut answers = Answers { digest, position: 0 };
            let first = answers.next();
            $(
                // SAFETY: results beyond the first go to pointers of their types.
                unsafe { $param.write(answers.next()) };
            )*
            first
        }
        $visit(Shape {
            name: NAME,
            params: &[ValType::I64],
            results: const { &[$first_ty::TYPE, $($ty::TYPE),*] },
            function: returns as unsafe extern "C" fn(NonNull<c_void>, i64, $(*mut $ty),*) -> $first_ty as *const c_void,
        });
    }};
}

macro_rules! last {
    ($only:ident) => { $only };
    ($first:ident $($rest:ident)+) => { last!($($rest)+) };
}

/// As [`shapes`], with names for up to 26 parameters.
macro_rules! all {
    ($visit:ident $kind:ident: $($types:ident)*) => {
        shapes!($visit $kind (a b c d e f g h i j k l m n o p q r s t u v w x y z) [] $($types)*)
    };
}

/// Visits all functions. In C's convention the first parameter is the caller's, and takes a register for integers.
pub fn each_shape(visit: &mut dyn FnMut(Shape)) {
    // What fits registers.
    all!(visit takes: );
    all!(visit takes: any);
    all!(visit takes: any any);
    all!(visit takes: any any any);
    // One integer register is left on Arm, then none.
    all!(visit takes: i32 i32 any any);
    all!(visit takes: i32 i32 i32 any any);
    // The same on x86-64 and Xtensa.
    all!(visit takes: i32 i32 i32 i32 any any);
    all!(visit takes: i32 i32 i32 i32 i32 any any);
    // On AArch64 and RISC-V, and then also a word on the stack.
    all!(visit takes: i32 i32 i32 i32 i32 i32 any any);
    all!(visit takes: i32 i32 i32 i32 i32 i32 i32 any any);
    all!(visit takes: i32 i32 i32 i32 i32 i32 i32 i32 any any);
    // One floating-point register is left on all but Arm, then none.
    all!(visit takes: f32 f32 f32 f32 f32 f32 f32 any any);
    all!(visit takes: f32 f32 f32 f32 f32 f32 f32 f32 any any);
    // On Arm, where a later `f32` fills a gap before an `f64`.
    all!(visit takes: f32 f64 f64 f64 f64 f64 f64 any any);
    all!(visit takes: f32 f64 f64 f64 f64 f64 f64 f64 any any);
    all!(visit takes: f64 f64 f64 f64 f64 f64 f64 f64 any any);
    // No register of either kind is left anywhere.
    all!(visit takes: i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 any any any);
    all!(visit returns: any);
    all!(visit returns: any any);
    all!(visit returns: any any any);
    all!(visit returns: any any i32 i64 f32 f64 i32);
}

/// What a function has been called with, if it was called as itself.
///
/// # Safety
/// As for [`Caller::of_native`].
unsafe fn called(env: NonNull<c_void>, name: &str, values: &[Value]) -> u64 {
    // SAFETY: promised by the caller.
    let caller = unsafe { Caller::of_native(env) };
    let is_right = caller.attachment().addr() == name.as_ptr().addr() && caller.instance().is_some();
    if is_right { digest(name, values) } else { !digest(name, values) }
}

/// The results of a call, one after the other.
struct Answers {
    digest: u64,
    position: usize,
}

impl Answers {
    fn next<T: Scalar>(&mut self) -> T {
        self.position += 1;
        T::of(answer(T::TYPE, self.digest, self.position - 1))
    }
}

/// SAFETY: the pointers are what the signature `*~$F` makes of addresses.
unsafe extern "C" fn fill(_: NonNull<c_void>, buffer: *mut u8, length: u32, text: *const u8, number: f64) -> i32 {
    // SAFETY: see above.
    let (buffer, text) = unsafe {
        let text = core::ffi::CStr::from_ptr(text.cast()).to_bytes();
        (core::slice::from_raw_parts_mut(buffer, length as usize), text)
    };
    buffer.iter_mut().zip(text.iter().cycle()).for_each(|(to, from)| *to = *from);
    length as i32 + number as i32
}

/// Defines all functions, of both kinds.
pub(crate) fn define(store: &mut Store<'_>, linker: &mut Linker<'_>) -> Result<(), NativeError> {
    let mut outcome = Ok(());
    each_shape(&mut |shape| {
        outcome = outcome.and_then(|()| define_shape(store, linker, shape));
    });
    outcome?;
    let fill = Native {
        ty: Signature::of(&[ValType::I32, ValType::I32, ValType::I32, ValType::F64], &[ValType::I32]),
        signature: "(*~$F)i",
        function: fill as unsafe extern "C" fn(NonNull<c_void>, *mut u8, u32, *const u8, f64) -> i32 as *const c_void,
        attachment: core::ptr::null_mut(),
    };
    // SAFETY: it is of that type.
    let fill = unsafe { Func::native(store, &fill) }?;
    linker.define(C_MODULE, FILL, fill).map_err(|_| NativeError::OutOfMemory)
}

fn define_shape(store: &mut Store<'_>, linker: &mut Linker<'_>, shape: Shape) -> Result<(), NativeError> {
    let native = Native {
        ty: Signature::of(shape.params, shape.results),
        signature: "",
        function: shape.function,
        attachment: shape.name.as_ptr().cast_mut().cast(),
    };
    // SAFETY: the macro made function and types of the same list.
    let function = unsafe { Func::native(store, &native) }?;
    linker.define(C_MODULE, shape.name, function).map_err(|_| NativeError::OutOfMemory)?;
    let closure = Func::untyped(store, shape.params, shape.results, move |_, passed, results| {
        let mut arguments = [Value::I32(0); MAX_PARAMS];
        for (argument, passed) in arguments.iter_mut().zip(passed) {
            *argument = Value::of_val(*passed).ok_or(CallError::Signature)?;
        }
        for (result, answer) in results.iter_mut().zip(shape.answers(&arguments[..passed.len()])) {
            *result = answer.to_val().ok_or(CallError::Signature)?;
        }
        Ok(())
    });
    let closure = closure.map_err(|_: AccessError| NativeError::OutOfMemory)?;
    linker.define(CLOSURE_MODULE, shape.name, closure).map_err(|_| NativeError::OutOfMemory)
}

/// More than any shape has.
const MAX_PARAMS: usize = 26;

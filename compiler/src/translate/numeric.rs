//! Arithmetic: integers are LLVM's, with the traps of division added; floats follow IEEE 754 to the bit of a quiet NaN.

use graver_aot_format::abi::Trap;
use inkwell::builder::{Builder, BuilderError};
use inkwell::types::{BasicTypeEnum, FloatType, IntType};
use inkwell::values::{BasicValueEnum, FloatValue, IntValue};
use inkwell::{FloatPredicate, IntPredicate};

use super::function::Translator;
use crate::error::Result;

type Built<T> = std::result::Result<T, BuilderError>;

impl<'ctx> Translator<'_, '_, 'ctx> {
    pub(super) fn i32_const(&mut self, value: i32) {
        self.push(self.ir().context.i32_type().const_int(u64::from(value as u32), false));
    }

    pub(super) fn i64_const(&mut self, value: i64) {
        self.push(self.ir().context.i64_type().const_int(value as u64, false));
    }

    pub(super) fn f32_const(&mut self, bits: u32) -> Result<()> {
        let bits = self.ir().context.i32_type().const_int(u64::from(bits), false);
        self.float_const(bits, self.ir().context.f32_type())
    }

    pub(super) fn f64_const(&mut self, bits: u64) -> Result<()> {
        let bits = self.ir().context.i64_type().const_int(bits, false);
        self.float_const(bits, self.ir().context.f64_type())
    }

    /// Constants are made from bits, so that the payload of a NaN survives.
    fn float_const(&mut self, bits: IntValue<'ctx>, ty: FloatType<'ctx>) -> Result<()> {
        let value = self.ir().builder.build_bit_cast(bits, ty, "")?.into_float_value();
        self.push_float(value.into())
    }

    /// Pushes what may be a constant by now: LLVM's builder folds operators on constants, so that 0.5 + 0.5 or a converted
    /// integer is a 1 like any other.
    fn push_float(&mut self, value: BasicValueEnum<'ctx>) -> Result<()> {
        let value = match value {
            BasicValueEnum::FloatValue(float) if is_identity(float) => self.hide(float)?.into(),
            value => value,
        };
        self.push(value);
        Ok(())
    }

    /// Hides a constant from LLVM's algebra. `x * 1`, `x - 0` and the like would be replaced by `x`, which must not
    /// happen to a signalling NaN: wasm wants a quiet one. Costs no instruction.
    pub(super) fn hide(&self, value: FloatValue<'ctx>) -> Result<FloatValue<'ctx>> {
        let ty: BasicTypeEnum<'ctx> = value.get_type().into();
        Ok(self.ir().intrinsic("llvm.arithmetic.fence", &[ty], &[value.into()])?.into_float_value())
    }

    pub(super) fn int2(
        &mut self,
        build: impl FnOnce(&Builder<'ctx>, IntValue<'ctx>, IntValue<'ctx>) -> Built<IntValue<'ctx>>,
    ) -> Result<()> {
        let right = self.pop_int()?;
        let left = self.pop_int()?;
        self.push(build(&self.ir().builder, left, right)?);
        Ok(())
    }

    pub(super) fn float2(
        &mut self,
        build: impl FnOnce(&Builder<'ctx>, FloatValue<'ctx>, FloatValue<'ctx>) -> Built<FloatValue<'ctx>>,
    ) -> Result<()> {
        let right = self.pop_float()?;
        let left = self.pop_float()?;
        let value = build(&self.ir().builder, left, right)?;
        self.push_float(value.into())
    }

    /// Pushes the result of an intrinsic, which LLVM folds later if its operands are constants.
    fn push_folded(&mut self, value: BasicValueEnum<'ctx>, is_constant: bool) -> Result<()> {
        let value = match value {
            BasicValueEnum::FloatValue(float) if is_constant => self.hide(float)?.into(),
            value => value,
        };
        self.push(value);
        Ok(())
    }

    pub(super) fn negate(&mut self) -> Result<()> {
        let value = self.pop_float()?;
        let value = self.ir().builder.build_float_neg(value, "")?;
        self.push_float(value.into())
    }

    /// A shift, whose count wraps around the width.
    pub(super) fn shift(
        &mut self,
        build: impl FnOnce(&Builder<'ctx>, IntValue<'ctx>, IntValue<'ctx>) -> Built<IntValue<'ctx>>,
    ) -> Result<()> {
        self.int2(|builder, value, count| {
            let mask = u64::from(count.get_type().get_bit_width()) - 1;
            let count = builder.build_and(count, count.get_type().const_int(mask, false), "")?;
            build(builder, value, count)
        })
    }

    /// A rotation is a funnel shift of the value with itself.
    pub(super) fn rotate(&mut self, intrinsic: &str) -> Result<()> {
        let count = self.pop_int()?;
        let value = self.pop_int()?;
        let ty = value.get_type().into();
        let value = self.ir().intrinsic(intrinsic, &[ty], &[value.into(), value.into(), count.into()])?;
        self.push(value);
        Ok(())
    }

    /// `clz`, `ctz`: defined for 0, which the flag says.
    pub(super) fn count_zeros(&mut self, intrinsic: &str) -> Result<()> {
        let value = self.pop_int()?;
        let zero_is_poison = self.ir().context.bool_type().const_zero();
        let ty = value.get_type().into();
        let count = self.ir().intrinsic(intrinsic, &[ty], &[value.into(), zero_is_poison.into()])?;
        self.push(count);
        Ok(())
    }

    /// An intrinsic of one operand and its type.
    pub(super) fn unary(&mut self, intrinsic: &str) -> Result<()> {
        let operand = self.pop()?;
        let value = self.ir().intrinsic(intrinsic, &[operand.get_type()], &[operand.into()])?;
        self.push_folded(value, is_constant(operand))
    }

    /// Rounding; wasm wants a quiet NaN of a signalling one.
    pub(super) fn round(&mut self, intrinsic: &str) -> Result<()> {
        let value = self.pop_float()?;
        let ty = value.get_type();
        let value = match self.unit.options.target.rounding_keeps_signalling_nans(ty.get_bit_width()) {
            // Taking away zero changes nothing else.
            true => {
                let zero = self.hide(ty.const_zero())?;
                self.ir().builder.build_float_sub(value, zero, "")?
            }
            false => value,
        };
        self.push(value);
        self.unary(intrinsic)
    }

    /// An intrinsic of two operands of one type.
    pub(super) fn binary(&mut self, intrinsic: &str) -> Result<()> {
        let right = self.pop()?;
        let left = self.pop()?;
        let value = self.ir().intrinsic(intrinsic, &[left.get_type()], &[left.into(), right.into()])?;
        self.push_folded(value, is_constant(left) && is_constant(right))
    }

    pub(super) fn int_compare(&mut self, predicate: IntPredicate) -> Result<()> {
        let right = self.pop_int()?;
        let left = self.pop_int()?;
        let holds = self.ir().builder.build_int_compare(predicate, left, right, "")?;
        self.push_bool(holds)
    }

    pub(super) fn int_is_zero(&mut self) -> Result<()> {
        let value = self.pop_int()?;
        let zero = value.get_type().const_zero();
        let holds = self.ir().builder.build_int_compare(IntPredicate::EQ, value, zero, "")?;
        self.push_bool(holds)
    }

    pub(super) fn float_compare(&mut self, predicate: FloatPredicate) -> Result<()> {
        let right = self.pop_float()?;
        let left = self.pop_float()?;
        let holds = self.ir().builder.build_float_compare(predicate, left, right, "")?;
        self.push_bool(holds)
    }

    pub(super) fn push_bool(&mut self, holds: IntValue<'ctx>) -> Result<()> {
        let value = self.ir().builder.build_int_z_extend(holds, self.ir().context.i32_type(), "")?;
        self.push(value);
        Ok(())
    }

    pub(super) fn divide_signed(&mut self) -> Result<()> {
        let divisor = self.pop_int()?;
        let dividend = self.pop_int()?;
        self.trap_if_zero(divisor)?;
        let ty = dividend.get_type();
        let builder = &self.ir().builder;
        let is_minimum = builder.build_int_compare(IntPredicate::EQ, dividend, minimum(ty), "")?;
        let is_minus_one = builder.build_int_compare(IntPredicate::EQ, divisor, ty.const_all_ones(), "")?;
        let overflows = builder.build_and(is_minimum, is_minus_one, "")?;
        self.trap_if(overflows, Trap::IntegerOverflow)?;
        let quotient = self.ir().builder.build_int_signed_div(dividend, divisor, "")?;
        self.push(quotient);
        Ok(())
    }

    pub(super) fn divide_unsigned(&mut self) -> Result<()> {
        let divisor = self.pop_int()?;
        let dividend = self.pop_int()?;
        self.trap_if_zero(divisor)?;
        let quotient = self.ir().builder.build_int_unsigned_div(dividend, divisor, "")?;
        self.push(quotient);
        Ok(())
    }

    /// The minimum modulo -1 is 0 in wasm and undefined in LLVM; modulo 1 gives the same result for every dividend.
    pub(super) fn remainder_signed(&mut self) -> Result<()> {
        let divisor = self.pop_int()?;
        let dividend = self.pop_int()?;
        self.trap_if_zero(divisor)?;
        let ty = divisor.get_type();
        let builder = &self.ir().builder;
        let is_minus_one = builder.build_int_compare(IntPredicate::EQ, divisor, ty.const_all_ones(), "")?;
        let one = ty.const_int(1, false);
        let divisor = builder.build_select(is_minus_one, one, divisor, "")?.into_int_value();
        let remainder = builder.build_int_signed_rem(dividend, divisor, "")?;
        self.push(remainder);
        Ok(())
    }

    pub(super) fn remainder_unsigned(&mut self) -> Result<()> {
        let divisor = self.pop_int()?;
        let dividend = self.pop_int()?;
        self.trap_if_zero(divisor)?;
        let remainder = self.ir().builder.build_int_unsigned_rem(dividend, divisor, "")?;
        self.push(remainder);
        Ok(())
    }

    fn trap_if_zero(&mut self, divisor: IntValue<'ctx>) -> Result<()> {
        let zero = divisor.get_type().const_zero();
        let is_zero = self.ir().builder.build_int_compare(IntPredicate::EQ, divisor, zero, "")?;
        self.trap_if(is_zero, Trap::IntegerDivideByZero)
    }

    /// Sign-extends the low `bits` in place.
    pub(super) fn sign_extend(&mut self, bits: u32) -> Result<()> {
        let value = self.pop_int()?;
        let builder = &self.ir().builder;
        let narrow = builder.build_int_truncate(value, self.int_type(bits), "")?;
        let wide = builder.build_int_s_extend(narrow, value.get_type(), "")?;
        self.push(wide);
        Ok(())
    }

    pub(super) fn wrap(&mut self) -> Result<()> {
        let value = self.pop_int()?;
        self.push(self.ir().builder.build_int_truncate(value, self.ir().context.i32_type(), "")?);
        Ok(())
    }

    pub(super) fn extend(&mut self, is_signed: bool) -> Result<()> {
        let value = self.pop_int()?;
        let ty = self.ir().context.i64_type();
        let builder = &self.ir().builder;
        let wide = if is_signed {
            builder.build_int_s_extend(value, ty, "")
        } else {
            builder.build_int_z_extend(value, ty, "")
        };
        self.push(wide?);
        Ok(())
    }

    /// The smaller (`is_maximum`: larger) operand; a quiet NaN if one is a NaN; -0 is below +0. Compares instead of
    /// `llvm.minimum`, which LLVM 22 cannot select for doubles on Arm cores with an FPU and which passes on signalling
    /// NaNs on x86-64.
    pub(super) fn min_max(&mut self, is_maximum: bool) -> Result<()> {
        let right = self.pop_float()?;
        let left = self.pop_float()?;
        let ty = left.get_type();
        let bits = self.int_type(ty.get_bit_width());
        let builder = &self.ir().builder;
        let is_less = builder.build_float_compare(FloatPredicate::OLT, left, right, "")?;
        let is_greater = builder.build_float_compare(FloatPredicate::OGT, left, right, "")?;
        let is_unordered = builder.build_float_compare(FloatPredicate::UNO, left, right, "")?;
        // Equal operands differ at most in the sign of zero: min is -0 if one is, max only if both are.
        let left_bits = builder.build_bit_cast(left, bits, "")?.into_int_value();
        let right_bits = builder.build_bit_cast(right, bits, "")?.into_int_value();
        let equal_bits = if is_maximum {
            builder.build_and(left_bits, right_bits, "")?
        } else {
            builder.build_or(left_bits, right_bits, "")?
        };
        let equal = builder.build_bit_cast(equal_bits, ty, "")?;
        let nan: BasicValueEnum<'ctx> = builder.build_float_add(left, right, "")?.into();
        let rest = builder.build_select(is_unordered, nan, equal, "")?;
        let (first, second) = if is_maximum { (is_greater, is_less) } else { (is_less, is_greater) };
        let rest = builder.build_select(second, right.into(), rest, "")?;
        let value = builder.build_select(first, left.into(), rest, "")?;
        self.push_float(value)
    }

    pub(super) fn demote(&mut self) -> Result<()> {
        // Hidden: LLVM would drop a promotion followed by a demotion, and a signalling NaN would stay one.
        let value = self.pop_float()?;
        let value = self.hide(value)?;
        let value = self.ir().builder.build_float_trunc(value, self.ir().context.f32_type(), "")?;
        self.push_float(value.into())
    }

    pub(super) fn promote(&mut self) -> Result<()> {
        let value = self.pop_float()?;
        let value = self.ir().builder.build_float_ext(value, self.ir().context.f64_type(), "")?;
        self.push_float(value.into())
    }

    pub(super) fn reinterpret(&mut self, ty: impl Into<BasicTypeEnum<'ctx>>) -> Result<()> {
        let value = self.pop()?;
        let ty: BasicTypeEnum<'ctx> = ty.into();
        let value = self.ir().builder.build_bit_cast(value, ty, "")?;
        self.push_float(value)
    }

    pub(super) fn int_to_float(&mut self, ty: FloatType<'ctx>, is_signed: bool) -> Result<()> {
        let value = self.pop_int()?;
        let builder = &self.ir().builder;
        let float = if is_signed {
            builder.build_signed_int_to_float(value, ty, "")
        } else {
            builder.build_unsigned_int_to_float(value, ty, "")
        };
        self.push_float(float?.into())
    }

    pub(super) fn saturating_float_to_int(&mut self, bits: u32, is_signed: bool) -> Result<()> {
        let value = self.pop_float()?;
        let types = [self.int_type(bits).into(), value.get_type().into()];
        let intrinsic = if is_signed { "llvm.fptosi.sat" } else { "llvm.fptoui.sat" };
        let value = self.ir().intrinsic(intrinsic, &types, &[value.into()])?;
        self.push(value);
        Ok(())
    }

    /// A conversion that traps for NaN and for values outside the integer's range.
    pub(super) fn float_to_int(&mut self, bits: u32, is_signed: bool) -> Result<()> {
        let value = self.pop_float()?;
        let (above, includes_above, below) = open_range(value.get_type().get_bit_width(), bits, is_signed);
        let ty = value.get_type();
        let lower = if includes_above { FloatPredicate::OGE } else { FloatPredicate::OGT };
        let builder = &self.ir().builder;
        let is_above = builder.build_float_compare(lower, value, ty.const_float(above), "")?;
        let is_below = builder.build_float_compare(FloatPredicate::OLT, value, ty.const_float(below), "")?;
        let fits = builder.build_and(is_above, is_below, "")?;
        let refused = builder.build_not(fits, "")?;

        let failed = self.block("failed");
        let next = self.block("");
        self.ir().branch_unlikely(refused, failed, next)?;
        self.ir().builder.position_at_end(failed);
        let is_nan = self.ir().builder.build_float_compare(FloatPredicate::UNO, value, value, "")?;
        self.trap_if(is_nan, Trap::InvalidConversion)?;
        self.trap_always(Trap::IntegerOverflow)?;
        self.is_reachable = true;

        self.ir().builder.position_at_end(next);
        let builder = &self.ir().builder;
        let int = self.int_type(bits);
        let value = if is_signed {
            builder.build_float_to_signed_int(value, int, "")
        } else {
            builder.build_float_to_unsigned_int(value, int, "")
        };
        self.push(value?);
        Ok(())
    }

    pub(super) fn int_type(&self, bits: u32) -> IntType<'ctx> {
        let context = self.ir().context;
        match bits {
            8 => context.i8_type(),
            16 => context.i16_type(),
            32 => context.i32_type(),
            _ => context.i64_type(),
        }
    }
}

fn is_constant(value: BasicValueEnum<'_>) -> bool {
    matches!(value, BasicValueEnum::FloatValue(value) if value.is_const())
}

/// The constants that LLVM knows identities of.
fn is_identity(value: FloatValue<'_>) -> bool {
    // What was folded from an operation that will have trapped is no number: LLVM would read the bits of a poison value.
    !value.is_undef() && matches!(value.get_constant(), Some((value, _)) if value == 0.0 || value.abs() == 1.0)
}

fn minimum(ty: IntType<'_>) -> IntValue<'_> {
    ty.const_int(1 << (ty.get_bit_width() - 1), false)
}

/// Which floats truncate to an integer that fits: those above (or equal to) the first number and below the second.
fn open_range(float_bits: u32, int_bits: u32, is_signed: bool) -> (f64, bool, f64) {
    let power = |exponent: u32| 2f64.powi(exponent as i32);
    match (is_signed, int_bits, float_bits) {
        (false, bits, _) => (-1.0, false, power(bits)),
        // Only a double can tell the integers next to -2^31 apart.
        (true, 32, 64) => (-power(31) - 1.0, false, power(31)),
        (true, bits, _) => (-power(bits - 1), true, power(bits - 1)),
    }
}

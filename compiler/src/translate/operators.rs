//! The table of operators: one line each.

use inkwell::{FloatPredicate, IntPredicate};
use wasmparser::Operator;

use super::atomic;
use super::function::Translator;
use super::memory::Extend::{Signed, Unsigned};
use crate::error::{Error, Result};

impl Translator<'_, '_, '_> {
    /// Translates one operator. In unreachable code only the nesting of constructs matters.
    pub(super) fn operator(&mut self, operator: &Operator<'_>, offset: u64) -> Result<()> {
        if !self.is_reachable {
            return match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    self.push_dead_frame();
                    Ok(())
                }
                Operator::Else => self.start_else(),
                Operator::End => self.end(),
                _ => Ok(()),
            };
        }
        self.reachable_operator(operator, offset)
    }

    fn reachable_operator(&mut self, operator: &Operator<'_>, offset: u64) -> Result<()> {
        use Operator as O;
        let context = self.ir().context;
        let (i32_type, i64_type) = (context.i32_type(), context.i64_type());
        let (f32_type, f64_type) = (context.f32_type(), context.f64_type());
        match operator {
            // Control
            O::Unreachable => self.unreachable()?,
            O::Nop => {}
            O::Block { blockty } => self.start_block(*blockty)?,
            O::Loop { blockty } => self.start_loop(*blockty)?,
            O::If { blockty } => self.start_if(*blockty)?,
            O::Else => self.start_else()?,
            O::End => self.end()?,
            O::Br { relative_depth } => self.branch(*relative_depth)?,
            O::BrIf { relative_depth } => self.branch_if(*relative_depth)?,
            O::BrTable { targets } => self.branch_table(targets)?,
            O::Return => self.return_()?,
            O::Call { function_index } => self.call(*function_index)?,
            O::CallIndirect { type_index, table_index } => self.call_indirect(*type_index, *table_index)?,
            O::Drop => drop(self.pop()?),
            O::Select | O::TypedSelect { .. } => self.select()?,

            // Variables, references, tables
            O::LocalGet { local_index } => self.local_get(*local_index)?,
            O::LocalSet { local_index } => self.local_set(*local_index)?,
            O::LocalTee { local_index } => self.local_tee(*local_index)?,
            O::GlobalGet { global_index } => self.global_get(*global_index)?,
            O::GlobalSet { global_index } => self.global_set(*global_index)?,
            O::RefNull { .. } => self.ref_null(),
            O::RefIsNull => self.ref_is_null()?,
            O::RefFunc { function_index } => self.ref_func(*function_index)?,
            O::TableGet { table } => self.table_get(*table)?,
            O::TableSet { table } => self.table_set(*table)?,
            O::TableSize { table } => self.table_size(*table)?,
            O::TableGrow { table } => self.table_grow(*table)?,
            O::TableFill { table } => self.table_fill(*table)?,
            O::TableCopy { dst_table, src_table } => self.table_copy(*dst_table, *src_table)?,
            O::TableInit { elem_index, table } => self.table_init(*table, *elem_index)?,
            O::ElemDrop { elem_index } => self.element_drop(*elem_index)?,

            // Memory
            O::I32Load { memarg } => self.load(memarg, i32_type)?,
            O::I64Load { memarg } => self.load(memarg, i64_type)?,
            O::F32Load { memarg } => self.load(memarg, f32_type)?,
            O::F64Load { memarg } => self.load(memarg, f64_type)?,
            O::I32Load8S { memarg } => self.load_extended(memarg, 8, Signed, 32)?,
            O::I32Load8U { memarg } => self.load_extended(memarg, 8, Unsigned, 32)?,
            O::I32Load16S { memarg } => self.load_extended(memarg, 16, Signed, 32)?,
            O::I32Load16U { memarg } => self.load_extended(memarg, 16, Unsigned, 32)?,
            O::I64Load8S { memarg } => self.load_extended(memarg, 8, Signed, 64)?,
            O::I64Load8U { memarg } => self.load_extended(memarg, 8, Unsigned, 64)?,
            O::I64Load16S { memarg } => self.load_extended(memarg, 16, Signed, 64)?,
            O::I64Load16U { memarg } => self.load_extended(memarg, 16, Unsigned, 64)?,
            O::I64Load32S { memarg } => self.load_extended(memarg, 32, Signed, 64)?,
            O::I64Load32U { memarg } => self.load_extended(memarg, 32, Unsigned, 64)?,
            O::I32Store { memarg } | O::I64Store { memarg } => self.store(memarg)?,
            O::F32Store { memarg } | O::F64Store { memarg } => self.store(memarg)?,
            O::I32Store8 { memarg } | O::I64Store8 { memarg } => self.store_wrapped(memarg, 8)?,
            O::I32Store16 { memarg } | O::I64Store16 { memarg } => self.store_wrapped(memarg, 16)?,
            O::I64Store32 { memarg } => self.store_wrapped(memarg, 32)?,
            O::MemorySize { mem } => self.memory_size(*mem)?,
            O::MemoryGrow { mem } => self.memory_grow(*mem)?,
            O::MemoryFill { mem } => self.memory_fill(*mem)?,
            O::MemoryCopy { dst_mem, src_mem } => self.memory_copy(*dst_mem, *src_mem)?,
            O::MemoryInit { data_index, mem } => self.memory_init(*mem, *data_index)?,
            O::DataDrop { data_index } => self.data_drop(*data_index)?,
            O::AtomicFence { .. } => self.atomic_fence()?,

            // Constants
            O::I32Const { value } => self.i32_const(*value),
            O::I64Const { value } => self.i64_const(*value),
            O::F32Const { value } => self.f32_const(value.bits())?,
            O::F64Const { value } => self.f64_const(value.bits())?,

            // Integers
            O::I32Eqz | O::I64Eqz => self.int_is_zero()?,
            O::I32Eq | O::I64Eq => self.int_compare(IntPredicate::EQ)?,
            O::I32Ne | O::I64Ne => self.int_compare(IntPredicate::NE)?,
            O::I32LtS | O::I64LtS => self.int_compare(IntPredicate::SLT)?,
            O::I32LtU | O::I64LtU => self.int_compare(IntPredicate::ULT)?,
            O::I32GtS | O::I64GtS => self.int_compare(IntPredicate::SGT)?,
            O::I32GtU | O::I64GtU => self.int_compare(IntPredicate::UGT)?,
            O::I32LeS | O::I64LeS => self.int_compare(IntPredicate::SLE)?,
            O::I32LeU | O::I64LeU => self.int_compare(IntPredicate::ULE)?,
            O::I32GeS | O::I64GeS => self.int_compare(IntPredicate::SGE)?,
            O::I32GeU | O::I64GeU => self.int_compare(IntPredicate::UGE)?,
            O::I32Clz | O::I64Clz => self.count_zeros("llvm.ctlz")?,
            O::I32Ctz | O::I64Ctz => self.count_zeros("llvm.cttz")?,
            O::I32Popcnt | O::I64Popcnt => self.unary("llvm.ctpop")?,
            O::I32Add | O::I64Add => self.int2(|b, x, y| b.build_int_add(x, y, ""))?,
            O::I32Sub | O::I64Sub => self.int2(|b, x, y| b.build_int_sub(x, y, ""))?,
            O::I32Mul | O::I64Mul => self.int2(|b, x, y| b.build_int_mul(x, y, ""))?,
            O::I32DivS | O::I64DivS => self.divide_signed()?,
            O::I32DivU | O::I64DivU => self.divide_unsigned()?,
            O::I32RemS | O::I64RemS => self.remainder_signed()?,
            O::I32RemU | O::I64RemU => self.remainder_unsigned()?,
            O::I32And | O::I64And => self.int2(|b, x, y| b.build_and(x, y, ""))?,
            O::I32Or | O::I64Or => self.int2(|b, x, y| b.build_or(x, y, ""))?,
            O::I32Xor | O::I64Xor => self.int2(|b, x, y| b.build_xor(x, y, ""))?,
            O::I32Shl | O::I64Shl => self.shift(|b, x, y| b.build_left_shift(x, y, ""))?,
            O::I32ShrS | O::I64ShrS => self.shift(|b, x, y| b.build_right_shift(x, y, true, ""))?,
            O::I32ShrU | O::I64ShrU => self.shift(|b, x, y| b.build_right_shift(x, y, false, ""))?,
            O::I32Rotl | O::I64Rotl => self.rotate("llvm.fshl")?,
            O::I32Rotr | O::I64Rotr => self.rotate("llvm.fshr")?,
            O::I32Extend8S | O::I64Extend8S => self.sign_extend(8)?,
            O::I32Extend16S | O::I64Extend16S => self.sign_extend(16)?,
            O::I64Extend32S => self.sign_extend(32)?,
            O::I32WrapI64 => self.wrap()?,
            O::I64ExtendI32S => self.extend(true)?,
            O::I64ExtendI32U => self.extend(false)?,

            // Floats
            O::F32Eq | O::F64Eq => self.float_compare(FloatPredicate::OEQ)?,
            O::F32Ne | O::F64Ne => self.float_compare(FloatPredicate::UNE)?,
            O::F32Lt | O::F64Lt => self.float_compare(FloatPredicate::OLT)?,
            O::F32Gt | O::F64Gt => self.float_compare(FloatPredicate::OGT)?,
            O::F32Le | O::F64Le => self.float_compare(FloatPredicate::OLE)?,
            O::F32Ge | O::F64Ge => self.float_compare(FloatPredicate::OGE)?,
            O::F32Abs | O::F64Abs => self.unary("llvm.fabs")?,
            O::F32Neg | O::F64Neg => self.negate()?,
            O::F32Ceil | O::F64Ceil => self.round("llvm.ceil")?,
            O::F32Floor | O::F64Floor => self.round("llvm.floor")?,
            O::F32Trunc | O::F64Trunc => self.round("llvm.trunc")?,
            O::F32Nearest | O::F64Nearest => self.round("llvm.roundeven")?,
            O::F32Sqrt | O::F64Sqrt => self.unary("llvm.sqrt")?,
            O::F32Add | O::F64Add => self.float2(|b, x, y| b.build_float_add(x, y, ""))?,
            O::F32Sub | O::F64Sub => self.float2(|b, x, y| b.build_float_sub(x, y, ""))?,
            O::F32Mul | O::F64Mul => self.float2(|b, x, y| b.build_float_mul(x, y, ""))?,
            O::F32Div | O::F64Div => self.float2(|b, x, y| b.build_float_div(x, y, ""))?,
            O::F32Min | O::F64Min => self.min_max(false)?,
            O::F32Max | O::F64Max => self.min_max(true)?,
            O::F32Copysign | O::F64Copysign => self.binary("llvm.copysign")?,
            O::F32DemoteF64 => self.demote()?,
            O::F64PromoteF32 => self.promote()?,

            // Conversions
            O::I32TruncF32S | O::I32TruncF64S => self.float_to_int(32, true)?,
            O::I32TruncF32U | O::I32TruncF64U => self.float_to_int(32, false)?,
            O::I64TruncF32S | O::I64TruncF64S => self.float_to_int(64, true)?,
            O::I64TruncF32U | O::I64TruncF64U => self.float_to_int(64, false)?,
            O::I32TruncSatF32S | O::I32TruncSatF64S => self.saturating_float_to_int(32, true)?,
            O::I32TruncSatF32U | O::I32TruncSatF64U => self.saturating_float_to_int(32, false)?,
            O::I64TruncSatF32S | O::I64TruncSatF64S => self.saturating_float_to_int(64, true)?,
            O::I64TruncSatF32U | O::I64TruncSatF64U => self.saturating_float_to_int(64, false)?,
            O::F32ConvertI32S | O::F32ConvertI64S => self.int_to_float(f32_type, true)?,
            O::F32ConvertI32U | O::F32ConvertI64U => self.int_to_float(f32_type, false)?,
            O::F64ConvertI32S | O::F64ConvertI64S => self.int_to_float(f64_type, true)?,
            O::F64ConvertI32U | O::F64ConvertI64U => self.int_to_float(f64_type, false)?,
            O::I32ReinterpretF32 => self.reinterpret(i32_type)?,
            O::I64ReinterpretF64 => self.reinterpret(i64_type)?,
            O::F32ReinterpretI32 => self.reinterpret(f32_type)?,
            O::F64ReinterpretI64 => self.reinterpret(f64_type)?,

            other => match atomic::access(other) {
                Some((access, memarg)) => self.atomic(access, memarg)?,
                None => return Err(Error::unsupported(operator_name(other), offset)),
            },
        }
        Ok(())
    }
}

/// The operator's name without its immediates.
fn operator_name(operator: &Operator<'_>) -> String {
    let text = format!("{operator:?}");
    let name = text.split([' ', '{']).next().unwrap_or_default();
    format!("the operator {name}")
}

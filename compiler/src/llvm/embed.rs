//! An object file with bytes in it. LLVM writes it, so that flags and attributes of the target's ABI are those of any
//! other object that it makes.

use inkwell::context::Context;
use inkwell::values::{FunctionValue, PointerValue};
use inkwell::{AddressSpace, IntPredicate};

use super::{Ir, Machine};
use crate::error::{Error, Result};
use crate::options::{Format, Options};

/// The object that defines `NAME`, `NAME_size` and `NAME_image`.
pub(crate) fn embed(bytes: &[u8], options: &Options, align: u32) -> Result<Vec<u8>> {
    let context = Context::create();
    let name = &options.symbol;
    let ir = Ir::new(&context, "graver", options.target.pointer_bytes);
    let machine = Machine::new(&Options { format: Format::Object, ..options.clone() })?;
    machine.prepare(&ir);
    let data = constant(&ir, name, context.const_string(bytes, false).into(), align);
    let size = ir.word(bytes.len() as u64);
    let size_align = u32::from(options.target.pointer_bytes);
    constant(&ir, &format!("{name}_size"), size.into(), size_align);
    define_getter(&ir, &format!("{name}_image"), data, size)?;
    Ok(machine.emit_library(&ir)?.bytes)
}

fn constant<'ctx>(
    ir: &Ir<'ctx>,
    name: &str,
    value: inkwell::values::BasicValueEnum<'ctx>,
    align: u32,
) -> PointerValue<'ctx> {
    let global = ir.module.add_global(value.get_type(), Some(AddressSpace::default()), name);
    global.set_constant(true);
    global.set_initializer(&value);
    global.set_alignment(align);
    global.set_section(Some(&format!(".rodata.{name}")));
    global.as_pointer_value()
}

/// `const unsigned char *NAME(unsigned long *size)`.
fn define_getter<'ctx>(
    ir: &Ir<'ctx>,
    name: &str,
    data: PointerValue<'ctx>,
    size: inkwell::values::IntValue<'ctx>,
) -> Result<()> {
    let function: FunctionValue<'ctx> = ir.module.add_function(name, ir.ptr.fn_type(&[ir.ptr.into()], false), None);
    function.set_section(Some(&format!(".text.{name}")));
    ir.add_attribute(function, "nounwind");
    let out = function.get_first_param().ok_or_else(|| Error::llvm("getter without parameter"))?.into_pointer_value();
    let [entry, write, done] = ["entry", "write", "done"].map(|name| ir.context.append_basic_block(function, name));
    ir.builder.position_at_end(entry);
    let is_null = ir.builder.build_int_compare(
        IntPredicate::EQ,
        ir.builder.build_ptr_to_int(out, ir.word, "")?,
        ir.word(0),
        "",
    )?;
    ir.builder.build_conditional_branch(is_null, done, write)?;
    ir.builder.position_at_end(write);
    ir.builder.build_store(out, size)?;
    ir.builder.build_unconditional_branch(done)?;
    ir.builder.position_at_end(done);
    ir.builder.build_return(Some(&data))?;
    Ok(())
}

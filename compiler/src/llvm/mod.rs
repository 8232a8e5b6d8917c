//! LLVM's side of the compiler: a small vocabulary over inkwell, the pipeline, and code emission.

mod address_facts;
mod builder;
mod disassembler;
mod embed;
mod keep_loads;
mod machine;
mod plain_loops;
mod quirks;
mod stack_check;
mod wide_indexes;
mod xtensa;

pub(crate) use builder::{Alias, AliasKind, Ir, call_value, value_instruction};
pub(crate) use disassembler::disassemble;
pub(crate) use embed::embed;
pub(crate) use machine::{Cpu, Emitted, Machine, llvm_version};

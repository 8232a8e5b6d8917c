//! The entry points of LLVM's Xtensa back end, which its C headers and their bindings leave out.
#![allow(unsafe_code)] // declares and calls C functions

// SAFETY: LLVM defines these for every back end that it is built with, without parameters or results.
unsafe extern "C" {
    safe fn LLVMInitializeXtensaTargetInfo();
    safe fn LLVMInitializeXtensaTarget();
    safe fn LLVMInitializeXtensaTargetMC();
    safe fn LLVMInitializeXtensaAsmPrinter();
    safe fn LLVMInitializeXtensaAsmParser();
    safe fn LLVMInitializeXtensaDisassembler();
}

/// Registers the back end; once is enough.
pub(super) fn initialize() {
    LLVMInitializeXtensaTargetInfo();
    LLVMInitializeXtensaTarget();
    LLVMInitializeXtensaTargetMC();
    LLVMInitializeXtensaAsmPrinter();
    LLVMInitializeXtensaAsmParser();
    LLVMInitializeXtensaDisassembler();
}

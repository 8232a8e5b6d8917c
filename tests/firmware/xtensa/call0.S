// Vectors and start-up for cores without register windows, or with windows off. HAS_FPU is 0 or 1.

 .section .text.vectors, "ax", @progbits
 .global graver_vectors
 .p2align 6
graver_vectors:
 // Exceptions in kernel mode, in user mode, and within exceptions: first as the LX106 has them, then larger cores.
 .space 0x30
 j graver_crash
 .space 0x50 - 0x33
 j graver_crash
 .space 0x70 - 0x53
 j graver_crash
 .space 0x300 - 0x73
 j graver_crash
 .space 0x340 - 0x303
 j graver_crash
 .space 0x3c0 - 0x343
 j graver_crash

 .section .text.graver_start, "ax", @progbits
 .p2align 2
 .global graver_start
 .type graver_start, @function
graver_start:
 // PS: windows off, user vector mode (UM), no interrupt masked.
 movi a2, 0x20
 wsr a2, ps
 rsync
 .if HAS_FPU
 // Coprocessor 0 is the FPU.
 movi a2, 1
 wsr a2, cpenable
 rsync
 // S32C1I does its work by itself on all kinds of memory, instead of asking the bus or failing.
 movi a2, 0x15
 wsr a2, atomctl
 .endif
 movi a1, _stack_start
 call0 graver_main
 .size graver_start, .-graver_start

// The stack may be anything: start over.
 .section .text.graver_crash, "ax", @progbits
 .p2align 2
 .type graver_crash, @function
graver_crash:
 rsr a2, exccause
 rsr a3, epc1
 movi a4, 0x20
 wsr a4, ps
 rsync
 movi a1, _stack_start
 call0 graver_fault
 .size graver_crash, .-graver_crash

 .section .text.graver_simcall, "ax", @progbits
 .p2align 2
 .global graver_simcall
 .type graver_simcall, @function
graver_simcall:
 .byte 0x00, 0x51, 0x00 // simcall
 ret
 .size graver_simcall, .-graver_simcall

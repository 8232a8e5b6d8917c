// Vectors and start-up for cores with register windows. The overflow and underflow handlers are those that the Xtensa
// ISA Reference Manual gives ("Windowed Register Option"): they move the registers of callers between the register file
// and the save areas of their frames.

 .section .text.vectors, "ax", @progbits
 .global graver_vectors
 .p2align 6
graver_vectors:
 // Offset 0: overflow of a call4.
 s32e a0, a5, -16
 s32e a1, a5, -12
 s32e a2, a5, -8
 s32e a3, a5, -4
 rfwo
 .p2align 6
 // 0x40: underflow of a call4.
 l32e a0, a5, -16
 l32e a1, a5, -12
 l32e a2, a5, -8
 l32e a3, a5, -4
 rfwu
 .p2align 6
 // 0x80: overflow of a call8.
 s32e a0, a9, -16
 l32e a0, a1, -12
 s32e a1, a9, -12
 s32e a2, a9, -8
 s32e a3, a9, -4
 s32e a4, a0, -32
 s32e a5, a0, -28
 s32e a6, a0, -24
 s32e a7, a0, -20
 rfwo
 .p2align 6
 // 0xc0: underflow of a call8.
 l32e a0, a9, -16
 l32e a1, a9, -12
 l32e a2, a9, -8
 l32e a7, a1, -12
 l32e a3, a9, -4
 l32e a4, a7, -32
 l32e a5, a7, -28
 l32e a6, a7, -24
 l32e a7, a7, -20
 rfwu
 .p2align 6
 // 0x100: overflow of a call12.
 s32e a0, a13, -16
 l32e a0, a1, -12
 s32e a1, a13, -12
 s32e a2, a13, -8
 s32e a3, a13, -4
 s32e a4, a0, -48
 s32e a5, a0, -44
 s32e a6, a0, -40
 s32e a7, a0, -36
 s32e a8, a0, -32
 s32e a9, a0, -28
 s32e a10, a0, -24
 s32e a11, a0, -20
 rfwo
 .p2align 6
 // 0x140: underflow of a call12.
 l32e a0, a13, -16
 l32e a1, a13, -12
 l32e a2, a13, -8
 l32e a11, a1, -12
 l32e a3, a13, -4
 l32e a4, a11, -48
 l32e a5, a11, -44
 l32e a6, a11, -40
 l32e a7, a11, -36
 l32e a8, a11, -32
 l32e a9, a11, -28
 l32e a10, a11, -24
 l32e a11, a11, -20
 rfwu
 .p2align 6
 // 0x300, 0x340, 0x3c0: exceptions in kernel mode, in user mode, and within exceptions.
 .space 0x300 - 0x180
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
 movi a0, 0
 wsr a0, windowbase
 rsync
 movi a2, 1
 wsr a2, windowstart
 rsync
 // PS: windows on (WOE), user vector mode (UM), no interrupt masked.
 slli a2, a2, 18
 addi a2, a2, 0x20
 wsr a2, ps
 rsync
 // Coprocessor 0 is the FPU.
 movi a2, 1
 wsr a2, cpenable
 rsync
 // S32C1I does its work by itself on all kinds of memory, instead of asking the bus or failing.
 movi a2, 0x15
 wsr a2, atomctl
 movi a1, _stack_start
 movi a0, 0
 movi a8, graver_main
 callx8 a8
 .size graver_start, .-graver_start

// The stack may be anything: start over.
 .section .text.graver_crash, "ax", @progbits
 .p2align 2
 .type graver_crash, @function
graver_crash:
 rsr a10, exccause
 rsr a11, epc1
 movi a2, 1
 slli a2, a2, 18
 wsr a2, ps
 rsync
 movi a1, _stack_start
 movi a8, graver_fault
 callx8 a8
 .size graver_crash, .-graver_crash

 .section .text.graver_simcall, "ax", @progbits
 .p2align 2
 .global graver_simcall
 .type graver_simcall, @function
graver_simcall:
 entry a1, 32
 .byte 0x00, 0x51, 0x00 // simcall
 retw
 .size graver_simcall, .-graver_simcall

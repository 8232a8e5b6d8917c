// Vectors and start-up for the convention without register windows.

 .section .text.vectors, "ax", @progbits
 .global graver_vectors
 .p2align 6
graver_vectors:
 // 0x300, 0x340, 0x3c0: exceptions in kernel mode, in user mode, and within exceptions.
 .space 0x300
 j .Lfault
 .space 0x340 - 0x303
 j .Lfault
 .space 0x3c0 - 0x343
 j .Lfault
.Lfault:
 rsr a2, exccause
 rsr a3, epc1
 movi a4, 0x20
 wsr a4, ps
 rsync
 call0 graver_fault

 .p2align 2
 .global graver_start
 .type graver_start, @function
graver_start:
 // PS: windows off, user vector mode (UM), no interrupt masked.
 movi a2, 0x20
 wsr a2, ps
 rsync
 // Coprocessor 0 is the FPU.
 movi a2, 1
 wsr a2, cpenable
 rsync
 // The stack ends at 8 MiB.
 slli a1, a2, 23
 call0 graver_main
 .size graver_start, .-graver_start

 .section .text.graver_simcall, "ax", @progbits
 .p2align 2
 .global graver_simcall
 .type graver_simcall, @function
graver_simcall:
 .byte 0x00, 0x51, 0x00 // simcall
 ret
 .size graver_simcall, .-graver_simcall

// A firmware with an image in it, for Xtensa's simulator: asks for the image by the C function, and writes it to the file
// `image`. Exit codes other than 0 say what is wrong. WINDOWED is 0 or 1.

 .section .text.start, "ax", @progbits
 .p2align 2
// Call numbers are those of `tests/firmware/xtensa/src/lib.rs`; flags of `open` are Linux's.
.Lflags: .long 0x241 // O_WRONLY, O_CREAT, O_TRUNC
.Lmode: .long 0x1a4
.Lpath: .long path
.Lstack: .long _stack_start
.Lgetter: .long app_aot_image
.Limage: .long app_aot
.Lsize: .long app_aot_size

 .global start
 .type start, @function
start:
 .if WINDOWED
 movi a2, 0
 wsr a2, windowbase
 rsync
 movi a2, 1
 wsr a2, windowstart
 rsync
 // PS: windows on (WOE), user vector mode (UM), no interrupt masked.
 slli a2, a2, 18
 addi a2, a2, 0x20
 wsr a2, ps
 rsync
 .endif
 l32r a1, .Lstack
 addi a1, a1, -16
 // The size is optional.
 movi a6, 2
 movi a2, 0
 call0 getter
 l32r a3, .Limage
 bne a2, a3, exit
 movi a6, 3
 mov a2, a1
 call0 getter
 l32r a3, .Limage
 bne a2, a3, exit
 movi a6, 4
 l32i a7, a1, 0
 l32r a3, .Lsize
 l32i a3, a3, 0
 bne a7, a3, exit
 movi a6, 5
 movi a2, 5
 l32r a3, .Lpath
 l32r a4, .Lflags
 l32r a5, .Lmode
 .byte 0x00, 0x51, 0x00 // simcall
 bltz a2, exit
 movi a6, 6
 mov a3, a2
 movi a2, 4
 l32r a4, .Limage
 mov a5, a7
 .byte 0x00, 0x51, 0x00
 bne a2, a7, exit
 movi a6, 0
exit:
 movi a2, 1
 mov a3, a6
 .byte 0x00, 0x51, 0x00
 j exit
 .size start, .-start

// The getter with the convention of the C compiler, from and to a2.
 .p2align 2
getter:
 mov a7, a0
 l32r a8, .Lgetter
 .if WINDOWED
 mov a10, a2
 callx8 a8
 mov a2, a10
 .else
 addi a1, a1, -32
 s32i a6, a1, 0
 s32i a7, a1, 4
 callx0 a8
 l32i a6, a1, 0
 l32i a7, a1, 4
 addi a1, a1, 32
 .endif
 mov a0, a7
 ret

 .section .rodata.path, "a", @progbits
path: .asciz "image"

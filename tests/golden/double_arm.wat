;; target: armv7-softfp
;; options: --opt-level 3
;; expect: asm
;; Doubles travel in integer registers and are computed by the FPU. Division of words is a library routine of the image.
(module
  (memory (export "memory") 1)
  (func (export "add") (param f64 f64) (result f64) (f64.add (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result f64) (f64.load offset=8 (local.get 0)))
  (func (export "rem") (param i32 i32) (result i32) (i32.rem_u (local.get 0) (local.get 1))))

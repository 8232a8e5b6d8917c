;; target: thumbv7em
;; options: --opt-level 3
;; expect: asm
;; Doubles and 64-bit division are library routines of the image.
(module
  (func (export "add") (param f64 f64) (result f64) (f64.add (local.get 0) (local.get 1)))
  (func (export "div") (param i64 i64) (result i64) (i64.div_u (local.get 0) (local.get 1))))

;; target: thumbv7em
;; options: --opt-level 3 --fixed-memory
;; expect: asm
;; The length is a literal.
(module
  (memory 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))

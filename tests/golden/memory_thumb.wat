;; target: thumbv7em
;; options: --opt-level 3
;; expect: asm
(module
  (memory (export "memory") 1)
  (func (export "load") (param i32) (result i32) (i32.load offset=8 (local.get 0)))
  (func (export "store8") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))

;; target: x86_64
;; options: --opt-level 3 --bounds-checks guard
;; expect: asm
;; A guarded memory costs no instruction; a load whose value is unused is still made.
(module
  (memory (export "memory") 1)
  (func (export "load") (param i32) (result i32) (i32.load offset=8 (local.get 0)))
  (func (export "store") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
  (func (export "unused") (param i32) (drop (i32.load (local.get 0)))))

;; target: x86_64
;; options: --opt-level 3
;; expect: llvmir-opt
;; The first result by value, the rest through the trailing pointer.
(module
  (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0)))

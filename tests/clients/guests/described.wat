;; Imports and exports of every kind.
(module
  (import "env" "known" (func $known (param i32 i64) (result f64)))
  (import "env" "unknown" (func (param f32 externref)))
  (import "elsewhere" "level" (global i32))
  (import "elsewhere" "store" (memory 2 5))
  (import "elsewhere" "calls" (table 3 9 funcref))
  (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
  (func (export "refs") (param externref) (result funcref) (ref.null func))
  (global (export "constant") i64 (i64.const 9))
  (global (export "variable") (mut f32) (f32.const 1.5))
  (table (export "objects") 6 externref)
  (export "again" (func $known))
  (export "memory" (memory 0)))

;; Memory at its end, a stack that is used up, an indirect call of the wrong type; and proof that the instance survives.
(module
  (memory (export "memory") 1 2)
  (data (i32.const 16) "flash to RAM")
  (global $calls (mut i32) (i32.const 0))
  (type $unary (func (param i32) (result i32)))
  (table funcref (elem $double $nothing))

  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "store") (param i32 i64) (i64.store offset=8 (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "sum") (param $at i32) (param $end i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
    (local.get $sum))

  (func $forever (export "forever") (param i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.add (call $forever (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
  (func (export "calls") (result i32) (global.get $calls))

  (func $double (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
  (func $nothing)
  (func (export "indirect") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 1) (local.get 0)))
)

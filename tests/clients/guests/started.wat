;; Counts its starts, in the order in which they come.
(module
  (memory (export "memory") 1)
  (global $order (export "order") (mut i32) (i32.const 0))
  (func $digit (param i32)
    (global.set $order (i32.add (i32.mul (global.get $order) (i32.const 10)) (local.get 0))))
  (func $start (call $digit (i32.const 1)))
  (start $start)
  (func (export "_initialize") (call $digit (i32.const 2)))
  (func (export "__post_instantiate") (call $digit (i32.const 3)))
  (func (export "__wasm_call_ctors") (call $digit (i32.const 4)))
  (func (export "order_of_starts") (result i32) (global.get $order)))

;; Calls into the host, which calls back.
(module
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (import "env" "scale" (func $scale (param f64 i64) (result f64)))
  (import "env" "ask" (func $ask (param i32) (result i32)))
  (import "env" "fail" (func $fail))

  (func (export "sum") (param i32 i32 i32) (result i32)
    (call $add (call $add (local.get 0) (local.get 1)) (local.get 2)))
  (func (export "scaled") (param f64 i64) (result f64)
    (f64.add (call $scale (local.get 0) (local.get 1)) (f64.const 0.5)))

  ;; The host's `ask` calls `triple`.
  (func (export "round_trip") (param i32) (result i32)
    (i32.add (call $ask (local.get 0)) (i32.const 1)))
  (func (export "triple") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 3)))

  (func (export "failing") (result i32) (call $fail) (i32.const 1))
)

;; target: armv7
;; options: --opt-level 3
;; expect: inspect
(module
  (import "host" "log" (func $log (param i32)))
  (func $twice (export "twice") (param i32) (result i32)
    (call $log (local.get 0))
    (i32.mul (local.get 0) (i32.const 2)))
  (func (export "mean") (param f64 f64) (result f64)
    (f64.div (f64.add (local.get 0) (local.get 1)) (f64.const 2))))

;; Calls that do nothing else: from the host, and of the host.
(module
  (import "env" "add_one" (func $add_one (param i32) (result i32)))

  (func (export "enter") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))

  ;; Counts to n by calls of the host.
  (func (export "leave") (param $n i32) (result i32)
    (local $x i32)
    (loop $next
      (local.set $x (call $add_one (local.get $x)))
      (br_if $next (i32.lt_u (local.get $x) (local.get $n))))
    (local.get $x)))

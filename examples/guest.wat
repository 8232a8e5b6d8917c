;; What the examples run: it calls a native of the firmware, and it can trap.
(module
  (import "env" "progress" (func $progress (param i32)))

  ;; Steps from n to 1 when even numbers are halved and odd ones become 3n + 1. Reports each value on the way.
  (func (export "steps") (param $n i32) (result i32)
    (local $steps i32)
    (block $done
      (loop $next
        (br_if $done (i32.le_u (local.get $n) (i32.const 1)))
        (local.set $n
          (if (result i32) (i32.and (local.get $n) (i32.const 1))
            (then (i32.add (i32.mul (local.get $n) (i32.const 3)) (i32.const 1)))
            (else (i32.shr_u (local.get $n) (i32.const 1)))))
        (call $progress (local.get $n))
        (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
        (br $next)))
    (local.get $steps))

  (func (export "average") (param $sum f64) (param $count i64) (result f64)
    (f64.div (local.get $sum) (f64.convert_i64_s (i64.div_s (i64.mul (local.get $count) (local.get $count)) (local.get $count)))))

  ;; Never ends.
  (func (export "count_down") (param $n i32)
    (loop $next
      (call $progress (local.get $n))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next)))

  ;; Calls itself until the stack is used up.
  (func $forever (export "forever") (result i32) (i32.add (call $forever) (i32.const 1))))

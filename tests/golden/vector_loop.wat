;; target: x86_64-v3
;; options: --opt-level 3 --bounds-checks guard
;; expect: asm
;; Loads of a loop whose values all reach its stores need no keeping, so LLVM can vectorise it.
(module
  (memory (export "memory") 1)
  (func (export "scale") (param $to i32) (param $from i32) (param $end i32) (param $factor f64)
    (loop $next
      (f64.store (local.get $to) (f64.mul (f64.load (local.get $from)) (local.get $factor)))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (br_if $next (i32.ne (local.get $from) (local.get $end))))))

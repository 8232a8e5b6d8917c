;; target: x86_64
;; options: --opt-level 3 --bounds-checks guard
;; expect: inspect
;; Everything that metadata can say, and all code of an image.
(module
  (import "env" "log" (func $log (param i32)))
  (import "env" "base" (global $base i32))
  (memory (export "memory") 1 2)
  (table (export "table") 2 10 funcref)
  (global $count (export "count") (mut i64) (i64.const 5))
  (elem (global.get $base) func $run)
  (elem $later func $log)
  (data (i32.const 8) "hello")
  (data $spare "world")
  (func $run (export "run") (param i32) (result i32)
    (call $log (local.get 0))
    (i32.load (local.get 0)))
  (func $start (global.set $count (i64.const 6)))
  (start $start))

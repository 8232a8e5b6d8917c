;; target: x86_64
;; options: --opt-level 3
;; expect: llvmir-unopt
;; What the context gives: own globals in place, imported ones through a pointer, import slots.
(module
  (import "env" "f" (func $f (param i32) (result i32)))
  (import "env" "g" (global $g (mut i32)))
  (global $own (mut i64) (i64.const 1))
  (func (export "run") (param i32) (result i64)
    (global.set $g (call $f (local.get 0)))
    (global.set $own (i64.add (global.get $own) (i64.extend_i32_s (global.get $g))))
    (global.get $own)))

;; target: thumbv7em
;; options: --opt-level 2 --interruptible
;; expect: asm
;; Loops look each time they start over, functions that call look once; a leaf without loops does not look.
(module
  (import "env" "wait" (func $wait))
  (func $leaf (export "leaf") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func (export "twice") (call $wait) (call $wait))
  (func (export "for ever") (loop (br 0))))

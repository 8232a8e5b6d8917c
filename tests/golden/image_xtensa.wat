;; target: xtensa-esp32
;; expect: inspect
;; options: --size-level 3
(module
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (memory 1)
  (data (i32.const 8) "hello")
  (func $scale (param i32) (result i32) (i32.mul (local.get 0) (i32.const 123456789)))
  (func (export "sum") (param i32) (result i32)
    (call $add (call $scale (local.get 0)) (i32.load (local.get 0))))
  (func (export "switch") (param i32) (result i32)
    (block (block (block (block (block (local.get 0) (br_table 0 1 2 3 4))
      (return (i32.const 987654321))) (return (i32.const 1234567))) (return (i32.const 7654321)))
      (return (i32.load (local.get 0)))) (i32.const 3)))

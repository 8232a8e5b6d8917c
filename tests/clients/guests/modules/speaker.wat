;; Calls a native itself and by way of another module, each with its own memory and table.
(module
  (import "keeper" "speak" (func $speak))
  (import "keeper" "fall" (func $fall))
  (import "keeper" "grow" (func $grow (result i32)))
  (import "env" "say" (func $say (param i32)))
  (memory 1)
  (table funcref (elem $eight))
  (data (i32.const 32) "speaker\00")
  (func $eight (result i32) (i32.const 8))
  (func (export "speak") (call $speak) (call $say (i32.const 32)) (call $speak))
  (func (export "fall") (call $fall))
  (func (export "grow") (result i32) (call $grow))
  (export "passed_on" (func $speak)))

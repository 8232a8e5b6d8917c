;; graver compile --opt-level 2
(module
  (import "env" "say" (func $say (param i32)))
  (memory (export "own") 1 2)
  (type $listener (func (param i32)))
  (table funcref (elem $seven $say))
  (data (i32.const 16) "keeper\00")
  (func $seven (result i32) (i32.const 7))
  (func (export "speak") (call $say (i32.const 16)))
  (func (export "speak_by_table") (call_indirect (type $listener) (i32.const 16) (i32.const 1)))
  (func (export "fall") (unreachable))
  (func (export "grow") (result i32) (memory.grow (i32.const 9))))

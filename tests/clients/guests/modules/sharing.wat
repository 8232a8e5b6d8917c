;; Imports from three modules, which import from each other.
(module
  (import "right" "run" (func $run (param i32) (result i32)))
  (import "right" "word" (func $word (param i32) (result i32)))
  (import "right" "size" (func $size (result i32)))
  (import "left" "grow" (func $grow (result i32)))
  (import "depot" "counted" (func $counted (result i32)))
  (import "depot" "memory" (memory 1))
  (func (export "run") (param i32) (result i32) (call $run (local.get 0)))
  (func (export "counted") (result i32) (call $counted))
  (func (export "put") (param i32 i32) (result i32)
    (i32.store (local.get 0) (local.get 1))
    (call $word (local.get 0)))
  (func (export "grow") (result i32) (i32.add (i32.mul (call $grow) (i32.const 10)) (call $size))))

;; Keeps references to the host's objects in a table, and hands them to natives.
(module
  (import "env" "same" (func $same (param externref externref) (result i32)))
  (import "env" "keep" (func $keep (param i32 externref) (result i32)))
  (table $objects 4 externref)
  (func (export "set") (param i32 externref) (table.set $objects (local.get 0) (local.get 1)))
  (func (export "get") (param i32) (result externref) (table.get $objects (local.get 0)))
  (func (export "same_as") (param i32 externref) (result i32)
    (call $same (table.get $objects (local.get 0)) (local.get 1)))
  (func (export "keep") (param i32) (result i32) (call $keep (local.get 0) (table.get $objects (local.get 0))))
  (func (export "is_null") (param i32) (result i32) (ref.is_null (table.get $objects (local.get 0)))))

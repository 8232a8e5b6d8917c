;; Imports from WASI with types that they do not have.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "write") (call $write (i32.const 1)))
  (func (export "exit") (param i32) (call $exit (local.get 0)))
  (func (export "raise") (result i32) (call $raise (i32.const 1)))
  (func (export "random") (param i32 i32) (result i32) (call $random (local.get 0) (local.get 1))))

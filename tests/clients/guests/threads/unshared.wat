;; Wants threads that would share no memory with it.
(module
  (import "env" "pthread_create" (func $create (param i32 i32 i32 i32) (result i32)))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory 1)
  (table 1 funcref)
  (elem (i32.const 0) $nothing)
  (func $nothing (param i32))
  (func (export "wasi_thread_start") (param i32 i32))
  (func (export "create") (result i32)
    (call $create (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
  (func (export "spawn") (result i32) (call $spawn (i32.const 0))))

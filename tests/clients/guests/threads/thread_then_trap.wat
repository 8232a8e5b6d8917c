;; Its start leaves a thread in a native, and fails.
(module
  (import "env" "pthread_create" (func $create (param i32 i32 i32 i32) (result i32)))
  (import "env" "linger" (func $linger (param i32) (result i32)))
  (memory 1 1 shared)
  (table 1 funcref)
  (elem (i32.const 0) $linger_long)
  (func $linger_long (param i32) (result i32)
    (i32.atomic.store (i32.const 8) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 8) (i32.const 1)))
    (call $linger (local.get 0)))
  (start $begin)
  ;; Once: it runs in the thread's instance as well.
  (func $begin
    (br_if 0 (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (if (call $create (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 7)) (then return))
    (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))
    unreachable))

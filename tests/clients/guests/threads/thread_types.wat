;; Starts threads with functions that are none for it, which a compiler of C would not.
(module
  (import "env" "pthread_create" (func $create (param i32 i32 i32 i32) (result i32)))
  (import "env" "pthread_join" (func $join (param i32 i32) (result i32)))
  (import "env" "pthread_key_create" (func $create_key (param i32 i32) (result i32)))
  (import "env" "pthread_setspecific" (func $set_specific (param i32 i32) (result i32)))
  (memory (export "memory") 1 1 shared)
  (table 9 funcref)
  ;; The last element stays empty.
  (elem (i32.const 0) $keep $nothing $none $many $wide $reference $long $two)
  ;; 0: puts a value under the key, for a destructor.
  (func $keep (param i32) (result i32) (call $set_specific (i32.load (i32.const 8)) (i32.const 1)))
  ;; 1: returns nothing.
  (func $nothing (param i32) (i32.store (i32.const 12) (local.get 0)))
  (func $none (result i32) (i32.const 5))
  (func $many (param i32) (result i64 i64 i64 i64 i64 i64 i64 i64)
    (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1))
  (func $wide (param i32) (result i64) (i64.const -1))
  (func $reference (param externref) (result externref) (local.get 0))
  (func $long (param i64) (result i32) (i32.const 5))
  (func $two (param i32 i32) (result i32) (i32.const 5))
  ;; Starts a thread there and waits for it: an error's number or 0.
  (func $start (export "start") (param $function i32) (result i32)
    (local $error i32)
    (local.set $error (call $create (i32.const 0) (i32.const 0) (local.get $function) (i32.const 7)))
    (if (result i32) (local.get $error)
      (then (local.get $error))
      (else (call $join (i32.load (i32.const 0)) (i32.const 4)))))
  ;; The same for a thread that leaves a value to a destructor.
  (func (export "start_with_destructor") (param $destructor i32) (result i32)
    (if (call $create_key (i32.const 8) (local.get $destructor)) (then unreachable))
    (call $start (i32.const 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))

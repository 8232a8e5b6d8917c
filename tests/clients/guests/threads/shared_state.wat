;; What threads of a program share and what each has of its own; and where they can be stopped.
(module
  (import "env" "meet" (func $meet (param i32) (result i32)))
  (memory (export "memory") 1 4 shared)
  (table (export "table") 2 funcref)
  (elem (i32.const 0) $get)
  (global $own (export "own") (mut i32) (i32.const 5))
  ;; Comes once: later instances find what is there.
  (data (i32.const 16) "\07")
  (start $begin)
  (func $begin (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
  (func (export "__wasm_call_ctors") (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1))))
  (func $get (export "get") (result i32) (global.get $own))
  (func (export "set") (param i32) (global.set $own (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size))
  ;; Waits until it is woken, for ever if need be.
  (func (export "wait") (param $place i32) (result i32)
    (memory.atomic.wait32 (local.get $place) (i32.const 0) (i64.const -1)))
  (func (export "wake") (param $place i32) (result i32)
    (memory.atomic.notify (local.get $place) (i32.const 100)))
  ;; Asks the host until it says that this is enough.
  (func (export "ask") (param i32) (result i32)
    (loop $again (br_if $again (i32.eqz (call $meet (local.get 0)))))
    (i32.const 77))
  ;; Neither returns nor asks anybody.
  (func (export "spin") (param i32) (result i32) (loop $again (result i32) (br $again)))
  (func (export "trap") unreachable))

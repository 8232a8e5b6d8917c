;; graver compile --opt-level 0 --bounds-checks software
(module
  (import "depot" "memory" (memory 1))
  (import "depot" "count" (global $count (mut i32)))
  (import "depot" "step" (global $step i32))
  (import "depot" "tasks" (table 1 funcref))
  (elem (i32.const 0) $up)
  (data (i32.const 64) "\2a")
  (func $up (export "up") (result i32)
    (global.set $count (i32.add (global.get $count) (global.get $step)))
    (global.get $count))
  (func (export "grow") (result i32) (memory.grow (i32.const 1))))

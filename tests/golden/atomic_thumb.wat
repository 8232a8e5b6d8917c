;; target: thumbv6m
;; options: --opt-level 3
;; expect: asm
;; Without instructions for it, an update is made while nobody else runs.
(module
  (memory 1 1 shared)
  (func (export "add") (param i32 i32) (result i32) (i32.atomic.rmw8.add_u (local.get 0) (local.get 1))))

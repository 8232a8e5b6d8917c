;; What the modules beside it share.
(module
  (memory (export "memory") 1 4)
  (global (export "count") (mut i32) (i32.const 0))
  (global (export "step") i32 (i32.const 5))
  (table (export "tasks") 4 8 funcref)
  (func (export "_initialize") (global.set 0 (i32.const 100)))
  (func (export "counted") (result i32) (global.get 0)))

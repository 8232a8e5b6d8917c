;; A reactor that does not come up.
(module
  (func (export "_initialize") (unreachable))
  (func (export "f") (result i32) (i32.const 1)))

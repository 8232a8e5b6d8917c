;; A command.
(module
  (func (export "_start"))
  (func (export "f") (result i32) (i32.const 1)))

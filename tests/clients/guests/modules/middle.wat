;; Imports from a module that there is not.
(module
  (import "no_such_module" "g" (func $g))
  (func (export "f") (result i32) (call $g) (i32.const 1)))

;; Imports from a module that the client chooses.
(module
  (import "other" "f" (func $f (result i32)))
  (func (export "f") (result i32) (call $f)))

;; A memory that cannot grow, and a way to the native.
(module
  (import "env" "meet" (func $meet))
  (memory (export "memory") 2 2)
  (func (export "meet") (call $meet)))

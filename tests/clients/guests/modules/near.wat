;; Wants just the memory that there is.
(module
  (import "exact" "memory" (memory 2 2))
  (import "exact" "meet" (func $meet))
  (import "other_kind" "f" (global i32))
  (func (export "meet") (call $meet))
  (func (export "pages") (result i32) (memory.size)))

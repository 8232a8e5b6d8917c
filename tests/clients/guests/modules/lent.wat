;; Passes on a memory that is made for it.
(module
  (import "env" "memory" (memory 1 4))
  (export "memory" (memory 0)))

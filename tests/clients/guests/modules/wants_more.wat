;; Imports more memory than there is.
(module
  (import "depot" "memory" (memory 2))
  (func (export "f")))

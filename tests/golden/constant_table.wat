;; target: x86_64
;; options: --opt-level 3
;; expect: llvmir-opt
;; A table that nothing can change is read-only data: no pointer to follow for its length.
(module
  (type $binary (func (param i32 i32) (result i32)))
  (table funcref (elem $add $sub))
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func (export "run") (param i32 i32 i32) (result i32)
    (call_indirect (type $binary) (local.get 1) (local.get 2) (local.get 0))))

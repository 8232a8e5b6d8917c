;; target: x86_64
;; options: --opt-level 3 --bounds-checks software
;; expect: asm
;; One comparison per access; the empty memory has no negative length.
(module
  (memory (export "memory") 0)
  (func (export "load") (param i32) (result i32) (i32.load offset=8 (local.get 0)))
  (func (export "twice") (param i32) (result i64)
    (i64.add (i64.load (local.get 0)) (i64.load offset=8 (local.get 0)))))

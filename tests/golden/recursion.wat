;; target: x86_64
;; options: --opt-level 3
;; expect: asm
;; The stack check in the prologue; leaves have none.
(module
  (func $fac (export "fac") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 1))
      (else (i64.mul (local.get 0) (call $leaf (call $fac (i64.sub (local.get 0) (i64.const 1))))))))
  (func $leaf (param i64) (result i64) (i64.xor (local.get 0) (i64.const 1))))

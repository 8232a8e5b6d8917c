;; target: thumbv7em
;; options: --size-level 3
;; expect: inspect
;; Bit 0 of code addresses, veneers and library routines on a board.
(module
  (memory (export "memory") 1)
  (func $fac (export "fac") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 1))
      (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
  (func (export "div") (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1))))

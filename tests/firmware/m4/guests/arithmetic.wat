;; Recursion, and operations that this core has no instructions for: 64-bit division, double precision.
(module
  (func $factorial (export "factorial") (param $n i64) (result i64)
    (if (result i64) (i64.lt_s (local.get $n) (i64.const 2))
      (then (i64.const 1))
      (else (i64.mul (local.get $n) (call $factorial (i64.sub (local.get $n) (i64.const 1)))))))

  (func (export "divide") (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1)))
  (func (export "divide_unsigned") (param i64 i64) (result i64) (i64.div_u (local.get 0) (local.get 1)))
  (func (export "remainder") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))

  ;; Two results: they leave by different ways.
  (func (export "both") (param i64 i64) (result i64 i64)
    (i64.div_u (local.get 0) (local.get 1))
    (i64.rem_u (local.get 0) (local.get 1)))

  ;; The square root of the sum of two squares.
  (func (export "hypotenuse") (param f64 f64) (result f64)
    (f64.sqrt (f64.add (f64.mul (local.get 0) (local.get 0)) (f64.mul (local.get 1) (local.get 1)))))

  ;; 1 + 1/4 + 1/9 + ... over n terms, by division and conversion.
  (func (export "basel") (param $n i32) (result f64)
    (local $sum f64)
    (loop $next
      (local.set $sum
        (f64.add
          (local.get $sum)
          (f64.div (f64.const 1) (f64.convert_i64_u (i64.mul
            (i64.extend_i32_u (local.get $n))
            (i64.extend_i32_u (local.get $n)))))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  (func (export "truncate") (param f64) (result i64) (i64.trunc_f64_s (local.get 0)))
  (func (export "single") (param f32 f32) (result f32) (f32.min (f32.div (local.get 0) (local.get 1)) (f32.const 100)))
)

;; Functions of all shapes, for the ways to call them.
(module
  (func (export "nothing"))
  (func (export "mix") (param i32 i64 f32 f64) (result f64)
    (f64.add
      (f64.add (f64.convert_i32_s (local.get 0)) (f64.convert_i64_s (local.get 1)))
      (f64.add (f64.promote_f32 (local.get 2)) (local.get 3))))
  (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
  (func (export "four") (result i32 i64 f32 f64)
    (i32.const -1) (i64.const 0x123456789abcdef) (f32.const 0.5) (f64.const -1e100))
  (func (export "weigh") (param i64 i64 i64 i64 i64 i64 i64 i64 f64 f64) (result i64)
    (i64.sub (local.get 0)
      (i64.add
        (i64.add (i64.mul (local.get 1) (i64.const 2)) (i64.mul (local.get 2) (i64.const 3)))
        (i64.add
          (i64.add (i64.mul (local.get 3) (i64.const 4)) (i64.mul (local.get 4) (i64.const 5)))
          (i64.add
            (i64.add (i64.mul (local.get 5) (i64.const 6)) (i64.mul (local.get 6) (i64.const 7)))
            (i64.add
              (i64.mul (local.get 7) (i64.const 8))
              (i64.trunc_sat_f64_s (f64.mul (local.get 8) (local.get 9)))))))))
  (func (export "single") (param f32) (result f32) (f32.mul (local.get 0) (f32.const 4)))
  (func (export "pass") (param externref i32) (result i32 externref) (local.get 1) (local.get 0)))

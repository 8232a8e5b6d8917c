;; Reads constants in the text, and a jump table, a table of functions and bytes elsewhere.
(module
  (memory $bytes 16 16 (pagesize 1))
  (data (memory $bytes) (i32.const 0) "\0b\16\21\2c")
  (type $unary (func (param i32) (result i32)))
  (table 3 3 funcref)
  (elem (i32.const 0) $double $negate $large)
  (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func $negate (param i32) (result i32) (i32.sub (i32.const 0) (local.get 0)))
  (func $large (param i32) (result i32) (i32.add (local.get 0) (i32.const 123456789)))

  (func (export "switch") (param i32) (result i32)
    (block (block (block (block (block (local.get 0) (br_table 0 1 2 3 4))
      (return (call $large (i32.const 1000000000)))) (return (i32.const 1234567))) (return (i32.const 7654321)))
      (return (call $negate (local.get 0)))) (i32.const 3))

  (func (export "indirect") (param i32) (result i32)
    (call_indirect (type $unary) (i32.const 21) (local.get 0)))

  (func (export "data") (param i32) (result i32) (i32.load8_u $bytes (local.get 0)))

  (func (export "divide") (param f64 f64) (result f64) (f64.div (local.get 0) (local.get 1))))

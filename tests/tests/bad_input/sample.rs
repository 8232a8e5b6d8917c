//! Modules with something of everything, and ways to damage bytes.

use graver_compiler::{Options, compile};
use graver_targets::Target;

/// Types, imports, tables, memories, globals, exports, a start function, segments of all modes, control flow.
pub(crate) const RICH: &str = r#"
(module $rich
  (type $binary (func (param i32 i32) (result i32)))
  (import "env" "log" (func $log (param i32)))
  (import "env" "base" (global $base i32))
  (import "env" "memory" (memory 1))
  (table (export "table") 4 8 funcref)
  (table $fixed funcref (elem $add $sub))
  (global $count (export "count") (mut i64) (i64.const 7))
  (elem (global.get $base) func $add $sub)
  (elem $later funcref (ref.func $add) (ref.null func))
  (data (i32.const 16) "hello\00world")
  (data $spare "later")
  (func $add (export "add") (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func (export "apply") (param i32 i32 i32) (result i32)
    (call_indirect $fixed (type $binary) (local.get 1) (local.get 2) (local.get 0)))
  (func (export "sum") (param $n i32) (result f64) (local $i i32) (local $s f64)
    (loop $again
      (local.set $s (f64.add (local.get $s) (f64.convert_i32_s (local.get $i))))
      (br_if $again (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $s))
  (func (export "pick") (param i32) (result i32)
    (block $a (block $b (block $c (br_table $a $b $c (local.get 0)))  (return (i32.const 3))) (return (i32.const 2)))
    (i32.const 1))
  (func (export "init") (memory.init $spare (i32.const 0) (i32.const 0) (i32.const 5)) (data.drop $spare)
    (table.init $later (i32.const 0) (i32.const 0) (i32.const 2)))
  (func $start (global.set $count (i64.add (global.get $count) (i64.const 1))) (call $log (i32.load (i32.const 16))))
  (start $start))
"#;

/// The smallest module with a function.
pub(crate) const SMALL: &str = r#"(module (func (export "f") (result i32) (i32.const 42)))"#;

pub(crate) fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the sample is valid")
}

/// Compiles quickly, for a target by name.
pub(crate) fn options(target: &str) -> Options {
    let mut options = Options::new(Target::get(target).expect("a target"));
    options.opt_level = 0;
    options.threads = 1;
    options
}

/// The image of a module for this machine.
pub(crate) fn image(text: &str) -> Vec<u8> {
    compile(&wasm(text), &options("native")).expect("the sample compiles")
}

/// A copy with one to three bytes replaced, below `end`.
pub(crate) fn damaged(bytes: &[u8], start: usize, end: usize, random: &mut fastrand::Rng) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    for _ in 0..random.usize(1..=3) {
        let value = *random.choice(&[0, 1, 0x40, 0x7f, 0x80, 0xff, random.clone().u8(..)]).unwrap_or(&0);
        copy[random.usize(start..end)] = value;
    }
    copy
}

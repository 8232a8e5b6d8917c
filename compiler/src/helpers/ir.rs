//! Helpers as LLVM IR.

use super::EXPORT_PREFIX;
use graver_targets::{MemoryRoutine, Scalar, Target};

/// A function of one scalar over an export of its bits.
pub(super) fn wrapper(symbol: &str, export: &str, param: Scalar, result: Scalar) -> String {
    let (taken, returned) = (spelling(param), spelling(result));
    let (passed, given) = (format!("i{}", param.bits()), format!("i{}", result.bits()));
    format!(
        "define hidden {returned} @{symbol}({taken} %p) #0 section \".text.{symbol}\" {{\n  \
         %b = bitcast {taken} %p to {passed}\n  \
         %r = tail call {given} @{EXPORT_PREFIX}{export}({passed} %b)\n  \
         %f = bitcast {given} %r to {returned}\n  ret {returned} %f\n}}\n\n\
         declare hidden {given} @{EXPORT_PREFIX}{export}({passed})\n\n{ATTRIBUTES}"
    )
}

fn spelling(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::I64 => "i64",
        Scalar::F32 => "float",
        Scalar::F64 => "double",
    }
}

/// A division that returns quotient and remainder in four registers, as `__aeabi_uldivmod` does.
pub(super) fn division_wrapper(symbol: &str, quotient: &str) -> String {
    format!(
        "define hidden [4 x i32] @{symbol}(i64 %n, i64 %d) #0 section \".text.{symbol}\" {{\n  \
         %q = call i64 @{EXPORT_PREFIX}{quotient}(i64 %n, i64 %d)\n  \
         %m = mul i64 %q, %d\n  %r = sub i64 %n, %m\n  \
         %q0 = trunc i64 %q to i32\n  %qs = lshr i64 %q, 32\n  %q1 = trunc i64 %qs to i32\n  \
         %r0 = trunc i64 %r to i32\n  %rs = lshr i64 %r, 32\n  %r1 = trunc i64 %rs to i32\n  \
         %a = insertvalue [4 x i32] poison, i32 %q0, 0\n  %b = insertvalue [4 x i32] %a, i32 %q1, 1\n  \
         %c = insertvalue [4 x i32] %b, i32 %r0, 2\n  %e = insertvalue [4 x i32] %c, i32 %r1, 3\n  \
         ret [4 x i32] %e\n}}\n\n\
         declare hidden i64 @{EXPORT_PREFIX}{quotient}(i64, i64)\n\n{ATTRIBUTES}"
    )
}

/// A division of 128-bit integers, bit by bit: rare enough for short code.
pub(super) fn wide_division(symbol: &str, is_signed: bool, is_remainder: bool) -> String {
    // With signs: magnitudes go in, and the result is negative where the operands differ (quotient) or the dividend is
    // negative (remainder).
    let (start, sign) = match (is_signed, is_remainder) {
        (false, _) => (WIDE_UNSIGNED, "%sign = add i128 0, 0"),
        (true, false) => (WIDE_SIGNED, "%sign = xor i128 %n.sign, %d.sign"),
        (true, true) => (WIDE_SIGNED, "%sign = add i128 %n.sign, 0"),
    };
    let result = if is_remainder { "%r.next" } else { "%q.next" };
    let text = format!(
        "define hidden i128 @{symbol}(i128 %n, i128 %d) #0 section \".text.{symbol}\" {{\nentry:\n{start}  {sign}\n{WIDE_LOOP}}}\n\n{ATTRIBUTES}"
    );
    text.replace("{RESULT}", result)
}

const WIDE_UNSIGNED: &str = "  %n.abs = add i128 %n, 0\n  %d.abs = add i128 %d, 0\n";

const WIDE_SIGNED: &str = "  \
  %n.sign = ashr i128 %n, 127
  %n.flipped = xor i128 %n, %n.sign
  %n.abs = sub i128 %n.flipped, %n.sign
  %d.sign = ashr i128 %d, 127
  %d.flipped = xor i128 %d, %d.sign
  %d.abs = sub i128 %d.flipped, %d.sign
";

/// Moves the dividend bit by bit from `q` into the remainder `r`, and the quotient's bits into `q`.
const WIDE_LOOP: &str = "  \
  br label %bit
bit:
  %i = phi i32 [ 128, %entry ], [ %i.next, %bit ]
  %q = phi i128 [ %n.abs, %entry ], [ %q.next, %bit ]
  %r = phi i128 [ 0, %entry ], [ %r.next, %bit ]
  %carry = icmp slt i128 %r, 0
  %r.double = shl i128 %r, 1
  %top = lshr i128 %q, 127
  %r.more = or i128 %r.double, %top
  %not.less = icmp uge i128 %r.more, %d.abs
  %fits = or i1 %carry, %not.less
  %r.less = sub i128 %r.more, %d.abs
  %r.next = select i1 %fits, i128 %r.less, i128 %r.more
  %q.double = shl i128 %q, 1
  %one = zext i1 %fits to i128
  %q.next = or i128 %q.double, %one
  %i.next = sub i32 %i, 1
  %done = icmp eq i32 %i.next, 0
  br i1 %done, label %end, label %bit
end:
  %flipped = xor i128 {RESULT}, %sign
  %result = sub i128 %flipped, %sign
  ret i128 %result
";

/// A routine on memory, for the word size of the target: chunks as wide as a load can be, then bytes. Where accesses need
/// their alignment, there are no chunks unless both ends are aligned.
pub(super) fn memory_routine(symbol: &str, routine: MemoryRoutine, target: &Target) -> String {
    let word = if target.pointer_bytes == 8 { "i64" } else { "i32" };
    let (chunk, size, splat) = match (target.pointer_bytes, target.needs_alignment) {
        (8, false) => ("<2 x i64>", 16, SPLAT_16),
        (8, true) => ("i64", 8, SPLAT_8),
        _ => ("i32", 4, SPLAT_4),
    };
    let align = if target.needs_alignment { size } else { 1 };
    let is_aligned = |addresses: &[&str]| {
        let cast: String =
            addresses.iter().map(|name| format!("  %{name}.bits = ptrtoint ptr %{name} to {{W}}\n")).collect();
        match addresses {
            _ if !target.needs_alignment => "  %odd = icmp ne {W} 0, 0\n".to_owned(),
            [one] => format!("{cast}  %low = and {{W}} %{one}.bits, {}\n  %odd = icmp ne {{W}} %low, 0\n", size - 1),
            _ => format!(
                "{cast}  %bits = or {{W}} %to.bits, %from.bits\n  %low = and {{W}} %bits, {}\n  \
                 %odd = icmp ne {{W}} %low, 0\n",
                size - 1
            ),
        }
    };
    let (both, to) = (is_aligned(&["to", "from"]), is_aligned(&["to"]));
    let (params, body) = match routine {
        MemoryRoutine::Copy => ("ptr %to, ptr %from, {W} %n", format!("{both}{COPY_START}{FORWARD}")),
        MemoryRoutine::Move => ("ptr %to, ptr %from, {W} %n", format!("{both}{MOVE_START}{FORWARD}{BACKWARD}")),
        MemoryRoutine::Set => ("ptr %to, i32 %byte, {W} %n", format!("{to}{splat}{SET}")),
        MemoryRoutine::SetSwapped => ("ptr %to, {W} %n, i32 %byte", format!("{to}{splat}{SET}")),
        MemoryRoutine::Clear => ("ptr %to, {W} %n", format!("{to}{CLEAR_START}{SET}")),
    };
    let text =
        format!("define hidden ptr @{symbol}({params}) #0 section \".text.{symbol}\" {{\n{body}}}\n\n{ATTRIBUTES}");
    text.replace("{W}", word)
        .replace("{C}", chunk)
        .replace("{S}", &size.to_string())
        .replace("{NEEDS}", if target.needs_alignment { "true" } else { "false" })
        .replace("{A}", &align.to_string())
}

/// Those of `Ir::define` that matter here, too: a frame of a known size.
const ATTRIBUTES: &str =
    "attributes #0 = { nounwind \"no-builtins\" \"warn-stack-size\"=\"0\" \"no-realign-stack\" }\n";

const COPY_START: &str = "  br label %forward\n";

/// Copying upwards is right unless the destination starts inside the source.
const MOVE_START: &str = "  \
  %to.address = ptrtoint ptr %to to {W}
  %from.address = ptrtoint ptr %from to {W}
  %distance = sub {W} %to.address, %from.address
  %inside = icmp ult {W} %distance, %n
  br i1 %inside, label %backward, label %forward
";

const FORWARD: &str = "\
forward:
  %rest.even = urem {W} %n, {S}
  %rest = select i1 %odd, {W} %n, {W} %rest.even
  %whole = sub {W} %n, %rest
  %small = icmp eq {W} %whole, 0
  br i1 %small, label %tail, label %chunks
chunks:
  %c = phi {W} [ 0, %forward ], [ %c.next, %chunks ]
  %c.from = getelementptr i8, ptr %from, {W} %c
  %c.to = getelementptr i8, ptr %to, {W} %c
  %c.value = load {C}, ptr %c.from, align {A}
  store {C} %c.value, ptr %c.to, align {A}
  %c.next = add {W} %c, {S}
  %c.more = icmp ult {W} %c.next, %whole
  br i1 %c.more, label %chunks, label %tail
tail:
  %none = icmp eq {W} %rest, 0
  br i1 %none, label %done, label %bytes
bytes:
  %b = phi {W} [ %whole, %tail ], [ %b.next, %bytes ]
  %b.from = getelementptr i8, ptr %from, {W} %b
  %b.to = getelementptr i8, ptr %to, {W} %b
  %b.value = load i8, ptr %b.from
  store i8 %b.value, ptr %b.to
  %b.next = add {W} %b, 1
  %b.more = icmp ult {W} %b.next, %n
  br i1 %b.more, label %bytes, label %done
done:
  ret ptr %to
";

/// From the end downwards: chunks, then the bytes at the start.
const BACKWARD: &str = "\
backward:
  %d.even = urem {W} %n, {S}
  ; Chunks start at the end: where they must be aligned, there may be no rest.
  %d.uneven = icmp ne {W} %d.even, 0
  %d.hard = and i1 %d.uneven, {NEEDS}
  %d.odd = or i1 %odd, %d.hard
  %d.rest = select i1 %d.odd, {W} %n, {W} %d.even
  %d.less = icmp ult {W} %n, {S}
  %d.small = or i1 %d.less, %d.odd
  br i1 %d.small, label %d.tail, label %d.chunks
d.chunks:
  %d = phi {W} [ %n, %backward ], [ %d.next, %d.chunks ]
  %d.next = sub {W} %d, {S}
  %d.from = getelementptr i8, ptr %from, {W} %d.next
  %d.to = getelementptr i8, ptr %to, {W} %d.next
  %d.value = load {C}, ptr %d.from, align {A}
  store {C} %d.value, ptr %d.to, align {A}
  %d.more = icmp uge {W} %d.next, {S}
  br i1 %d.more, label %d.chunks, label %d.tail
d.tail:
  %d.none = icmp eq {W} %d.rest, 0
  br i1 %d.none, label %done, label %d.bytes
d.bytes:
  %e = phi {W} [ %d.rest, %d.tail ], [ %e.next, %d.bytes ]
  %e.next = sub {W} %e, 1
  %e.from = getelementptr i8, ptr %from, {W} %e.next
  %e.to = getelementptr i8, ptr %to, {W} %e.next
  %e.value = load i8, ptr %e.from
  store i8 %e.value, ptr %e.to
  %e.more = icmp ne {W} %e.next, 0
  br i1 %e.more, label %d.bytes, label %done
";

const SPLAT_4: &str = "  \
  %value = trunc i32 %byte to i8
  %byte.low = zext i8 %value to i32
  %chunk = mul i32 %byte.low, 16843009
  br label %start
";

const SPLAT_8: &str = "  \
  %value = trunc i32 %byte to i8
  %byte.low = zext i8 %value to i64
  %chunk = mul i64 %byte.low, 72340172838076673
  br label %start
";

const SPLAT_16: &str = "  \
  %value = trunc i32 %byte to i8
  %byte.low = zext i8 %value to i64
  %word = mul i64 %byte.low, 72340172838076673
  %half = insertelement <2 x i64> poison, i64 %word, i32 0
  %chunk = insertelement <2 x i64> %half, i64 %word, i32 1
  br label %start
";

const CLEAR_START: &str = "  \
  %value = trunc i32 0 to i8
  %chunk = freeze {C} zeroinitializer
  br label %start
";

const SET: &str = "\
start:
  %rest.even = urem {W} %n, {S}
  %rest = select i1 %odd, {W} %n, {W} %rest.even
  %whole = sub {W} %n, %rest
  %small = icmp eq {W} %whole, 0
  br i1 %small, label %tail, label %chunks
chunks:
  %c = phi {W} [ 0, %start ], [ %c.next, %chunks ]
  %c.to = getelementptr i8, ptr %to, {W} %c
  store {C} %chunk, ptr %c.to, align {A}
  %c.next = add {W} %c, {S}
  %c.more = icmp ult {W} %c.next, %whole
  br i1 %c.more, label %chunks, label %tail
tail:
  %none = icmp eq {W} %rest, 0
  br i1 %none, label %done, label %bytes
bytes:
  %b = phi {W} [ %whole, %tail ], [ %b.next, %bytes ]
  %b.to = getelementptr i8, ptr %to, {W} %b
  store i8 %value, ptr %b.to
  %b.next = add {W} %b, 1
  %b.more = icmp ult {W} %b.next, %n
  br i1 %b.more, label %bytes, label %done
done:
  ret ptr %to
";

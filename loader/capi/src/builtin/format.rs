//! The `printf` family: formats and variable arguments in the guest's memory, digits by the host's own `snprintf`.
//!
//! Arguments lie as the C ABI of wasm32 has them: 4 bytes each, `long long` and `double` 8 at a multiple of 8.
//! `%n` stores nothing, and a conversion that is not known is printed as it stands. Precisions are limited to 300 digits.
#![allow(unsafe_code)] // Calls a variadic function of C.

use core::ffi::{c_char, c_int, c_longlong, c_void};
use core::fmt::Write;

use graver_loader::CallError;

use super::{Guest, Outcome, Row, arg, int, out_of_bounds};
use crate::libc::{put_byte, snprintf};

pub(super) const ROWS: &[Row] = &[
    Row { name: "printf", signature: "(ii)i", run: printf },
    Row { name: "vprintf", signature: "(ii)i", run: printf },
    Row { name: "sprintf", signature: "(iii)i", run: sprintf },
    Row { name: "vsprintf", signature: "(iii)i", run: sprintf },
    Row { name: "snprintf", signature: "(iiii)i", run: snprintf_of_guest },
    Row { name: "vsnprintf", signature: "(iiii)i", run: snprintf_of_guest },
    Row { name: "puts", signature: "(i)i", run: puts },
    Row { name: "putchar", signature: "(i)i", run: putchar },
];

fn printf(guest: &mut Guest, args: &[u64]) -> Outcome {
    let mut sink = Sink { to: Target::Output, count: 0 };
    print(guest, arg(args, 0), arg(args, 1), &mut sink)?;
    Ok(u64::from(sink.count))
}

fn sprintf(guest: &mut Guest, args: &[u64]) -> Outcome {
    let to = arg(args, 0);
    let room = guest.rest(to)?.len().checked_sub(1).ok_or_else(out_of_bounds)? as u32;
    let mut sink = Sink { to: Target::Memory { at: to, room }, count: 0 };
    print(guest, arg(args, 1), arg(args, 2), &mut sink)?;
    if sink.count > room {
        return Err(out_of_bounds());
    }
    guest.bytes(to + sink.count, 1)?.fill(0);
    Ok(u64::from(sink.count))
}

fn snprintf_of_guest(guest: &mut Guest, args: &[u64]) -> Outcome {
    let (to, size) = (arg(args, 0), arg(args, 1));
    guest.bytes(to, size)?;
    let room = size.saturating_sub(1);
    let mut sink = Sink { to: Target::Memory { at: to, room }, count: 0 };
    print(guest, arg(args, 2), arg(args, 3), &mut sink)?;
    if size > 0 {
        guest.bytes(to + sink.count.min(room), 1)?.fill(0);
    }
    Ok(u64::from(sink.count))
}

/// Returns the number of bytes, as `printf` does.
fn puts(guest: &mut Guest, args: &[u64]) -> Outcome {
    let text = guest.text(arg(args, 0))?;
    text.iter().copied().for_each(put_byte);
    let count = text.len() as u64 + 1;
    put_byte(b'\n');
    Ok(count)
}

fn putchar(_guest: &mut Guest, args: &[u64]) -> Outcome {
    put_byte(arg(args, 0) as u8);
    Ok(int(1))
}

/// Where the text goes.
enum Target {
    /// The host's standard output.
    Output,
    /// The guest's memory, where so many bytes still fit.
    Memory { at: u32, room: u32 },
}

/// Takes the text, and counts what does not fit as well.
struct Sink {
    to: Target,
    count: u32,
}

impl Sink {
    fn put(&mut self, guest: &mut Guest, byte: u8) -> Result<(), CallError> {
        self.count = self.count.saturating_add(1);
        match &mut self.to {
            Target::Output => put_byte(byte),
            Target::Memory { room: 0, .. } => {}
            Target::Memory { at, room } => {
                guest.bytes(*at, 1)?.fill(byte);
                *at += 1;
                *room -= 1;
            }
        }
        Ok(())
    }

    fn put_all(&mut self, guest: &mut Guest, bytes: &[u8]) -> Result<(), CallError> {
        bytes.iter().try_for_each(|byte| self.put(guest, *byte))
    }

    fn pad(&mut self, guest: &mut Guest, count: u32) -> Result<(), CallError> {
        (0..count).try_for_each(|_| self.put(guest, b' '))
    }
}

/// Variable arguments.
struct Arguments {
    at: u32,
}

impl Arguments {
    fn take<const N: usize>(&mut self, guest: &mut Guest) -> Result<[u8; N], CallError> {
        let at = self.at.checked_next_multiple_of(N as u32).ok_or_else(out_of_bounds)?;
        let bytes = guest.word(at)?;
        // Inside the memory, so there is no overflow but at its very end.
        self.at = at.checked_add(N as u32).ok_or_else(out_of_bounds)?;
        Ok(bytes)
    }

    fn word(&mut self, guest: &mut Guest) -> Result<i32, CallError> {
        self.take(guest).map(i32::from_le_bytes)
    }

    fn long(&mut self, guest: &mut Guest) -> Result<i64, CallError> {
        self.take(guest).map(i64::from_le_bytes)
    }
}

/// The size of an integer argument.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    Char,
    Short,
    Int,
    Long,
}

/// A conversion, such as `%-8.3f`.
struct Directive {
    /// `-+ #0`, each at most once.
    flags: [bool; 5],
    width: u32,
    precision: Option<u32>,
    size: Size,
    kind: u8,
}

const FLAGS: &[u8; 5] = b"-+ #0";
/// What the host's function gets at most, as width or precision.
const LIMIT: u32 = 300;
/// All of a `double`'s digits before the point, and as many after it.
const LONGEST: usize = 640;

impl Directive {
    /// Reads what follows a percent sign, and the arguments for stars; the address behind it.
    fn read(guest: &mut Guest, mut at: u32, arguments: &mut Arguments) -> Result<(Self, u32), CallError> {
        let mut this = Self { flags: [false; 5], width: 0, precision: None, size: Size::Int, kind: 0 };
        let mut next = |guest: &mut Guest| -> Result<u8, CallError> {
            let byte = guest.byte(at)?;
            at = at.checked_add(1).ok_or_else(out_of_bounds)?;
            Ok(byte)
        };
        let mut byte = next(guest)?;
        while let Some(index) = FLAGS.iter().position(|flag| *flag == byte) {
            this.flags[index] = true;
            byte = next(guest)?;
        }
        if byte == b'*' {
            let width = arguments.word(guest)?;
            this.flags[0] |= width < 0;
            this.width = width.unsigned_abs();
            byte = next(guest)?;
        }
        while byte.is_ascii_digit() {
            this.width = this.width.saturating_mul(10).saturating_add(u32::from(byte - b'0'));
            byte = next(guest)?;
        }
        if byte == b'.' {
            this.precision = Some(0);
            byte = next(guest)?;
            if byte == b'*' {
                this.precision = u32::try_from(arguments.word(guest)?).ok();
                byte = next(guest)?;
            }
            while byte.is_ascii_digit() {
                let digits = this.precision.unwrap_or(0).saturating_mul(10);
                this.precision = Some(digits.saturating_add(u32::from(byte - b'0')));
                byte = next(guest)?;
            }
        }
        let mut longs = 0;
        while matches!(byte, b'h' | b'l' | b'j' | b'z' | b't') {
            longs += u32::from(byte == b'l') + 2 * u32::from(byte == b'j');
            this.size = match (byte, this.size) {
                (b'h', Size::Short) => Size::Char,
                (b'h', _) => Size::Short,
                _ if longs >= 2 => Size::Long,
                // A `long` has 32 bits.
                _ => Size::Int,
            };
            byte = next(guest)?;
        }
        this.kind = byte;
        Ok((this, at))
    }

    fn is_left(&self) -> bool {
        self.flags[0]
    }

    /// Prints bytes with spaces around them.
    fn place(&self, guest: &mut Guest, sink: &mut Sink, bytes: &[u8]) -> Result<(), CallError> {
        let padding = self.width.saturating_sub(bytes.len() as u32);
        if !self.is_left() {
            sink.pad(guest, padding)?;
        }
        sink.put_all(guest, bytes)?;
        if self.is_left() { sink.pad(guest, padding) } else { Ok(()) }
    }

    /// The same conversion for the host's function, with the length of its argument.
    fn for_host(&self, length: &str) -> crate::text::Text<32> {
        let mut text = crate::text::Text::<32>::EMPTY;
        // Two numbers of three digits fit.
        let _ = text.write_char('%');
        for (flag, is_set) in FLAGS.iter().zip(self.flags) {
            if is_set {
                let _ = text.write_char(char::from(*flag));
            }
        }
        if self.width > 0 {
            let _ = write!(text, "{}", self.width.min(LIMIT));
        }
        if let Some(precision) = self.precision {
            let _ = write!(text, ".{}", precision.min(LIMIT));
        }
        let _ = write!(text, "{length}{}", char::from(self.kind));
        text
    }

    /// Prints what the host's function makes of an argument.
    fn by_host(
        &self,
        guest: &mut Guest,
        sink: &mut Sink,
        length: &str,
        call: impl FnOnce(*mut c_char, *const c_char) -> c_int,
    ) -> Result<(), CallError> {
        let mut digits = [0_u8; LONGEST];
        let format = self.for_host(length);
        let count = call(digits.as_mut_ptr().cast(), format.as_ptr());
        let count = usize::try_from(count).unwrap_or(0).min(LONGEST - 1);
        self.place(guest, sink, digits.get(..count).unwrap_or_default())
    }
}

/// Prints a format with its arguments.
fn print(guest: &mut Guest, format: u32, list: u32, sink: &mut Sink) -> Result<(), CallError> {
    let mut at = format;
    let mut arguments = Arguments { at: list };
    loop {
        let byte = guest.byte(at)?;
        at = at.checked_add(1).ok_or_else(out_of_bounds)?;
        match byte {
            0 => return Ok(()),
            b'%' => {
                let start = at;
                let (directive, end) = Directive::read(guest, at, &mut arguments)?;
                at = end;
                if !convert(guest, &directive, &mut arguments, sink)? {
                    // As it stands; a NUL in it ends the format.
                    sink.put(guest, b'%')?;
                    at = start;
                }
            }
            byte => sink.put(guest, byte)?,
        }
    }
}

/// Prints an argument; false if the conversion is not known.
fn convert(
    guest: &mut Guest,
    directive: &Directive,
    arguments: &mut Arguments,
    sink: &mut Sink,
) -> Result<bool, CallError> {
    match directive.kind {
        b'%' => sink.put(guest, b'%')?,
        b'n' => {}
        b'c' => {
            let byte = arguments.word(guest)? as u8;
            directive.place(guest, sink, &[byte])?;
        }
        b's' => {
            let address = arguments.word(guest)?.cast_unsigned();
            text(guest, directive, address, sink)?;
        }
        b'd' | b'i' | b'u' | b'x' | b'X' | b'o' => integer(guest, directive, arguments, sink)?,
        b'p' => {
            let pointer = core::ptr::without_provenance_mut::<c_void>(arguments.word(guest)?.cast_unsigned() as usize);
            // SAFETY: the buffer has this size, and the format takes a pointer.
            directive.by_host(guest, sink, "", |to, format| unsafe { snprintf(to, LONGEST, format, pointer) })?;
        }
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
            let value = f64::from_le_bytes(arguments.take(guest)?);
            // SAFETY: the buffer has this size, and the format takes a `double`.
            directive.by_host(guest, sink, "", |to, format| unsafe { snprintf(to, LONGEST, format, value) })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn integer(
    guest: &mut Guest,
    directive: &Directive,
    arguments: &mut Arguments,
    sink: &mut Sink,
) -> Result<(), CallError> {
    if directive.size == Size::Long {
        let value: c_longlong = arguments.long(guest)?;
        // SAFETY: the buffer has this size, and the format takes a `long long` of either sign.
        return directive.by_host(guest, sink, "ll", |to, format| unsafe { snprintf(to, LONGEST, format, value) });
    }
    let value = arguments.word(guest)?;
    let is_signed = matches!(directive.kind, b'd' | b'i');
    let value: c_int = match directive.size {
        Size::Char if is_signed => c_int::from(value as i8),
        Size::Char => c_int::from(value as u8),
        Size::Short if is_signed => c_int::from(value as i16),
        Size::Short => c_int::from(value as u16),
        Size::Int | Size::Long => value,
    };
    // SAFETY: the buffer has this size, and the format takes an `int` of either sign.
    directive.by_host(guest, sink, "", |to, format| unsafe { snprintf(to, LONGEST, format, value) })
}

/// Prints a string up to its NUL or the precision. An empty one at address 0 is the guest's null pointer.
fn text(guest: &mut Guest, directive: &Directive, address: u32, sink: &mut Sink) -> Result<(), CallError> {
    if address == 0 && guest.byte(0)? == 0 {
        return directive.place(guest, sink, b"(null)");
    }
    let limit = directive.precision.map_or(usize::MAX, |precision| precision as usize);
    let rest = guest.rest(address)?;
    let length = match rest.iter().take(limit).position(|byte| *byte == 0) {
        Some(length) => length,
        None if rest.len() < limit => return Err(out_of_bounds()),
        None => limit,
    } as u32;
    let padding = directive.width.saturating_sub(length);
    if !directive.is_left() {
        sink.pad(guest, padding)?;
    }
    for index in 0..length {
        let byte = guest.byte(address + index)?;
        sink.put(guest, byte)?;
    }
    if directive.is_left() { sink.pad(guest, padding) } else { Ok(()) }
}

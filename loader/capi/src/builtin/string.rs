//! Strings, and kinds of characters (in the C locale).

use graver_loader::CallError;

use super::memory::copy_within;
use super::{Guest, Outcome, Row, arg, int, out_of_bounds};

pub(super) const ROWS: &[Row] = &[
    Row { name: "strlen", signature: "(i)i", run: length },
    Row { name: "strchr", signature: "(ii)i", run: find_char },
    Row { name: "strcmp", signature: "(ii)i", run: |guest, args| compare(guest, args, u32::MAX, |byte| byte) },
    Row { name: "strncmp", signature: "(iii)i", run: |guest, args| compare(guest, args, arg(args, 2), |byte| byte) },
    Row {
        name: "strncasecmp",
        signature: "(iii)i",
        run: |guest, args| compare(guest, args, arg(args, 2), |byte| byte.to_ascii_lowercase()),
    },
    Row { name: "strcpy", signature: "(ii)i", run: copy },
    Row { name: "strncpy", signature: "(iii)i", run: copy_some },
    Row { name: "strspn", signature: "(ii)i", run: |guest, args| span(guest, args, true) },
    Row { name: "strcspn", signature: "(ii)i", run: |guest, args| span(guest, args, false) },
    Row { name: "strstr", signature: "(ii)i", run: find_text },
    Row { name: "isupper", signature: "(i)i", run: |_, args| is(args, |byte| byte.is_ascii_uppercase()) },
    Row { name: "isalpha", signature: "(i)i", run: |_, args| is(args, |byte| byte.is_ascii_alphabetic()) },
    Row { name: "isspace", signature: "(i)i", run: |_, args| is(args, is_space) },
    Row { name: "isgraph", signature: "(i)i", run: |_, args| is(args, |byte| byte.is_ascii_graphic()) },
    Row { name: "isprint", signature: "(i)i", run: |_, args| is(args, |byte| byte.is_ascii_graphic() || byte == b' ') },
    Row { name: "isdigit", signature: "(i)i", run: |_, args| is(args, |byte| byte.is_ascii_digit()) },
    Row { name: "isxdigit", signature: "(i)i", run: |_, args| is(args, |byte| byte.is_ascii_hexdigit()) },
    Row { name: "isalnum", signature: "(i)i", run: |_, args| is(args, |byte| byte.is_ascii_alphanumeric()) },
    Row { name: "tolower", signature: "(i)i", run: |_, args| changed(args, |byte| byte.to_ascii_lowercase()) },
    Row { name: "toupper", signature: "(i)i", run: |_, args| changed(args, |byte| byte.to_ascii_uppercase()) },
];

fn length(guest: &mut Guest, args: &[u64]) -> Outcome {
    Ok(guest.text(arg(args, 0))?.len() as u64)
}

fn find_char(guest: &mut Guest, args: &[u64]) -> Outcome {
    let (start, wanted) = (arg(args, 0), arg(args, 1) as u8);
    let text = guest.text(start)?;
    // The NUL is a character of the string.
    let found = if wanted == 0 { Some(text.len()) } else { text.iter().position(|byte| *byte == wanted) };
    Ok(found.map_or(0, |index| u64::from(start) + index as u64))
}

/// Compares at most `limit` characters of two strings.
fn compare(guest: &mut Guest, args: &[u64], limit: u32, key: fn(u8) -> u8) -> Outcome {
    let (mut first, mut second) = (arg(args, 0), arg(args, 1));
    for _ in 0..limit {
        let (a, b) = (key(guest.byte(first)?), key(guest.byte(second)?));
        if a != b || a == 0 {
            return Ok(int(i32::from(a) - i32::from(b)));
        }
        first = first.checked_add(1).ok_or_else(out_of_bounds)?;
        second = second.checked_add(1).ok_or_else(out_of_bounds)?;
    }
    Ok(0)
}

fn copy(guest: &mut Guest, args: &[u64]) -> Outcome {
    let (to, from) = (arg(args, 0), arg(args, 1));
    let size = guest.text(from)?.len() as u32 + 1;
    copy_within(guest, to, from, size)?;
    Ok(u64::from(to))
}

/// Copies at most so many characters, and fills the rest with NULs.
fn copy_some(guest: &mut Guest, args: &[u64]) -> Outcome {
    let (to, from, size) = (arg(args, 0), arg(args, 1), arg(args, 2));
    let rest = guest.rest(from)?;
    let count = match rest.iter().take(size as usize).position(|byte| *byte == 0) {
        Some(length) => length as u32,
        None if rest.len() < size as usize => return Err(out_of_bounds()),
        None => size,
    };
    guest.bytes(to, size)?;
    copy_within(guest, to, from, count)?;
    // All of it is inside.
    guest.bytes(to + count, size - count)?.fill(0);
    Ok(u64::from(to))
}

/// How many characters at the start are in the set, or are not.
fn span(guest: &mut Guest, args: &[u64], wanted: bool) -> Outcome {
    let (text, set) = guest.texts(arg(args, 0), arg(args, 1))?;
    let other = text.iter().position(|byte| set.contains(byte) != wanted);
    Ok(other.unwrap_or(text.len()) as u64)
}

fn find_text(guest: &mut Guest, args: &[u64]) -> Outcome {
    let start = arg(args, 0);
    let (text, wanted) = guest.texts(start, arg(args, 1))?;
    let found = (0..=text.len()).find(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(wanted)));
    Ok(found.map_or(0, |index| u64::from(start) + index as u64))
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Whether a character, or -1, is of a kind.
#[allow(clippy::unnecessary_wraps)] // Of the type of the others.
fn is(args: &[u64], kind: fn(u8) -> bool) -> Result<u64, CallError> {
    Ok(u64::from(u8::try_from(arg(args, 0)).is_ok_and(kind)))
}

#[allow(clippy::unnecessary_wraps)] // Of the type of the others.
fn changed(args: &[u64], change: fn(u8) -> u8) -> Result<u64, CallError> {
    let character = arg(args, 0);
    Ok(u64::from(u8::try_from(character).map_or(character, |byte| u32::from(change(byte)))))
}

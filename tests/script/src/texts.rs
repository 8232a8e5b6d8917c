//! Whether a message means what the suite expects: texts are compared by prefix, and this table has the rest.

use core::fmt::{self, Display, Write};

/// What the suite calls something, and what WAMR's embedding API, whose texts we use, calls it.
const SYNONYMS: &[(&str, &str)] = &[
    ("call stack exhausted", "native stack overflow"),
    // Some files of the suite name the element, or leave out the end.
    ("uninitialized element", "uninitialized element"),
    ("undefined", "undefined element"),
];

/// Whether `found` is the trap that `expected` describes.
pub(crate) fn is_trap(expected: &str, found: &str) -> bool {
    found.starts_with(expected)
        || expected.starts_with(found)
        || SYNONYMS.iter().any(|(theirs, ours)| expected.starts_with(theirs) && found.starts_with(ours))
}

/// Whether an error is the one that `expected` describes: its text begins so.
pub(crate) fn is_link_error(expected: &str, found: &dyn Display) -> bool {
    let mut left = Left(expected);
    // Fails at the first difference, and after that nothing is left to compare.
    let is_same = write!(left, "{found}").is_ok();
    is_same && left.0.is_empty()
}

/// The part of an expected text that has not been written yet.
struct Left<'e>(&'e str);

impl Write for Left<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let length = text.len().min(self.0.len());
        let (next, rest) = self.0.as_bytes().split_at(length);
        if *next != text.as_bytes()[..length] {
            return Err(fmt::Error);
        }
        self.0 = core::str::from_utf8(rest).map_err(|_| fmt::Error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_mean_the_same() {
        assert!(is_trap("call stack exhausted", "native stack overflow"));
        assert!(is_trap("uninitialized element 7", "uninitialized element"));
        assert!(is_trap("uninitialized", "uninitialized element"));
        assert!(is_trap("integer overflow", "integer overflow"));
    }

    #[test]
    fn texts_that_do_not() {
        assert!(!is_trap("integer overflow", "integer divide by zero"));
        assert!(!is_trap("undefined element", "uninitialized element"));
        assert!(!is_trap("out of bounds memory access", "out of bounds table access"));
        assert!(!is_link_error("unknown import", &"incompatible import type: x"));
        assert!(!is_link_error("unknown import: a", &"unknown import"));
        assert!(is_link_error("unknown import", &format_args!("{} import: \"a\"", "unknown")));
    }
}

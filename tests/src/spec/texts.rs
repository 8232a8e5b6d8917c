//! Whether a message means what the suite expects: texts are compared by prefix, and this table has the rest.

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

/// Whether `found` is the reason for which linking must fail.
pub(crate) fn is_link_error(expected: &str, found: &str) -> bool {
    found.starts_with(expected)
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
        assert!(!is_link_error("unknown import", "incompatible import type: x"));
    }
}

//! What a script says.

use crate::value::{Expected, List, Value};

/// One directive.
#[derive(Clone, Copy, Debug)]
pub struct Command<'s> {
    /// Where it stands in the source.
    pub line: u32,
    /// What to do.
    pub attempt: Attempt<'s>,
    /// What must come of it.
    pub expectation: Expectation<'s>,
}

/// Something that can fail.
#[derive(Clone, Copy, Debug)]
pub enum Attempt<'s> {
    /// Make an instance of an image.
    Instantiate {
        /// Index of the image.
        image: u32,
        /// Index that the instance gets.
        instance: u32,
    },
    /// Let later modules import an instance's exports.
    Register {
        /// Index of the instance.
        instance: u32,
        /// Module name of the imports.
        name: &'s str,
    },
    /// Call an exported function.
    Call {
        /// Index of the instance.
        instance: u32,
        /// Name of the export.
        name: &'s str,
        /// What is passed.
        arguments: List<'s, Value>,
    },
    /// Forget all instances: what comes next happens in a new store.
    Restart,
    /// Look at an exported memory: its pages and the [`digest`](crate::digest) of its bytes.
    Digest {
        /// Index of the instance.
        instance: u32,
        /// Name of the export.
        name: &'s str,
    },
    /// Look at an exported global.
    Get {
        /// Index of the instance.
        instance: u32,
        /// Name of the export.
        name: &'s str,
    },
}

/// What an attempt must lead to.
#[derive(Clone, Copy, Debug)]
pub enum Expectation<'s> {
    /// Anything but a failure.
    Success,
    /// These results.
    Values(List<'s, Expected>),
    /// A trap with this text.
    Trap(&'s str),
    /// An import that is missing or does not fit, with this text.
    LinkError(&'s str),
}

/// The numbers that stand for attempts and expectations.
pub(crate) mod tag {
    pub(crate) const INSTANTIATE: u8 = 0;
    pub(crate) const REGISTER: u8 = 1;
    pub(crate) const CALL: u8 = 2;
    pub(crate) const GET: u8 = 3;
    pub(crate) const DIGEST: u8 = 4;
    pub(crate) const RESTART: u8 = 5;

    pub(crate) const SUCCESS: u8 = 0;
    pub(crate) const VALUES: u8 = 1;
    pub(crate) const TRAP: u8 = 2;
    pub(crate) const LINK_ERROR: u8 = 3;
}

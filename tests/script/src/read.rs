//! From bytes to a checked script.

use core::fmt;

use crate::command::{Attempt, Command, Expectation, tag};
use crate::value::{List, RECORD_BYTES, Record};
use crate::{HEADER_BYTES, MAGIC, VERSION};

/// What is wrong with the bytes of a script, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadScript {
    /// The bytes begin otherwise.
    Magic,
    /// The script follows other rules.
    Version(u32),
    /// Something reaches beyond the end.
    Truncated(usize),
    /// A number stands for nothing.
    Tag(usize),
    /// A text is not UTF-8.
    Text(usize),
    /// There is no such image or instance.
    Index(usize),
}

impl fmt::Display for BadScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("not a test script"),
            Self::Version(found) => write!(f, "a test script of version {found}, this runner knows {VERSION}"),
            Self::Truncated(at) => write!(f, "the test script ends before what begins at byte {at} does"),
            Self::Tag(at) => write!(f, "byte {at} of the test script stands for nothing"),
            Self::Text(at) => write!(f, "the text at byte {at} of the test script is not UTF-8"),
            Self::Index(at) => write!(f, "byte {at} of the test script names an image or instance that it lacks"),
        }
    }
}

impl core::error::Error for BadScript {}

/// What modules of a script may import of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostModules {
    /// Nothing.
    #[default]
    None,
    /// What the scripts of the official suites import.
    Spectest,
    /// The functions of [`each_shape`](crate::each_shape) as well.
    Shapes,
}

impl HostModules {
    fn decode(number: u32) -> Option<Self> {
        [Self::None, Self::Spectest, Self::Shapes].get(number as usize).copied()
    }
}

/// A script whose every byte is known to follow the rules.
#[derive(Clone, Copy, Debug)]
pub struct Script<'s> {
    bytes: &'s [u8],
    images: u32,
    instances: u32,
    count: u32,
    commands: usize,
    host: HostModules,
}

impl<'s> Script<'s> {
    /// Checks a script. Bytes after its end are ignored.
    ///
    /// # Errors
    /// The first thing that breaks a rule.
    pub fn parse(bytes: &'s [u8]) -> Result<Self, BadScript> {
        let mut header = Cursor { bytes, at: 0 };
        if header.take(MAGIC.len()).ok() != Some(&MAGIC[..]) {
            return Err(BadScript::Magic);
        }
        match header.u32()? {
            VERSION => {}
            other => return Err(BadScript::Version(other)),
        }
        let length = header.u32()? as usize;
        let bytes = bytes.get(..length).ok_or(BadScript::Truncated(0))?;
        let (images, instances, count) = (header.u32()?, header.u32()?, header.u32()?);
        let commands = header.u32()? as usize;
        let at = header.at;
        let host = HostModules::decode(header.u32()?).ok_or(BadScript::Tag(at))?;
        let script = Self { bytes, images, instances, count, commands, host };
        for image in 0..images {
            script.image(image).ok_or(BadScript::Truncated(HEADER_BYTES + 8 * image as usize))?;
        }
        let mut cursor = script.start();
        for _ in 0..count {
            cursor.command(&script)?;
        }
        Ok(script)
    }

    /// All of it.
    pub fn bytes(&self) -> &'s [u8] {
        self.bytes
    }

    /// How many images there are.
    pub fn images(&self) -> usize {
        self.images as usize
    }

    /// What its modules may import of the host.
    pub fn host(&self) -> HostModules {
        self.host
    }

    /// How many instances commands name.
    pub fn instances(&self) -> usize {
        self.instances as usize
    }

    /// The bytes of an image.
    pub fn image(&self, index: u32) -> Option<&'s [u8]> {
        if index >= self.images {
            return None;
        }
        let entry = HEADER_BYTES.checked_add((index as usize).checked_mul(8)?)?;
        let mut cursor = Cursor { bytes: self.bytes, at: entry };
        let (offset, length) = (cursor.u32().ok()? as usize, cursor.u32().ok()? as usize);
        self.bytes.get(offset..)?.get(..length)
    }

    /// All commands, in order.
    pub fn commands(&self) -> impl Iterator<Item = Command<'s>> + use<'s> {
        let (script, mut cursor) = (*self, self.start());
        (0..self.count).map_while(move |_| cursor.command(&script).ok())
    }

    fn start(&self) -> Cursor<'s> {
        Cursor { bytes: self.bytes, at: self.commands }
    }
}

struct Cursor<'s> {
    bytes: &'s [u8],
    at: usize,
}

impl<'s> Cursor<'s> {
    fn take(&mut self, length: usize) -> Result<&'s [u8], BadScript> {
        let taken =
            self.bytes.get(self.at..).and_then(|rest| rest.get(..length)).ok_or(BadScript::Truncated(self.at))?;
        self.at += length;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8, BadScript> {
        Ok(self.take(1)?[0])
    }

    fn u32(&mut self) -> Result<u32, BadScript> {
        let at = self.at;
        Ok(u32::from_le_bytes(self.take(4)?.try_into().map_err(|_| BadScript::Truncated(at))?))
    }

    /// An index below `limit`.
    fn index(&mut self, limit: u32) -> Result<u32, BadScript> {
        let at = self.at;
        let index = self.u32()?;
        if index < limit { Ok(index) } else { Err(BadScript::Index(at)) }
    }

    fn text(&mut self) -> Result<&'s str, BadScript> {
        let at = self.at;
        let length = self.u32()? as usize;
        core::str::from_utf8(self.take(length)?).map_err(|_| BadScript::Text(at))
    }

    fn list<T: Record>(&mut self) -> Result<List<'s, T>, BadScript> {
        let at = self.at;
        let bytes = (self.u32()? as usize).checked_mul(RECORD_BYTES).ok_or(BadScript::Truncated(at))?;
        List::stored(self.take(bytes)?).ok_or(BadScript::Tag(at))
    }

    fn command(&mut self, script: &Script<'_>) -> Result<Command<'s>, BadScript> {
        Ok(Command { line: self.u32()?, attempt: self.attempt(script)?, expectation: self.expectation()? })
    }

    fn attempt(&mut self, script: &Script<'_>) -> Result<Attempt<'s>, BadScript> {
        let at = self.at;
        let tag = self.u8()?;
        if tag == tag::INSTANTIATE {
            let image = self.index(script.images)?;
            return Ok(Attempt::Instantiate { image, instance: self.index(script.instances)? });
        }
        if tag == tag::RESTART {
            return Ok(Attempt::Restart);
        }
        let (instance, name) = (self.index(script.instances)?, self.text()?);
        Ok(match tag {
            tag::REGISTER => Attempt::Register { instance, name },
            tag::CALL => Attempt::Call { instance, name, arguments: self.list()? },
            tag::GET => Attempt::Get { instance, name },
            tag::DIGEST => Attempt::Digest { instance, name },
            _ => return Err(BadScript::Tag(at)),
        })
    }

    fn expectation(&mut self) -> Result<Expectation<'s>, BadScript> {
        let at = self.at;
        Ok(match self.u8()? {
            tag::SUCCESS => Expectation::Success,
            tag::VALUES => Expectation::Values(self.list()?),
            tag::TRAP => Expectation::Trap(self.text()?),
            tag::LINK_ERROR => Expectation::LinkError(self.text()?),
            _ => return Err(BadScript::Tag(at)),
        })
    }
}

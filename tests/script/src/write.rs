//! From images and commands to bytes.

use alloc::vec::Vec;

use crate::command::{Attempt, Command, Expectation, tag};
use crate::read::HostModules;
use crate::value::{List, Record};
use crate::{HEADER_BYTES, IMAGE_ALIGN, MAGIC, VERSION};

/// An image of the script that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageId(pub(crate) u32);

/// An instance of the script that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceId(pub(crate) u32);

impl ImageId {
    /// As commands name it.
    pub fn index(self) -> u32 {
        self.0
    }
}

impl InstanceId {
    /// As commands name it.
    pub fn index(self) -> u32 {
        self.0
    }
}

/// Collects what a script consists of.
#[derive(Debug, Default)]
pub struct Writer {
    images: Vec<Vec<u8>>,
    instances: u32,
    count: u32,
    commands: Vec<u8>,
    host: HostModules,
    is_shifted: bool,
}

impl Writer {
    /// An empty script.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an image, unless the script has it already.
    pub fn image(&mut self, image: Vec<u8>) -> ImageId {
        let index = self.images.iter().position(|known| *known == image).unwrap_or_else(|| {
            self.images.push(image);
            self.images.len() - 1
        });
        ImageId(index as u32)
    }

    /// Lets modules import this, or what they may import already if that is more.
    pub fn let_import(&mut self, host: HostModules) {
        self.host = self.host.max(host);
    }

    /// Puts images at every distance from multiples of [`IMAGE_ALIGN`] but 0, so that their code must be copied.
    pub fn shift_images(&mut self) {
        self.is_shifted = true;
    }

    /// An index for an instance.
    pub fn instance(&mut self) -> InstanceId {
        self.instances += 1;
        InstanceId(self.instances - 1)
    }

    /// How many commands there are.
    pub fn commands(&self) -> usize {
        self.count as usize
    }

    /// Adds a command, which names indexes of this script.
    pub fn command(&mut self, command: &Command<'_>) {
        self.count += 1;
        self.number(command.line as usize);
        self.attempt(&command.attempt);
        self.expectation(&command.expectation);
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) {
        match *attempt {
            Attempt::Instantiate { image, instance } => {
                self.commands.push(tag::INSTANTIATE);
                self.number(image as usize);
                self.number(instance as usize);
            }
            Attempt::Register { instance, name } => self.named(tag::REGISTER, instance, name),
            Attempt::Call { instance, name, arguments } => {
                self.named(tag::CALL, instance, name);
                self.list(arguments);
            }
            Attempt::Get { instance, name } => self.named(tag::GET, instance, name),
            Attempt::Digest { instance, name } => self.named(tag::DIGEST, instance, name),
            Attempt::Restart => self.commands.push(tag::RESTART),
        }
    }

    fn expectation(&mut self, expectation: &Expectation<'_>) {
        match *expectation {
            Expectation::Success => self.commands.push(tag::SUCCESS),
            Expectation::Values(patterns) => {
                self.commands.push(tag::VALUES);
                self.list(patterns);
            }
            Expectation::Trap(text) => {
                self.commands.push(tag::TRAP);
                self.text(text);
            }
            Expectation::LinkError(text) => {
                self.commands.push(tag::LINK_ERROR);
                self.text(text);
            }
        }
    }

    fn named(&mut self, tag: u8, instance: u32, name: &str) {
        self.commands.push(tag);
        self.number(instance as usize);
        self.text(name);
    }

    fn number(&mut self, number: usize) {
        self.commands.extend((number as u32).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.commands.extend(text.as_bytes());
    }

    fn list<T: Record>(&mut self, list: List<'_, T>) {
        self.number(list.len());
        for item in list.iter() {
            let (tag, bits) = item.encode();
            self.commands.push(tag);
            self.commands.extend(bits.to_le_bytes());
        }
    }

    /// The script.
    pub fn finish(self) -> Vec<u8> {
        let mut end = HEADER_BYTES + 8 * self.images.len();
        let mut table = Vec::new();
        for (index, image) in self.images.iter().enumerate() {
            let shift = if self.is_shifted { 1 + index % (IMAGE_ALIGN - 1) } else { 0 };
            let offset = end.next_multiple_of(IMAGE_ALIGN) + shift;
            table.extend([offset, image.len()]);
            end = offset + image.len();
        }
        let header = [
            VERSION as usize,
            end + self.commands.len(),
            self.images.len(),
            self.instances as usize,
            self.count as usize,
            end,
            self.host as usize,
        ];
        let mut bytes = MAGIC.to_vec();
        bytes.extend(header.iter().chain(&table).flat_map(|number| (*number as u32).to_le_bytes()));
        for (image, entry) in self.images.iter().zip(table.chunks(2)) {
            bytes.resize(entry[0], 0);
            bytes.extend(image);
        }
        bytes.extend(self.commands);
        bytes
    }
}

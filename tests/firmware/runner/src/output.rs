//! Standard output of the emulator, a line at a time: each write stops the machine.

use core::fmt;

use semihosting::io::{Stdout, Write as _, stdout};

/// Collects a line.
pub struct Output {
    out: Option<Stdout>,
    line: [u8; 256],
    length: usize,
}

impl Output {
    /// An empty line. Without standard output, there are no lines, which the reader notices.
    pub fn new() -> Self {
        Self { out: stdout().ok(), line: [0; 256], length: 0 }
    }

    fn flush(&mut self) -> fmt::Result {
        let length = core::mem::take(&mut self.length);
        let out = self.out.as_mut().ok_or(fmt::Error)?;
        out.write_all(&self.line[..length]).map_err(|_| fmt::Error)
    }
}

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.length == self.line.len() {
                self.flush()?;
            }
            self.line[self.length] = byte;
            self.length += 1;
            if byte == b'\n' {
                self.flush()?;
            }
        }
        Ok(())
    }
}

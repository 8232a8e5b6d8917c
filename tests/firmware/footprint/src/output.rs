//! Text and numbers over semihosting, without `core::fmt`.

use cortex_m_semihosting::hio::{HostStream, hstdout};

/// Standard output of the emulator.
pub struct Output(Option<HostStream>);

impl Output {
    /// Without standard output nothing is printed, which the reader notices.
    pub fn new() -> Self {
        Self(hstdout().ok())
    }

    /// A line of text.
    #[cfg_attr(not(feature = "loader"), expect(dead_code, reason = "nothing goes wrong"))]
    pub fn text(&mut self, text: &str) {
        self.write(text.as_bytes());
        self.write(b"\n");
    }

    /// A name and a number.
    pub fn line(&mut self, name: &str, number: usize) {
        self.write(name.as_bytes());
        let (mut digits, mut start, mut rest) = ([b' '; 12], 12, number);
        while start > 1 {
            start -= 1;
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.write(&digits[start - 1..]);
        self.write(b"\n");
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(out) = &mut self.0 {
            // There is nobody to tell.
            let _ = out.write_all(bytes);
        }
    }
}

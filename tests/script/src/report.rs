//! What is said about each directive, in lines that another process can read: `@LINE` before it, then `ok`, `skip` or
//! `fail REASON`.

use core::fmt::{self, Display, Write};

/// What became of one directive.
pub enum Outcome<'a> {
    /// It held.
    Passed,
    /// It was left out.
    Skipped,
    /// It did not hold, for this reason.
    Failed(&'a dyn Display),
}

/// Where outcomes go.
pub trait Report {
    /// A directive is about to be executed.
    fn begin(&mut self, line: u32);
    /// And has been.
    fn end(&mut self, outcome: Outcome<'_>);
}

/// Outcomes as lines of text. Each call writes what it has to say at once: the next thing may be a crash.
#[derive(Debug)]
pub struct Lines<W>(pub W);

impl<W: Write> Report for Lines<W> {
    fn begin(&mut self, line: u32) {
        // Who cannot be told cannot be told that either: the reader counts.
        let _ = writeln!(self.0, "@{line}");
    }

    fn end(&mut self, outcome: Outcome<'_>) {
        let _ = match outcome {
            Outcome::Passed => writeln!(self.0, "ok"),
            Outcome::Skipped => writeln!(self.0, "skip"),
            Outcome::Failed(why) => write!(self.0, "fail ")
                .and_then(|()| write!(OneLine(&mut self.0), "{why}"))
                .and_then(|()| writeln!(self.0)),
        };
    }
}

/// Writes spaces for line ends.
struct OneLine<'w, W>(&'w mut W);

impl<W: Write> Write for OneLine<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (position, part) in text.split(['\n', '\r']).enumerate() {
            if position > 0 {
                self.0.write_str(" ")?;
            }
            self.0.write_str(part)?;
        }
        Ok(())
    }
}

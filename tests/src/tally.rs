//! The line that every counting job ends in.

use std::fmt;
use std::process::ExitCode;

/// How many things were checked, and how that went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Held.
    pub passed: usize,
    /// Did not hold.
    pub failed: usize,
    /// Left out by name, with a reason in a file.
    pub skipped: usize,
}

impl Tally {
    /// Everything that was looked at.
    pub fn total(&self) -> usize {
        self.passed + self.failed + self.skipped
    }

    /// 0 if nothing failed, else 1.
    pub fn exit_code(&self) -> ExitCode {
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

//! One file, in a process of its own. What happens goes to standard output, a line each:
//! `@LINE` before a directive, then `ok`, `skip` or `fail REASON`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use super::config::Config;
use super::suite;
use super::{link_only, script};

/// No file takes a tenth of this; a miscompiled loop takes longer.
const LIMIT: Duration = Duration::from_secs(300);

/// How a child that took too long ends.
pub(crate) const TIMED_OUT: i32 = 124;

/// Where the outcome of each directive goes.
pub(crate) struct Progress;

impl Progress {
    pub(crate) fn begin(&mut self, line: usize) {
        Self::say(&format!("@{line}"));
    }

    pub(crate) fn end(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Passed => Self::say("ok"),
            Outcome::Skipped => Self::say("skip"),
            Outcome::Failed(why) => Self::say(&format!("fail {}", why.replace(['\n', '\r'], " "))),
        }
    }

    fn say(line: &str) {
        // Unbuffered: the next thing may be a crash.
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            std::process::exit(1);
        }
    }
}

/// What became of one directive.
pub(crate) enum Outcome {
    Passed,
    Skipped,
    Failed(String),
}

impl From<anyhow::Result<()>> for Outcome {
    fn from(result: anyhow::Result<()>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(error) => Self::Failed(format!("{error:#}")),
        }
    }
}

/// Runs the file that the configuration names.
pub fn run(config: &Config) -> ExitCode {
    std::thread::spawn(|| {
        std::thread::sleep(LIMIT);
        std::process::exit(TIMED_OUT);
    });
    let name = config.child.as_deref().unwrap_or_default();
    let Some(file) = suite::all().into_iter().find(|file| file.name == name) else {
        eprintln!("no file {name}");
        return ExitCode::from(2);
    };
    let result = match config.is_link_only() {
        true => link_only::run(config, &file, &mut Progress),
        false => script::run(config, &file, &mut Progress),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

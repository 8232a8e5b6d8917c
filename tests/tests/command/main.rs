//! `graver compile` as users call it: several targets, reports, images inside programs, and the guides' own commands.

mod base_address;
mod embedding;
mod guide;
mod many_targets;
mod modules;
mod targets;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use graver_guests::tools::Tools;
use tempfile::TempDir;

/// A folder to work in.
struct Workplace {
    tools: Tools,
    folder: TempDir,
}

/// What a command said.
#[derive(Debug)]
struct Answer {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Answer {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    #[track_caller]
    fn expect(self, code: i32, words: &[&str]) -> Self {
        let said = format!("{}{}", self.stdout, self.stderr);
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {self:?}");
        self
    }
}

impl Workplace {
    fn new() -> Self {
        Self { tools: Tools::build().expect("the commands build"), folder: TempDir::new().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("writes");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Names in a folder, sorted.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn graver(&self, arguments: &[&str]) -> Answer {
        let mut command = self.tools.graver();
        Answer::of(command.args(arguments).current_dir(self.folder.path()).output().expect("starts"))
    }

    fn graver_run(&self, arguments: &[&str]) -> Answer {
        let mut command = self.tools.graver_run();
        Answer::of(command.args(arguments).current_dir(self.folder.path()).output().expect("starts"))
    }

    /// Any other program; skips nothing: what is missing is a failure, `scripts/setup` installs all of it.
    fn run(&self, program: &str, arguments: &[&str]) -> Answer {
        let output = Command::new(program).args(arguments).current_dir(self.folder.path()).output();
        Answer::of(output.unwrap_or_else(|error| panic!("{program}: {error}; scripts/setup installs it")))
    }
}

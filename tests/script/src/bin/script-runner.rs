//! Runs a test script on Linux and reports on standard output.

use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

use graver_loader::{Allocator, Instance, Runtime, StoreOptions};
use graver_test_script::{Lines, ModuleSlot, Script, execute};

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("script-runner FILE");
        return ExitCode::from(2);
    };
    let result = match std::fs::read(&path) {
        Ok(bytes) => run(&bytes),
        Err(error) => Err(format!("{}: {error}", path.display())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("script-runner: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(bytes: &[u8]) -> Result<(), String> {
    let script = Script::parse(bytes).map_err(|error| error.to_string())?;
    let runtime = Runtime::new(Allocator::system()).map_err(|error| error.to_string())?;
    let modules: Vec<ModuleSlot<'_>> = (0..script.images()).map(|_| ModuleSlot::new()).collect();
    let mut instances: Vec<Option<Instance>> = vec![None; script.instances()];
    let mut report = Lines(Unbuffered);
    execute(&script, &runtime, StoreOptions::default(), &modules, &mut instances, &mut report)
        .map_err(|error| error.to_string())
}

/// Standard output, each line of which arrives even if the next thing is a crash.
struct Unbuffered;

impl fmt::Write for Unbuffered {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|_| fmt::Error)
    }
}

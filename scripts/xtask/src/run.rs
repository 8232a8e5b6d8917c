//! Running cargo, and binaries through it.

use std::path::Path;
use std::process::Command;

/// A job that did not succeed; with a reason unless the child has already said enough.
pub(crate) struct Failed(pub(crate) Option<String>);

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."))
}

/// Runs cargo in the root of the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Result<(), Failed> {
    command(Command::new(env!("CARGO")).args(arguments))
}

/// Runs a prepared command in the root of the workspace.
pub(crate) fn command(command: &mut Command) -> Result<(), Failed> {
    match command.current_dir(root()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failed(None)),
        Err(error) => Err(Failed(Some(format!("cannot run {:?}: {error}", command.get_program())))),
    }
}

/// Runs a binary of the tests package. The package is not named: dependencies then have the features that they have in a
/// build of the whole workspace, and are not built once more.
pub(crate) fn test_binary(name: &str, arguments: &[String]) -> Result<(), Failed> {
    binary(&["run", "--quiet", "--bin", name, "--"], arguments)
}

/// Runs an integration test of the tests package, or the tests in it whose names contain the argument.
pub(crate) fn integration_test(name: &str, arguments: &[String]) -> Result<(), Failed> {
    binary(&["test", "--quiet", "--workspace", "--test", name, "--"], arguments)
}

/// Runs a binary of the benches package, optimised.
pub(crate) fn bench_binary(name: &str, arguments: &[String]) -> Result<(), Failed> {
    binary(&["run", "--quiet", "--release", "--package", "graver-benches", "--bin", name, "--"], arguments)
}

fn binary(start: &[&str], arguments: &[String]) -> Result<(), Failed> {
    let mut all = start.to_vec();
    all.extend(arguments.iter().map(String::as_str));
    cargo(&all)
}

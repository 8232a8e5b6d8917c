//! wasmtime, as published on PyPI, in a process that measures on request.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use graver_guests::{Error, peers, repository};

use crate::contender::Contender;
use crate::workloads::Workload;

/// The process and the pipes to it.
pub(crate) struct Wasmtime {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Wasmtime {
    /// Installs the package if need be and starts the process with a module.
    pub(crate) fn start(module: &Path) -> Result<Self, Error> {
        let packages = peers::wasmtime()?;
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", packages).arg(repository().join("benches/peers/wasmtime_peer.py")).arg(module);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let requests = child.stdin.take().ok_or("no pipe to the process")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no pipe from the process")?);
        Ok(Self { child, requests, answers })
    }

    /// Compiles a module: the bytes of the result, and the time.
    pub(crate) fn compile(&mut self, module: &Path) -> Result<(u64, Duration), Error> {
        self.ask(&format!("compile {}", module.display()))
    }

    /// Makes an instance of the module of calls, with the library in C that times it.
    pub(crate) fn open_calls(&mut self, module: &Path, library: &Path) -> Result<(), Error> {
        self.ask(&format!("open {} {}", module.display(), library.display())).map(drop)
    }

    /// Calls `enter` or `leave`: the result, and the time.
    pub(crate) fn calls(&mut self, name: &str, rounds: u32) -> Result<(u64, Duration), Error> {
        self.ask(&format!("{name} {rounds}"))
    }

    fn ask(&mut self, request: &str) -> Result<(u64, Duration), Error> {
        writeln!(self.requests, "{request}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let numbers = answer.strip_prefix("ok ").and_then(|rest| rest.trim().split_once(' '));
        let (value, time) = numbers.ok_or_else(|| format!("`{request}` was answered with `{}`", answer.trim()))?;
        Ok((value.parse()?, Duration::from_nanos(time.parse()?)))
    }
}

impl Contender for Wasmtime {
    fn name(&self) -> &str {
        "wasmtime"
    }

    fn run(&mut self, workload: &Workload) -> Result<(u64, Duration), Error> {
        self.ask(&format!("call run_{} {}", workload.kernel, workload.rounds))
    }
}

impl Drop for Wasmtime {
    fn drop(&mut self) {
        // It waits for requests; nothing is lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

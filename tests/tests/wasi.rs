//! Programs that call WASI's functions one by one, in `graver-run` and in wasmtime: what they print, how they end and the files
//! that they leave are the same, but for what `wasi-differences.txt` lists. And on another machine they are what they are here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use graver_guests::tools::Tools;
use graver_guests::{Error, c, output_directory, peers, repository, run, rust};
use graver_targets::Target;
use graver_tests::emulator;

/// What a case gets beside its name.
const ARGUMENTS: &[&str] = &["two words", "", "späße"];
const VARIABLES: &[(&str, &str)] = &[("ONE", "1"), ("EMPTY", ""), ("TEXT", "x=y z")];
const DIRECTORIES: &[(&str, &str)] = &[("top", "."), ("aside", "/aside")];
const INPUT: &str = "first line\nsecond\n\nlast without newline";

/// The machine that stands for others. The ways to build for all of them are what `programs.rs` is about.
const ELSEWHERE: &str = "aarch64";

/// A program and its cases.
struct Program {
    name: &'static str,
    wasm: PathBuf,
    cases: Vec<String>,
}

/// What came of each case.
type Outcomes = BTreeMap<String, Outcome>;

struct Outcome {
    /// All that is compared: standard output, exit code, files.
    lines: Vec<String>,
    /// Shown if something else differs.
    stderr: String,
}

impl Program {
    /// Compiles it for this machine and asks it for its cases. Tests that run at the same time are of other kinds.
    fn new(name: &'static str, wasm: PathBuf, kind: &str) -> Result<Self, Error> {
        let mut program = Self { name, wasm, cases: Vec::new() };
        program.compile(kind, &[])?;
        let list = run(Tools::build()?.graver_run().arg(program.image(kind)?).arg("list"))?.stdout;
        program.cases = String::from_utf8(list)?.lines().map(str::to_owned).collect();
        assert!(!program.cases.is_empty(), "{name} has no cases");
        Ok(program)
    }

    fn image(&self, kind: &str) -> Result<PathBuf, Error> {
        Ok(output_directory()?.join(format!("wasi-{}-{kind}.aot", self.name)))
    }

    /// Without optimisation, which takes longest: what is looked at are the host's functions.
    fn compile(&self, kind: &str, options: &[&str]) -> Result<(), Error> {
        let options = [&["--opt-level", "0"], options].concat();
        Tools::build()?.compile(&self.wasm, &self.image(kind)?, &options)
    }

    /// Runs every case by itself with the command that `runner` makes.
    fn run(&self, kind: &str, runner: &dyn Fn() -> Command) -> Result<Outcomes, Error> {
        let (image, mut outcomes) = (self.image(kind)?, Outcomes::new());
        for case in &self.cases {
            let folder = self.folder(kind, case)?;
            let mut command = runner();
            command.args(DIRECTORIES.iter().map(|(host, guest)| format!("--dir={host}::{guest}")));
            command.args(VARIABLES.iter().map(|(name, value)| format!("--env={name}={value}")));
            // One that waits for ever is a failure, not the end of all tests.
            command.args(["--timeout", "120000"]).arg(&image).arg(case).args(ARGUMENTS).current_dir(&folder);
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
            // A case that reads nothing may have ended already.
            _ = child.stdin.take().ok_or("a pipe")?.write_all(INPUT.as_bytes());
            let output = child.wait_with_output()?;
            let code = output.status.code().unwrap_or(-1);
            let lines = lines_of(&String::from_utf8(output.stdout)?, code.into(), &folder)?;
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            outcomes.insert(case.clone(), Outcome { lines, stderr });
        }
        Ok(outcomes)
    }

    fn run_in_wasmtime(&self) -> Result<Outcomes, Error> {
        let folders = self.cases.iter().map(|case| self.folder("wasmtime", case)).collect::<Result<Vec<_>, _>>()?;
        let cases = self.cases.iter().zip(&folders).map(|(case, folder)| {
            let arguments: Vec<_> = [case.as_str()].into_iter().chain(ARGUMENTS.iter().copied()).collect();
            serde_json::json!({ "folder": folder, "arguments": arguments })
        });
        let cases: Vec<_> = cases.collect();
        let request = serde_json::json!({
            "module": self.wasm, "cases": cases, "directories": DIRECTORIES, "variables": VARIABLES, "input": INPUT,
        });
        let mut python = Command::new("python3");
        python.env("PYTHONPATH", peers::wasmtime()?).arg(repository().join("tests/programs/wasi/wasmtime_run.py"));
        let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        child.stdin.take().ok_or("a pipe")?.write_all(request.to_string().as_bytes())?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("{python:?}: {}", output.status).into());
        }
        let answers: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout)?;
        assert_eq!(answers.len(), self.cases.len(), "an answer for each case");
        let mut outcomes = Outcomes::new();
        for ((case, folder), answer) in self.cases.iter().zip(&folders).zip(answers) {
            let (stdout, code) = (answer["stdout"].as_str().ok_or("text")?, answer["code"].as_i64().ok_or("a code")?);
            let stderr = answer["stderr"].as_str().ok_or("text")?.to_owned();
            outcomes.insert(case.clone(), Outcome { lines: lines_of(stdout, code, folder)?, stderr });
        }
        Ok(outcomes)
    }

    /// A fresh folder with what each case finds.
    fn folder(&self, kind: &str, case: &str) -> Result<PathBuf, Error> {
        let folder = output_directory()?.join("work").join(format!("wasi-{}-{kind}", self.name)).join(case);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        for (host, _) in DIRECTORIES {
            fs::create_dir_all(folder.join(host))?;
        }
        symlink("..", folder.join("aside/up"))?;
        symlink("/", folder.join("aside/away"))?;
        Ok(folder)
    }
}

fn lines_of(stdout: &str, code: i64, folder: &Path) -> Result<Vec<String>, Error> {
    let mut lines: Vec<_> = stdout.split('\n').map(str::to_owned).collect();
    lines.push(format!("exit code {code}"));
    tree(folder, Path::new(""), &mut lines)?;
    Ok(lines)
}

/// A line for each name below a folder: its kind, and what is in it.
fn tree(top: &Path, below: &Path, lines: &mut Vec<String>) -> Result<(), Error> {
    let mut names =
        fs::read_dir(top.join(below))?.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, Error>>()?;
    names.sort();
    for name in names {
        let path = below.join(name);
        let shown = path.as_os_str().as_bytes().escape_ascii();
        let kind = fs::symlink_metadata(top.join(&path))?.file_type();
        if kind.is_symlink() {
            lines.push(format!("{shown} -> {}", fs::read_link(top.join(&path))?.as_os_str().as_bytes().escape_ascii()));
        } else if kind.is_dir() {
            lines.push(format!("{shown}/"));
            tree(top, &path, lines)?;
        } else {
            lines.push(format!("{shown} {}", shortened(&fs::read(top.join(&path))?)));
        }
    }
    Ok(())
}

/// Contents in a line; long ones by their length and a checksum (FNV-1a).
fn shortened(contents: &[u8]) -> String {
    if contents.len() <= 80 {
        return format!("\"{}\"", contents.escape_ascii());
    }
    let add = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    format!("{} bytes, {:016x}", contents.len(), contents.iter().fold(0xcbf2_9ce4_8422_2325, add))
}

/// The lines that only one of two outcomes has, `-` before those of the first and `+` before those of the second.
fn differences(first: &[String], second: &[String]) -> Vec<String> {
    let same_at_start = first.iter().zip(second).take_while(|(a, b)| a == b).count();
    let (first, second) = (&first[same_at_start..], &second[same_at_start..]);
    let same_at_end = first.iter().rev().zip(second.iter().rev()).take_while(|(a, b)| a == b).count();
    let (first, second) = (&first[..first.len() - same_at_end], &second[..second.len() - same_at_end]);
    // How many lines the rests from here on have in common.
    let mut common = vec![vec![0_usize; second.len() + 1]; first.len() + 1];
    for (i, a) in first.iter().enumerate().rev() {
        for (j, b) in second.iter().enumerate().rev() {
            common[i][j] = if a == b { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < first.len() || j < second.len() {
        if i < first.len() && j < second.len() && first[i] == second[j] {
            (i, j) = (i + 1, j + 1);
        } else if i < first.len() && (j == second.len() || common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("- {}", first[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", second[j]));
            j += 1;
        }
    }
    lines
}

/// The differences that are listed for `peer program case`.
fn listed() -> Result<BTreeMap<String, Vec<String>>, Error> {
    let mut listed = BTreeMap::<String, Vec<String>>::new();
    let mut current = None;
    for line in fs::read_to_string(repository().join("tests/wasi-differences.txt"))?.lines() {
        if let Some(title) = line.strip_prefix("== ") {
            let (name, reason) = title.split_once(": ").ok_or_else(|| format!("`{line}` has no reason"))?;
            assert!(!reason.is_empty() && !listed.contains_key(name), "`{line}` has a reason, and there is one of it");
            listed.insert(name.to_owned(), Vec::new());
            current = Some(name.to_owned());
        } else if line.starts_with("- ") || line.starts_with("+ ") {
            let name = current.as_ref().ok_or_else(|| format!("`{line}` is below no case"))?;
            listed.entry(name.clone()).or_default().push(line.to_owned());
        } else if !line.is_empty() && !line.starts_with('#') {
            return Err(format!("`{line}` is no line of a difference").into());
        }
    }
    Ok(listed)
}

/// Fails unless two sets of outcomes differ in exactly what is listed.
fn compare(peer: &str, program: &Program, ours: &Outcomes, theirs: &Outcomes) -> Result<(), Error> {
    let mut listed = listed()?;
    let prefix = format!("{peer} {} ", program.name);
    listed.retain(|name, _| name.starts_with(&prefix));
    let (mut equal, mut known, mut wrong) = (0, 0, String::new());
    for case in &program.cases {
        let name = format!("{prefix}{case}");
        let found = differences(&ours[case].lines, &theirs[case].lines);
        match listed.remove(&name) {
            None if found.is_empty() => equal += 1,
            Some(expected) if expected == found && !found.is_empty() => known += 1,
            expected => {
                let what = if expected.is_some() { "is listed with other lines" } else { "differs" };
                writeln!(wrong, "{name} {what}:")?;
                found.iter().try_for_each(|line| writeln!(wrong, "{line}"))?;
                eprintln!("{name}, graver-run:\n{}\n{peer}:\n{}", ours[case].stderr, theirs[case].stderr);
            }
        }
    }
    listed.keys().try_for_each(|name| writeln!(wrong, "{name} is listed, but is no case"))?;
    println!("{prefix}had {} cases, {equal} equal, {known} listed", program.cases.len());
    assert!(wrong.is_empty(), "tests/wasi-differences.txt is not what was found (- graver-run, + {peer}):\n{wrong}");
    Ok(())
}

fn check_against_wasmtime(name: &'static str, wasm: PathBuf) -> Result<(), Error> {
    let (tools, program) = (Tools::build()?, Program::new(name, wasm, "graver")?);
    let ours = program.run("graver", &|| tools.graver_run())?;
    compare("wasmtime", &program, &ours, &program.run_in_wasmtime()?)
}

fn check_elsewhere(name: &'static str, wasm: PathBuf) -> Result<(), Error> {
    let (tools, program) = (Tools::build()?, Program::new(name, wasm, "here")?);
    let board = Target::find(ELSEWHERE)?.board.as_ref().ok_or("the row has a board")?;
    let emulated = emulator::graver_run(board)?;
    let runner = || {
        let mut command = Command::new(emulated.get_program());
        command.args(emulated.get_args());
        command
    };
    program.compile(ELSEWHERE, &["--target", ELSEWHERE])?;
    let ours = program.run("here", &|| tools.graver_run())?;
    compare(ELSEWHERE, &program, &ours, &program.run(ELSEWHERE, &runner)?)
}

#[test]
fn calls() -> Result<(), Error> {
    check_against_wasmtime("rust", rust::WASI_CALLS.build_wasm("wasi-calls")?)
}

#[test]
fn calls_elsewhere() -> Result<(), Error> {
    check_elsewhere("rust", rust::WASI_CALLS.build_wasm("wasi-calls")?)
}

#[test]
fn c_library() -> Result<(), Error> {
    check_against_wasmtime("c", c::WASI_LIBRARY.build_wasm()?)
}

#[test]
fn c_library_elsewhere() -> Result<(), Error> {
    check_elsewhere("c", c::WASI_LIBRARY.build_wasm()?)
}

#[test]
fn differences_are_lines_of_one_side() {
    let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(differences(&lines("a b c"), &lines("a b c")), [""; 0]);
    assert_eq!(differences(&lines("a b c d"), &lines("a x c")), ["- b", "+ x", "- d"]);
    assert_eq!(differences(&lines("a"), &lines("b a b")), ["+ b", "+ b"]);
}

//! Real programs, compiled by `graver compile` and run by `graver-run`, against the native builds of the same sources: on
//! this machine, and on other machines with Linux, which QEMU's user mode stands for.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use graver_guests::compare::{Outcome, both_ways};
use graver_guests::tools::Tools;
use graver_guests::{Error, Guest, c, output_directory, repository, rust};
use graver_targets::Target;
use graver_tests::emulator;

/// How often each program is compiled and run: the options of `graver compile`.
const WAYS: &[&[&str]] = &[&["--bounds-checks", "guard"], &["--bounds-checks", "software"], &["--opt-level", "0"]];

/// A row of each other instruction set that has Linux.
const ELSEWHERE: &[&str] = &["aarch64", "riscv64gc", "armv7"];

/// One run: arguments, files to start with, and what the native run must have printed to count as one.
struct Run {
    arguments: Vec<&'static str>,
    inputs: Vec<PathBuf>,
    code: i32,
    prints: &'static str,
}

fn check(guest: &Guest, runs: &[Run]) -> Result<(), Error> {
    check_ways(guest, runs, WAYS)
}

fn check_ways(guest: &Guest, runs: &[Run], ways: &[&[&str]]) -> Result<(), Error> {
    let tools = Tools::build()?;
    ways.iter().try_for_each(|options| check_way(guest, runs, options, &|| Ok(tools.graver_run())))
}

fn check_elsewhere(guest: &Guest, runs: &[Run]) -> Result<(), Error> {
    check_elsewhere_with(guest, runs, &[])
}

/// With options of `graver-run`.
fn check_elsewhere_with(guest: &Guest, runs: &[Run], options: &[&str]) -> Result<(), Error> {
    for name in ELSEWHERE {
        let board = Target::find(name)?.board.as_ref().ok_or("the row has a board")?;
        check_way(guest, runs, &["--target", name], &|| with(emulator::graver_run(board)?, options))?;
    }
    Ok(())
}

fn with(mut command: Command, options: &[&str]) -> Result<Command, Error> {
    command.args(options);
    Ok(command)
}

fn check_way(
    guest: &Guest,
    runs: &[Run],
    options: &[&str],
    runner: &dyn Fn() -> Result<Command, Error>,
) -> Result<(), Error> {
    let image = output_directory()?.join(format!("{}{}.aot", guest.name, options.concat()));
    Tools::build()?.compile(&guest.wasm, &image, options)?;
    for run in runs {
        let (native, ours) = both_ways(guest, &image, runner()?, &run.inputs, &run.arguments)?;
        let what = format!("{} {:?} {options:?}", guest.name, run.arguments);
        assert_eq!(native.code, Some(run.code), "the native run of {what}");
        assert!(native.stdout.contains(run.prints), "{what} printed natively:\n{}", native.stdout);
        same(&what, &native, &ours);
    }
    Ok(())
}

fn same(what: &str, native: &Outcome, ours: &Outcome) {
    assert_eq!(native.code, ours.code, "exit code of {what}");
    assert_eq!(native.stdout, ours.stdout, "output of {what}");
    assert!(native.files.keys().eq(ours.files.keys()), "{what}: {:?} {:?}", native.files.keys(), ours.files.keys());
    for (name, bytes) in &native.files {
        assert!(ours.files.get(name) == Some(bytes), "{what}: {} differs", name.display());
    }
}

#[test]
fn textkit() -> Result<(), Error> {
    check(&rust::TEXTKIT.build()?, &textkit_runs())
}

#[test]
fn textkit_elsewhere() -> Result<(), Error> {
    check_elsewhere(&rust::TEXTKIT.build()?, &textkit_runs())
}

fn textkit_runs() -> Vec<Run> {
    let run = |arguments, code, prints| Run { arguments, inputs: Vec::new(), code, prints };
    vec![
        run(vec!["."], 0, "report survives a round trip: true"),
        run(vec![".", "20000"], 0, "alpha: 19"),
        run(vec!["new/folder", "7"], 0, "alpha.log.gz: true"),
        run(vec![".", "many"], 1, ""),
        run(vec![], 1, ""),
    ]
}

#[test]
fn parallel() -> Result<(), Error> {
    // Threads meet in memory, whose accesses are what differs.
    check_ways(&rust::PARALLEL.build()?, &parallel_runs(), &WAYS[..2])
}

#[test]
fn parallel_elsewhere() -> Result<(), Error> {
    check_elsewhere(&rust::PARALLEL.build()?, &parallel_runs())
}

fn parallel_runs() -> Vec<Run> {
    let run = |arguments, code, prints| Run { arguments, inputs: Vec::new(), code, prints };
    vec![
        run(vec!["20000", "2"], 0, "1000 turns"),
        run(vec!["500", "7"], 0, "counted 70000 and 70000"),
        run(vec!["exit"], 7, ""),
        run(vec!["wait"], 0, "ends all the same"),
    ]
}

/// Natively only the thread would end.
#[test]
fn a_thread_that_traps_ends_the_program() -> Result<(), Error> {
    let (guest, tools) = (rust::PARALLEL.build()?, Tools::build()?);
    let image = output_directory()?.join("parallel-ends.aot");
    tools.compile(&guest.wasm, &image, &[])?;
    let run =
        |options: &[&str], arguments: &[&str]| tools.graver_run().args(options).arg(&image).args(arguments).output();
    let trapped = run(&[], &["trap"])?;
    assert_eq!(trapped.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&trapped.stderr).ends_with("Exception: unreachable\n"), "{trapped:?}");
    let stopped = run(&["--timeout", "300"], &["spin"])?;
    assert_eq!(stopped.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&stopped.stderr), "Exception: terminated by user\n");
    // The pool needs two.
    let refused = run(&["--max-threads", "1"], &["10", "2"])?;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    Ok(())
}

/// What the program that talks to itself may use.
const LOOPBACK: &[&str] = &["--addr-pool", "127.0.0.0/8", "--allow-resolve=localhost"];

#[test]
fn sockets() -> Result<(), Error> {
    let (guest, tools) = (rust::SOCKETS.build()?, Tools::build()?);
    check_way(&guest, &sockets_runs(), &[], &|| with(tools.graver_run(), LOOPBACK))
}

#[test]
fn sockets_elsewhere() -> Result<(), Error> {
    check_elsewhere_with(&rust::SOCKETS.build()?, &sockets_runs(), LOOPBACK)
}

fn sockets_runs() -> Vec<Run> {
    vec![Run { arguments: vec!["talk"], inputs: Vec::new(), code: 0, prints: "1000000 bytes came back: true" }]
}

/// A program with a listener of the command line, and clients of the host.
#[test]
fn a_server_at_a_given_socket() -> Result<(), Error> {
    let (guest, tools) = (rust::SOCKETS.build()?, Tools::build()?);
    let image = output_directory()?.join("sockets-serve.aot");
    tools.compile(&guest.wasm, &image, &[])?;
    let mut command = tools.graver_run();
    command.args(["--dir=.", "--tcplisten", "127.0.0.1:0"]).arg(&image).args(["serve", "2"]).stdout(Stdio::piped());
    let mut server = command.spawn()?;
    let mut output = BufReader::new(server.stdout.take().ok_or("a pipe")?);
    let mut port = String::new();
    output.read_line(&mut port)?;
    for text in ["hello", "and good bye"] {
        let mut client = TcpStream::connect(("127.0.0.1", port.trim().parse()?))?;
        client.write_all(text.as_bytes())?;
        client.shutdown(Shutdown::Write)?;
        let mut answer = String::new();
        client.read_to_string(&mut answer)?;
        assert_eq!(answer, text.to_uppercase());
    }
    let mut rest = String::new();
    output.read_to_string(&mut rest)?;
    assert_eq!(rest, "hello\nand good bye\n");
    assert_eq!(server.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn nothing_is_reached_but_what_was_allowed() -> Result<(), Error> {
    let (guest, tools) = (rust::SOCKETS.build()?, Tools::build()?);
    let image = output_directory()?.join("sockets-reach.aot");
    tools.compile(&guest.wasm, &image, &[])?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port().to_string();
    let reach = |options: &[&str]| -> Result<String, Error> {
        let mut command = tools.graver_run();
        command.args(options).arg(&image).args(["reach", "127.0.0.1", &port, "localhost"]);
        let output = command.output()?;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        Ok(String::from_utf8(output.stdout)?)
    };
    let said = |[connect, listen, datagram, name]: [bool; 4]| {
        let word = |is_reached| if is_reached { "reached" } else { "PermissionDenied" };
        let [connect, listen, datagram, name] = [connect, listen, datagram, name].map(word);
        format!("connect: {connect}\nlisten: {listen}\ndatagram: {datagram}\nname: {name}\n")
    };
    assert_eq!(reach(&[])?, said([false; 4]));
    assert_eq!(
        reach(&["--addr-pool=127.0.0.2/32,10.0.0.0/8", "--allow-resolve", "localhos,*host.example"])?,
        said([false; 4])
    );
    assert_eq!(reach(&["--allow-resolve=other", "--allow-resolve=*host"])?, said([false, false, false, true]));
    assert_eq!(reach(LOOPBACK)?, said([true; 4]));
    let wrong = tools.graver_run().args(["--addr-pool=127.0.0.1"]).arg(&image).output()?;
    assert_eq!(wrong.status.code(), Some(2));
    let text = String::from_utf8(wrong.stderr)?;
    assert!(
        text.starts_with("graver-run: invalid range of addresses `127.0.0.1`: expected ADDRESS/PREFIX\n"),
        "{text}"
    );
    Ok(())
}

#[test]
fn sqlite() -> Result<(), Error> {
    check(&c::SQLITE.build()?, &sqlite_runs())
}

#[test]
fn sqlite_elsewhere() -> Result<(), Error> {
    check_elsewhere(&c::SQLITE.build()?, &sqlite_runs())
}

fn sqlite_runs() -> Vec<Run> {
    let script = repository().join("tests/programs/sqlite/script.sql");
    let run = |arguments, code, prints| Run { arguments, inputs: vec![script.clone()], code, prints };
    vec![
        run(vec!["new.db", "script.sql"], 3, "no such table: nowhere"),
        run(vec![":memory:", "script.sql"], 3, "no such table: nowhere"),
        run(vec!["nowhere/new.db", "script.sql"], 1, ""),
        run(vec!["new.db"], 2, ""),
    ]
}

/// The interpreter runs a script of ours and the parts of its own test suite that its command line can run.
#[test]
fn quickjs() -> Result<(), Error> {
    let own = repository().join("tests/programs/quickjs/script.js");
    let theirs = c::QUICKJS.source_folder()?.join("tests");
    let own_test = |path| Run { arguments: vec![path], inputs: vec![theirs.clone()], code: 0, prints: "" };
    check(
        &c::QUICKJS.build()?,
        &[
            Run { arguments: vec!["script.js"], inputs: vec![own], code: 0, prints: "caught the end" },
            own_test("tests/test_language.js"),
            own_test("tests/test_closure.js"),
            own_test("tests/test_loop.js"),
            own_test("tests/test_bigint.js"),
            own_test("tests/test_base64.js"),
            own_test("tests/test_bjson.js"),
            own_test("tests/test_queue_microtask.js"),
            Run { code: 1, ..own_test("tests/bug648.js") },
        ],
    )
}

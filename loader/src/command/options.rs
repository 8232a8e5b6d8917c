//! What the command line says.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;

use super::system;

/// The text of `--help`.
pub const USAGE: &str = "\
Runs a program that `graver compile` has compiled.

Usage: graver-run [OPTIONS] IMAGE.aot [ARGUMENTS]

Options:
  -f, --function, --invoke NAME  call this exported function; ARGUMENTS are its arguments
      --dir HOST[::GUEST]        let the program use a directory (repeatable)
      --map-dir GUEST::HOST      the same, the other way around
      --env KEY=VALUE            set an environment variable (repeatable)
      --tcplisten ADDRESS:PORT   listen there for the program, which accepts at descriptor 3, 4, ... (repeatable)
      --addr-pool ADDRESS/PREFIX[,...]
                                 let sockets that the program opens use these addresses (repeatable; default none)
      --allow-resolve NAME[,...] let the program look up names; *.example.com is all that end so (repeatable)
      --module-path DIR          take what the program imports from module NAME from DIR/NAME.aot
      --max-threads N            let the program start so many threads beside its first (default 64;
                                 with --native-lib at most 1024)
      --timeout MS               end the program after so many milliseconds, as if it had trapped
      --stack-size BYTES         let the program use this much of the native stack
      --native-lib FILE.so       take functions that the program imports from a shared library (repeatable)
      --heap-size BYTES          with --native-lib: how much natives may allocate in the program's memory
  -h, --help                     print this
  -V, --version                  print the version

Examples:
  graver-run app.aot --verbose input.txt
  graver-run --dir=. --env=LANG=C app.aot
  graver-run --invoke fac math.aot 10
  graver-run --tcplisten 127.0.0.1:8080 server.aot
  graver-run --addr-pool 127.0.0.0/8,::1/128 --allow-resolve localhost client.aot
  graver-run --module-path lib --invoke '$math$fac' app.aot 10

Exit status: that of the program (proc_exit), 0 if it just ends, 1 if it traps (`Exception: ...` says why),
2 for a wrong command line, 255 if the image cannot be loaded.
";

/// Everything that a run needs besides the image.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The image.
    pub file: PathBuf,
    /// Directories of the host and what the program calls them.
    pub directories: Vec<(PathBuf, String)>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// Where to listen for the program.
    pub listeners: Vec<String>,
    /// Ranges of addresses that the program may use.
    pub addresses: Vec<String>,
    /// Names that the program may look up.
    pub names: Vec<String>,
    /// The function to call instead of the program's entry.
    pub invoke: Option<String>,
    /// A folder with images that the program imports from.
    pub module_path: Option<PathBuf>,
    /// How many threads the program may have beside its first.
    pub max_threads: Option<usize>,
    /// How long the program may run.
    pub timeout: Option<Duration>,
    /// How much of the native stack the program may use.
    pub stack_size: Option<usize>,
    /// Shared libraries with functions that the program imports.
    pub native_libs: Vec<PathBuf>,
    /// Bytes of the app heap, for those functions.
    pub heap_size: Option<u32>,
    /// What follows the image.
    pub arguments: Vec<OsString>,
}

/// What the command line asks for.
#[derive(Clone, Debug)]
pub enum Parsed {
    /// A run.
    Run(Box<Options>),
    /// The usage.
    Help,
    /// The version.
    Version,
}

/// Reads a command line whose first word is the program's name.
///
/// # Errors
/// If it makes no sense.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Parsed, lexopt::Error> {
    let mut parser = lexopt::Parser::from_iter(args);
    let mut options = Options::default();
    let mut file = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Short('f') | Long("function" | "invoke") => options.invoke = Some(parser.value()?.string()?),
            Long("dir") => options.directories.push(directory(&parser.value()?.string()?)),
            Long("map-dir") => options.directories.push(mapped_directory(&parser.value()?.string()?)?),
            Long("env") => options.environment.push(variable(&parser.value()?.string()?)?),
            Long("tcplisten") => options.listeners.push(parser.value()?.string()?),
            Long("addr-pool") => options.addresses.push(parser.value()?.string()?),
            Long("allow-resolve") => options.names.push(parser.value()?.string()?),
            Long("module-path") => options.module_path = Some(PathBuf::from(parser.value()?)),
            Long("max-threads") => options.max_threads = Some(parser.value()?.parse()?),
            Long("timeout") => options.timeout = Some(Duration::from_millis(parser.value()?.parse()?)),
            Long("stack-size") => options.stack_size = Some(parser.value()?.parse()?),
            Long("native-lib") => options.native_libs.push(PathBuf::from(parser.value()?)),
            Long("heap-size") => options.heap_size = Some(parser.value()?.parse()?),
            Short('h') | Long("help") => return Ok(Parsed::Help),
            Short('V') | Long("version") => return Ok(Parsed::Version),
            Value(value) => {
                file = Some(PathBuf::from(value));
                // Everything else is the program's, whatever it looks like.
                options.arguments.extend(parser.raw_args()?);
            }
            other => return Err(other.unexpected()),
        }
    }
    options.file = file.ok_or("no image was given")?;
    system::check(&options)?;
    Ok(Parsed::Run(Box::new(options)))
}

/// `HOST[::GUEST]`.
fn directory(text: &str) -> (PathBuf, String) {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    (PathBuf::from(host), guest.to_owned())
}

/// `GUEST::HOST`.
fn mapped_directory(text: &str) -> Result<(PathBuf, String), lexopt::Error> {
    let (guest, host) = text.split_once("::").ok_or("--map-dir needs GUEST::HOST")?;
    Ok((PathBuf::from(host), guest.to_owned()))
}

/// `KEY=VALUE`.
fn variable(text: &str) -> Result<(String, String), lexopt::Error> {
    let (key, value) = text.split_once('=').ok_or("--env needs KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> Options {
        match parse(line.split(' ').map(OsString::from)) {
            Ok(Parsed::Run(options)) => *options,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn arguments_after_the_image_are_the_programs() {
        assert_eq!(run("graver-run --module-path lib a").module_path, Some(PathBuf::from("lib")));
        assert_eq!(run("graver-run --max-threads 2 a").max_threads, Some(2));
        assert_eq!(run("graver-run --timeout 1500 a").timeout, Some(Duration::from_millis(1500)));
        let options =
            run("graver-run --dir=a::/b --env=K=V=W --stack-size=65536 --native-lib=n.so app.aot --dir=x -h -- y");
        assert_eq!(options.file, PathBuf::from("app.aot"));
        assert_eq!(options.directories, [(PathBuf::from("a"), "/b".to_owned())]);
        assert_eq!(options.environment, [("K".to_owned(), "V=W".to_owned())]);
        assert_eq!(options.stack_size, Some(65536));
        assert_eq!(options.native_libs, [PathBuf::from("n.so")]);
        assert_eq!(options.arguments, ["--dir=x", "-h", "--", "y"]);
    }

    #[test]
    fn networks() {
        let options = run(
            "graver-run --tcplisten [::1]:80 --addr-pool=::1/128,10.0.0.0/8 --allow-resolve=*.a --allow-resolve b a",
        );
        assert_eq!(options.listeners, ["[::1]:80"]);
        assert_eq!(options.addresses, ["::1/128,10.0.0.0/8"]);
        assert_eq!(options.names, ["*.a", "b"]);
    }

    #[test]
    fn both_spellings_of_a_mapping() {
        assert_eq!(run("graver-run --map-dir g::h a").directories, run("graver-run --dir h::g a").directories);
        assert_eq!(run("graver-run -f fac a 1").invoke, run("graver-run --invoke fac a 1").invoke);
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "graver-run",
            "graver-run --what a",
            "graver-run --env K a",
            "graver-run --heap-size x a",
            "graver-run --native-lib",
        ] {
            assert!(parse(line.split(' ').map(OsString::from)).is_err(), "{line}");
        }
    }
}

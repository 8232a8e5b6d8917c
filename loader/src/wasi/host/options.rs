//! What a program gets to see of the host: arguments, environment, directories, standard streams.

use core::fmt;
use std::ffi::{CString, OsStr};
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};

use super::Wasi;
use super::descriptor::{Descriptor, Node, Table, file_rights};
use super::socket::{Network, Socket};
use super::types::rights;

/// Where a standard stream leads.
pub enum Stdio {
    /// To the process's own stream, written without a buffer in between.
    Inherit,
    /// Nowhere: reads find the end, writes are dropped.
    Null,
    /// To an open file, pipe or terminal.
    File(std::fs::File),
    /// From a source of the embedder; for standard input.
    Reader(Box<dyn Read + Send>),
    /// To a sink of the embedder; for standard output and error.
    Writer(Box<dyn Write + Send>),
}

impl fmt::Debug for Stdio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inherit => "Inherit",
            Self::Null => "Null",
            Self::File(_) => "File(..)",
            Self::Reader(_) => "Reader(..)",
            Self::Writer(_) => "Writer(..)",
        })
    }
}

/// An output stream kept in memory. Clones share the bytes.
#[derive(Clone, Debug, Default)]
pub struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// Bytes are appended whole, so those of a thread that panicked are in order.
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has been written so far.
    pub fn contents(&self) -> Vec<u8> {
        self.lock().clone()
    }
}

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A directory of the host and the name under which a program sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The directory on the host.
    pub host: PathBuf,
    /// The program's name for it.
    pub guest: PathBuf,
}

impl Mapping {
    /// `HOST` or `HOST::GUEST`, as `--dir` takes it. A directory without a second name keeps its own.
    pub fn parse(text: &OsStr) -> Result<Self, OptionsError> {
        match split(text) {
            None => Self::checked(text, text, text),
            Some((host, guest)) => Self::checked(host, guest, text),
        }
    }

    /// `GUEST::HOST`, as `--map-dir` takes it.
    pub fn parse_guest_first(text: &OsStr) -> Result<Self, OptionsError> {
        let (guest, host) = split(text).ok_or_else(|| OptionsError::Mapping(text.into()))?;
        Self::checked(host, guest, text)
    }

    fn checked(host: &OsStr, guest: &OsStr, text: &OsStr) -> Result<Self, OptionsError> {
        if host.is_empty() || guest.is_empty() {
            return Err(OptionsError::Mapping(text.into()));
        }
        Ok(Self { host: host.into(), guest: guest.into() })
    }
}

/// The parts before and after the first `::`.
fn split(text: &OsStr) -> Option<(&OsStr, &OsStr)> {
    let bytes = text.as_bytes();
    let at = bytes.windows(2).position(|pair| pair == b"::")?;
    Some((OsStr::from_bytes(bytes.get(..at)?), OsStr::from_bytes(bytes.get(at + 2..)?)))
}

/// Why a [`Wasi`] could not be made.
#[derive(Debug)]
pub enum OptionsError {
    /// A directory could not be opened.
    Directory(PathBuf, io::Error),
    /// A standard stream of the process could not be used.
    Stream(io::Error),
    /// Not of the form `HOST[::GUEST]` or `GUEST::HOST`.
    Mapping(PathBuf),
    /// Not of the form `NAME=VALUE`.
    Variable(PathBuf),
    /// An argument, variable or directory name contains a NUL.
    Nul(PathBuf),
    /// The process cannot listen at an address.
    Listen(String, io::Error),
    /// Not of the form `ADDRESS/PREFIX`.
    Range(String),
    /// Not a name, with or without a `*` at its start.
    Name(String),
    /// More directories than a program can have descriptors.
    TooManyDirectories,
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path, error) => {
                write!(f, "error while pre-opening directory {}: {error}", path.display())
            }
            Self::Stream(error) => write!(f, "a standard stream of this process cannot be used: {error}"),
            Self::Mapping(text) => {
                write!(f, "invalid directory mapping `{}`: expected two names separated by `::`", text.display())
            }
            Self::Variable(text) => {
                write!(f, "invalid environment variable `{}`: expected NAME=VALUE", text.display())
            }
            Self::Nul(text) => write!(f, "`{}` contains a NUL character", text.display()),
            Self::Listen(address, error) => write!(f, "cannot listen at `{address}`: {error}"),
            Self::Range(text) => write!(f, "invalid range of addresses `{text}`: expected ADDRESS/PREFIX"),
            Self::Name(text) => write!(f, "invalid pattern of names `{text}`: expected NAME or *.NAME"),
            Self::TooManyDirectories => write!(f, "too many directories: pass fewer of them"),
        }
    }
}

impl std::error::Error for OptionsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Directory(_, error) | Self::Listen(_, error) | Self::Stream(error) => Some(error),
            _ => None,
        }
    }
}

/// Says what a program gets; [`build`](Self::build) opens it. Nothing is given by default but the standard streams.
#[must_use = "nothing is opened before `build`"]
pub struct WasiOptions {
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    directories: Vec<(Mapping, u64)>,
    listeners: Vec<TcpListener>,
    network: Network,
    streams: [Stdio; 3],
}

impl fmt::Debug for WasiOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiOptions")
            .field("directories", &self.directories)
            .field("streams", &self.streams)
            .finish_non_exhaustive()
    }
}

impl Default for WasiOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl WasiOptions {
    /// No arguments, variables or directories; the process's standard streams.
    pub fn new() -> Self {
        Self {
            args: Vec::new(),
            env: Vec::new(),
            directories: Vec::new(),
            listeners: Vec::new(),
            network: Network::default(),
            streams: [Stdio::Inherit, Stdio::Inherit, Stdio::Inherit],
        }
    }

    /// Appends one argument. The first one is the program's name.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().as_bytes().to_vec());
        self
    }

    /// Appends arguments.
    pub fn args(self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// Adds an environment variable in the form `NAME=VALUE`.
    pub fn env(mut self, variable: impl AsRef<OsStr>) -> Self {
        self.env.push(variable.as_ref().as_bytes().to_vec());
        self
    }

    /// Lets the program see a directory and all below it.
    pub fn directory(mut self, mapping: Mapping) -> Self {
        self.directories.push((mapping, u64::MAX));
        self
    }

    /// Lets the program see a directory and all below it, without changing anything.
    pub fn read_only_directory(mut self, mapping: Mapping) -> Self {
        self.directories.push((mapping, !rights::CHANGE));
        self
    }

    /// Lets the program accept connections. Its descriptors are 3, 4 and so on, in front of the directories.
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.listeners.push(listener);
        self
    }

    /// Lets the program accept connections at `ADDRESS:PORT`, where this process listens from now on.
    pub fn listen(self, address: &str) -> Result<Self, OptionsError> {
        let listener = TcpListener::bind(address).map_err(|error| OptionsError::Listen(address.into(), error))?;
        Ok(self.listener(listener))
    }

    /// Lets the program's own sockets use the addresses in ranges: `ADDRESS/PREFIX`, separated by commas.
    pub fn addresses(mut self, ranges: &str) -> Result<Self, OptionsError> {
        self.network.allow_addresses(ranges).map_err(|range| OptionsError::Range(range.into()))?;
        Ok(self)
    }

    /// Lets the program look up names, separated by commas. A `*` at the start of one stands for anything.
    pub fn names(mut self, patterns: &str) -> Result<Self, OptionsError> {
        self.network.allow_names(patterns).map_err(|pattern| OptionsError::Name(pattern.into()))?;
        Ok(self)
    }

    /// Where standard input comes from.
    pub fn stdin(self, stdio: Stdio) -> Self {
        self.stream(0, stdio)
    }

    /// Where standard output goes.
    pub fn stdout(self, stdio: Stdio) -> Self {
        self.stream(1, stdio)
    }

    /// Where standard error goes.
    pub fn stderr(self, stdio: Stdio) -> Self {
        self.stream(2, stdio)
    }

    fn stream(mut self, index: usize, stdio: Stdio) -> Self {
        if let Some(stream) = self.streams.get_mut(index) {
            *stream = stdio;
        }
        self
    }

    /// Opens what was asked for.
    pub fn build(self) -> Result<Wasi, OptionsError> {
        let args = c_strings(self.args)?;
        let variables = self.env.iter().find(|variable| !matches!(variable.iter().position(|&b| b == b'='), Some(1..)));
        if let Some(variable) = variables {
            return Err(OptionsError::Variable(OsStr::from_bytes(variable).into()));
        }
        let env = c_strings(self.env)?;
        let mut table = Table::default();
        for (number, stream) in self.streams.into_iter().enumerate() {
            let descriptor = open_stream(number, stream).map_err(OptionsError::Stream)?;
            table.insert(descriptor).map_err(|_| OptionsError::TooManyDirectories)?;
        }
        for listener in self.listeners {
            let descriptor = open_listener(listener).map_err(OptionsError::Stream)?;
            table.insert(descriptor).map_err(|_| OptionsError::TooManyDirectories)?;
        }
        for (mapping, rights) in self.directories {
            let descriptor = open_directory(&mapping, rights)?;
            table.insert(descriptor).map_err(|_| OptionsError::TooManyDirectories)?;
        }
        Ok(Wasi { args, env, table: Mutex::new(table), network: self.network })
    }
}

fn c_strings(strings: Vec<Vec<u8>>) -> Result<Vec<CString>, OptionsError> {
    let c_string =
        |bytes| CString::new(bytes).map_err(|error| OptionsError::Nul(OsStr::from_bytes(&error.into_vec()).into()));
    strings.into_iter().map(c_string).collect()
}

fn open_stream(number: usize, stream: Stdio) -> io::Result<Descriptor> {
    let access = if number == 0 { rights::FD_READ } else { rights::FD_WRITE };
    let file = match stream {
        Stdio::Reader(reader) => return Ok(memory_stream(Node::Reader(Arc::new(Mutex::new(reader))), access)),
        Stdio::Writer(writer) => return Ok(memory_stream(Node::Writer(Arc::new(Mutex::new(writer))), access)),
        Stdio::Null if number == 0 => {
            return Ok(memory_stream(Node::Reader(Arc::new(Mutex::new(io::empty()))), access));
        }
        Stdio::Null => return Ok(memory_stream(Node::Writer(Arc::new(Mutex::new(io::sink()))), access)),
        Stdio::File(file) => file,
        Stdio::Inherit => {
            let stream = match number {
                0 => rustix::stdio::stdin(),
                1 => rustix::stdio::stdout(),
                _ => rustix::stdio::stderr(),
            };
            stream.try_clone_to_owned()?.into()
        }
    };
    let denied = (rights::FD_READ | rights::FD_WRITE) & !access;
    if file.metadata()?.file_type().is_socket() {
        return Ok(Socket::new(file.into())?.into_descriptor(!denied, 0));
    }
    let file = File::from_std(file);
    let rights = file_rights(&file, &file.metadata()?) & !denied;
    Ok(Descriptor::new(Node::File(Arc::new(file)), rights, 0))
}

fn open_listener(listener: TcpListener) -> io::Result<Descriptor> {
    let accepted = rights::SOCKET & !rights::SOCK_ACCEPT;
    let mut descriptor = Socket::bound(listener.into())?.into_descriptor(rights::SOCKET, accepted);
    descriptor.preopened = Some([].into());
    Ok(descriptor)
}

fn memory_stream(node: Node, access: u64) -> Descriptor {
    let rights = access | rights::FD_FILESTAT_GET | rights::FD_FDSTAT_SET_FLAGS | rights::POLL_FD_READWRITE;
    Descriptor::new(node, rights, 0)
}

fn open_directory(mapping: &Mapping, allowed: u64) -> Result<Descriptor, OptionsError> {
    let name = mapping.guest.as_os_str().as_bytes().to_vec();
    if name.contains(&0) {
        return Err(OptionsError::Nul(mapping.guest.clone()));
    }
    let failed = |error| OptionsError::Directory(mapping.host.clone(), error);
    let dir = Dir::open_ambient_dir(Path::new(&mapping.host), ambient_authority()).map_err(failed)?;
    let inheriting = (rights::DIRECTORY | rights::FILE) & allowed;
    let mut descriptor = Descriptor::new(Node::directory(dir), rights::DIRECTORY & allowed, inheriting);
    descriptor.preopened = Some(name.into());
    Ok(descriptor)
}

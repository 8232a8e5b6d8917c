//! The loader's WASI, as an instance of the C API has it.
#![allow(unsafe_code)] // Descriptors are numbers in C.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::os::unix::ffi::OsStrExt;

use graver_loader::wasi::{
    Errno, FUNCTIONS, GuestMemory, MODULE, Mapping, OptionsError, SharedWasi, Stdio, WasiOptions,
};
use graver_loader::{CallError, Caller, Signature, ValType};

use super::Texts;

/// What a client chose. Copies, so that its arrays may go.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    is_set: bool,
    dirs: Vec<Vec<u8>>,
    /// As `GUEST::HOST`.
    mapped_dirs: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    args: Vec<Vec<u8>>,
    /// Each `ADDRESS/PREFIX`.
    addresses: Vec<Vec<u8>>,
    names: Vec<Vec<u8>>,
    /// Of a command line, in their own words.
    #[cfg(feature = "native-lib")]
    mappings: Vec<Mapping>,
    #[cfg(feature = "native-lib")]
    listeners: Vec<String>,
    /// `None` is the process's own.
    streams: [Option<i64>; 3],
}

fn copy(texts: Texts) -> Vec<Vec<u8>> {
    texts.iter().map(<[u8]>::to_vec).collect()
}

impl Settings {
    pub(crate) fn set_dirs(&mut self, dirs: Texts, mapped_dirs: Texts) {
        (self.is_set, self.dirs, self.mapped_dirs) = (true, copy(dirs), copy(mapped_dirs));
    }

    pub(crate) fn set_env(&mut self, env: Texts) {
        (self.is_set, self.env) = (true, copy(env));
    }

    pub(crate) fn set_args(&mut self, args: Texts) {
        (self.is_set, self.args) = (true, copy(args));
    }

    pub(crate) fn set_stdio(&mut self, streams: [i64; 3]) {
        (self.is_set, self.streams) = (true, streams.map(|stream| (stream != -1).then_some(stream)));
    }

    pub(crate) fn set_addresses(&mut self, addresses: Texts) {
        (self.is_set, self.addresses) = (true, copy(addresses));
    }

    pub(crate) fn set_names(&mut self, names: Texts) {
        (self.is_set, self.names) = (true, copy(names));
    }

    /// What a command line says.
    #[cfg(feature = "native-lib")]
    pub(crate) fn set_all(&mut self, options: &graver_loader::command::Options) {
        let bytes = |text: &OsStr| text.as_bytes().to_vec();
        self.is_set = true;
        self.args = vec![bytes(options.file.as_os_str())];
        self.args.extend(options.arguments.iter().map(|argument| bytes(argument)));
        self.env = options.environment.iter().map(|(name, value)| format!("{name}={value}").into_bytes()).collect();
        let mapping =
            |(host, guest): &(std::path::PathBuf, String)| Mapping { host: host.clone(), guest: guest.into() };
        self.mappings = options.directories.iter().map(mapping).collect();
        let texts = |texts: &[String]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        (self.addresses, self.names) = (texts(&options.addresses), texts(&options.names));
        self.listeners.clone_from(&options.listeners);
    }

    fn options(&self) -> Result<WasiOptions, Error> {
        let os = |text: &Vec<u8>| OsStr::from_bytes(text).to_owned();
        let mut options = WasiOptions::new().args(self.args.iter().map(os));
        for variable in self.env.iter().map(os) {
            options = options.env(variable);
        }
        for dir in self.dirs.iter().map(os) {
            options = options.directory(Mapping { host: dir.clone().into(), guest: dir.into() });
        }
        for pair in self.mapped_dirs.iter().map(os) {
            let mapping = Mapping::parse_guest_first(&pair)
                .map_err(|_| "error while pre-opening mapped directory: invalid map".to_owned())?;
            options = options.directory(mapping);
        }
        #[cfg(feature = "native-lib")]
        for mapping in &self.mappings {
            options = options.directory(mapping.clone());
        }
        options = self.network(options).map_err(|error| error.to_string())?;
        let [stdin, stdout, stderr] = self.streams;
        let stream = |stream| stdio(stream).map_err(|error| OptionsError::Stream(error).to_string());
        Ok(options.stdin(stream(stdin)?).stdout(stream(stdout)?).stderr(stream(stderr)?))
    }
}

impl Settings {
    fn network(&self, mut options: WasiOptions) -> Result<WasiOptions, OptionsError> {
        // What is not text is neither an address nor a name.
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        for ranges in self.addresses.iter().map(text) {
            options = options.addresses(&ranges)?;
        }
        for patterns in self.names.iter().map(text) {
            options = options.names(&patterns)?;
        }
        #[cfg(feature = "native-lib")]
        for address in &self.listeners {
            options = options.listen(address)?;
        }
        Ok(options)
    }
}

/// A stream of the process, or a duplicate of a client's descriptor.
fn stdio(stream: Option<i64>) -> io::Result<Stdio> {
    let Some(number) = stream else { return Ok(Stdio::Inherit) };
    let number = RawFd::try_from(number).ok().filter(|number| *number >= 0);
    let number = number.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a descriptor"))?;
    // SAFETY: not -1; what is not open fails, and the duplicate belongs to the program alone.
    let file: File = unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned()?.into();
    Ok(Stdio::File(file))
}

/// Why nothing could be opened, as a text.
pub(crate) type Error = String;

/// What the instances of a program have open.
#[derive(Clone)]
pub(crate) struct System(SharedWasi);

impl System {
    /// Opens what the module or the arguments of the instance say.
    pub(crate) fn open(module: &Settings, args: &Settings) -> Result<Self, Error> {
        let settings = match (module.is_set, args.is_set) {
            (true, true) => {
                return Err("WASI configuration was given via both of module and InstantiationArgs2".to_owned());
            }
            (true, false) => module,
            (false, _) => args,
        };
        settings.options()?.build().map(|wasi| Self(SharedWasi::new(wasi))).map_err(|error| error.to_string())
    }
}

impl System {
    /// For another thread of the program.
    pub(crate) fn share(&self) -> Self {
        self.clone()
    }
}

/// A function of the interface.
#[derive(Clone, Copy)]
pub(crate) enum Function {
    /// By its place in the list.
    Listed(&'static graver_loader::wasi::Function),
    /// `proc_exit`, which alone has no result.
    Exit,
}

impl Function {
    /// Whether an import has its type.
    pub(crate) fn fits(self, ty: Signature<'_>) -> bool {
        let (params, results): (&[ValType], &[ValType]) = match self {
            Self::Listed(function) => (function.params, &[ValType::I32]),
            Self::Exit => (&[ValType::I32], &[]),
        };
        ty == Signature::of(params, results)
    }

    /// Carries it out for the program that has `system`.
    pub(crate) fn call(
        self,
        system: Option<&System>,
        caller: &mut Caller<'_, '_>,
        cells: &mut [u64],
    ) -> Result<(), CallError> {
        let function = match self {
            Self::Exit => return Err(CallError::Exit(cells.first().map_or(0, |code| *code as u32).cast_signed())),
            Self::Listed(function) => function,
        };
        let params = cells.get(..function.params.len()).unwrap_or_default();
        // SAFETY: the guest waits. Other threads of the program may write there, and WASI copies what it decides by.
        let memory = caller
            .range()
            .map_or(&mut [][..], |(start, length)| unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), length) });
        let done = match system {
            Some(System(wasi)) => wasi.call(function, &mut GuestMemory::new(memory), params),
            None => Err(Errno::NoSys),
        };
        if let Some(result) = cells.first_mut() {
            *result = Errno::result_of(done).into();
        }
        Ok(())
    }
}

/// The function for an import.
pub(crate) fn find(module: &str, name: &str) -> Option<Function> {
    match name {
        _ if module != MODULE => None,
        "proc_exit" => Some(Function::Exit),
        name => FUNCTIONS.iter().find(|function| function.name == name).map(Function::Listed),
    }
}

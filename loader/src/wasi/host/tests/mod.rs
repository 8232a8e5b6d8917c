//! Each function is called as a program calls it: by name, with numbers, over bytes.

mod directory;
mod files;
mod options;
mod pointers;
mod poll;
mod process;
mod sandbox;
mod socket;
mod stream;
mod threads;

use std::fs;
use std::path::{Path, PathBuf};
use std::vec;

use graver_aot_format::ValType;
use tempfile::TempDir;

use super::super::board::FUNCTIONS as BOARD_FUNCTIONS;
use super::{Capture, Errno, FUNCTIONS, GuestMemory, Mapping, Stdio, Wasi, WasiOptions};

/// The directory that the tests' programs see.
const ROOT: u64 = 3;
/// Where results are written.
const RESULT: u64 = 8;
/// Where paths are put.
const PATH: u64 = 1024;
const SECOND_PATH: u64 = 8192;
/// Where data is put.
const DATA: u64 = 16384;

const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;
const CREAT: u64 = 1;
const DIRECTORY: u64 = 2;
const EXCL: u64 = 4;
const TRUNC: u64 = 8;
const APPEND: u64 = 1;

type Result<T> = core::result::Result<T, Errno>;

/// A program with 64 KiB of memory and a directory, `box` of a temporary directory, as its descriptor 3.
struct Guest {
    wasi: Wasi,
    memory: Vec<u8>,
    outside: TempDir,
    stdout: Capture,
}

fn call(wasi: &Wasi, memory: &mut [u8], name: &str, cells: &[u64]) -> Result<()> {
    let function = FUNCTIONS.iter().find(|function| function.name == name).expect(name);
    assert_eq!(function.params.len(), cells.len(), "{name}");
    function.call.expect(name)(wasi, &mut GuestMemory::new(memory), cells)
}

impl Guest {
    fn new() -> Self {
        Self::with(|options, _| options)
    }

    fn with(more: impl FnOnce(WasiOptions, &Path) -> WasiOptions) -> Self {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("box");
        fs::create_dir(&root).unwrap();
        let stdout = Capture::default();
        let options = WasiOptions::new()
            .stdin(Stdio::Reader(Box::new(&b"some input"[..])))
            .stdout(Stdio::Writer(Box::new(stdout.clone())))
            .stderr(Stdio::Null)
            .directory(Mapping { host: root, guest: "/data".into() });
        let wasi = more(options, outside.path()).build().unwrap();
        Self { wasi, memory: vec![0; 65536], outside, stdout }
    }

    /// A path of the host in the program's directory.
    fn host(&self, name: &str) -> PathBuf {
        self.outside.path().join("box").join(name)
    }

    fn call(&mut self, name: &str, cells: &[u64]) -> Result<()> {
        call(&self.wasi, &mut self.memory, name, cells)
    }

    fn put(&mut self, at: u64, bytes: &[u8]) -> (u64, u64) {
        self.memory[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
        (at, bytes.len() as u64)
    }

    fn get(&self, at: u64, length: u64) -> &[u8] {
        &self.memory[at as usize..(at + length) as usize]
    }

    fn u32(&self, at: u64) -> u32 {
        u32::from_le_bytes(self.get(at, 4).try_into().unwrap())
    }

    fn u64(&self, at: u64) -> u64 {
        u64::from_le_bytes(self.get(at, 8).try_into().unwrap())
    }

    /// Puts an array of buffers at 64.
    fn buffers(&mut self, buffers: &[(u64, u64)]) -> (u64, u64) {
        let bytes: Vec<u8> =
            buffers.iter().flat_map(|(at, length)| [*at as u32, *length as u32]).flat_map(u32::to_le_bytes).collect();
        self.put(64, &bytes);
        (64, buffers.len() as u64)
    }

    /// Calls with a descriptor and a path, and whatever follows.
    fn path_call(&mut self, name: &str, fd: u64, path: &str, rest: &[u64]) -> Result<()> {
        let (path, length) = self.put(PATH, path.as_bytes());
        let mut cells = vec![fd, path, length];
        cells.extend(rest);
        self.call(name, &cells)
    }

    fn open_at(&mut self, fd: u64, path: &str, oflags: u64, rights: u64, fdflags: u64) -> Result<u64> {
        self.open_with(fd, 1, path, oflags, rights, fdflags)
    }

    fn open_with(&mut self, fd: u64, follow: u64, path: &str, oflags: u64, rights: u64, fdflags: u64) -> Result<u64> {
        let (path, length) = self.put(PATH, path.as_bytes());
        self.call("path_open", &[fd, follow, path, length, oflags, rights, 0, fdflags, RESULT])?;
        Ok(u64::from(self.u32(RESULT)))
    }

    fn open(&mut self, path: &str, oflags: u64, rights: u64) -> Result<u64> {
        self.open_at(ROOT, path, oflags, rights, 0)
    }

    fn write(&mut self, fd: u64, bytes: &[u8]) -> Result<u32> {
        let data = self.put(DATA, bytes);
        let (array, count) = self.buffers(&[data]);
        self.call("fd_write", &[fd, array, count, RESULT])?;
        Ok(self.u32(RESULT))
    }

    fn read(&mut self, fd: u64, length: u64) -> Result<Vec<u8>> {
        let (array, count) = self.buffers(&[(DATA, length)]);
        self.call("fd_read", &[fd, array, count, RESULT])?;
        Ok(self.get(DATA, u64::from(self.u32(RESULT))).to_vec())
    }

    fn seek(&mut self, fd: u64, offset: i64, whence: u64) -> Result<u64> {
        self.call("fd_seek", &[fd, offset as u64, whence, RESULT])?;
        Ok(self.u64(RESULT))
    }

    fn two_paths(&mut self, first: &str, second: &str) -> [u64; 4] {
        let (a, b) = self.put(PATH, first.as_bytes());
        let (c, d) = self.put(SECOND_PATH, second.as_bytes());
        [a, b, c, d]
    }

    fn rename(&mut self, old: &str, new: &str) -> Result<()> {
        let [a, b, c, d] = self.two_paths(old, new);
        self.call("path_rename", &[ROOT, a, b, ROOT, c, d])
    }

    fn symlink(&mut self, target: &str, path: &str) -> Result<()> {
        let [a, b, c, d] = self.two_paths(target, path);
        self.call("path_symlink", &[a, b, ROOT, c, d])
    }

    fn link(&mut self, old: &str, new: &str, lookup: u64) -> Result<()> {
        let [a, b, c, d] = self.two_paths(old, new);
        self.call("path_link", &[ROOT, lookup, a, b, ROOT, c, d])
    }

    /// The attributes that `path_filestat_get` writes, as eight words.
    fn stat(&mut self, path: &str, lookup: u64) -> Result<[u64; 8]> {
        let (path, length) = self.put(PATH, path.as_bytes());
        self.call("path_filestat_get", &[ROOT, lookup, path, length, DATA])?;
        Ok(core::array::from_fn(|word| self.u64(DATA + word as u64 * 8)))
    }
}

#[test]
fn the_list_is_complete() {
    // The 45 functions of wasi-libc's header and `proc_raise`, without `proc_exit`; the 48 of WAMR's extension.
    assert_eq!(FUNCTIONS.len(), 45 + 48);
    assert!(FUNCTIONS.iter().all(|function| function.names.len() == function.params.len()));
}

/// The table of `docs/wasi.md`, from the list.
fn table() -> String {
    let mut text = String::from("| function | parameters | what it does | boards |\n|---|---|---|---|\n");
    let mut functions: Vec<_> = FUNCTIONS.iter().collect();
    functions.sort_by_key(|function| function.name);
    for function in functions {
        let types = function.params.iter().map(|ty| if *ty == ValType::I64 { "i64" } else { "i32" });
        let params: Vec<_> = function.names.iter().zip(types).map(|(name, ty)| format!("{name}: {ty}")).collect();
        let about = if function.call.is_some() { function.about } else { "`ENOSYS`" };
        let is_on_boards = BOARD_FUNCTIONS.iter().any(|known| known.name == function.name);
        let boards = if is_on_boards { "yes" } else { "" };
        text += &format!("| `{}` | {} | {about} | {boards} |\n", function.name, params.join(", "));
    }
    text + "| `proc_exit` | code: i32 | End the program with an exit code. | yes |\n"
}

#[test]
fn the_documentation_has_the_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wasi.md");
    let page = fs::read_to_string(&path).unwrap();
    let start = page.find("-->\n\n").unwrap() + 5;
    let expected = page[..start].to_string() + &table();
    if std::env::var_os("GRAVER_BLESS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == expected, "set GRAVER_BLESS=1 and run again to write {path:?}");
}

//! The functions as the host defines them. Only their declarations are here: `calls.rs` wraps them.

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    pub fn args_get(pointers: *mut *const u8, bytes: *mut u8) -> u32;
    pub fn args_sizes_get(count: *mut usize, size: *mut usize) -> u32;
    pub fn clock_res_get(clock: u32, resolution: *mut u64) -> u32;
    pub fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u32;
    pub fn environ_get(pointers: *mut *const u8, bytes: *mut u8) -> u32;
    pub fn environ_sizes_get(count: *mut usize, size: *mut usize) -> u32;
    pub fn fd_advise(fd: u32, offset: u64, length: u64, advice: u32) -> u32;
    pub fn fd_allocate(fd: u32, offset: u64, length: u64) -> u32;
    pub fn fd_close(fd: u32) -> u32;
    pub fn fd_datasync(fd: u32) -> u32;
    pub fn fd_fdstat_get(fd: u32, result: *mut FdStat) -> u32;
    pub fn fd_fdstat_set_flags(fd: u32, flags: u32) -> u32;
    pub fn fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64) -> u32;
    pub fn fd_filestat_get(fd: u32, result: *mut FileStat) -> u32;
    pub fn fd_filestat_set_size(fd: u32, size: u64) -> u32;
    pub fn fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32) -> u32;
    pub fn fd_pread(fd: u32, buffers: *const Buffer, count: usize, offset: u64, read: *mut usize) -> u32;
    pub fn fd_prestat_dir_name(fd: u32, buffer: *mut u8, length: usize) -> u32;
    pub fn fd_prestat_get(fd: u32, result: *mut [u32; 2]) -> u32;
    pub fn fd_pwrite(fd: u32, buffers: *const Buffer, count: usize, offset: u64, written: *mut usize) -> u32;
    pub fn fd_read(fd: u32, buffers: *const Buffer, count: usize, read: *mut usize) -> u32;
    pub fn fd_readdir(fd: u32, buffer: *mut u8, length: usize, cookie: u64, used: *mut usize) -> u32;
    pub fn fd_renumber(fd: u32, to: u32) -> u32;
    pub fn fd_seek(fd: u32, offset: i64, whence: u32, result: *mut u64) -> u32;
    pub fn fd_sync(fd: u32) -> u32;
    pub fn fd_tell(fd: u32, result: *mut u64) -> u32;
    pub fn fd_write(fd: u32, buffers: *const Buffer, count: usize, written: *mut usize) -> u32;
    pub fn path_create_directory(fd: u32, path: *const u8, length: usize) -> u32;
    pub fn path_filestat_get(fd: u32, lookup: u32, path: *const u8, length: usize, result: *mut FileStat) -> u32;
    pub fn path_filestat_set_times(
        fd: u32,
        lookup: u32,
        path: *const u8,
        length: usize,
        accessed: u64,
        modified: u64,
        flags: u32,
    ) -> u32;
    pub fn path_link(
        fd: u32,
        lookup: u32,
        old: *const u8,
        old_length: usize,
        new_fd: u32,
        new: *const u8,
        new_length: usize,
    ) -> u32;
    pub fn path_open(
        fd: u32,
        lookup: u32,
        path: *const u8,
        length: usize,
        oflags: u32,
        base: u64,
        inheriting: u64,
        fdflags: u32,
        result: *mut u32,
    ) -> u32;
    pub fn path_readlink(
        fd: u32,
        path: *const u8,
        length: usize,
        buffer: *mut u8,
        buffer_length: usize,
        used: *mut usize,
    ) -> u32;
    pub fn path_remove_directory(fd: u32, path: *const u8, length: usize) -> u32;
    pub fn path_rename(
        fd: u32,
        old: *const u8,
        old_length: usize,
        new_fd: u32,
        new: *const u8,
        new_length: usize,
    ) -> u32;
    pub fn path_symlink(target: *const u8, target_length: usize, fd: u32, path: *const u8, length: usize) -> u32;
    pub fn path_unlink_file(fd: u32, path: *const u8, length: usize) -> u32;
    pub fn poll_oneoff(subscriptions: *const Subscription, events: *mut Event, count: usize, result: *mut usize)
    -> u32;
    pub fn proc_exit(code: u32) -> !;
    pub fn proc_raise(signal: u32) -> u32;
    pub fn random_get(buffer: *mut u8, length: usize) -> u32;
    pub fn sched_yield() -> u32;
    pub fn sock_accept(fd: u32, flags: u32, result: *mut u32) -> u32;
    pub fn sock_recv(
        fd: u32,
        buffers: *const Buffer,
        count: usize,
        flags: u32,
        received: *mut usize,
        result_flags: *mut u16,
    ) -> u32;
    pub fn sock_send(fd: u32, buffers: *const Buffer, count: usize, flags: u32, sent: *mut usize) -> u32;
    pub fn sock_shutdown(fd: u32, how: u32) -> u32;
}

/// A piece of memory to read into or write from.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Buffer {
    pub start: *const u8,
    pub length: usize,
}

/// The state of a descriptor.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct FdStat {
    pub kind: u8,
    pub flags: u16,
    pub rights: u64,
    pub inheriting: u64,
}

/// The attributes of a file.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct FileStat {
    pub device: u64,
    pub inode: u64,
    pub kind: u8,
    pub links: u64,
    pub size: u64,
    pub accessed: u64,
    pub modified: u64,
    pub changed: u64,
}

/// What to wait for.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Subscription {
    pub user_data: u64,
    pub kind: u8,
    pub what: Subscribed,
}

/// A clock and a time, or a descriptor alone.
#[repr(C, align(8))]
#[derive(Clone, Copy, Default)]
pub struct Subscribed {
    pub clock_or_fd: u32,
    pub time: u64,
    pub precision: u64,
    pub flags: u16,
}

/// What came of it.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Event {
    pub user_data: u64,
    pub error: u16,
    pub kind: u8,
    pub available: u64,
    pub flags: u16,
}

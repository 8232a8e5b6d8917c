use super::*;

#[test]
fn create_write_read() {
    let mut guest = Guest::new();
    let fd = guest.open("file", CREAT | EXCL, READ | WRITE).unwrap();
    assert_eq!(fd, 4);
    assert_eq!(guest.write(fd, b"hello"), Ok(5));
    assert_eq!(guest.read(fd, 10).unwrap(), b"");
    assert_eq!(guest.seek(fd, 1, 0), Ok(1));
    assert_eq!(guest.read(fd, 10).unwrap(), b"ello");
    assert_eq!(guest.open("file", CREAT | EXCL, WRITE), Err(Errno::Exist));
    guest.call("fd_close", &[fd]).unwrap();
    assert_eq!(guest.call("fd_close", &[fd]), Err(Errno::Badf));
    assert_eq!(fs::read(guest.host("file")).unwrap(), b"hello");
}

#[test]
fn seek_and_tell() {
    let mut guest = Guest::new();
    fs::write(guest.host("file"), "0123456789").unwrap();
    let fd = guest.open("file", 0, READ).unwrap();
    assert_eq!(guest.seek(fd, -3, 2), Ok(7));
    assert_eq!(guest.seek(fd, -2, 1), Ok(5));
    guest.call("fd_tell", &[fd, RESULT]).unwrap();
    assert_eq!(guest.u64(RESULT), 5);
    assert_eq!(guest.seek(fd, 100, 0), Ok(100));
    assert_eq!(guest.read(fd, 4).unwrap(), b"");
    assert_eq!(guest.seek(fd, -1, 0), Err(Errno::Inval));
    assert_eq!(guest.seek(fd, -101, 1), Err(Errno::Inval));
    assert_eq!(guest.seek(fd, 0, 3), Err(Errno::Inval));
    guest.call("fd_tell", &[fd, RESULT]).unwrap();
    assert_eq!(guest.u64(RESULT), 100);
}

#[test]
fn append() {
    let mut guest = Guest::new();
    fs::write(guest.host("file"), "one").unwrap();
    let fd = guest.open_at(ROOT, "file", 0, READ | WRITE, APPEND).unwrap();
    guest.write(fd, b"two").unwrap();
    guest.seek(fd, 0, 0).unwrap();
    guest.write(fd, b"three").unwrap();
    assert_eq!(fs::read(guest.host("file")).unwrap(), b"onetwothree");
    guest.call("fd_fdstat_get", &[fd, DATA]).unwrap();
    assert_eq!(guest.get(DATA, 4), [4, 0, 1, 0]);
    guest.call("fd_fdstat_set_flags", &[fd, 0]).unwrap();
    guest.seek(fd, 0, 0).unwrap();
    guest.write(fd, b"ONE").unwrap();
    assert_eq!(fs::read(guest.host("file")).unwrap(), b"ONEtwothree");
    guest.call("fd_fdstat_set_flags", &[fd, APPEND]).unwrap();
    guest.seek(fd, 0, 0).unwrap();
    guest.write(fd, b"!").unwrap();
    assert_eq!(fs::read(guest.host("file")).unwrap(), b"ONEtwothree!");
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd, 2]), Err(Errno::NotSup));
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd, 32]), Err(Errno::Inval));
}

#[test]
fn append_and_truncate() {
    let mut guest = Guest::new();
    fs::write(guest.host("file"), "old").unwrap();
    let fd = guest.open_at(ROOT, "file", CREAT | TRUNC, WRITE, APPEND).unwrap();
    guest.write(fd, b"new").unwrap();
    assert_eq!(fs::read(guest.host("file")).unwrap(), b"new");
}

#[test]
fn several_buffers() {
    let mut guest = Guest::new();
    let fd = guest.open("file", CREAT, READ | WRITE).unwrap();
    guest.put(DATA, b"abcdef");
    let (array, count) = guest.buffers(&[(DATA, 2), (0, 0), (DATA + 4, 2), (DATA, 6)]);
    guest.call("fd_write", &[fd, array, count, RESULT]).unwrap();
    assert_eq!(guest.u32(RESULT), 10);
    assert_eq!(fs::read(guest.host("file")).unwrap(), b"abefabcdef");
    guest.seek(fd, 0, 0).unwrap();
    let (array, count) = guest.buffers(&[(DATA + 100, 3), (DATA + 50, 0), (DATA + 200, 20)]);
    guest.call("fd_read", &[fd, array, count, RESULT]).unwrap();
    assert_eq!(guest.u32(RESULT), 10);
    assert_eq!(guest.get(DATA + 100, 4), b"abe\0");
    assert_eq!(guest.get(DATA + 200, 8), b"fabcdef\0");
    let (array, count) = guest.buffers(&[(DATA + 100, 3), (DATA + 200, 3)]);
    guest.call("fd_pread", &[fd, array, count, 6, RESULT]).unwrap();
    assert_eq!(guest.u32(RESULT), 4);
    assert_eq!((guest.get(DATA + 100, 3), guest.get(DATA + 200, 1)), (&b"cde"[..], &b"f"[..]));
    guest.put(DATA, b"XY");
    let (array, count) = guest.buffers(&[(DATA, 1), (DATA + 1, 1)]);
    guest.call("fd_pwrite", &[fd, array, count, 4, RESULT]).unwrap();
    assert_eq!(guest.u32(RESULT), 2);
    assert_eq!(fs::read(guest.host("file")).unwrap(), b"abefXYcdef");
    // The position is where `fd_read` left it.
    assert_eq!(guest.seek(fd, 0, 1), Ok(10));
    assert_eq!(guest.call("fd_pread", &[fd, array, count, u64::MAX, RESULT]), Err(Errno::Inval));
}

#[test]
fn access_is_what_was_asked_for() {
    let mut guest = Guest::new();
    fs::write(guest.host("file"), "text").unwrap();
    let read_only = guest.open("file", 0, READ).unwrap();
    assert_eq!(guest.write(read_only, b"x"), Err(Errno::Badf));
    assert_eq!(guest.call("fd_filestat_set_size", &[read_only, 0]), Err(Errno::Inval));
    let write_only = guest.open("file", 0, WRITE).unwrap();
    assert_eq!(guest.read(write_only, 1), Err(Errno::Badf));
    let neither = guest.open("file", CREAT, 0).unwrap();
    assert_eq!(guest.write(neither, b"x"), Err(Errno::Badf));
    assert_eq!(guest.read(neither, 1), Err(Errno::Badf));
    assert_eq!(fs::read(guest.host("file")).unwrap(), b"text");
}

#[test]
fn sizes_and_times() {
    let mut guest = Guest::new();
    let fd = guest.open("file", CREAT, READ | WRITE).unwrap();
    guest.call("fd_filestat_set_size", &[fd, 1000]).unwrap();
    guest.call("fd_allocate", &[fd, 0, 2000]).unwrap();
    guest.call("fd_advise", &[fd, 0, 0, 3]).unwrap();
    assert_eq!(guest.call("fd_advise", &[fd, 0, 0, 6]), Err(Errno::Inval));
    guest.call("fd_sync", &[fd]).unwrap();
    guest.call("fd_datasync", &[fd]).unwrap();
    guest.call("fd_filestat_set_times", &[fd, 5_000_000_007, 6_000_000_008, 1 | 4]).unwrap();
    guest.call("fd_filestat_get", &[fd, DATA]).unwrap();
    let by_fd: [u64; 8] = core::array::from_fn(|word| guest.u64(DATA + word as u64 * 8));
    assert_eq!(by_fd[2..7], [4, 1, 2000, 5_000_000_007, 6_000_000_008]);
    assert_eq!(guest.stat("file", 0).unwrap(), by_fd);
    let (path, length) = guest.put(PATH, b"file");
    guest.call("path_filestat_set_times", &[ROOT, 1, path, length, 1, 2, 1]).unwrap();
    assert_eq!(guest.stat("file", 0).unwrap()[5..7], [1, 6_000_000_008]);
    guest.call("path_filestat_set_times", &[ROOT, 0, path, length, 0, 0, 8]).unwrap();
    assert!(guest.stat("file", 0).unwrap()[6] > 1_600_000_000_000_000_000);
    for both in [3, 12, 16] {
        assert_eq!(guest.call("path_filestat_set_times", &[ROOT, 1, path, length, 1, 2, both]), Err(Errno::Inval));
    }
}

#[test]
fn descriptor_state() {
    let mut guest = Guest::new();
    guest.call("fd_fdstat_get", &[ROOT, DATA]).unwrap();
    assert_eq!(guest.get(DATA, 8), [3, 0, 0, 0, 0, 0, 0, 0]);
    let (base, inheriting) = (guest.u64(DATA + 8), guest.u64(DATA + 16));
    assert_eq!(base & (1 << 13), 1 << 13);
    assert_eq!(inheriting & (READ | WRITE), READ | WRITE);
    // Given up, it does not come back.
    guest.call("fd_fdstat_set_rights", &[ROOT, base, inheriting & !WRITE]).unwrap();
    assert_eq!(guest.call("fd_fdstat_set_rights", &[ROOT, base, inheriting]), Err(Errno::NotCapable));
    assert_eq!(guest.open("file", CREAT, WRITE), Err(Errno::NotCapable));
    guest.call("fd_fdstat_set_rights", &[ROOT, base & !(1 << 9), 0]).unwrap();
    assert_eq!(guest.path_call("path_create_directory", ROOT, "d", &[]), Err(Errno::NotCapable));
}

#[test]
fn renumber() {
    let mut guest = Guest::new();
    let a = guest.open("a", CREAT, READ | WRITE).unwrap();
    let b = guest.open("b", CREAT, READ | WRITE).unwrap();
    guest.call("fd_renumber", &[a, b]).unwrap();
    guest.write(b, b"to a").unwrap();
    assert_eq!(guest.write(a, b"x"), Err(Errno::Badf));
    assert_eq!(fs::read(guest.host("a")).unwrap(), b"to a");
    guest.call("fd_renumber", &[b, b]).unwrap();
    assert_eq!(guest.call("fd_renumber", &[b, 99]), Err(Errno::Badf));
    assert_eq!(guest.call("fd_renumber", &[99, b]), Err(Errno::Badf));
    assert_eq!(guest.write(b, b"!"), Ok(1));
    // The lowest free number is next.
    assert_eq!(guest.open("c", CREAT, READ), Ok(a));
}

#[test]
fn descriptors_run_out() {
    let mut guest = Guest::new();
    fs::write(guest.host("file"), "").unwrap();
    // The host's own limit may come first.
    let error = (0..5000).find_map(|_| guest.open("file", 0, READ).err());
    assert_eq!(error, Some(Errno::Mfile));
}

#[test]
fn wrong_kinds() {
    let mut guest = Guest::new();
    let file = guest.open("file", CREAT, READ | WRITE).unwrap();
    fs::create_dir(guest.host("dir")).unwrap();
    assert_eq!(guest.open_at(file, "x", 0, READ, 0), Err(Errno::NotDir));
    assert_eq!(guest.open("file", DIRECTORY, READ), Err(Errno::NotDir));
    assert_eq!(guest.open("file", DIRECTORY, READ | WRITE), Err(Errno::NotDir));
    assert_eq!(guest.open("dir", DIRECTORY, READ | WRITE), Err(Errno::IsDir));
    assert_eq!(guest.open("file/", 0, READ), Err(Errno::NotDir));
    assert_eq!(guest.open("file/x", 0, READ), Err(Errno::NotDir));
    assert_eq!(guest.open("dir", 0, READ | WRITE), Err(Errno::IsDir));
    assert_eq!(guest.open("dir", CREAT, READ), Err(Errno::IsDir));
    assert_eq!(guest.open("missing", 0, READ), Err(Errno::NoEnt));
    assert_eq!(guest.open("", 0, READ), Err(Errno::NoEnt));
    assert_eq!(guest.open("x", DIRECTORY | CREAT, READ), Err(Errno::Inval));
    assert_eq!(guest.open("file", 16, READ), Err(Errno::Inval));
    assert_eq!(guest.open_at(ROOT, "file", 0, READ, 32), Err(Errno::Inval));
    assert_eq!(guest.open_with(ROOT, 2, "file", 0, READ, 0), Err(Errno::Inval));
    let dir = guest.open("dir", 0, READ).unwrap();
    assert_eq!(guest.read(dir, 1), Err(Errno::Badf));
    assert_eq!(guest.write(dir, b"x"), Err(Errno::Badf));
    assert_eq!(guest.seek(dir, 0, 0), Err(Errno::Badf));
    assert_eq!(guest.call("fd_filestat_set_size", &[dir, 0]), Err(Errno::Badf));
    guest.call("fd_sync", &[dir]).unwrap();
    guest.call("fd_filestat_set_times", &[dir, 5, 6, 1 | 4]).unwrap();
    guest.call("fd_filestat_set_times", &[ROOT, 5, 6, 1 | 4]).unwrap();
    guest.call("fd_filestat_get", &[dir, DATA]).unwrap();
    assert_eq!(guest.u64(DATA + 16), 3);
    assert_eq!(guest.call("fd_readdir", &[file, DATA, 100, 0, RESULT]), Err(Errno::NotDir));
}

#[test]
fn preopened_directories() {
    let mut guest = Guest::new();
    guest.call("fd_prestat_get", &[ROOT, RESULT]).unwrap();
    assert_eq!((guest.u32(RESULT), guest.u32(RESULT + 4)), (0, 5));
    guest.call("fd_prestat_dir_name", &[ROOT, DATA, 5]).unwrap();
    assert_eq!(guest.get(DATA, 6), b"/data\0");
    assert_eq!(guest.call("fd_prestat_dir_name", &[ROOT, DATA, 4]), Err(Errno::NameTooLong));
    for other in [0, 1, 2, 4, u64::from(u32::MAX)] {
        assert_eq!(guest.call("fd_prestat_get", &[other, RESULT]), Err(Errno::Badf));
        assert_eq!(guest.call("fd_prestat_dir_name", &[other, DATA, 5]), Err(Errno::Badf));
    }
}

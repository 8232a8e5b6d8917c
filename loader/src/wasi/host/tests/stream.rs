use std::io::{Read, Write};

use super::*;

#[test]
fn in_memory() {
    let mut guest = Guest::new();
    assert_eq!(guest.read(0, 4).unwrap(), b"some");
    assert_eq!(guest.read(0, 100).unwrap(), b" input");
    assert_eq!(guest.read(0, 100).unwrap(), b"");
    assert_eq!(guest.write(1, b"out"), Ok(3));
    guest.put(DATA, b"put");
    let (array, count) = guest.buffers(&[(DATA, 3), (0, 0), (DATA, 1)]);
    guest.call("fd_write", &[1, array, count, RESULT]).unwrap();
    assert_eq!(guest.stdout.contents(), b"outputp");
    assert_eq!(guest.write(2, b"dropped"), Ok(7));
    assert_eq!(guest.write(0, b"x"), Err(Errno::Badf));
    assert_eq!(guest.read(1, 1), Err(Errno::Badf));
}

#[test]
fn without_position() {
    let mut guest = Guest::new();
    for fd in 0..3 {
        assert_eq!(guest.seek(fd, 0, 1), Err(Errno::Spipe));
        assert_eq!(guest.call("fd_tell", &[fd, RESULT]), Err(Errno::Spipe));
        guest.call("fd_filestat_get", &[fd, DATA]).unwrap();
        guest.call("fd_fdstat_get", &[fd, DATA]).unwrap();
        assert_eq!(guest.memory[DATA as usize], 0, "not a terminal");
    }
    let (array, count) = guest.buffers(&[(DATA, 1)]);
    assert_eq!(guest.call("fd_pwrite", &[1, array, count, 0, RESULT]), Err(Errno::Spipe));
}

#[test]
fn pipes_of_the_host() {
    let (mut output, theirs) = std::io::pipe().unwrap();
    let (input, mut ours) = std::io::pipe().unwrap();
    let mut guest = Guest::with(|options, _| {
        let input = std::fs::File::from(std::os::fd::OwnedFd::from(input));
        let theirs = std::fs::File::from(std::os::fd::OwnedFd::from(theirs));
        options.stdin(Stdio::File(input)).stdout(Stdio::File(theirs))
    });
    ours.write_all(b"abc").unwrap();
    // Two buffers: waiting for the second one to fill would never end.
    let (array, count) = guest.buffers(&[(DATA, 3), (DATA + 10, 3)]);
    guest.call("fd_read", &[0, array, count, RESULT]).unwrap();
    assert_eq!((guest.u32(RESULT), guest.get(DATA, 3)), (3, &b"abc"[..]));
    guest.write(1, b"no newline").unwrap();
    let mut bytes = [0; 10];
    output.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"no newline");
    assert_eq!(guest.seek(0, 0, 1), Err(Errno::Spipe));
    drop(output);
    assert_eq!(guest.write(1, b"x"), Err(Errno::Pipe));
    drop(ours);
    assert_eq!(guest.read(0, 1).unwrap(), b"");
}

#[test]
fn terminals_are_told_by_their_rights() {
    // A C library takes a character device that cannot seek for a terminal.
    let null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
    let mut guest = Guest::with(|options, _| options.stdout(Stdio::File(null)));
    guest.call("fd_fdstat_get", &[1, DATA]).unwrap();
    assert_eq!(guest.memory[DATA as usize], 2);
    assert_ne!(guest.u64(DATA + 8) & (1 << 2), 0, "not a terminal");
    let Ok(terminal) = std::fs::File::options().read(true).write(true).open("/dev/ptmx") else { return };
    let mut guest = Guest::with(|options, _| options.stdout(Stdio::File(terminal)));
    guest.call("fd_fdstat_get", &[1, DATA]).unwrap();
    assert_eq!(guest.memory[DATA as usize], 2);
    assert_eq!(guest.u64(DATA + 8) & (1 << 2 | 1 << 5), 0);
}

#[test]
fn streams_can_be_closed() {
    let mut guest = Guest::new();
    for fd in 0..3 {
        guest.call("fd_close", &[fd]).unwrap();
        assert_eq!(guest.call("fd_close", &[fd]), Err(Errno::Badf));
    }
    assert_eq!(guest.open("file", CREAT, WRITE), Ok(0));
}

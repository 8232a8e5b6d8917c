use std::collections::BTreeSet;

use super::*;

/// Lists a directory as C libraries do, with a buffer of `size`.
fn list(guest: &mut Guest, fd: u64, size: u64) -> Vec<(String, u8)> {
    let mut names = Vec::new();
    let mut cookie = 0;
    loop {
        guest.call("fd_readdir", &[fd, DATA, size, cookie, RESULT]).unwrap();
        let used = u64::from(guest.u32(RESULT));
        let mut at = 0;
        while at + 24 <= used {
            let length = u64::from(guest.u32(DATA + at + 16));
            if at + 24 + length > used {
                break;
            }
            cookie = guest.u64(DATA + at);
            let name = String::from_utf8(guest.get(DATA + at + 24, length).to_vec()).unwrap();
            names.push((name, guest.memory[(DATA + at + 20) as usize]));
            at += 24 + length;
        }
        if used < size {
            return names;
        }
        assert!(at > 0, "a name that does not fit");
    }
}

#[test]
fn empty() {
    let mut guest = Guest::new();
    assert_eq!(list(&mut guest, ROOT, 4096), [(".".into(), 3), ("..".into(), 3)]);
}

#[test]
fn many_entries_with_small_buffers() {
    let mut guest = Guest::new();
    let mut expected: BTreeSet<String> = [".".into(), "..".into()].into();
    for index in 0..300 {
        let name = format!("file-{}", "x".repeat(index % 40) + &index.to_string());
        fs::write(guest.host(&name), "").unwrap();
        expected.insert(name);
    }
    let longest = 24 + expected.iter().map(String::len).max().unwrap() as u64;
    for size in [longest, longest + 1, 100, 111, 4096, 40000] {
        let names = list(&mut guest, ROOT, size);
        assert_eq!(names.len(), expected.len(), "each once, with {size} bytes");
        assert_eq!(names.into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>(), expected);
    }
}

#[test]
fn kinds() {
    let mut guest = Guest::new();
    fs::write(guest.host("file"), "").unwrap();
    fs::create_dir(guest.host("dir")).unwrap();
    guest.symlink("file", "link").unwrap();
    let names: BTreeSet<_> = list(&mut guest, ROOT, 4096).into_iter().collect();
    let expected = [(".", 3), ("..", 3), ("dir", 3), ("file", 4), ("link", 7)];
    assert_eq!(names, expected.map(|(name, kind)| (name.to_string(), kind)).into());
}

#[test]
fn truncated_entries() {
    let mut guest = Guest::new();
    for size in [0, 1, 7, 23, 24, 25, 26] {
        guest.memory[DATA as usize..][..64].fill(0xee);
        guest.call("fd_readdir", &[ROOT, DATA, size, 0, RESULT]).unwrap();
        assert_eq!(u64::from(guest.u32(RESULT)), size);
        assert!(guest.get(DATA + size, 30).iter().all(|byte| *byte == 0xee), "nothing beyond the buffer");
    }
    for beyond in [2, 3, u64::MAX] {
        guest.call("fd_readdir", &[ROOT, DATA, 100, beyond, RESULT]).unwrap();
        assert_eq!(guest.u32(RESULT), 0);
    }
}

#[test]
fn deleting_while_listing() {
    let mut guest = Guest::new();
    for index in 0..50 {
        fs::write(guest.host(&index.to_string()), "").unwrap();
    }
    let mut cookie = 0;
    loop {
        guest.call("fd_readdir", &[ROOT, DATA, 30, cookie, RESULT]).unwrap();
        if guest.u32(RESULT) < 24 {
            break;
        }
        cookie = guest.u64(DATA);
        let length = u64::from(guest.u32(DATA + 16));
        let name = String::from_utf8(guest.get(DATA + 24, length).to_vec()).unwrap();
        if !name.starts_with('.') {
            guest.path_call("path_unlink_file", ROOT, &name, &[]).unwrap();
        }
    }
    assert_eq!(list(&mut guest, ROOT, 4096).len(), 2, "starting again shows the present state");
}

#[test]
fn create_and_remove() {
    let mut guest = Guest::new();
    guest.path_call("path_create_directory", ROOT, "dir", &[]).unwrap();
    assert_eq!(guest.path_call("path_create_directory", ROOT, "dir", &[]), Err(Errno::Exist));
    assert_eq!(guest.path_call("path_create_directory", ROOT, "no/dir", &[]), Err(Errno::NoEnt));
    guest.path_call("path_create_directory", ROOT, "dir/inner/", &[]).unwrap();
    assert_eq!(guest.path_call("path_remove_directory", ROOT, "dir", &[]), Err(Errno::NotEmpty));
    assert_eq!(guest.path_call("path_unlink_file", ROOT, "dir", &[]), Err(Errno::IsDir));
    let dir = guest.open("dir", DIRECTORY, READ).unwrap();
    guest.path_call("path_remove_directory", dir, "inner", &[]).unwrap();
    guest.path_call("path_remove_directory", ROOT, "dir/", &[]).unwrap();
    assert_eq!(guest.path_call("path_remove_directory", ROOT, "dir", &[]), Err(Errno::NoEnt));
    assert_eq!(list(&mut guest, dir, 4096).len(), 2, "a deleted directory is empty");
}

#[test]
fn unlink() {
    let mut guest = Guest::new();
    let fd = guest.open("file", CREAT, READ | WRITE).unwrap();
    assert_eq!(guest.path_call("path_remove_directory", ROOT, "file", &[]), Err(Errno::NotDir));
    assert_eq!(guest.path_call("path_unlink_file", ROOT, "file/", &[]), Err(Errno::NotDir));
    guest.path_call("path_unlink_file", ROOT, "file", &[]).unwrap();
    assert_eq!(guest.path_call("path_unlink_file", ROOT, "file", &[]), Err(Errno::NoEnt));
    assert_eq!(guest.write(fd, b"still open"), Ok(10));
}

#[test]
fn rename() {
    let mut guest = Guest::new();
    fs::write(guest.host("a"), "A").unwrap();
    fs::write(guest.host("b"), "B").unwrap();
    fs::create_dir_all(guest.host("full/inner")).unwrap();
    fs::create_dir(guest.host("empty")).unwrap();
    guest.rename("a", "b").unwrap();
    assert_eq!(fs::read(guest.host("b")).unwrap(), b"A");
    assert_eq!(guest.rename("a", "b"), Err(Errno::NoEnt));
    assert_eq!(guest.rename("b", "full"), Err(Errno::IsDir));
    assert_eq!(guest.rename("full", "b"), Err(Errno::NotDir));
    assert_eq!(guest.rename("empty", "full"), Err(Errno::NotEmpty));
    assert_eq!(guest.rename("full", "full/inner/x"), Err(Errno::Inval));
    guest.rename("empty/", "moved/").unwrap();
    guest.rename("moved", "empty").unwrap();
    guest.rename("full", "empty").unwrap();
    guest.rename("b", "empty/inner/b").unwrap();
    assert!(guest.host("empty/inner/b").exists());
}

#[test]
fn a_slash_at_the_end_is_for_directories() {
    let mut guest = Guest::new();
    fs::write(guest.host("file"), "").unwrap();
    fs::create_dir(guest.host("dir")).unwrap();
    guest.symlink("dir", "link").unwrap();
    for target in ["new/", "new///", "file/", "dir/"] {
        assert_eq!(guest.rename("file", target), Err(Errno::NotDir), "{target}");
        assert_eq!(guest.rename("link", target), Err(Errno::NotDir), "{target}");
    }
    assert_eq!(guest.rename("missing", "new/"), Err(Errno::NoEnt));
    assert_eq!(guest.stat("link/", 0).unwrap()[2], 3);
    assert_eq!(guest.stat("file/", 0), Err(Errno::NotDir));
}

#[test]
fn links() {
    let mut guest = Guest::new();
    fs::write(guest.host("file"), "text").unwrap();
    guest.symlink("file", "link").unwrap();
    assert_eq!(guest.symlink("file", "link"), Err(Errno::Exist));
    assert_eq!(guest.stat("link", 0).unwrap()[2], 7);
    assert_eq!(guest.stat("link", 1).unwrap()[2], 4);
    assert_eq!(guest.open_with(ROOT, 0, "link", 0, READ, 0), Err(Errno::Loop));
    let fd = guest.open("link", 0, READ).unwrap();
    assert_eq!(guest.read(fd, 10).unwrap(), b"text");
    guest.path_call("path_readlink", ROOT, "link", &[DATA, 100, RESULT]).unwrap();
    assert_eq!((guest.u32(RESULT), guest.get(DATA, 4)), (4, &b"file"[..]));
    guest.memory[DATA as usize..][..4].fill(0);
    guest.path_call("path_readlink", ROOT, "link", &[DATA, 2, RESULT]).unwrap();
    assert_eq!((guest.u32(RESULT), guest.get(DATA, 4)), (2, &b"fi\0\0"[..]));
    assert_eq!(guest.path_call("path_readlink", ROOT, "file", &[DATA, 9, RESULT]), Err(Errno::Inval));
    guest.link("file", "hard", 0).unwrap();
    assert_eq!(guest.stat("file", 0).unwrap()[3], 2);
    assert_eq!(guest.link("file", "hard", 0), Err(Errno::Exist));
    assert_eq!(guest.link("file", "hard2", 1), Err(Errno::Inval));
    guest.symlink("loop", "loop").unwrap();
    assert_eq!(guest.stat("loop", 1), Err(Errno::Loop));
}

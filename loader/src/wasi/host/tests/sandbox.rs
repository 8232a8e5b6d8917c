use std::os::unix::fs::symlink;

use super::*;

/// A program whose directory lies next to a secret, with links of all kinds that lead there.
fn guest_with_secret() -> Guest {
    let guest = Guest::new();
    let secret = guest.outside.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    fs::create_dir(guest.host("dir")).unwrap();
    symlink("../secret", guest.host("relative")).unwrap();
    symlink(&secret, guest.host("absolute")).unwrap();
    symlink("..", guest.host("parent")).unwrap();
    symlink("dir/../..", guest.host("winding")).unwrap();
    symlink("../../secret", guest.host("dir/deep")).unwrap();
    symlink("/", guest.host("root")).unwrap();
    guest
}

const ESCAPES: &[&str] = &[
    "..",
    "../secret",
    "/etc/passwd",
    "/",
    "//",
    "dir/../../secret",
    "./../secret",
    "relative",
    "absolute",
    "parent/secret",
    "parent/",
    "winding/secret",
    "dir/deep",
    "root/etc/passwd",
    "../box/../secret",
    "../box",
];

#[test]
fn nothing_outside_is_opened_or_seen() {
    let mut guest = guest_with_secret();
    for path in ESCAPES {
        for oflags in [0, CREAT, TRUNC | CREAT, DIRECTORY] {
            // The host refuses to create what ends in a slash before it looks where it is.
            let expected = if oflags & CREAT != 0 && path == &"parent/" { Errno::IsDir } else { Errno::Perm };
            assert_eq!(guest.open(path, oflags, READ | WRITE), Err(expected), "{path} {oflags}");
        }
        assert_eq!(guest.stat(path, 1), Err(Errno::Perm), "{path}");
    }
    assert_eq!(fs::read(guest.outside.path().join("secret")).unwrap(), b"secret");
}

#[test]
fn nothing_outside_is_changed() {
    let mut guest = guest_with_secret();
    fs::write(guest.host("file"), "").unwrap();
    for path in ["../new", "/tmp/new", "parent/new", "winding/new", "root/tmp/new", "dir/../../new"] {
        assert_eq!(guest.open(path, CREAT, WRITE), Err(Errno::Perm), "{path}");
        assert_eq!(guest.path_call("path_create_directory", ROOT, path, &[]), Err(Errno::Perm), "{path}");
        assert_eq!(guest.rename("file", path), Err(Errno::Perm), "{path}");
        assert_eq!(guest.link("file", path, 0), Err(Errno::Perm), "{path}");
        assert_eq!(guest.symlink("file", path), Err(Errno::Perm), "{path}");
    }
    for path in ["../secret", "parent/secret", "winding/secret"] {
        assert_eq!(guest.path_call("path_unlink_file", ROOT, path, &[]), Err(Errno::Perm), "{path}");
        assert_eq!(guest.path_call("path_remove_directory", ROOT, path, &[]), Err(Errno::Perm), "{path}");
        assert_eq!(guest.rename(path, "stolen"), Err(Errno::Perm), "{path}");
        assert_eq!(guest.link(path, "stolen", 0), Err(Errno::Perm), "{path}");
        let (at, length) = guest.put(PATH, path.as_bytes());
        assert_eq!(guest.call("path_filestat_set_times", &[ROOT, 0, at, length, 1, 1, 5]), Err(Errno::Perm), "{path}");
    }
    let (at, length) = guest.put(PATH, b"relative");
    assert_eq!(guest.call("path_filestat_set_times", &[ROOT, 1, at, length, 1, 1, 5]), Err(Errno::Perm));
    let mut outside: Vec<_> = fs::read_dir(guest.outside.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    outside.sort();
    assert_eq!(outside, ["box", "secret"]);
    assert!(fs::metadata(guest.outside.path().join("secret")).unwrap().modified().unwrap().elapsed().is_ok());
}

#[test]
fn a_subdirectory_is_a_sandbox_too() {
    let mut guest = guest_with_secret();
    fs::write(guest.host("file"), "").unwrap();
    let dir = guest.open("dir", DIRECTORY, READ).unwrap();
    assert_eq!(guest.open_at(dir, "../file", 0, READ, 0), Err(Errno::Perm));
    assert_eq!(guest.open_at(dir, "..", DIRECTORY, READ, 0), Err(Errno::Perm));
    guest.open("dir/../file", 0, READ).unwrap();
}

#[test]
fn links_to_absolute_paths_are_not_made_or_told() {
    let mut guest = guest_with_secret();
    assert_eq!(guest.symlink("/etc/passwd", "link"), Err(Errno::Perm));
    assert_eq!(guest.path_call("path_readlink", ROOT, "absolute", &[DATA, 100, RESULT]), Err(Errno::Perm));
    // A link that leads out is made, but not followed.
    guest.symlink("../secret", "link").unwrap();
    assert_eq!(guest.open("link", 0, READ), Err(Errno::Perm));
}

#[test]
fn strange_paths() {
    let mut guest = Guest::new();
    fs::write(guest.host("file"), "").unwrap();
    assert_eq!(guest.open("file\0", 0, READ), Err(Errno::Inval));
    assert_eq!(guest.open("\0", 0, READ), Err(Errno::Inval));
    assert_eq!(guest.open(&"x".repeat(256), 0, READ), Err(Errno::NameTooLong));
    assert_eq!(guest.open(&"d/".repeat(2100), 0, READ), Err(Errno::NameTooLong));
    assert_eq!(guest.open(&("./".repeat(2000) + "file"), 0, READ), Ok(4));
    assert_eq!(guest.path_call("path_create_directory", ROOT, &"x/".repeat(2100), &[]), Err(Errno::NameTooLong));
    // Names that are not UTF-8 are the host's as they are.
    let (path, length) = guest.put(PATH, b"\xff\xfe");
    guest.call("path_create_directory", &[ROOT, path, length]).unwrap();
    guest.call("path_filestat_get", &[ROOT, 0, path, length, DATA]).unwrap();
    assert_eq!(guest.u64(DATA + 16), 3);
}

#[test]
fn read_only_directories() {
    let mut guest = Guest::with(|options, outside| {
        let other = outside.join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("file"), "text").unwrap();
        options.read_only_directory(Mapping { host: other, guest: "/other".into() })
    });
    let other = ROOT + 1;
    let fd = guest.open_at(other, "file", 0, READ, 0).unwrap();
    assert_eq!(guest.read(fd, 9).unwrap(), b"text");
    assert_eq!(guest.call("fd_filestat_set_times", &[fd, 0, 0, 8]), Err(Errno::NotCapable));
    for oflags in [0, CREAT, TRUNC] {
        assert_eq!(guest.open_at(other, "file", oflags, READ | WRITE, 0), Err(Errno::NotCapable));
    }
    assert_eq!(guest.open_at(other, "file", TRUNC, READ, 0), Err(Errno::NotCapable));
    assert_eq!(guest.open_at(other, "new", CREAT, READ, 0), Err(Errno::NotCapable));
    assert_eq!(guest.path_call("path_create_directory", other, "new", &[]), Err(Errno::NotCapable));
    assert_eq!(guest.path_call("path_unlink_file", other, "file", &[]), Err(Errno::NotCapable));
    let inner = guest.open_at(other, ".", DIRECTORY, READ, 0).unwrap();
    assert_eq!(guest.path_call("path_create_directory", inner, "new", &[]), Err(Errno::NotCapable));
}

//! The same by Rust's standard library, which is how most programs come by these functions.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Case;

pub const CASES: &[Case] = &[
    ("std-args", || std::env::args().skip(1).for_each(|argument| println!("{argument:?}"))),
    ("std-variables", variables),
    ("std-stdin", stdin),
    ("std-files", || shown(files())),
    ("std-directories", || shown(directories())),
    ("std-attributes", || shown(attributes())),
    ("std-paths", || shown(paths())),
    ("std-copies", || shown(copies())),
    ("std-errors", errors),
    ("std-time", time),
    ("std-hash-map", hash_map),
    ("std-exit", || std::process::exit(3)),
    ("std-panic", panics),
];

fn shown(result: io::Result<()>) {
    match result {
        Ok(()) => println!("done"),
        Err(error) => println!("{:?}", error.kind()),
    }
}

fn variables() {
    let mut all: Vec<_> = std::env::vars().collect();
    all.sort();
    println!("{all:?}");
    println!("{:?} {:?}", std::env::var("TEXT"), std::env::var("MISSING"));
}

fn stdin() {
    for (number, line) in io::stdin().lock().lines().enumerate() {
        println!("{number}: {line:?}");
    }
}

fn files() -> io::Result<()> {
    fs::write("file", "one\ntwo\n")?;
    let mut file = OpenOptions::new().append(true).open("file")?;
    writeln!(file, "three")?;
    println!("{:?}", fs::read_to_string("file")?);
    let mut file = OpenOptions::new().read(true).write(true).open("file")?;
    file.seek(SeekFrom::Start(4))?;
    file.write_all(b"TWO")?;
    println!("{}", file.stream_position()?);
    file.seek(SeekFrom::End(-6))?;
    let mut rest = String::new();
    file.read_to_string(&mut rest)?;
    println!("{rest:?}");
    file.set_len(5)?;
    file.sync_all()?;
    println!("{}", file.metadata()?.len());
    println!("{:?}", File::create_new("file").map_err(|error| error.kind()).map(drop));
    println!("{:?}", fs::read("file")?.escape_ascii().to_string());
    fs::remove_file("file")
}

fn directories() -> io::Result<()> {
    fs::create_dir_all("a/b/c")?;
    fs::create_dir_all("a/b/c")?;
    for number in 0..100 {
        fs::write(format!("a/b/{number:03}"), number.to_string())?;
    }
    let mut found = Vec::new();
    walk(Path::new("a"), &mut found)?;
    found.sort();
    println!("{} names, from {} to {}", found.len(), found[0], found[found.len() - 1]);
    fs::rename("a/b", "moved")?;
    println!("{}", fs::read_dir("moved")?.count());
    fs::remove_dir_all("moved")?;
    println!("{:?}", fs::read_dir(".")?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?);
    fs::remove_dir("a")
}

fn walk(folder: &Path, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        found.push(entry.path().display().to_string());
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), found)?;
        }
    }
    Ok(())
}

fn attributes() -> io::Result<()> {
    fs::write("file", [0; 100])?;
    fs::hard_link("file", "linked")?;
    for name in [".", "file", "linked", "/aside", "/aside/up"] {
        let metadata = fs::symlink_metadata(name)?;
        let length = if metadata.is_dir() { 0 } else { metadata.len() };
        println!("{name}: {} {} {} {length}", metadata.is_dir(), metadata.is_file(), metadata.is_symlink());
    }
    let file = File::options().write(true).open("file")?;
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1_500_000_000))?;
    println!("{:?}", fs::metadata("linked")?.modified()?.duration_since(UNIX_EPOCH).map(|time| time.as_nanos()));
    println!("{:?}", fs::exists("file")?);
    println!("{:?}", fs::exists("nowhere")?);
    println!("{:?}", fs::read_link("/aside/up")?);
    Ok(())
}

fn paths() -> io::Result<()> {
    fs::create_dir("a")?;
    fs::write("a/file", "found")?;
    for path in ["a/file", "./a/../a/file", "/a/file", "a//file", "../a/file", "a/file/", "/aside/../a/file"] {
        println!("{path}: {:?}", fs::read_to_string(path).map_err(|error| error.kind()));
    }
    println!("{:?}", std::env::current_dir().map_err(|error| error.kind()));
    fs::rename("a/file", "/aside/file")?;
    println!("{:?}", fs::read_to_string("/aside/file")?);
    Ok(())
}

fn copies() -> io::Result<()> {
    let contents: Vec<u8> = (0..300_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    fs::write("file", &contents)?;
    println!("{}", fs::copy("file", "copy")?);
    println!("{}", fs::read("copy")? == contents);
    let mut reader = io::BufReader::new(File::open("copy")?);
    let mut writer = io::BufWriter::new(File::create("/aside/copy")?);
    println!("{}", io::copy(&mut reader, &mut writer)?);
    writer.flush()?;
    println!("{}", fs::read("/aside/copy")? == contents);
    Ok(())
}

fn errors() {
    let said = |what: &str, result: io::Result<()>| match result {
        Ok(()) => println!("{what}: ok"),
        Err(error) => println!("{what}: {:?} {error}", error.kind()),
    };
    shown(fs::create_dir("directory").and_then(|()| fs::write("directory/file", "")));
    said("open nowhere", File::open("nowhere").map(drop));
    said("read a directory", fs::read("directory").map(drop));
    said("write a directory", fs::write("directory", ""));
    said("list a file", fs::read_dir("directory/file").map(drop));
    said("remove a directory as a file", fs::remove_file("directory"));
    said("remove a full directory", fs::remove_dir("directory"));
    said("remove a file as a directory", fs::remove_dir("directory/file"));
    said("make it again", fs::create_dir("directory"));
    said("below a file", File::create("directory/file/x").map(drop));
    said("rename nowhere", fs::rename("nowhere", "x"));
    said("outside", File::open("/aside/up/top").map(drop));
    said("not preopened", File::open("/elsewhere/file").map(drop));
    said("a NUL", File::open("a\0b").map(drop));
}

fn time() {
    let (start, wall) = (Instant::now(), SystemTime::now());
    std::thread::sleep(Duration::from_millis(30));
    println!("it slept: {}", start.elapsed() >= Duration::from_millis(30));
    println!("so says the wall clock: {}", wall.elapsed().is_ok_and(|time| time >= Duration::from_millis(20)));
}

/// Its hashes start from random bytes.
fn hash_map() {
    let map: HashMap<_, _> = (0..1000).map(|number| (number, number * number)).collect();
    println!("{}", map.values().map(|value| u64::from(*value)).sum::<u64>() + u64::from(map[&31_u32]));
}

fn panics() {
    println!("before");
    panic!("on purpose");
}

//! Prints, reads, waits and ends with a code, with the standard library only. The first argument that is a number is the code.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::process::exit;
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("arguments: {arguments:?}");
    println!("LEVEL: {:?}", std::env::var("LEVEL"));

    let mut counts = BTreeMap::new();
    for word in "the cat and the dog and the bird".split(' ') {
        *counts.entry(word).or_insert(0) += 1;
    }
    println!("{counts:?}");
    println!("{:>8.3}|{:<6}|{:+}|{:#x}|{:e}", core::f64::consts::PI, "left", 7, 255, 1234.5);
    println!("a long line: {}", "0123456789".repeat(300));

    let mut input = String::new();
    match io::stdin().read_to_string(&mut input) {
        Ok(length) => println!("{length} bytes of input, {} lines", input.lines().count()),
        Err(error) => println!("input: {error}"),
    }
    eprintln!("this goes to standard error");

    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    println!("time went on: {}", start.elapsed() >= Duration::from_millis(20));
    println!("a file that is not there: {:?}", std::fs::read("nowhere/at/all").map_err(|_| "cannot be read"));

    // Not ended by a newline: the end of the program must not lose it.
    print!("the end");
    io::stdout().flush().expect("output is there");
    exit(arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(0));
}

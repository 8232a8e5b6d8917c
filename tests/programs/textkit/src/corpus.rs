//! Log lines from a small random number generator.

use std::fmt::Write;

/// The next number of an xorshift generator.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn pick<'a>(state: &mut u64, from: &[&'a str]) -> &'a str {
    from[(next(state) % from.len() as u64) as usize]
}

/// Lines like those of a web server; a few are malformed on purpose.
pub fn log(host: &str, seed: u64, lines: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut text = String::new();
    for line in 0..lines {
        let random = &mut state;
        if next(random) % 97 == 0 {
            let _ = writeln!(text, "{host} ??? broken line {line} — naïve café ☕");
            continue;
        }
        let method = pick(random, &["GET", "GET", "GET", "POST", "PUT"]);
        let path = pick(random, &["/", "/index.html", "/api/items", "/api/items/42", "/static/app.js", "/übersicht"]);
        let status = pick(random, &["200", "200", "200", "304", "404", "500"]);
        let (minute, second) = (line / 60 % 60, line % 60);
        let (bytes, micros) = (next(random) % 100_000, next(random) % 3_000_000);
        let _ = writeln!(
            text,
            "[2026-01-15T08:{minute:02}:{second:02}Z] {host} \"{method} {path}?q={:x}\" {status} {bytes} {}.{:06}",
            next(random) % 4096,
            micros / 1_000_000,
            micros % 1_000_000
        );
    }
    text
}

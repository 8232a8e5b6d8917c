//! Clocks.

use crate::Case;
use crate::calls::*;

pub const CASES: &[Case] = &[
    ("clock-resolutions", resolutions),
    ("clock-times", times),
    ("clock-advances", advances),
    ("clock-unknown", unknown),
];

const CLOCKS: [(&str, u32); 4] = [("realtime", 0), ("monotonic", 1), ("process", 2), ("thread", 3)];

fn resolutions() {
    for (name, clock) in CLOCKS {
        say(name, clock_res(clock).map(|resolution| resolution > 0 && resolution < 1_000_000_000));
    }
}

fn times() {
    let year_2020 = 1_577_836_800_000_000_000;
    say("realtime is after 2020", clock_time(0).map(|time| time > year_2020));
    for (name, clock) in &CLOCKS[1..] {
        say(name, clock_time(*clock).map(drop));
    }
}

fn unknown() {
    say("time", clock_time(100).map(drop));
}

fn advances() {
    let mut last = made(clock_time(1));
    let mut never_back = true;
    let first = last;
    // At least one step, however coarse the clock is.
    while last == first {
        let now = made(clock_time(1));
        never_back &= now >= last;
        last = now;
    }
    say("never goes back", never_back);
}

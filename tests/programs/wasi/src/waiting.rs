//! `poll_oneoff`.

use crate::calls::*;
use crate::imports::{Event, Subscribed, Subscription};
use crate::{Case, ROOT};

pub const CASES: &[Case] = &[
    ("poll-nothing", || show(poll(&[]))),
    ("poll-clock", clock),
    ("poll-clock-absolute", absolute),
    ("poll-clock-processor", processor_clock),
    ("poll-clock-unknown", || show(poll(&[after(1, 100, MILLISECOND)]))),
    ("poll-kind-unknown", || show(poll(&[Subscription { kind: 3, ..readable(1, 0) }]))),
    ("poll-first-of-two-clocks", first_of_two),
    ("poll-stdio", stdio),
    ("poll-files", files),
    ("poll-wrong-descriptors", wrong_descriptors),
    ("poll-directory", directory),
    ("poll-file-and-clock", file_and_clock),
];

const MILLISECOND: u64 = 1_000_000;
const KINDS: [&str; 3] = ["clock", "read", "write"];

fn after(user_data: u64, clock_or_fd: u32, time: u64) -> Subscription {
    Subscription { user_data, kind: 0, what: Subscribed { clock_or_fd, time, precision: 0, flags: 0 } }
}

fn at(user_data: u64, clock: u32, time: u64) -> Subscription {
    let mut subscription = after(user_data, clock, time);
    subscription.what.flags = 1;
    subscription
}

fn readable(user_data: u64, fd: u32) -> Subscription {
    Subscription { kind: 1, ..after(user_data, fd, 0) }
}

fn writable(user_data: u64, fd: u32) -> Subscription {
    Subscription { kind: 2, ..after(user_data, fd, 0) }
}

fn show(events: Result<Vec<Event>>) {
    let events = match events {
        Ok(events) => events,
        Err(error) => return println!("{error}"),
    };
    println!("{} events", events.len());
    for event in events {
        let kind = KINDS.get(event.kind as usize).unwrap_or(&"no kind");
        println!("{}: {kind} {}", event.user_data, Errno(event.error.into()));
    }
}

fn clock() {
    for (name, clock) in [("realtime", 0), ("monotonic", 1)] {
        let start = made(clock_time(1));
        println!("{name}");
        show(poll(&[after(7, clock, 20 * MILLISECOND)]));
        say("it waited", made(clock_time(1)) - start >= 20 * MILLISECOND);
        show(poll(&[after(8, clock, 0)]));
    }
}

fn absolute() {
    for (name, clock) in [("realtime", 0), ("monotonic", 1)] {
        println!("{name}");
        let then = made(clock_time(clock)) + 20 * MILLISECOND;
        show(poll(&[at(1, clock, then)]));
        say("it waited", made(clock_time(clock)) >= then);
        // A time that has passed.
        show(poll(&[at(2, clock, then - 10 * MILLISECOND)]));
    }
}

fn processor_clock() {
    show(poll(&[after(1, 2, MILLISECOND)]));
}

fn first_of_two() {
    show(poll(&[after(1, 1, 3_600_000 * MILLISECOND), after(2, 1, MILLISECOND)]));
}

fn stdio() {
    show(poll(&[readable(1, 0)]));
    show(poll(&[writable(2, 1)]));
    show(poll(&[writable(3, 2), writable(4, 1), readable(5, 0)]));
}

fn files() {
    let file = made(open(ROOT, "file", CREAT, READ | WRITE, 0));
    made(write(file, b"ten bytes."));
    made(seek(file, 4, SET));
    for subscription in [readable(1, file), writable(2, file)] {
        // Of several that are ready a host may tell one at a time.
        let both = [readable(1, file), writable(2, file)];
        say("one of both", poll(&both).map(|events| (1..=2).contains(&events.len())));
        show(poll(&[subscription]));
    }
    let events = made(poll(&[readable(3, file)]));
    say("something is left", events[0].available > 0);
    made(seek(file, 0, END));
    show(poll(&[readable(4, file)]));
}

fn wrong_descriptors() {
    show(poll(&[readable(1, NOBODY)]));
    show(poll(&[writable(2, NOBODY)]));
    let file = made(open(ROOT, "file", CREAT, WRITE, 0));
    show(poll(&[readable(3, file)]));
    let file = made(open(ROOT, "file", 0, READ, 0));
    show(poll(&[writable(4, file)]));
}

fn directory() {
    show(poll(&[readable(1, ROOT)]));
}

fn file_and_clock() {
    let file = made(open(ROOT, "file", CREAT, READ | WRITE, 0));
    show(poll(&[readable(1, file), after(2, 1, 3_600_000 * MILLISECOND)]));
}

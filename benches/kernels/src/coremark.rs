//! The mix of work that CoreMark made known: linked lists, a small integer matrix, a state machine over text, and a
//! 16-bit CRC over all results. Own code: only the idea is theirs, so figures do not compare with CoreMark's.

use alloc::vec::Vec;

use crate::random::{Random, mix};

/// CRC-16/ARC, a bit at a time.
fn crc16(mut crc: u16, value: u16) -> u16 {
    crc ^= value;
    for _ in 0..16 {
        crc = if crc & 1 != 0 { crc >> 1 ^ 0xa001 } else { crc >> 1 };
    }
    crc
}

const END: u16 = u16::MAX;

#[derive(Clone, Copy)]
struct Node {
    next: u16,
    key: u16,
    payload: u16,
}

struct List {
    nodes: Vec<Node>,
    head: u16,
}

impl List {
    fn new(length: u16, random: &mut Random) -> Self {
        let next = |index: u16| if index + 1 < length { index + 1 } else { END };
        let node = |index| Node { next: next(index), key: random.next() as u16 % 512, payload: index };
        Self { nodes: (0..length).map(node).collect(), head: 0 }
    }

    fn find(&self, key: u16) -> Option<u16> {
        let mut at = self.head;
        while at != END {
            let node = self.nodes[usize::from(at)];
            if node.key == key {
                return Some(node.payload);
            }
            at = node.next;
        }
        None
    }

    fn reverse(&mut self) {
        let (mut at, mut previous) = (self.head, END);
        while at != END {
            let node = &mut self.nodes[usize::from(at)];
            (previous, at, node.next) = (at, node.next, previous);
        }
        self.head = previous;
    }

    /// A stable merge sort from the bottom up, without recursion.
    fn sort(&mut self, weight: impl Fn(&Node) -> u16) {
        let mut run = 1;
        loop {
            let (mut rest, mut tail, mut merges) = (self.head, END, 0);
            self.head = END;
            while rest != END {
                merges += 1;
                let (mut left, mut right) = (rest, rest);
                let (mut left_count, mut right_count) = (0, run);
                while left_count < run && right != END {
                    left_count += 1;
                    right = self.nodes[usize::from(right)].next;
                }
                while left_count > 0 || (right_count > 0 && right != END) {
                    let take_left = left_count > 0
                        && (right_count == 0
                            || right == END
                            || weight(&self.nodes[usize::from(left)]) <= weight(&self.nodes[usize::from(right)]));
                    let taken = if take_left { left } else { right };
                    let following = self.nodes[usize::from(taken)].next;
                    if take_left {
                        (left, left_count) = (following, left_count - 1);
                    } else {
                        (right, right_count) = (following, right_count - 1);
                    }
                    match tail {
                        END => self.head = taken,
                        tail => self.nodes[usize::from(tail)].next = taken,
                    }
                    tail = taken;
                }
                rest = right;
            }
            if tail != END {
                self.nodes[usize::from(tail)].next = END;
            }
            if merges <= 1 {
                return;
            }
            run *= 2;
        }
    }

    fn crc(&self, mut crc: u16) -> u16 {
        let mut at = self.head;
        while at != END {
            let node = self.nodes[usize::from(at)];
            crc = crc16(crc, node.payload);
            at = node.next;
        }
        crc
    }
}

const SIZE: usize = 18;

struct Matrices {
    a: [[i16; SIZE]; SIZE],
    b: [[i16; SIZE]; SIZE],
}

impl Matrices {
    fn new(random: &mut Random) -> Self {
        let mut matrix = || core::array::from_fn(|_| core::array::from_fn(|_| random.next() as i16 % 200));
        Self { a: matrix(), b: matrix() }
    }

    fn multiply(&self) -> i32 {
        let mut sum = 0i32;
        for row in &self.a {
            for column in 0..SIZE {
                let product: i32 =
                    row.iter().zip(&self.b).map(|(x, line)| i32::from(*x) * i32::from(line[column])).sum();
                // The bits in the middle, as a filter would take them.
                sum = sum.wrapping_add((product >> 2 & 0xf) * (product >> 5 & 0x7f));
            }
        }
        sum
    }

    fn add(&mut self, value: i16) {
        for cell in self.a.iter_mut().flatten() {
            *cell = cell.wrapping_add(value);
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Start,
    Sign,
    Integer,
    Point,
    Fraction,
    Exponent,
    Scientific,
    Invalid,
}

/// Where a number's grammar goes from `state` on reading `byte`.
fn step(state: State, byte: u8) -> State {
    match (state, byte) {
        (State::Start, b'+' | b'-') => State::Sign,
        (State::Start | State::Sign | State::Integer, b'0'..=b'9') => State::Integer,
        (State::Start | State::Sign, b'.') => State::Point,
        (State::Integer, b'.') => State::Fraction,
        (State::Point | State::Fraction, b'0'..=b'9') => State::Fraction,
        (State::Integer | State::Fraction, b'e' | b'E') => State::Exponent,
        (State::Exponent, b'+' | b'-' | b'0'..=b'9') => State::Scientific,
        (State::Scientific, b'0'..=b'9') => State::Scientific,
        _ => State::Invalid,
    }
}

/// Counts the states that comma-separated items end in.
fn classify(text: &[u8], counts: &mut [u16; 8]) {
    let mut state = State::Start;
    for &byte in text {
        if byte == b',' {
            counts[state as usize] += 1;
            state = State::Start;
        } else if state != State::Invalid {
            state = step(state, byte);
        }
    }
}

fn numbers(random: &mut Random) -> Vec<u8> {
    const ITEMS: [&str; 12] = [
        "5012", "-874", "+122", "35.54400", ".1234500", "-110.700", "+0.64400", "5.500e+3", "-.123e-2", "-87e+832",
        "T0.3e-1F", "1T3.4e4z",
    ];
    (0..150).flat_map(|_| [ITEMS[random.next() as usize % ITEMS.len()].as_bytes(), b","]).flatten().copied().collect()
}

/// A round uses each part once.
pub fn run(rounds: u32) -> u64 {
    let mut random = Random::new(17);
    let mut list = List::new(200, &mut random);
    let mut matrices = Matrices::new(&mut random);
    let mut text = numbers(&mut random);
    let mut crc = 0;
    for round in 0..rounds {
        let key = round as u16 % 512;
        crc = crc16(crc, list.find(key).unwrap_or(key));
        list.reverse();
        list.sort(|node| node.key ^ key);
        crc = list.crc(crc);
        list.sort(|node| node.payload);

        crc = crc16(crc, matrices.multiply() as u16);
        matrices.add(round as i16 % 7 - 3);

        let mut counts = [0; 8];
        classify(&text, &mut counts);
        let at = round as usize * 7 % text.len();
        text[at] ^= 1;
        classify(&text, &mut counts);
        text[at] ^= 1;
        crc = counts.iter().fold(crc, |crc, count| crc16(crc, *count));
    }
    mix(u64::from(crc), rounds.into())
}

#[test]
fn lists_sort_and_reverse() {
    let mut list = List::new(100, &mut Random::new(2));
    list.sort(|node| node.key);
    list.reverse();
    let mut at = list.head;
    let mut keys = Vec::new();
    while at != END {
        keys.push(list.nodes[usize::from(at)].key);
        at = list.nodes[usize::from(at)].next;
    }
    assert_eq!(keys.len(), 100);
    assert!(keys.is_sorted_by(|a, b| a >= b));
}

#[test]
fn numbers_are_classified() {
    let end = |text: &str| text.bytes().fold(State::Start, step);
    assert!(end("5012") == State::Integer && end("-.123e-2") == State::Scientific && end("1T3") == State::Invalid);
}

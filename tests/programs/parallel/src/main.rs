//! `parallel COUNT THREADS`: sorts, counts and passes messages on several threads; `parallel exit|spin|trap|wait` end in other ways;
//! `parallel time COUNT QUEENS THREADS` says how long work takes.

mod timed;

use std::process::exit;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use rayon::prelude::*;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        // The first thread would go on for ever.
        ["exit"] => {
            thread::spawn(|| exit(7));
            spin()
        }
        ["spin"] => {
            thread::spawn(|| spin());
            spin()
        }
        ["trap"] => {
            let waits = thread::spawn(|| panic!("as asked"));
            let _ = waits.join();
            loop {
                thread::sleep(Duration::from_secs(1));
            }
        }
        // The others are waiting when the first one ends.
        ["wait"] => {
            for _ in 0..2 {
                thread::spawn(|| {
                    loop {
                        thread::park();
                    }
                });
            }
            println!("ends all the same");
        }
        ["time", count, queens, threads] => timed::run(number(count), number(queens), number(threads)),
        [count, threads] => work(number(count), number(threads)),
        _ => exit(2),
    }
}

fn number<T: FromStr>(word: &str) -> T {
    word.parse().unwrap_or_else(|_| exit(2))
}

fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

fn work(count: usize, threads: usize) {
    let pool = match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool,
        Err(error) => {
            eprintln!("{error}");
            exit(1);
        }
    };
    let mut numbers = numbers(count);
    pool.install(|| numbers.par_sort_unstable());
    println!("sorted {}, sum {:x}", numbers.is_sorted(), digest(&numbers));
    let primes = pool.install(|| (0..count as u64).into_par_iter().filter(|number| is_prime(*number)).count());
    println!("{primes} primes");
    println!("{} ways to place eight queens", pool.install(|| timed::ways_to_place(8)));
    drop(pool);
    counters(threads);
    messages(threads);
    in_turns();
}

/// The same for every run.
fn numbers(count: usize) -> Vec<u64> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn digest(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0, |sum: u64, number| sum.rotate_left(5) ^ number)
}

fn is_prime(number: u64) -> bool {
    number > 1 && (2..).take_while(|factor| factor * factor <= number).all(|factor| number % factor != 0)
}

fn counters(threads: usize) {
    let (atomic, locked) = (AtomicU64::new(0), Mutex::new(0_u64));
    let start = Barrier::new(threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                start.wait();
                for _ in 0..10_000 {
                    atomic.fetch_add(1, Ordering::Relaxed);
                    *locked.lock().expect("no panic") += 1;
                }
            });
        }
    });
    println!("counted {} and {}", atomic.into_inner(), locked.into_inner().expect("no panic"));
}

fn messages(threads: usize) {
    let (sender, receiver) = mpsc::channel();
    let workers: Vec<_> = (0..threads)
        .map(|number| {
            let sender = sender.clone();
            thread::spawn(move || {
                for message in 0..100 {
                    sender.send(number * message).expect("somebody listens");
                }
                thread::sleep(Duration::from_millis(1));
            })
        })
        .collect();
    drop(sender);
    println!("received {}", receiver.iter().sum::<usize>());
    workers.into_iter().for_each(|worker| worker.join().expect("no panic"));
}

/// Two threads that wait for each other.
fn in_turns() {
    let turn = Arc::new((Mutex::new(0_u32), Condvar::new()));
    let play = |own: u32, turn: &(Mutex<u32>, Condvar)| {
        for _ in 0..500 {
            let mut now = turn.1.wait_while(turn.0.lock().expect("no panic"), |now| *now % 2 != own).expect("no panic");
            *now += 1;
            turn.1.notify_all();
        }
    };
    let other = Arc::clone(&turn);
    let odd = thread::spawn(move || play(1, &other));
    play(0, &turn);
    odd.join().expect("no panic");
    println!("{} turns", turn.0.lock().expect("no panic"));
}

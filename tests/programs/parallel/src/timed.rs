//! How long two kinds of work take on a number of threads: a line for each, with nanoseconds and what came out.

use std::process::exit;
use std::time::Instant;

use rayon::prelude::*;

/// Rows of the board above which each place of a queen is work that idle threads can steal.
const STOLEN_ROWS: u32 = 4;

/// Sorts so many numbers, and places so many queens.
pub(crate) fn run(count: usize, queens: u32, threads: usize) {
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(threads).build() else { exit(1) };
    let mut numbers = crate::numbers(count);
    // By then all threads are there.
    pool.broadcast(|_| ());
    let start = Instant::now();
    pool.install(|| numbers.par_sort_unstable());
    println!("sort {} {:x}", start.elapsed().as_nanos(), crate::digest(&numbers));
    let start = Instant::now();
    let ways = pool.install(|| ways_to_place(queens));
    println!("queens {} {ways}", start.elapsed().as_nanos());
}

/// In how many ways so many queens can stand on a board of that size.
pub(crate) fn ways_to_place(queens: u32) -> u64 {
    ways(Board::empty(queens))
}

/// Queens in the first rows of a board, none of which attacks another.
#[derive(Clone, Copy)]
struct Board {
    size: u32,
    row: u32,
    /// Columns that are taken, and those that diagonals attack in the next row.
    columns: u32,
    left: u32,
    right: u32,
}

impl Board {
    fn empty(size: u32) -> Self {
        Self { size: size.min(31), row: 0, columns: 0, left: 0, right: 0 }
    }

    /// Where a queen may be in the next row.
    fn free(self) -> u32 {
        !(self.columns | self.left | self.right) & ((1 << self.size) - 1)
    }

    fn with(self, place: u32) -> Self {
        Self {
            row: self.row + 1,
            columns: self.columns | place,
            left: (self.left | place) << 1,
            right: (self.right | place) >> 1,
            ..self
        }
    }
}

/// In how many ways the other rows can get a queen each.
fn ways(board: Board) -> u64 {
    if board.row == board.size { 1 } else { ways_at(board, board.free()) }
}

/// The same with the next one at one of these places.
fn ways_at(board: Board, places: u32) -> u64 {
    if places == 0 {
        return 0;
    }
    let first = places & places.wrapping_neg();
    let (here, others) = (|| ways(board.with(first)), || ways_at(board, places ^ first));
    if board.row < STOLEN_ROWS {
        let (here, others) = rayon::join(here, others);
        return here + others;
    }
    here() + others()
}

//! Pancake flips over all permutations (from the Computer Language Benchmarks Game): small arrays, hard branches.

use crate::random::mix;

/// The most flips any permutation of `n` needs, and the alternating sum of all counts.
fn fannkuch(n: usize) -> (u32, i64) {
    let mut permutation: [u8; 12] = core::array::from_fn(|index| index as u8);
    let mut count = [0usize; 12];
    let (mut most, mut sum, mut index, mut left) = (0, 0i64, 0u32, n);
    loop {
        while left > 1 {
            count[left - 1] = left;
            left -= 1;
        }
        let flips = flips(permutation);
        most = most.max(flips);
        sum += if index % 2 == 0 { i64::from(flips) } else { -i64::from(flips) };
        index += 1;
        // The next permutation: rotate ever longer prefixes.
        loop {
            if left == n {
                return (most, sum);
            }
            permutation[..=left].rotate_left(1);
            count[left] -= 1;
            if count[left] > 0 {
                break;
            }
            left += 1;
        }
    }
}

fn flips(mut permutation: [u8; 12]) -> u32 {
    let mut flips = 0;
    loop {
        let first = usize::from(permutation[0]);
        if first == 0 {
            return flips;
        }
        permutation[..=first].reverse();
        flips += 1;
    }
}

/// A round is all permutations of eight.
pub fn run(rounds: u32) -> u64 {
    (0..rounds).fold(0, |checksum, _| {
        let (most, sum) = fannkuch(std::hint::black_box(8));
        mix(mix(checksum, u64::from(most)), sum as u64)
    })
}

#[test]
fn matches_the_published_result() {
    assert_eq!(fannkuch(7), (16, 228));
}

//! Sorting through a comparison that is only known at run time: an indirect call per comparison.

use crate::random::{Random, mix};

type Less = fn(u32, u32) -> bool;

static ORDERS: [Less; 4] = [
    |a, b| a < b,
    |a, b| a > b,
    |a, b| a.reverse_bits() < b.reverse_bits(),
    |a, b| (a.count_ones(), a) < (b.count_ones(), b),
];

fn sort(items: &mut [u32], less: Less) {
    let mut items = items;
    while items.len() > 12 {
        let split = partition(items, less);
        let (low, high) = items.split_at_mut(split);
        // Recursion into the smaller part bounds the depth.
        if low.len() < high.len() {
            sort(low, less);
            items = high;
        } else {
            sort(high, less);
            items = low;
        }
    }
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && less(items[at], items[at - 1]) {
            items.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// Hoare's partition around the middle element; both parts are not empty.
fn partition(items: &mut [u32], less: Less) -> usize {
    let pivot = items[(items.len() - 1) / 2];
    let (mut low, mut high) = (0, items.len() - 1);
    loop {
        while less(items[low], pivot) {
            low += 1;
        }
        while less(pivot, items[high]) {
            high -= 1;
        }
        if low >= high {
            return high + 1;
        }
        items.swap(low, high);
        low += 1;
        high -= 1;
    }
}

/// A round sorts 8192 numbers.
pub fn run(rounds: u32) -> u64 {
    let mut random = Random::new(13);
    let mut checksum = 0;
    for round in 0..rounds {
        let mut items: Vec<u32> = (0..8192).map(|_| random.next()).collect();
        sort(&mut items, ORDERS[round as usize % ORDERS.len()]);
        checksum = items.iter().step_by(64).fold(checksum, |sum, item| mix(sum, u64::from(*item)));
    }
    checksum
}

#[test]
fn sorts() {
    for less in ORDERS {
        let mut items: Vec<u32> = Random::new(1).bytes(3000).into_iter().map(u32::from).collect();
        sort(&mut items, less);
        assert!(items.windows(2).all(|pair| !less(pair[1], pair[0])));
    }
}

//! A matrix product in double precision, in the order that vectorises.

use crate::random::{Random, mix};

const SIZE: usize = 128;

fn multiply(a: &[f64], b: &[f64], c: &mut [f64]) {
    for (row, out) in a.chunks_exact(SIZE).zip(c.chunks_exact_mut(SIZE)) {
        out.fill(0.0);
        for (x, line) in row.iter().zip(b.chunks_exact(SIZE)) {
            for (out, y) in out.iter_mut().zip(line) {
                *out += x * y;
            }
        }
    }
}

/// A round is one product of two matrices of 128 by 128.
pub fn run(rounds: u32) -> u64 {
    let mut random = Random::new(19);
    let mut matrix = || (0..SIZE * SIZE).map(|_| f64::from(random.next()) / 4.0e9 - 0.5).collect::<Vec<_>>();
    let (mut a, b) = (matrix(), matrix());
    let mut c = vec![0.0; SIZE * SIZE];
    let mut checksum = 0;
    for _ in 0..rounds {
        multiply(&a, &b, &mut c);
        checksum = c.iter().step_by(129).fold(checksum, |sum, value| mix(sum, value.to_bits()));
        // Bounded, so that no value becomes infinite however many rounds there are.
        for (x, y) in a.iter_mut().zip(&c) {
            *x = y / (1.0 + y.abs());
        }
    }
    checksum
}

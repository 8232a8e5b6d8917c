//! The outer planets' orbits (from the Computer Language Benchmarks Game): double arithmetic, square roots, divisions.

use crate::random::mix;

const DAYS: f64 = 365.24;
const SUN: f64 = 4.0 * core::f64::consts::PI * core::f64::consts::PI;

#[derive(Clone, Copy)]
struct Body {
    position: [f64; 3],
    velocity: [f64; 3],
    mass: f64,
}

/// Sun, Jupiter, Saturn, Uranus, Neptune; in astronomical units, days and solar masses.
#[rustfmt::skip]
const BODIES: [([f64; 3], [f64; 3], f64); 5] = [
    ([0.0; 3], [0.0; 3], 1.0),
    ([4.84143144246472090, -1.16032004402742839, -0.103622044471123109],
     [0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023], 0.000954791938424326609),
    ([8.34336671824457987, 4.12479856412430479, -0.403523417114321381],
     [-0.00276742510726411018, 0.00499852801234917238, 0.0000230417297573763929], 0.000285885980666130812),
    ([12.8943695621391310, -15.1111514016986312, -0.223307578892655734],
     [0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556], 0.0000436624404335156298),
    ([15.3796971148509165, -25.9193146099879641, 0.179258772950371181],
     [0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870], 0.0000515138902046611451),
];

fn system() -> [Body; 5] {
    let mut bodies = BODIES.map(|(position, velocity, mass)| Body {
        position,
        velocity: velocity.map(|v| v * DAYS),
        mass: mass * SUN,
    });
    let momentum: [f64; 3] =
        core::array::from_fn(|axis| bodies.iter().map(|body| body.velocity[axis] * body.mass).sum());
    bodies[0].velocity = momentum.map(|value| -value / SUN);
    bodies
}

fn advance(bodies: &mut [Body; 5], time: f64) {
    for first in 0..5 {
        for second in first + 1..5 {
            let (a, b) = (bodies[first], bodies[second]);
            let distance: [f64; 3] = core::array::from_fn(|axis| a.position[axis] - b.position[axis]);
            let square = distance[0] * distance[0] + distance[1] * distance[1] + distance[2] * distance[2];
            let magnitude = time / (square * square.sqrt());
            for axis in 0..3 {
                bodies[first].velocity[axis] -= distance[axis] * b.mass * magnitude;
                bodies[second].velocity[axis] += distance[axis] * a.mass * magnitude;
            }
        }
    }
    for body in bodies {
        for axis in 0..3 {
            body.position[axis] += time * body.velocity[axis];
        }
    }
}

/// A round is a thousand steps.
pub fn run(rounds: u32) -> u64 {
    let mut bodies = system();
    for _ in 0..rounds {
        for _ in 0..1000 {
            advance(&mut bodies, 0.01);
        }
    }
    bodies.iter().flat_map(|body| body.position).fold(0, |sum, value| mix(sum, value.to_bits()))
}

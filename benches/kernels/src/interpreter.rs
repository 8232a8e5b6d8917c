//! A register machine: one `match` in a loop, which becomes a jump table, and state in memory.

use crate::random::mix;

/// Register operands are indexes; targets are positions in the program.
#[derive(Clone, Copy)]
enum Op {
    Set(u8, u32),
    Copy(u8, u8),
    Add(u8, u8, u32),
    And(u8, u8, u32),
    Multiply(u8, u8, u32),
    ShiftRight(u8, u8, u32),
    Store(u8, u8),
    JumpIfZero(u8, u16),
    JumpIfLess(u8, u8, u16),
    Jump(u16),
    Halt,
}

/// Adds up the lengths of the Collatz sequences that start at 1, 2, ... register 0, in register 3.
static PROGRAM: [Op; 17] = {
    use Op::*;
    [
        /* 0 */ Set(5, 2),
        /* 1 */ Set(1, 1),
        /* 2 */ JumpIfLess(0, 1, 16),
        /* 3 */ Copy(2, 1),
        /* 4 */ JumpIfLess(2, 5, 13),
        /* 5 */ Add(3, 3, 1),
        /* 6 */ And(4, 2, 1),
        /* 7 */ JumpIfZero(4, 11),
        /* 8 */ Multiply(2, 2, 3),
        /* 9 */ Add(2, 2, 1),
        /* 10 */ Jump(4),
        /* 11 */ ShiftRight(2, 2, 1),
        /* 12 */ Jump(4),
        /* 13 */ Store(1, 3),
        /* 14 */ Add(1, 1, 1),
        /* 15 */ Jump(2),
        /* 16 */ Halt,
    ]
};

struct Machine {
    registers: [u32; 8],
    memory: [u32; 1024],
}

impl Machine {
    fn get(&self, register: u8) -> u32 {
        self.registers[usize::from(register % 8)]
    }

    fn set(&mut self, register: u8, value: u32) {
        self.registers[usize::from(register % 8)] = value;
    }

    /// Runs to `Halt` and returns the number of instructions.
    fn execute(&mut self, program: &[Op]) -> u64 {
        let mut next = 0;
        let mut count = 0;
        loop {
            count += 1;
            let op = program[next];
            next += 1;
            match op {
                Op::Set(to, value) => self.set(to, value),
                Op::Copy(to, from) => self.set(to, self.get(from)),
                Op::Add(to, from, value) => self.set(to, self.get(from).wrapping_add(value)),
                Op::And(to, from, value) => self.set(to, self.get(from) & value),
                Op::Multiply(to, from, value) => self.set(to, self.get(from).wrapping_mul(value)),
                Op::ShiftRight(to, from, value) => self.set(to, self.get(from) >> (value % 32)),
                Op::Store(address, from) => self.memory[self.get(address) as usize % 1024] ^= self.get(from),
                Op::JumpIfZero(register, target) if self.get(register) == 0 => next = usize::from(target),
                Op::JumpIfLess(a, b, target) if self.get(a) < self.get(b) => next = usize::from(target),
                Op::Jump(target) => next = usize::from(target),
                Op::JumpIfZero(..) | Op::JumpIfLess(..) => {}
                Op::Halt => return count,
            }
        }
    }
}

/// A round is the sequences that start at 1..=100.
pub fn run(rounds: u32) -> u64 {
    let mut machine = Machine { registers: [0; 8], memory: [0; 1024] };
    // Without this the compiler could specialise the interpreter for the one program it runs.
    let program = std::hint::black_box(&PROGRAM[..]);
    let mut checksum = 0;
    for _ in 0..rounds {
        machine.registers[0] = 100;
        checksum = mix(checksum, machine.execute(program));
    }
    machine.memory.iter().fold(mix(checksum, u64::from(machine.registers[3])), |sum, word| mix(sum, u64::from(*word)))
}

//! What a run leaves to compare.
//!
//! * A call that traps ends the life of its instances: the next call is made to new ones. With guard regions, LLVM may
//!   drop or delay stores of a call that traps (docs/architecture.md: memory may lack a store that a later one would have
//!   overwritten), so memories and globals are compared only after calls that return. With software checks a trap is
//!   ordinary control flow, and all stores before it must be there.
//! * The stack's end, fuel and other resources belong to the machine: the comparison ends there, on either side.

use std::fmt;

use anyhow::Result;

use super::case::Call;
use graver_test_script::Value;

/// Why a call did not return, as far as both sides tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrapKind {
    Unreachable,
    Memory,
    Table,
    /// `call_indirect` of null.
    Null,
    DivideByZero,
    Overflow,
    Conversion,
    /// `call_indirect` of another type.
    Signature,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Returned(Vec<Value>),
    Trapped(TrapKind),
    /// Something that wasm does not define: there is nothing to compare from here on.
    Exhausted(String),
}

/// What the host sees of the instances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) globals: Vec<(String, Value)>,
    pub(crate) memories: Vec<(String, Contents)>,
    /// For each element, whether it is null.
    pub(crate) tables: Vec<(String, Vec<bool>)>,
}

/// A memory: its length and the 64-bit words that are not 0, by address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    length: usize,
    words: Vec<(usize, u64)>,
}

impl Contents {
    /// Its pages of 64 KiB and its digest, as scripts have them.
    pub(crate) fn digest(&self) -> [Value; 2] {
        let mut bytes = vec![0; self.length];
        for (address, word) in &self.words {
            bytes[*address..*address + 8].copy_from_slice(&word.to_le_bytes());
        }
        [Value::I64((self.length >> 16) as i64), Value::I64(graver_test_script::digest(&bytes) as i64)]
    }

    pub(crate) fn of(bytes: &[u8]) -> Self {
        const BLOCK: usize = 4096;
        let mut words = Vec::new();
        // Most blocks are empty, and comparing one is a single call.
        for (index, block) in bytes.chunks(BLOCK).enumerate().filter(|(_, block)| **block != [0; BLOCK][..block.len()])
        {
            for (number, chunk) in block.chunks_exact(8).enumerate() {
                let word = chunk.try_into().map_or(0, u64::from_le_bytes);
                if word != 0 {
                    words.push((index * BLOCK + number * 8, word));
                }
            }
        }
        Self { length: bytes.len(), words }
    }
}

/// One thing that was done.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Number of the call; `None` for instantiation.
    pub(crate) call: Option<usize>,
    pub(crate) outcome: Outcome,
    pub(crate) state: State,
}

/// Instances that live until a call traps.
pub(crate) trait Session {
    fn call(&mut self, call: &Call) -> Result<Outcome>;
    fn state(&mut self) -> Result<State>;
}

/// Makes the calls in order, in sessions that `start` makes.
pub(crate) fn record<S: Session>(
    calls: &[Call],
    mut start: impl FnMut() -> Result<(Outcome, Option<S>)>,
) -> Result<Vec<Step>> {
    let (mut steps, mut session) = (Vec::new(), None::<S>);
    let mut begin = |steps: &mut Vec<Step>| -> Result<Option<S>> {
        let (outcome, mut session) = start()?;
        let state = session.as_mut().map_or_else(|| Ok(State::default()), Session::state)?;
        steps.push(Step { call: None, outcome, state });
        Ok(session)
    };
    if calls.is_empty() {
        begin(&mut steps)?;
    }
    for (index, call) in calls.iter().enumerate() {
        let mut current = match session.take() {
            Some(session) => session,
            None => match begin(&mut steps)? {
                Some(session) => session,
                None => break,
            },
        };
        let outcome = current.call(call)?;
        let state = current.state()?;
        let is_over = matches!(outcome, Outcome::Exhausted(_));
        session = matches!(outcome, Outcome::Returned(_)).then_some(current);
        steps.push(Step { call: Some(index), outcome, state });
        if is_over {
            break;
        }
    }
    Ok(steps)
}

/// How NaNs among results are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NanRule {
    /// The module makes its NaNs canonical itself, or does no arithmetic.
    Exact,
    /// Which quiet NaN comes out of arithmetic is the machine's choice.
    Arithmetic,
}

/// The first difference, in words; `describe` says what a call was.
pub(crate) fn compare(
    expected: &[Step],
    found: &[Step],
    nans: NanRule,
    exact_after_trap: bool,
    describe: impl Fn(usize) -> String,
) -> Result<(), String> {
    for (expected, found) in expected.iter().zip(found) {
        let place = || match found.call {
            Some(call) => describe(call),
            None => "instantiation".to_owned(),
        };
        if expected.call != found.call {
            return Err(format!("{}, where call {:?} was expected", place(), expected.call));
        }
        match (&expected.outcome, &found.outcome) {
            (Outcome::Exhausted(_), _) | (_, Outcome::Exhausted(_)) => return Ok(()),
            (Outcome::Trapped(expected), Outcome::Trapped(found)) if expected == found => {}
            (Outcome::Returned(expected), Outcome::Returned(found)) if all_equal(expected, found, nans) => {}
            (expected, found) => return Err(format!("{}: {found}, expected {expected}", place())),
        }
        if exact_after_trap || matches!(expected.outcome, Outcome::Returned(_)) {
            compare_states(&expected.state, &found.state, nans).map_err(|what| format!("after {}: {what}", place()))?;
        }
    }
    if expected.len() == found.len() {
        Ok(())
    } else {
        Err(format!("{} steps, expected {}", found.len(), expected.len()))
    }
}

fn compare_states(expected: &State, found: &State, nans: NanRule) -> Result<(), String> {
    for ((name, expected), (_, found)) in expected.globals.iter().zip(&found.globals) {
        if !is_equal(*expected, *found, nans) {
            return Err(format!("global {name} is {found:?}, expected {expected:?}"));
        }
    }
    for ((name, expected), (_, found)) in expected.memories.iter().zip(&found.memories) {
        if expected.length != found.length {
            return Err(format!("memory {name} has {} bytes, expected {}", found.length, expected.length));
        }
        if expected != found {
            let different = |a: &Contents, b: &Contents| a.words.iter().copied().find(|word| !b.words.contains(word));
            let (is, should) = (different(found, expected), different(expected, found));
            return Err(format!("memory {name} has {is:x?}, expected {should:x?} (address, word)"));
        }
    }
    if expected.tables != found.tables {
        return Err(format!("tables (is null) {:?}, expected {:?}", found.tables, expected.tables));
    }
    Ok(())
}

fn all_equal(expected: &[Value], found: &[Value], nans: NanRule) -> bool {
    expected.len() == found.len() && expected.iter().zip(found).all(|(a, b)| is_equal(*a, *b, nans))
}

fn is_equal(expected: Value, found: Value, nans: NanRule) -> bool {
    let is_quiet_32 = |bits: u32| bits & 0x7fc0_0000 == 0x7fc0_0000;
    let is_quiet_64 = |bits: u64| bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000;
    match (expected, found, nans) {
        (Value::F32(a), Value::F32(b), NanRule::Arithmetic) if is_quiet_32(a) => is_quiet_32(b),
        (Value::F64(a), Value::F64(b), NanRule::Arithmetic) if is_quiet_64(a) => is_quiet_64(b),
        (a, b, _) => a == b,
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(values) => write!(f, "returned {values:?}"),
            Self::Trapped(kind) => write!(f, "trapped ({kind:?})"),
            Self::Exhausted(why) => write!(f, "exhausted ({why})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(outcome: Outcome, memory: &[u8]) -> Vec<Step> {
        let state = State { memories: vec![("m".into(), Contents::of(memory))], ..State::default() };
        vec![Step { call: Some(0), outcome, state }]
    }

    #[test]
    fn nans_of_arithmetic_are_one_class() {
        let value = |bits| Outcome::Returned(vec![Value::F32(bits)]);
        let is_equal =
            |a, b, rule| compare(&step(value(a), &[]), &step(value(b), &[]), rule, true, |_| String::new()).is_ok();
        assert!(is_equal(0x7fc0_0000, 0xffc0_0001, NanRule::Arithmetic));
        assert!(!is_equal(0x7fc0_0000, 0xffc0_0001, NanRule::Exact));
        assert!(!is_equal(0x7fc0_0000, 0x7f80_0001, NanRule::Arithmetic), "a signalling NaN");
        assert!(!is_equal(0, 0x8000_0000, NanRule::Arithmetic), "zeros have signs");
    }

    #[test]
    fn memory_counts_after_a_return_and_by_choice_after_a_trap() {
        let (one, other) = ([1, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0]);
        let run = |outcome: Outcome, exact| {
            compare(&step(outcome.clone(), &one), &step(outcome, &other), NanRule::Exact, exact, |_| String::new())
                .is_ok()
        };
        assert!(!run(Outcome::Returned(vec![]), false));
        assert!(run(Outcome::Trapped(TrapKind::Memory), false));
        assert!(!run(Outcome::Trapped(TrapKind::Memory), true));
        assert!(run(Outcome::Exhausted("stack".into()), true));
    }

    #[test]
    fn traps_have_kinds() {
        let run = |a, b| {
            compare(&step(Outcome::Trapped(a), &[]), &step(Outcome::Trapped(b), &[]), NanRule::Exact, false, |_| {
                String::new()
            })
            .is_ok()
        };
        assert!(!run(TrapKind::Memory, TrapKind::Table));
    }
}

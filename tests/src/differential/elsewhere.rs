//! A case on another machine: what the interpreter found becomes the expectations of a script.

use anyhow::{Context as _, Result};
use graver_test_script::{Attempt, Command, Expectation, Expected, Pattern, Value, Writer};

use super::case::Case;
use super::subject::Way;
use super::trace::{NanRule, Outcome, State, Step, TrapKind};
use crate::emulator::Runner;

/// Runs a case on a board; an error says which step went another way than in the interpreter.
pub(crate) fn run(runner: &Runner, case: &Case, expected: &[Step], way: Way) -> Result<()> {
    let script = script(case, expected, way.compile(&case.module)?)?;
    let (mut step, mut failure) = (None, None);
    let mut last = 0;
    runner.run(&script, &mut |line| match line.split_once(' ').unwrap_or((line, "")) {
        ("ok", _) => last = step.unwrap_or(last),
        ("fail", why) => _ = failure.get_or_insert_with(|| (step, why.to_owned())),
        (place, _) => step = place.strip_prefix('@').and_then(|number| number.parse().ok()).or(step),
    })?;
    if let Some((step, why)) = failure {
        let call = step.and_then(|step: usize| expected.get(step)?.call).and_then(|call| case.calls.get(call));
        let place = call.map_or("instantiation".to_owned(), |call| format!("{} {:?}", call.export, call.arguments));
        anyhow::bail!("{place}: {why}");
    }
    anyhow::ensure!(last + 1 == expected.len(), "step {last} was the last of {}", expected.len());
    Ok(())
}

/// Every step on a line of its own number. What a module exports is looked at when it may have changed.
fn script(case: &Case, expected: &[Step], image: Vec<u8>) -> Result<Vec<u8>> {
    let mut writer = Writer::new();
    let (image, instance) = (writer.image(image).index(), writer.instance().index());
    let mut seen = State::default();
    for (number, step) in expected.iter().enumerate() {
        let line = number as u32;
        let call = step.call.map(|call| case.calls.get(call).context("no such call")).transpose()?;
        let attempt = match call {
            None => {
                writer.command(&Command { line, attempt: Attempt::Restart, expectation: Expectation::Success });
                Attempt::Instantiate { image, instance }
            }
            Some(call) => Attempt::Call { instance, name: &call.export, arguments: call.arguments.as_slice().into() },
        };
        let results;
        let expectation = match &step.outcome {
            Outcome::Returned(values) => {
                results = patterns(values, case.nans);
                Expectation::Values(results.as_slice().into())
            }
            Outcome::Trapped(kind) => Expectation::Trap(text(*kind)),
            Outcome::Exhausted(why) => anyhow::bail!("nothing to compare: {why}"),
        };
        writer.command(&Command { line, attempt, expectation });
        if step.call.is_none() && !matches!(step.outcome, Outcome::Returned(_)) {
            continue;
        }
        for (name, value) in &step.state.globals {
            let results = patterns(&[*value], case.nans);
            let expectation = Expectation::Values(results.as_slice().into());
            writer.command(&Command { line, attempt: Attempt::Get { instance, name }, expectation });
        }
        for (name, contents) in &step.state.memories {
            if step.call.is_none() || seen.memories != step.state.memories {
                let results = patterns(&contents.digest(), NanRule::Exact);
                let expectation = Expectation::Values(results.as_slice().into());
                writer.command(&Command { line, attempt: Attempt::Digest { instance, name }, expectation });
            }
        }
        seen = step.state.clone();
    }
    Ok(writer.finish())
}

fn patterns(values: &[Value], nans: NanRule) -> Vec<Expected> {
    let pattern = |value: &Value| match (nans, *value) {
        (NanRule::Arithmetic, value) if Pattern::ArithmeticF32.matches(value) => Pattern::ArithmeticF32,
        (NanRule::Arithmetic, value) if Pattern::ArithmeticF64.matches(value) => Pattern::ArithmeticF64,
        (_, value) => Pattern::Exactly(value),
    };
    values.iter().map(|value| pattern(value).into()).collect()
}

/// How the loader says it. Tables of these modules are only called through.
fn text(kind: TrapKind) -> &'static str {
    match kind {
        TrapKind::Unreachable => "unreachable",
        TrapKind::Memory => "out of bounds memory access",
        TrapKind::Table => "undefined element",
        TrapKind::Null => "uninitialized element",
        TrapKind::DivideByZero => "integer divide by zero",
        TrapKind::Overflow => "integer overflow",
        TrapKind::Conversion => "invalid conversion to integer",
        TrapKind::Signature => "indirect call type mismatch",
    }
}

#[cfg(test)]
mod tests {
    use graver_targets::Target;

    use super::*;
    use crate::differential::{case, oracle};

    /// What the interpreter found, changed: the board must disagree.
    #[test]
    fn another_outcome_is_found() {
        let target = Target::find("x86_64").expect("a target");
        let way = Way::on(target).next().expect("a way");
        let runner = Runner::build(target.board.as_ref().expect("a board")).expect("the runner");
        let case = case::make("access/i32.store-fixed").expect("a case").expect("a module");
        let expected = oracle::run(&case).expect("the interpreter runs it");
        let with = |change: &dyn Fn(&mut Vec<Step>)| {
            let mut changed = expected.clone();
            change(&mut changed);
            run(&runner, &case, &changed, way).map_err(|error| error.to_string())
        };
        let first = |steps: &[Step], trapped: bool| {
            let is_meant = |step: &Step| step.call.is_some() && matches!(step.outcome, Outcome::Trapped(_)) == trapped;
            steps.iter().position(is_meant).expect("such a step")
        };
        assert_eq!(with(&|_| ()), Ok(()));
        let wrong_trap = |steps: &mut Vec<Step>| {
            let index = first(steps, true);
            steps[index].outcome = Outcome::Trapped(TrapKind::Overflow);
        };
        let missing_trap = |steps: &mut Vec<Step>| {
            let index = first(steps, true);
            steps[index].outcome = Outcome::Returned(Vec::new());
        };
        let wrong_memory = |steps: &mut Vec<Step>| {
            let index = first(steps, false);
            steps[index].state.memories[0].1 = super::super::trace::Contents::of(&[1; 65536]);
        };
        for (change, what) in [
            (&wrong_trap as &dyn Fn(&mut Vec<Step>), "expected the trap `integer overflow`"),
            (&missing_trap, "trap: out of bounds memory access, expected "),
            (&wrong_memory, "expected i64 1, i64"),
        ] {
            let error = with(change).expect_err("a difference");
            assert!(error.contains(what), "{error}");
        }
    }
}

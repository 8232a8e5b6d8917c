use std::vec::Vec;

use crate::{
    Attempt, BadScript, Command, Expectation, Expected, HostModules, IMAGE_ALIGN, List, Outcome, Pattern, Report,
    Script, Value, Writer,
};

const VALUES: [Value; 9] = [
    Value::I32(i32::MIN),
    Value::I64(-2),
    Value::F32(0x7fa0_0001),
    Value::F64(1 << 63),
    Value::FuncRef { is_null: true },
    Value::FuncRef { is_null: false },
    Value::ExternRef(None),
    Value::ExternRef(Some(0)),
    Value::ExternRef(Some(u32::MAX)),
];

const CLASSES: [Pattern; 6] = [
    Pattern::CanonicalF32,
    Pattern::ArithmeticF32,
    Pattern::CanonicalF64,
    Pattern::ArithmeticF64,
    Pattern::Null,
    Pattern::ExternRef,
];

fn patterns() -> Vec<Expected> {
    let all = VALUES.into_iter().map(Pattern::Exactly).chain(CLASSES);
    all.enumerate().map(|(index, pattern)| Expected { pattern, is_alternative: index % 3 == 1 }).collect()
}

/// A script with every kind of command.
fn sample() -> Vec<u8> {
    let mut writer = Writer::new();
    let (first, second) = (writer.image(b"one".to_vec()), writer.image(b"and two".to_vec()));
    assert_eq!(writer.image(b"one".to_vec()), first, "an image is stored once");
    writer.let_import(HostModules::Shapes);
    writer.let_import(HostModules::Spectest);
    let instance = writer.instance().index();
    let attempts = [
        Attempt::Instantiate { image: first.index(), instance },
        Attempt::Instantiate { image: second.index(), instance },
        Attempt::Register { instance, name: "m" },
        Attempt::Call { instance, name: "f", arguments: VALUES.as_slice().into() },
        Attempt::Get { instance, name: "größe" },
        Attempt::Digest { instance, name: "memory" },
        Attempt::Restart,
    ];
    let patterns = patterns();
    let expectations = [
        Expectation::Success,
        Expectation::Values(patterns.as_slice().into()),
        Expectation::Trap("unreachable"),
        Expectation::LinkError(""),
    ];
    for (line, attempt) in attempts.into_iter().enumerate() {
        for expectation in expectations {
            writer.command(&Command { line: line as u32, attempt, expectation });
        }
    }
    writer.finish()
}

#[test]
fn what_is_written_is_read() {
    let bytes = sample();
    let script = Script::parse(&bytes).expect("a script");
    assert_eq!((script.images(), script.instances(), script.bytes()), (2, 1, &*bytes));
    assert_eq!(script.host(), HostModules::Shapes);
    assert_eq!((script.image(0), script.image(1), script.image(2)), (Some(&b"one"[..]), Some(&b"and two"[..]), None));
    for index in 0..2 {
        let image = script.image(index).expect("an image").as_ptr().addr();
        assert!((image - bytes.as_ptr().addr()).is_multiple_of(IMAGE_ALIGN));
    }
    let commands: Vec<Command<'_>> = script.commands().collect();
    assert_eq!(commands.len(), 28);
    assert_eq!(commands[19].line, 4);
    let Attempt::Call { arguments, name: "f", .. } = commands[12].attempt else { panic!("{:?}", commands[12]) };
    assert_eq!(arguments.iter().collect::<Vec<_>>(), VALUES);
    let Expectation::Values(found) = commands[17].expectation else { panic!("{:?}", commands[17]) };
    assert_eq!(found.iter().collect::<Vec<_>>(), patterns());
    assert!(matches!(commands[17].attempt, Attempt::Get { name: "größe", .. }));
}

#[test]
fn shifted_images_are_nowhere_aligned() {
    let mut writer = Writer::new();
    writer.shift_images();
    (0..40).for_each(|byte| _ = writer.image(std::vec![byte; 3]));
    let bytes = writer.finish();
    let script = Script::parse(&bytes).expect("a script");
    let mut shifts = [0; IMAGE_ALIGN];
    for index in 0..40 {
        let image = script.image(index).expect("an image");
        assert_eq!(image, [index as u8; 3]);
        shifts[(image.as_ptr().addr() - bytes.as_ptr().addr()) % IMAGE_ALIGN] += 1;
    }
    assert!(shifts[0] == 0 && shifts[1..].iter().all(|count| *count >= 2), "{shifts:?}");
}

#[test]
fn damage_is_an_error() {
    let bytes = sample();
    for length in 0..bytes.len() {
        assert!(Script::parse(&bytes[..length]).is_err(), "cut to {length} bytes");
    }
    let length = bytes.len();
    for position in 0..length {
        for value in [0, 1, 0x7f, 0xff] {
            let mut damaged = bytes.clone();
            damaged[position] = value;
            // Whatever it is now, all of it can be read.
            if let Ok(script) = Script::parse(&damaged) {
                let commands = script.commands().count();
                assert!(commands <= 28 && (0..script.images() as u32).all(|image| script.image(image).is_some()));
            }
        }
    }
    assert_eq!(Script::parse(b"\0asm\x01\0\0\0").err(), Some(BadScript::Magic));
}

#[test]
fn answers_depend_on_every_bit_and_its_place() {
    let mut shape = None;
    crate::each_shape(&mut |found| {
        if found.name == "takes i32 i64 f32" {
            shape = Some(found);
        }
    });
    let shape = shape.expect("it exists");
    let of = |a, b, c| shape.answers(&[Value::I32(a), Value::I64(b), Value::F32(c)]).collect::<Vec<_>>();
    let answers = [of(1, 2, 3), of(-1, 2, 3), of(1, -2, 3), of(1, 2, 1 << 31), of(2, 1, 3), of(1, 2 | 1 << 32, 3)];
    for (index, answer) in answers.iter().enumerate() {
        assert!(answers[..index].iter().all(|other| other != answer), "{index}");
    }
    assert_eq!(answers[0].len(), 1);
}

#[test]
fn digests_tell_memories_apart() {
    let of = |bytes: &[(usize, u8)]| {
        let mut memory = [0; 40];
        bytes.iter().for_each(|(at, byte)| memory[*at] = *byte);
        crate::digest(&memory)
    };
    let different = [of(&[]), of(&[(0, 1)]), of(&[(1, 1)]), of(&[(8, 1)]), of(&[(39, 1)]), of(&[(0, 1), (8, 1)])];
    for (index, digest) in different.iter().enumerate() {
        assert!(!different[..index].contains(digest), "{index}");
    }
}

#[test]
fn nan_classes() {
    for (bits, is_canonical, is_arithmetic) in [
        (0x7fc0_0000, true, true),
        (0xffc0_0000, true, true),
        (0x7fc0_0001, false, true),
        (0x7fa0_0000, false, false),
        (0x7f80_0000, false, false),
        (0, false, false),
    ] {
        assert_eq!(Pattern::CanonicalF32.matches(Value::F32(bits)), is_canonical, "{bits:#x}");
        assert_eq!(Pattern::ArithmeticF32.matches(Value::F32(bits)), is_arithmetic, "{bits:#x}");
    }
    assert!(Pattern::CanonicalF64.matches(Value::F64(0xfff8 << 48)));
    assert!(!Pattern::CanonicalF64.matches(Value::F64(0xfff8 << 48 | 1)));
    assert!(!Pattern::ArithmeticF64.matches(Value::F64(0x7ff4 << 48)));
}

#[test]
fn references_and_zeros() {
    assert!(Pattern::Null.matches(Value::ExternRef(None)) && !Pattern::Null.matches(Value::ExternRef(Some(0))));
    assert!(!Pattern::Null.matches(Value::I32(0)));
    assert!(!Pattern::Exactly(Value::ExternRef(Some(2))).matches(Value::ExternRef(Some(1))));
    let zero = Pattern::Exactly(Value::F64(0));
    assert!(zero.matches(Value::F64(0)) && !zero.matches(Value::F64(1 << 63)) && !zero.matches(Value::I64(0)));
}

#[test]
fn results_are_as_many_as_expected() {
    let matches = |found: &[Value], expected: &[Expected]| crate::execute::matches(found, &List::from(expected));
    let exactly = |value, is_alternative| Expected { pattern: Pattern::Exactly(Value::I32(value)), is_alternative };
    let (one, two) = (Value::I32(1), Value::I32(2));
    let either = [exactly(1, false), exactly(2, true), exactly(2, false)];
    assert!(matches(&[one, two], &either) && matches(&[two, two], &either));
    assert!(!matches(&[one, one], &either) && !matches(&[two], &either) && !matches(&[one, two, two], &either));
    assert!(matches(&[], &[]) && !matches(&[one], &[]) && !matches(&[], &either[..1]));
    // No writer makes this, a damaged script may.
    assert!(!matches(&[one], &[exactly(1, true)]));
}

#[test]
fn reports_are_lines() {
    let mut report = crate::Lines(std::string::String::new());
    for (line, outcome) in [(3, Outcome::Passed), (5, Outcome::Failed(&"first\nsecond")), (9, Outcome::Skipped)] {
        report.begin(line);
        report.end(outcome);
    }
    assert_eq!(report.0, "@3\nok\n@5\nfail first second\n@9\nskip\n");
}

//! Imports that are missing or do not fit.

use graver_loader::{
    Allocator, Global, LinkError, Linker, Memory, MemoryType, Mismatch, Module, Mutability, Runtime, Store,
    StoreOptions, Table, TableType, Val, ValType,
};

use crate::sample::{RICH, image};

/// What a host can put in the place of the sample's imports.
type Definitions = for<'l> fn(&mut Store<'_>, &mut Linker<'l>) -> anyhow::Result<()>;

fn link(definitions: Definitions) -> Result<(), String> {
    let runtime = Runtime::new(Allocator::system()).expect("a runtime");
    let bytes = image(RICH);
    let module = Module::new(&runtime, &bytes).expect("loads");
    let mut store = Store::new(&runtime, StoreOptions::default()).expect("a store");
    let mut linker = Linker::new(&runtime);
    definitions(&mut store, &mut linker).expect("definitions");
    match linker.instantiate(&mut store, &module) {
        Ok(_) => Ok(()),
        Err(error @ LinkError::Missing { .. }) => Err(format!("missing: {error}")),
        Err(LinkError::Incompatible { module, name, mismatch }) => Err(format!("{module}.{name} {mismatch:?}")),
        Err(error) => Err(format!("other: {error}")),
    }
}

fn log(store: &mut Store<'_>, linker: &mut Linker<'_>) -> anyhow::Result<()> {
    Ok(linker.func(store, "env", "log", |_, (_,): (i32,)| ())?)
}

fn base(store: &mut Store<'_>, linker: &mut Linker<'_>, value: Val) -> anyhow::Result<()> {
    Ok(linker.define("env", "base", Global::new(store, Mutability::Const, value)?)?)
}

fn memory(store: &mut Store<'_>, linker: &mut Linker<'_>, minimum: u64) -> anyhow::Result<()> {
    Ok(linker.define("env", "memory", Memory::new(store, MemoryType::new(minimum, None))?)?)
}

#[test]
fn everything_there() {
    let outcome = link(|store, linker| {
        log(store, linker)?;
        base(store, linker, Val::I32(1))?;
        memory(store, linker, 1)
    });
    assert_eq!(outcome, Ok(()));
}

#[test]
fn each_missing_import_is_named() {
    let nothing = link(|_, _| Ok(())).expect_err("nothing is defined");
    assert!(nothing.starts_with("missing: ") && nothing.contains("\"env\" \"log\""), "{nothing}");
    let no_memory = link(|store, linker| {
        log(store, linker)?;
        base(store, linker, Val::I32(1))
    });
    assert!(no_memory.expect_err("no memory").contains("\"env\" \"memory\""));
}

#[test]
fn each_wrong_import_is_named() {
    let cases: &[(Definitions, &str, Mismatch)] = &[
        (
            |store, linker| Ok(linker.func(store, "env", "log", |_, (_,): (i64,)| ())?),
            "env.log",
            Mismatch::FunctionType,
        ),
        (
            |store, linker| memory(store, linker, 1).and_then(|()| define_table(store, linker, "log")),
            "env.log",
            Mismatch::Kind,
        ),
        (
            |store, linker| {
                log(store, linker)?;
                base(store, linker, Val::I64(1))
            },
            "env.base",
            Mismatch::GlobalType,
        ),
        (
            |store, linker| {
                log(store, linker)?;
                Ok(linker.define("env", "base", Global::new(store, Mutability::Var, Val::I32(1))?)?)
            },
            "env.base",
            Mismatch::Mutability,
        ),
        (
            |store, linker| {
                log(store, linker)?;
                base(store, linker, Val::I32(1))?;
                memory(store, linker, 0)
            },
            "env.memory",
            Mismatch::Limits,
        ),
    ];
    for (definitions, name, mismatch) in cases {
        assert_eq!(link(*definitions), Err(format!("{name} {mismatch:?}")));
    }
}

fn define_table(store: &mut Store<'_>, linker: &mut Linker<'_>, name: &'static str) -> anyhow::Result<()> {
    Ok(linker.define("env", name, Table::new(store, TableType::new(ValType::FuncRef, 1, None))?)?)
}

#[test]
fn a_segment_that_does_not_fit_is_a_trap() {
    let outcome = link(|store, linker| {
        log(store, linker)?;
        base(store, linker, Val::I32(3))?;
        memory(store, linker, 1)
    });
    assert_eq!(outcome, Err("other: out of bounds table access".to_owned()));
}

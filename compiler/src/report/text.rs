//! Reports as text.

use std::fmt;

use super::{Cost, Report};

/// Functions that a text shows. JSON has all of them.
const SHOWN: usize = 20;

/// Names that a line shows.
const NAMES: usize = 8;

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (flash, ram) = (&self.flash, &self.ram);
        writeln!(
            f,
            "flash      {} bytes: text {}, rodata {}, data {}, metadata {}",
            flash.total, flash.text, flash.rodata, flash.data, flash.metadata
        )?;
        writeln!(
            f,
            "ram        {} bytes per instance: context {}, memories {}, tables {}, the loader's records {}",
            ram.total, ram.context, ram.memories, ram.tables, ram.records
        )?;
        match self.stack_bound {
            Some(bytes) => write!(f, "stack      at most {bytes} bytes in a call from the host")?,
            None => write!(f, "stack      unbounded: recursive")?,
        }
        writeln!(f, ", unchecked {} bytes", self.stack_slack)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "target     {}", self.target)?;
        self.cost.fmt(f)?;
        if let Some(recursion) = &self.recursion {
            writeln!(
                f,
                "           {} bytes, and {} for each call of a function that is already active: {}",
                recursion.base,
                recursion.per_call,
                list(&recursion.functions)
            )?;
        }
        if !self.calls_out.is_empty() {
            writeln!(f, "           and what these imports need: {}", list(&self.calls_out))?;
        }
        if self.calls_unknown {
            writeln!(f, "           and what functions of other modules need that are called through tables")?;
        }
        writeln!(f, "{:>10} {:>7} {:>7}  function", "text", "frame", "stack")?;
        for function in self.functions.iter().take(SHOWN) {
            let stack = function.stack.map_or("-".to_owned(), |bytes| bytes.to_string());
            writeln!(f, "{:>10} {:>7} {stack:>7}  {}", function.text, function.frame, function.title())?;
        }
        match self.functions.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => writeln!(f, "{:>10} more, all in the JSON report", more),
        }
    }
}

fn list(names: &[String]) -> String {
    let shown = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

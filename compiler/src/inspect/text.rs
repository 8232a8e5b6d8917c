//! The inspection as text.

use std::fmt;

use super::{CodePlace, Inspection};

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let features = if self.cpu_features.is_empty() { "baseline".to_owned() } else { self.cpu_features.join(" ") };
        writeln!(
            f,
            "machine    {}, {}-bit, float ABI {}, features: {features}",
            self.arch,
            u32::from(self.pointer_bytes) * 8,
            self.float_abi
        )?;
        writeln!(f, "made by    graver {}, LLVM {}", self.compiler, self.llvm)?;
        if let Some(CodePlace { text, rodata }) = self.place {
            writeln!(f, "linked for text at {text:#x}, read-only data at {rodata:#x}: it runs nowhere else")?;
        }
        if self.interruptible {
            writeln!(f, "stops      where loops start over and functions are entered")?;
        }
        self.cost.fmt(f)?;
        let lists = [
            ("import", &self.imports),
            ("export", &self.exports),
            ("memory", &self.memories),
            ("table", &self.tables),
            ("global", &self.globals),
            ("elements", &self.elements),
            ("data", &self.data),
        ];
        for (name, items) in lists {
            for (index, item) in items.iter().enumerate() {
                writeln!(f, "{name:<10} {index}: {item}")?;
            }
        }
        if let Some(start) = self.start {
            writeln!(f, "start      function {start}")?;
        }
        for symbol in &self.functions {
            writeln!(f, "code       {:#08x} {} {}", symbol.offset, symbol.name, symbol.ty)?;
        }
        if !self.disassembly.is_empty() {
            writeln!(f)?;
        }
        for line in &self.disassembly {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

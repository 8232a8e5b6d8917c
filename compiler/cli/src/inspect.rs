//! `graver inspect`.

use std::fs;

use crate::arguments::InspectOptions;
use crate::failure::{Failure, Result, print};

/// Prints what an image contains.
pub(crate) fn run(arguments: &InspectOptions) -> Result<()> {
    let input = &arguments.input;
    let bytes = fs::read(input).map_err(|error| Failure::input(input, error))?;
    let inspection = graver_compiler::inspect::inspect(&bytes, arguments.disassemble)
        .map_err(|error| Failure::input(input, &error.message))?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&inspection).map_err(|error| Failure::input(input, error))?;
        print(&format!("{json}\n"))
    } else {
        print(&inspection.to_string())
    }
}

//! Files and tables.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

/// Where the output for a target goes: `-o` names a file, or with several targets what their files have in common, or a
/// folder if it ends in a separator or is one.
pub(crate) fn path(input: &Path, output: Option<&Path>, extension: &str, target: Option<&str>) -> PathBuf {
    let stem = input.file_stem().unwrap_or(input.as_os_str());
    let is_folder = |path: &Path| path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/");
    let (folder, name) = match output {
        Some(output) if is_folder(output) => (output.to_owned(), stem.to_owned()),
        // With one target the name is the user's.
        Some(output) if target.is_none() => return output.to_owned(),
        Some(output) => {
            let is_extension = output.extension().is_some_and(|found| found == extension);
            let name = if is_extension { output.file_stem() } else { output.file_name() };
            (output.parent().map(Path::to_owned).unwrap_or_default(), name.unwrap_or(stem).to_owned())
        }
        None => (PathBuf::new(), stem.to_owned()),
    };
    let mut name = name;
    for part in target.into_iter().chain([extension]) {
        name.push(".");
        name.push(part);
    }
    folder.join(name)
}

/// Writes a file, whole or not at all. A folder that was named as such is made.
pub(crate) fn write(output: &Path, bytes: &[u8], makes_folder: bool) -> Result<()> {
    let fail = |error: std::io::Error| Failure::input(output, error);
    let directory = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if makes_folder {
        fs::create_dir_all(directory).map_err(fail)?;
    }
    // An error about the temporary file would name that, which nobody asked for.
    fs::metadata(directory).map_err(fail)?;
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    // Temporary files are private; an output file is as public as the user's other files.
    let mode = fs::metadata(output).map_or_else(|_| default_permissions(), |metadata| Some(metadata.permissions()));
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode).map_err(fail)?;
    }
    file.persist(output).map_err(|error| fail(error.error))?;
    Ok(())
}

#[cfg(unix)]
fn default_permissions() -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn default_permissions() -> Option<fs::Permissions> {
    None
}

/// Columns as wide as they need to be.
pub(crate) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let heads: Vec<String> = heads.iter().map(ToString::to_string).collect();
    let width = |column: usize| {
        let cells = std::iter::once(&heads).chain(rows).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut text = String::new();
    for row in std::iter::once(&heads).chain(rows) {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}

//! Log lines to figures.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// What all files together say.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub lines_per_host: BTreeMap<String, u32>,
    pub bytes_by_status: BTreeMap<u16, u64>,
    pub paths: BTreeMap<String, PathFigures>,
    pub slowest: Option<(String, f64)>,
    pub seconds: f64,
    pub requests: u32,
    pub malformed: u32,
}

/// What is known of one path.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PathFigures {
    pub requests: u32,
    pub bytes: u64,
    pub errors: u32,
}

impl Summary {
    pub fn mean_seconds(&self) -> f64 {
        self.seconds / f64::from(self.requests.max(1))
    }
}

/// Reads every `.log` file of a directory, in the order of their names.
pub fn directory(directory: &Path) -> Result<Summary, Box<dyn Error>> {
    let line = Regex::new(
        r#"(?x)^\[(?<time>\d{4}-\d\d-\d\dT[\d:]{8}Z)\]\ (?<host>\w+)\ "(?<method>GET|POST|PUT)\ (?<path>/[\w./]*)\?q=(?<query>[0-9a-f]+)"
            \ (?<status>\d{3})\ (?<bytes>\d+)\ (?<seconds>\d+\.\d{6})$"#,
    )?;
    let mut names: Vec<_> =
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    names.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    names.sort();
    let mut summary = Summary::default();
    for name in names {
        for text in fs::read_to_string(name)?.lines() {
            match line.captures(text) {
                Some(found) => add(&mut summary, &found)?,
                None => summary.malformed += 1,
            }
        }
    }
    Ok(summary)
}

fn add(summary: &mut Summary, line: &regex::Captures<'_>) -> Result<(), Box<dyn Error>> {
    let status: u16 = line["status"].parse()?;
    let bytes: u64 = line["bytes"].parse()?;
    let seconds: f64 = line["seconds"].parse()?;
    *summary.lines_per_host.entry(line["host"].to_owned()).or_default() += 1;
    *summary.bytes_by_status.entry(status).or_default() += bytes;
    let path = summary.paths.entry(line["path"].to_owned()).or_default();
    path.requests += 1;
    path.bytes += bytes;
    path.errors += u32::from(status >= 400);
    summary.requests += 1;
    summary.seconds += seconds;
    if summary.slowest.as_ref().is_none_or(|(_, most)| seconds > *most) {
        summary.slowest = Some((format!("{} {}", &line["time"], &line["path"]), seconds));
    }
    Ok(())
}

/// Writes the figures per path as CSV, reads them back and returns how many rows there are.
pub fn write_table(summary: &Summary, file: &Path) -> Result<usize, Box<dyn Error>> {
    let mut writer = csv::Writer::from_path(file)?;
    writer.write_record(["path", "requests", "bytes", "errors"])?;
    for (path, figures) in &summary.paths {
        writer.serialize((path, figures.requests, figures.bytes, figures.errors))?;
    }
    writer.flush()?;
    let mut rows = 0;
    for row in csv::Reader::from_path(file)?.deserialize() {
        let (path, requests, bytes, errors): (String, u32, u64, u32) = row?;
        if summary.paths.get(&path) != Some(&PathFigures { requests, bytes, errors }) {
            return Err(format!("row of {path} differs").into());
        }
        rows += 1;
    }
    Ok(rows)
}

//! What a run found, in the order of the files.

use crate::Tally;

/// A directive that did not hold.
pub(crate) struct Failure {
    pub(crate) line: usize,
    pub(crate) what: String,
}

/// What became of one file.
pub(crate) struct FileReport {
    pub(crate) name: String,
    pub(crate) tally: Tally,
    /// Directives (or modules) that the file has, counted from its tokens.
    pub(crate) expected: usize,
    pub(crate) failures: Vec<Failure>,
}

impl FileReport {
    /// A file of which nothing could be run.
    pub(crate) fn unusable(name: &str, why: &str) -> Self {
        Self {
            name: name.to_owned(),
            tally: Tally { failed: 1, ..Tally::default() },
            expected: 1,
            failures: vec![Failure { line: 0, what: why.to_owned() }],
        }
    }
}

/// Prints all failures, the sums and whether they are complete; returns the sums, in which a wrong count is a failure.
pub(crate) fn print(files: &[FileReport], what: &str) -> Tally {
    let mut sum = Tally::default();
    let mut expected = 0;
    for file in files {
        for failure in &file.failures {
            println!("{}:{}: {}", file.name, failure.line, failure.what);
        }
        if file.tally.total() != file.expected {
            println!("{}: {} {what} run, but the file has {}", file.name, file.tally.total(), file.expected);
            sum.failed += 1;
        }
        sum += file.tally;
        expected += file.expected;
    }
    let failed: Vec<&FileReport> = files.iter().filter(|file| file.tally.failed > 0).collect();
    if !failed.is_empty() {
        println!("\nfiles with failures:");
        for file in &failed {
            println!("  {:<44} {:>5} of {:>5}", file.name, file.tally.failed, file.expected);
        }
    }
    println!("{} files, {expected} {what} counted independently", files.len());
    sum
}

//! The file of figures: `NAME VALUE` a line, and comments, which stay.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use graver_guests::repository;

const FILE: &str = "benches/budget.txt";

/// How much a figure may grow, in percent.
const GROWTH: u64 = 3;

/// Something that was measured; less is better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: u64,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: u64) -> Self {
        Self { name: name.into(), value }
    }
}

/// Whether a figure is what another tool made of the same source: written down to compare with, and free to change.
pub(crate) fn is_reference(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|what| what.starts_with("native-"))
}

/// The figures that the last release had, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Comments at the start of the file.
    head: String,
    figures: Vec<(String, u64)>,
}

/// What becomes of a figure.
pub(crate) struct Verdict<'f> {
    figure: &'f Figure,
    budget: Option<u64>,
}

impl Verdict<'_> {
    pub(crate) fn is_within(&self) -> bool {
        let Some(budget) = self.budget else { return false };
        let (value, budget) = (u128::from(self.figure.value), u128::from(budget));
        is_reference(&self.figure.name) || value * 100 <= budget * u128::from(100 + GROWTH)
    }
}

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figure { name, value } = self.figure;
        write!(f, "{name:<44} {value:>9}")?;
        let Some(budget) = self.budget else { return f.write_str("   not in the budget: --bless puts it there") };
        let change = match budget {
            0 => 0.0,
            budget => (*value as f64 / budget as f64 - 1.0) * 100.0,
        };
        write!(f, "   budget {budget:>9}  {change:+.1} %")?;
        match (self.is_within(), is_reference(name)) {
            (false, _) => f.write_str("   TOO MUCH"),
            (true, true) => f.write_str("   for comparison"),
            (true, false) => Ok(()),
        }
    }
}

fn path() -> PathBuf {
    repository().join(FILE)
}

impl Budget {
    pub(crate) fn read() -> Result<Self> {
        Self::parse(&std::fs::read_to_string(path()).context(FILE)?).context(FILE)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut budget = Self::default();
        for line in text.lines() {
            if line.starts_with('#') || line.trim().is_empty() {
                budget.head.push_str(line);
                budget.head.push('\n');
                continue;
            }
            let (name, value) = line.trim().split_once(char::is_whitespace).with_context(|| format!("`{line}`"))?;
            budget.figures.push((name.to_owned(), value.trim().parse().with_context(|| format!("`{line}`"))?));
        }
        Ok(budget)
    }

    pub(crate) fn judge<'f>(&self, figure: &'f Figure) -> Verdict<'f> {
        let budget = self.figures.iter().find(|(name, _)| *name == figure.name).map(|(_, value)| *value);
        Verdict { figure, budget }
    }

    /// The figures of a part.
    pub(crate) fn names_below(&self, part: &str) -> impl Iterator<Item = &str> {
        let is_in = move |name: &&str| name.strip_prefix(part).is_some_and(|rest| rest.starts_with('/'));
        self.figures.iter().map(|(name, _)| name.as_str()).filter(is_in)
    }

    /// Takes figures over; if they are all that the part has, its others go.
    pub(crate) fn accept(&mut self, part: &str, figures: &[Figure], are_all: bool) {
        let stale: Vec<String> = self.names_below(part).map(str::to_owned).collect();
        let is_measured = |name: &String| figures.iter().any(|figure| figure.name == *name);
        self.figures.retain(|(name, _)| !(is_measured(name) || are_all && stale.contains(name)));
        self.figures.extend(figures.iter().map(|figure| (figure.name.clone(), figure.value)));
        self.figures.sort();
    }

    pub(crate) fn write(&self) -> Result<()> {
        std::fs::write(path(), self.to_string()).context(FILE)
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head)?;
        self.figures.iter().try_for_each(|(name, value)| writeln!(f, "{name:<44} {value:>9}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# What this is.\n\na/native-one 100\na/one  100\na/two 7\nab/x 0\n";

    #[test]
    fn three_percent_more_is_within_and_four_are_not() {
        let budget = Budget::parse(TEXT).expect("it is well-formed");
        let is_within = |name: &str, value| budget.judge(&Figure::new(name, value)).is_within();
        assert!(is_within("a/one", 103) && is_within("a/one", 1));
        assert!(!is_within("a/one", 104));
        assert!(!is_within("a/two", 8), "small numbers are exact");
        assert!(is_within("ab/x", 0) && !is_within("ab/x", 1));
        assert!(!is_within("a/three", 0), "what is not written down");
        assert!(is_within("a/native-one", 200) && !is_within("a/native-two", 1));
    }

    #[test]
    fn figures_are_replaced_and_comments_stay() {
        let mut budget = Budget::parse(TEXT).expect("it is well-formed");
        budget.accept("a", &[Figure::new("a/one", 50)], false);
        assert_eq!(budget.names_below("a").collect::<Vec<_>>(), ["a/native-one", "a/one", "a/two"]);
        budget.accept("a", &[Figure::new("a/one", 51)], true);
        let again = Budget::parse(&budget.to_string()).expect("what was written can be read");
        assert_eq!(again, budget);
        assert_eq!(again.figures, [("a/one".to_owned(), 51), ("ab/x".to_owned(), 0)]);
        assert!(again.head.starts_with("# What this is."));
    }

    #[test]
    fn lines_that_are_no_figures_are_refused() {
        assert!(Budget::parse("a").is_err() && Budget::parse("a b").is_err() && Budget::parse("a -1").is_err());
    }

    #[test]
    fn the_file_of_the_repository_is_well_formed_and_sorted() {
        let budget = Budget::read().expect("benches/budget.txt");
        assert!(!budget.figures.is_empty() && budget.figures.is_sorted());
    }
}

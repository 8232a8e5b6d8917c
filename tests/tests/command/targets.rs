//! `graver targets`.

use serde_json::Value;

use crate::Workplace;

#[test]
fn lists_every_row_with_where_it_is_proven() {
    let place = Workplace::new();
    let answer = place.graver(&["targets", "--json"]).expect(0, &[]);
    let rows: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    let text = place.graver(&["targets"]).expect(0, &["NAME", "CPU", "FLOATS", "BOUNDS CHECKS", "PROVEN ON"]).stdout;
    for target in graver_targets::ALL {
        let row =
            rows.as_array().and_then(|rows| rows.iter().find(|row| row["name"] == target.name)).expect(target.name);
        for key in ["cpu", "float_abi", "machine", "proven"] {
            assert!(row[key].as_str().is_some_and(|value| !value.is_empty()), "{key} of {row}");
        }
        assert!(text.lines().any(|line| line.starts_with(target.name) && line.ends_with(target.proven)), "{text}");
    }
}

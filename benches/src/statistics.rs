//! Medians and means.

use std::time::Duration;

/// The middle one of some times; 0 of none.
pub(crate) fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { (at(middle.saturating_sub(1)) + at(middle)) / 2 } else { at(middle) }
}

/// A time as a number of milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The mean of ratios; 1 of none.
pub(crate) fn geometric_mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 1.0;
    }
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

#[test]
fn medians_and_means() {
    let times = |list: &[u64]| list.iter().map(|ms| Duration::from_millis(*ms)).collect::<Vec<_>>();
    assert_eq!(median(&times(&[5, 1, 3])), Duration::from_millis(3));
    assert_eq!(median(&times(&[4, 1, 3, 2])), Duration::from_micros(2500));
    assert_eq!(median(&[]), Duration::ZERO);
    assert!((geometric_mean(&[1.0, 4.0]) - 2.0).abs() < 1e-9);
}

//! Medians and means.

use std::time::Duration;

/// The middle one of some times, in milliseconds; 0 of none.
pub(crate) fn median_ms(times: &[Duration]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort();
    let middle = sorted.len() / 2;
    let ms = |index: usize| sorted.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    if sorted.len().is_multiple_of(2) && middle > 0 { (ms(middle - 1) + ms(middle)) / 2.0 } else { ms(middle) }
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
    assert!((median_ms(&times(&[5, 1, 3])) - 3.0).abs() < 1e-9);
    assert!((median_ms(&times(&[4, 1, 3, 2])) - 2.5).abs() < 1e-9);
    assert!((geometric_mean(&[1.0, 4.0]) - 2.0).abs() < 1e-9);
}

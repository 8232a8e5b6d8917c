//! The results, as a Markdown table for people or JSON for programs.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::contender::KernelTimes;
use crate::statistics::{geometric_mean, median_ms};

/// Everything that was measured.
pub(crate) struct Report {
    pub(crate) times: Vec<KernelTimes>,
    /// What could not be measured, and why.
    pub(crate) missing: Vec<String>,
}

impl Report {
    /// Prints it.
    pub(crate) fn print(&self, json: bool) {
        if json {
            println!("{:#}", self.json());
        } else {
            print!("{}", self.table());
            for missing in &self.missing {
                println!("\nnot measured: {missing}");
            }
        }
    }

    /// The contenders, the reference (native) first.
    fn contenders(&self) -> Vec<&str> {
        self.times
            .first()
            .map(|kernel| kernel.times.iter().map(|(name, _)| name.as_str()).collect())
            .unwrap_or_default()
    }

    fn table(&self) -> String {
        let contenders = self.contenders();
        let mut text = String::new();
        let _ = write!(text, "| kernel      | {:>9} |", format!("{} ms", contenders.first().unwrap_or(&"")));
        for name in contenders.iter().skip(1) {
            let _ = write!(text, " {name:>16} |");
        }
        text += "\n|-------------|----------:|";
        text += &"-----------------:|".repeat(contenders.len().saturating_sub(1));
        text.push('\n');
        for kernel in &self.times {
            let _ = write!(text, "| {:<11} | {:>9.2} |", kernel.kernel, reference_ms(kernel));
            for ratio in ratios(kernel).iter().skip(1) {
                let _ = write!(text, " {ratio:>16.2} |");
            }
            text.push('\n');
        }
        let _ = write!(text, "| {:<11} | {:>9} |", "geo. mean", "");
        for mean in self.means().iter().skip(1) {
            let _ = write!(text, " {mean:>16.3} |");
        }
        text.push('\n');
        text
    }

    fn means(&self) -> Vec<f64> {
        let all: Vec<_> = self.times.iter().map(ratios).collect();
        let of = |contender| all.iter().filter_map(|row| row.get(contender).copied()).collect::<Vec<_>>();
        (0..self.contenders().len()).map(|contender| geometric_mean(&of(contender))).collect()
    }

    fn json(&self) -> Value {
        let kernel = |kernel: &KernelTimes| {
            let medians: Map<_, _> =
                kernel.times.iter().map(|(name, times)| (name.clone(), json!(median_ms(times)))).collect();
            (kernel.kernel.clone(), Value::Object(medians))
        };
        let means: Map<_, _> =
            self.contenders().iter().zip(self.means()).map(|(name, mean)| ((*name).to_owned(), json!(mean))).collect();
        json!({
            "median_ms": self.times.iter().map(kernel).collect::<Map<_, _>>(),
            "geometric_mean_ratio_to_native": means,
            "not_measured": self.missing,
        })
    }
}

fn reference_ms(kernel: &KernelTimes) -> f64 {
    kernel.times.first().map_or(0.0, |(_, times)| median_ms(times))
}

/// Each contender's time by the reference's.
fn ratios(kernel: &KernelTimes) -> Vec<f64> {
    kernel.times.iter().map(|(_, times)| median_ms(times) / reference_ms(kernel)).collect()
}

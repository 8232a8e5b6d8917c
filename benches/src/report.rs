//! The results, as a Markdown table for people or JSON for programs.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::calls::CallTimes;
use crate::contender::KernelTimes;
use crate::modules::ModuleFigures;
use crate::parallel::ThreadTimes;
use crate::statistics::{geometric_mean, median, ms};

/// Everything that was measured.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) times: Vec<KernelTimes>,
    pub(crate) modules: Vec<ModuleFigures>,
    pub(crate) calls: Vec<CallTimes>,
    pub(crate) threads: Vec<ThreadTimes>,
    /// What could not be measured, and why.
    pub(crate) missing: Vec<String>,
}

impl Report {
    /// Prints it.
    pub(crate) fn print(&self, json: bool) {
        if json {
            println!("{:#}", self.json());
        } else {
            self.print_tables();
            for missing in &self.missing {
                println!("not measured: {missing}");
            }
        }
    }

    fn print_tables(&self) {
        if !self.times.is_empty() {
            println!("Time of ten kernels; native in milliseconds, the others as multiples of it.\n");
            println!("{}", self.table());
        }
        if !self.modules.is_empty() {
            println!(
                "Before code runs: compile; then map, check, link and initialise; and the size of what is loaded.\n"
            );
            println!("{}", self.module_table());
        }
        if !self.calls.is_empty() {
            println!("A call with a number for an argument and a result, in nanoseconds.\n");
            println!("{}", self.call_table());
        }
        if !self.threads.is_empty() {
            println!("Parallel work by the wall clock, in milliseconds.\n");
            println!("{}", self.thread_table());
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

    fn module_table(&self) -> String {
        let mut text =
            "| module        | wasm KB | compile ms | wasmtime ms | image KB | wasmtime KB | load µs |\n".to_owned();
        text += "|---------------|--------:|-----------:|------------:|---------:|------------:|--------:|\n";
        for module in &self.modules {
            let absent = || "-".to_owned();
            let their_time = module.wasmtime.map_or_else(absent, |(time, _)| format!("{:.1}", ms(time)));
            let their_size = module.wasmtime.map_or_else(absent, |(_, bytes)| kilobytes(bytes));
            let load = module.load.map_or_else(absent, |time| format!("{:.1}", ms(time) * 1e3));
            let _ = writeln!(
                text,
                "| {:<13} | {:>7} | {:>10.1} | {their_time:>11} | {:>8} | {their_size:>11} | {load:>7} |",
                module.name,
                kilobytes(module.wasm_bytes as u64),
                ms(module.compile),
                kilobytes(module.image_bytes as u64),
            );
        }
        text
    }

    fn call_table(&self) -> String {
        let mut text = "| by way of           | host to wasm | wasm to host |\n".to_owned();
        text += "|---------------------|-------------:|-------------:|\n";
        for CallTimes { way, enter, leave } in &self.calls {
            let _ = writeln!(text, "| {way:<19} | {enter:>12.1} | {leave:>12.1} |");
        }
        text
    }

    fn thread_table(&self) -> String {
        let mut text = "| work   | by way of  | 1 thread | 2 threads | speed-up |\n".to_owned();
        text += "|--------|------------|---------:|----------:|---------:|\n";
        for threads in &self.threads {
            let (ThreadTimes { work, way, times }, speed_up) = (threads, threads.speed_up());
            let [one, two] = times.map(ms);
            let _ = writeln!(text, "| {work:<6} | {way:<10} | {one:>8.1} | {two:>9.1} | {speed_up:>8.2} |");
        }
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
                kernel.times.iter().map(|(name, times)| (name.clone(), json!(ms(median(times))))).collect();
            (kernel.kernel.clone(), Value::Object(medians))
        };
        let means: Map<_, _> =
            self.contenders().iter().zip(self.means()).map(|(name, mean)| ((*name).to_owned(), json!(mean))).collect();
        let module = |module: &ModuleFigures| {
            let figures = json!({
                "wasm_bytes": module.wasm_bytes,
                "image_bytes": module.image_bytes,
                "compile_ms": ms(module.compile),
                "wasmtime_compile_ms": module.wasmtime.map(|(time, _)| ms(time)),
                "wasmtime_bytes": module.wasmtime.map(|(_, bytes)| bytes),
                "load_us": module.load.map(|time| ms(time) * 1e3),
            });
            (module.name.to_owned(), figures)
        };
        let calls = |calls: &CallTimes| {
            (calls.way.to_owned(), json!({ "host_to_wasm_ns": calls.enter, "wasm_to_host_ns": calls.leave }))
        };
        let threads = |threads: &ThreadTimes| {
            let [one, two] = threads.times.map(ms);
            json!({ "work": threads.work, "by": threads.way, "one_thread_ms": one, "two_threads_ms": two })
        };
        json!({
            "parallel": self.threads.iter().map(threads).collect::<Vec<_>>(),
            "calls": self.calls.iter().map(calls).collect::<Map<_, _>>(),
            "modules": self.modules.iter().map(module).collect::<Map<_, _>>(),
            "median_ms": self.times.iter().map(kernel).collect::<Map<_, _>>(),
            "geometric_mean_ratio_to_native": means,
            "not_measured": self.missing,
        })
    }
}

fn reference_ms(kernel: &KernelTimes) -> f64 {
    kernel.times.first().map_or(0.0, |(_, times)| ms(median(times)))
}

/// Each contender's time by the reference's.
fn ratios(kernel: &KernelTimes) -> Vec<f64> {
    kernel.times.iter().map(|(_, times)| ms(median(times)) / reference_ms(kernel)).collect()
}

fn kilobytes(bytes: u64) -> String {
    format!("{:.0}", bytes as f64 / 1e3)
}

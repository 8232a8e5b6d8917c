//! What a second thread brings: the program `parallel` with one and with two, natively and as an image in `graver-run`. By the
//! wall clock, so on an idle machine; the program times its work itself, so that how long it takes to start does not count.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use graver_aot_format::BoundsStrategy;
use graver_guests::{Error, output_directory, run, rust};

use crate::graver;
use crate::options::Options;
use crate::statistics::median;

/// The row of the CPU that the native build is for.
const TARGET: &str = "x86_64";

/// One kind of work, done in one way.
#[derive(Clone, Debug)]
pub(crate) struct ThreadTimes {
    pub(crate) work: String,
    pub(crate) way: &'static str,
    /// With one thread, and with two.
    pub(crate) times: [Duration; 2],
}

impl ThreadTimes {
    /// How many times as fast two threads are.
    pub(crate) fn speed_up(&self) -> f64 {
        let [one, two] = self.times.map(|time| time.as_secs_f64());
        one / two
    }
}

/// How a program is started, and what it said with each number of threads.
struct Way {
    name: &'static str,
    words: Vec<PathBuf>,
    runs: [Vec<Lines>; 2],
}

/// What one run says: for each kind of work its name, the time, and what came out.
type Lines = Vec<(String, Duration, String)>;

/// Measures both ways with both numbers of threads, in turns.
pub(crate) fn measure(options: &Options) -> Result<Vec<ThreadTimes>, Error> {
    let (count, queens) = if options.quick { ("200000", "9") } else { ("8000000", "14") };
    let mut ways = ways()?;
    let mut expected = None;
    for turn in 0..=options.turns {
        for way in &mut ways {
            for (threads, runs) in ["1", "2"].iter().zip(&mut way.runs) {
                let lines = run_once(&way.words, &["time", count, queens, threads])?;
                let results: Vec<_> = lines.iter().map(|(work, _, result)| format!("{work} {result}")).collect();
                let expected = expected.get_or_insert_with(|| results.clone());
                if *expected != results {
                    return Err(format!("{}, {threads} threads: {results:?} instead of {expected:?}", way.name).into());
                }
                // The first turn does not count.
                if turn > 0 {
                    runs.push(lines);
                }
            }
        }
    }
    Ok(ways.iter().flat_map(Way::times).collect())
}

fn ways() -> Result<[Way; 2], Error> {
    let guest = rust::PARALLEL.build()?;
    let image = output_directory()?.join("parallel-bench.aot");
    fs::write(&image, graver::compile_for(TARGET, &fs::read(&guest.wasm)?, BoundsStrategy::Guard)?.0)?;
    let command = graver::installed()?.join("bin/graver-run");
    let way = |name, words| Way { name, words, runs: [Vec::new(), Vec::new()] };
    Ok([way("native", vec![guest.native]), way("graver-run", vec![command, image])])
}

impl Way {
    /// The medians for each kind of work.
    fn times(&self) -> Vec<ThreadTimes> {
        let works = self.runs[0].first().map_or(&[][..], Vec::as_slice).iter().enumerate();
        let median_of = |runs: &Vec<Lines>, work: usize| {
            median(&runs.iter().filter_map(|lines| lines.get(work)).map(|(_, time, _)| *time).collect::<Vec<_>>())
        };
        let times = |work| self.runs.each_ref().map(|runs| median_of(runs, work));
        works
            .map(|(index, (work, ..))| ThreadTimes { work: work.clone(), way: self.name, times: times(index) })
            .collect()
    }
}

fn run_once(words: &[PathBuf], arguments: &[&str]) -> Result<Lines, Error> {
    let (program, others) = words.split_first().ok_or("no program")?;
    let output = String::from_utf8(run(Command::new(program).args(others).args(arguments))?.stdout)?;
    let line = |line: &str| -> Result<_, Error> {
        let [work, nanoseconds, result] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("the program printed `{line}`").into());
        };
        Ok((work.to_owned(), Duration::from_nanos(nanoseconds.parse()?), result.to_owned()))
    };
    output.lines().map(line).collect()
}

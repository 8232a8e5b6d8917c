//! Those who run the kernels, and the turns they take.

use std::time::Duration;

use graver_guests::Error;

use crate::workloads::Workload;

/// Something that can run the kernels.
pub(crate) trait Contender {
    /// What the table calls it.
    fn name(&self) -> &str;

    /// Runs a kernel once: its checksum, and the time the call took.
    fn run(&mut self, workload: &Workload) -> Result<(u64, Duration), Error>;
}

/// All times of one kernel.
#[derive(Clone, Debug)]
pub(crate) struct KernelTimes {
    pub(crate) kernel: String,
    /// Of each contender, in the order of the contenders: its name and the time of each turn.
    pub(crate) times: Vec<(String, Vec<Duration>)>,
}

/// Lets everyone run everything: a first run that is not counted, then `turns` rounds in which contenders alternate.
pub(crate) fn take_turns(
    contenders: &mut [&mut dyn Contender],
    workloads: &[Workload],
    turns: usize,
) -> Result<Vec<KernelTimes>, Error> {
    workloads.iter().map(|workload| time_kernel(contenders, workload, turns)).collect()
}

fn time_kernel(contenders: &mut [&mut dyn Contender], workload: &Workload, turns: usize) -> Result<KernelTimes, Error> {
    let mut times: Vec<_> = contenders.iter().map(|contender| (contender.name().to_owned(), Vec::new())).collect();
    let mut expected = None;
    for turn in 0..=turns {
        for (contender, (name, times)) in contenders.iter_mut().zip(&mut times) {
            let (checksum, time) = contender.run(workload).map_err(|error| format!("{name}: {error}"))?;
            let expected = *expected.get_or_insert(checksum);
            if checksum != expected {
                let kernel = &workload.kernel;
                return Err(format!("{kernel}: {name} computed {checksum:#x} instead of {expected:#x}").into());
            }
            if turn > 0 {
                times.push(time);
            }
        }
    }
    Ok(KernelTimes { kernel: workload.kernel.clone(), times })
}

//! A line on the terminal that says what takes so long, once it has taken a second. Nothing where nobody looks.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Shows what is under way until it is dropped.
pub(crate) struct Progress {
    running: Arc<Mutex<BTreeSet<String>>>,
    done: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts to watch the compilation of a file.
    pub(crate) fn start(input: &Path) -> Self {
        let (done, finished) = channel::<()>();
        let running: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let (name, seen) = (input.display().to_string(), Arc::clone(&running));
        let thread = std::io::stderr().is_terminal().then(|| {
            std::thread::spawn(move || {
                let started = Instant::now();
                let mut is_shown = false;
                while finished.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                    let targets = seen.lock().map(|set| set.iter().cloned().collect::<Vec<_>>().join(", "));
                    let seconds = started.elapsed().as_secs();
                    eprint!("\r\x1b[Kcompiling {name} for {} ... {seconds} s", targets.unwrap_or_default());
                    is_shown = true;
                }
                if is_shown {
                    eprint!("\r\x1b[K");
                }
            })
        });
        Self { running, done, thread }
    }

    /// Notes that a target is under way, or no longer.
    pub(crate) fn note(&self, target: &str, is_running: bool) {
        if let Ok(mut running) = self.running.lock() {
            if is_running {
                running.insert(target.to_owned());
            } else {
                running.remove(target);
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let _ = self.done.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

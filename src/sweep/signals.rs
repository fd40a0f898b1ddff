//! Ctrl-C and termination signals: the first stops starting jobs, the second kills what runs.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What the signals so far ask for.
#[derive(Debug, Default)]
pub struct Stop {
    /// Start nothing more; what runs may finish.
    pub starting: AtomicBool,
    /// Kill what runs.
    pub running: AtomicBool,
}

impl Stop {
    /// Starts nothing more and kills the running jobs, because their results could not be written.
    pub fn at_once(&self) {
        self.starting.store(true, Ordering::Relaxed);
        self.running.store(true, Ordering::Relaxed);
    }
}

/// Listens from now on. Interrupt, termination and hang-up count alike.
pub fn listen() -> Result<&'static Stop, ctrlc::Error> {
    static STOP: OnceLock<Stop> = OnceLock::new();
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let stop = STOP.get_or_init(Stop::default);
    ctrlc::set_handler(move || {
        stop.starting.store(true, Ordering::Relaxed);
        if COUNT.fetch_add(1, Ordering::Relaxed) >= 1 {
            stop.running.store(true, Ordering::Relaxed);
        }
    })?;
    Ok(stop)
}

//! The options of a sweep, apart from the rows that it runs.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::memory;

#[derive(Clone, Debug)]
pub struct Options {
    pub data_dir: PathBuf,
    /// Jobs at the same time.
    pub jobs: usize,
    /// Threads of a job; the last jobs of a sweep may get more.
    pub threads: usize,
    /// The limit of a job's resident memory, in bytes.
    pub memory_limit: u64,
    /// How often each configuration runs.
    pub repeats: Repeats,
    /// The most time that a configuration may spend on repeats after the first; `None` is no limit.
    pub repeat_budget: Option<Duration>,
    /// The seed from which all others derive.
    pub seed: u64,
    /// Runs rows again that have a valid result.
    pub force: bool,
    /// Runs again the rows that failed.
    pub retry_failed: bool,
    /// Runs every configuration in a process of its own.
    pub no_sharing: bool,
    /// Times rows one at a time with nothing else running.
    pub quiet_pass: bool,
    /// Tries rows that are expected to exceed their time limit on few images first.
    pub forecast: bool,
}

impl Options {
    /// Share of the memory that all jobs together may use.
    const MEMORY_SHARE: f64 = 0.8;

    /// Cores that this process may use.
    pub fn cores() -> usize {
        std::thread::available_parallelism().map_or(1, |cores| cores.get())
    }

    /// Memory in bytes that all jobs together may use.
    pub fn memory_for_jobs() -> u64 {
        (memory::total() as f64 * Self::MEMORY_SHARE) as u64
    }

    /// The memory limit of a job in bytes, unless one is given.
    pub fn default_memory_limit(jobs: usize) -> u64 {
        Self::memory_for_jobs() / jobs.max(1) as u64
    }
}

impl Default for Options {
    fn default() -> Options {
        let jobs = Options::cores();
        Options {
            data_dir: "data".into(),
            jobs,
            threads: 1,
            memory_limit: Options::default_memory_limit(jobs),
            repeats: Repeats::Times(1),
            repeat_budget: None,
            seed: 1,
            force: false,
            retry_failed: false,
            no_sharing: false,
            quiet_pass: false,
            forecast: true,
        }
    }
}

/// How often each configuration runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// That often.
    Times(usize),
    /// Until the 95 % confidence interval of the mean accuracy is at most 0.001 to either side, at most
    /// [`Repeats::MOST_AUTO`] times.
    Auto,
}

impl Repeats {
    /// Repeats of [`Repeats::Auto`] at most.
    pub const MOST_AUTO: usize = 30;
    /// Repeats that can be asked for by number.
    pub const MOST: usize = 1000;

    /// Repeats at most.
    pub fn most(self) -> usize {
        match self {
            Repeats::Times(times) => times,
            Repeats::Auto => Repeats::MOST_AUTO,
        }
    }
}

impl FromStr for Repeats {
    type Err = String;

    fn from_str(text: &str) -> Result<Repeats, String> {
        match (text, text.parse::<usize>()) {
            ("auto", _) => Ok(Repeats::Auto),
            (_, Ok(times)) if (1..=Repeats::MOST).contains(&times) => Ok(Repeats::Times(times)),
            _ => Err(format!("expected a number from 1 to {}, or auto", Repeats::MOST)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_a_number_or_auto() {
        assert_eq!("5".parse(), Ok(Repeats::Times(5)));
        assert_eq!("auto".parse(), Ok(Repeats::Auto));
        for wrong in ["0", "1001", "-1", "Auto", ""] {
            let error = wrong.parse::<Repeats>().unwrap_err();
            assert_eq!(error, "expected a number from 1 to 1000, or auto", "{wrong}");
        }
    }
}

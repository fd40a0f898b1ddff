//! What recorded runs cost: the few figures of a result file that say what the same would take again.
//!
//! Read leniently and without the predictions, since nothing here becomes a result: a file that does not say its
//! cost is passed over.

use std::io;
use std::path::Path;

use serde::Deserialize;

use super::limits::LONGEST_SECONDS;
use super::record::{Record, Status};
use super::store;
use crate::grid::{Configuration, Parameters};

/// What one configuration took.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub dataset: String,
    pub engine: String,
    pub configuration: Configuration,
    pub train_size: usize,
    /// Seconds of one repeat, fit and predict: CPU time where it was measured, which other programs on the machine
    /// disturb least; wall clock elsewhere.
    pub seconds: f64,
    /// The run was stopped at a time limit of so many seconds: it takes longer.
    pub at_least: bool,
    pub bytes: Option<u64>,
}

/// The keys of a result file that matter here.
#[derive(Deserialize)]
struct Head {
    status: Status,
    engine: String,
    classifier: String,
    parameters: Parameters,
    dataset: String,
    train_size: usize,
    peak_memory_bytes: Option<u64>,
    #[serde(default)]
    repeats: Vec<Times>,
    provenance: Option<Limits>,
}

#[derive(Clone, Copy, Deserialize)]
struct Times {
    fit_seconds: f64,
    predict_seconds: f64,
    fit_cpu_seconds: Option<f64>,
    predict_cpu_seconds: Option<f64>,
}

#[derive(Deserialize)]
struct Limits {
    #[serde(default)]
    timeout_seconds: f64,
}

impl Times {
    fn seconds(self) -> f64 {
        let measured = |cpu: Option<f64>, wall: f64| cpu.filter(|&cpu| cpu > 0.0).unwrap_or(wall);
        measured(self.fit_cpu_seconds, self.fit_seconds)
            + measured(self.predict_cpu_seconds, self.predict_seconds)
    }
}

/// What every result file below the folder of a run says; nothing when there is no such folder.
pub fn read_run(root: &Path) -> io::Result<Vec<Recorded>> {
    Ok(store::files_below(root)?.iter().filter_map(|path| read(path)).collect())
}

fn read(path: &Path) -> Option<Recorded> {
    let head: Head = serde_json::from_slice(&store::read_bounded(path).ok()?).ok()?;
    let (seconds, at_least) = match head.status {
        Status::Timeout => (head.provenance?.timeout_seconds, true),
        _ => (mean(head.repeats.iter().map(|times| times.seconds()))?, false),
    };
    (seconds > 0.0 && seconds <= LONGEST_SECONDS && head.train_size > 0).then(|| Recorded {
        dataset: head.dataset,
        engine: head.engine,
        configuration: Configuration::new(head.classifier, head.parameters),
        train_size: head.train_size,
        seconds,
        at_least,
        bytes: head.peak_memory_bytes.filter(|&bytes| bytes > 0),
    })
}

/// Seconds of one repeat of a result, as [`Recorded`] has them.
pub fn seconds(record: &Record) -> Option<f64> {
    mean(record.repeats.iter().map(|repeat| {
        let times = Times {
            fit_seconds: repeat.fit_seconds,
            predict_seconds: repeat.predict_seconds,
            fit_cpu_seconds: repeat.fit_cpu_seconds,
            predict_cpu_seconds: repeat.predict_cpu_seconds,
        };
        times.seconds()
    }))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_run_says_what_it_took() {
        let recorded = read_run(Path::new("results/reference")).unwrap();
        let of = |engine: &str, classifier: &str| {
            let wanted = |one: &&Recorded| one.engine == engine && one.configuration.classifier == classifier;
            recorded.iter().filter(wanted).collect::<Vec<_>>()
        };
        // Those of the suite of crates, on fewer rows, aside.
        let full = |one: &&Recorded| one.train_size == 60_000;
        let svc: Vec<_> = of("native", "SVC").into_iter().filter(full).collect();
        assert_eq!(svc.len(), 24);
        assert!(svc.iter().all(|one| one.seconds > 1.0 && !one.at_least));
        // The linear kernel, measured alone, holds no products between training rows.
        let range = |one: &Recorded| match one.configuration.id().contains("kernel=linear") {
            true => 1 << 28..1 << 30,
            false => 1 << 31..1 << 32,
        };
        assert!(svc.iter().all(|one| one.bytes.is_some_and(|bytes| range(one).contains(&bytes))));
        // Stopped at the suite's limit.
        assert!(of("linfa", "SVC").iter().all(|one| one.at_least && one.seconds == 30.0));
        assert!(read_run(Path::new("results/no-such-run")).unwrap().is_empty());
    }

    #[test]
    fn what_says_nothing_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("a", "{"), ("b", "{}"), ("c", r#"{"status": "ok", "train_size": -1}"#)] {
            std::fs::write(folder.path().join(format!("{name}.json")), text).unwrap();
        }
        assert!(read_run(folder.path()).unwrap().is_empty());
    }
}

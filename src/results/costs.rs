//! Costs of recorded runs: time and memory of each result, for estimates of further runs.

use std::io;
use std::path::Path;

use super::limits::LONGEST_SECONDS;
use super::load;
use super::record::{NOT_TRIED, Record, Repeat, Status};
use crate::grid::Configuration;

/// The cost of one configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub dataset: String,
    pub engine: String,
    pub engine_version: Option<String>,
    pub configuration: Configuration,
    pub train_size: usize,
    /// Seconds of one repeat, fit and predict: CPU time where it was measured, which other programs on the
    /// machine disturb least; wall clock elsewhere.
    pub seconds: f64,
    /// Whether the row is a timeout: `seconds` is its limit then, a lower bound.
    pub at_least: bool,
    /// Whether it was run: a timeout may also follow from a forecast, or from a cheaper row.
    pub was_run: bool,
    pub bytes: Option<u64>,
}

impl Recorded {
    /// The cost in a result; `None` if the result does not say it.
    pub fn of(record: &Record) -> Option<Recorded> {
        let (seconds, at_least) = match record.status {
            Status::Timeout => (record.provenance.as_ref()?.timeout_seconds, true),
            _ => (mean_seconds(&record.repeats)?, false),
        };
        (seconds > 0.0 && seconds <= LONGEST_SECONDS).then(|| Recorded {
            dataset: record.dataset.clone(),
            engine: record.engine.clone(),
            engine_version: record.engine_version.clone(),
            configuration: record.configuration.clone(),
            train_size: record.train_size,
            seconds,
            at_least,
            was_run: record.forecast.is_none() && !record.reason().starts_with(NOT_TRIED),
            bytes: record.peak_memory_bytes.filter(|&bytes| bytes > 0),
        })
    }
}

/// Costs of the results below the folder of a run; empty without such a folder. Invalid files are skipped.
pub fn read_run(root: &Path) -> io::Result<Vec<Recorded>> {
    let scan = load::below(root, |_| None)?;
    Ok(scan.records.iter().filter_map(|record| Recorded::of(record)).collect())
}

fn mean_seconds(repeats: &[Repeat]) -> Option<f64> {
    let measured = |cpu: Option<f64>, wall: f64| cpu.filter(|&cpu| cpu > 0.0).unwrap_or(wall);
    let seconds = |repeat: &Repeat| {
        measured(repeat.fit_cpu_seconds, repeat.fit_seconds)
            + measured(repeat.predict_cpu_seconds, repeat.predict_seconds)
    };
    (!repeats.is_empty()).then(|| repeats.iter().map(seconds).sum::<f64>() / repeats.len() as f64)
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
        // Stopped at the suite's limit, or after a hundred seconds.
        assert!(of("linfa", "SVC").iter().all(|one| one.at_least && [30.0, 100.0].contains(&one.seconds)));
        assert!(of("smartcore", "SVC").iter().all(|one| one.at_least && one.was_run && one.seconds == 100.0));
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

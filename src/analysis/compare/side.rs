//! One side of a comparison: a file, an engine of a run, or a whole run.

use std::collections::BTreeMap;
use std::path::Path;

use super::figures::{Figures, Processor};
use crate::check::{self, file::CheckedFile};
use crate::dataset::{Outlines, Predictions};
use crate::results::{Problem, Record, Status, Store, load, place};

/// The results of one side, by the key that joins them with the other side's.
pub struct Side {
    pub name: String,
    pub entries: BTreeMap<Key, Entry>,
}

/// The key that two results share if they are compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub dataset: String,
    /// Empty where engines are compared with each other.
    pub engine: String,
    /// The canonical id with the train size, as in the file's name.
    pub id: String,
}

/// A result with what each of its repeats predicted.
pub struct Entry {
    pub figures: Figures,
    pub predictions: Vec<Predictions>,
}

/// A side as the user names it: `ENGINE` (of the current run), `RUN/ENGINE` or `RUN`. For two files see
/// [`files`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    Engine { run: String, engine: String },
    Run(String),
}

impl Key {
    pub fn text(&self) -> String {
        let parts = [&self.dataset, &self.engine, &self.id];
        parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ")
    }
}

impl Spec {
    /// Reads the name of a side that is not a file. `run` is the run of an engine without one. An engine of
    /// that run is preferred to a run of the same name.
    pub fn find(text: &str, results: &Path, run: &str) -> Result<Spec, String> {
        let runs = Store::runs(results).map_err(|error| format!("{}: {error}", results.display()))?;
        if let Some((run, engine)) = text.split_once('/') {
            if runs.iter().any(|one| one == run) && has_engine(results, run, engine) {
                return Ok(Spec::Engine { run: run.to_string(), engine: engine.to_string() });
            }
        } else if has_engine(results, run, text) {
            return Ok(Spec::Engine { run: run.to_string(), engine: text.to_string() });
        } else if runs.iter().any(|one| one == text) {
            return Ok(Spec::Run(text.to_string()));
        }
        Err(format!(
            "{text:?} is neither a file nor an engine with results in run {run:?}, nor a run (there: {}); \
             RUN/ENGINE names an engine of another run",
            if runs.is_empty() { "none".to_string() } else { runs.join(", ") }
        ))
    }

    /// The run of this side.
    fn run(&self) -> &str {
        match self {
            Spec::Engine { run, .. } | Spec::Run(run) => run,
        }
    }
}

/// Whether a run has a folder of that engine for any data set.
fn has_engine(results: &Path, run: &str, engine: &str) -> bool {
    let plain = !engine.is_empty() && !engine.contains(['/', '\\']) && engine != "." && engine != "..";
    let datasets = std::fs::read_dir(results.join(run)).into_iter().flatten().flatten();
    plain && datasets.map(|dataset| dataset.path().join(engine)).any(|folder| folder.is_dir())
}

/// Both sides. Two runs join engine by engine; where one side is an engine, engines are compared with each
/// other.
pub fn pair(
    first: &Spec,
    second: &Spec,
    results: &Path,
    outlines: &Outlines,
) -> Result<(Side, Side), String> {
    if let (Spec::Run(_), Spec::Engine { .. }) | (Spec::Engine { .. }, Spec::Run(_)) = (first, second) {
        return Err("one side is an engine and the other a whole run: name two of a kind, such as \
                    RUN/ENGINE and RUN/ENGINE"
            .to_string());
    }
    Ok((side(first, results, outlines)?, side(second, results, outlines)?))
}

fn side(spec: &Spec, results: &Path, outlines: &Outlines) -> Result<Side, String> {
    let scan = load::run(&Store::new(results, spec.run())?, |name| outlines.get(name));
    let scan = scan.map_err(|error| format!("{}: {error}", results.join(spec.run()).display()))?;
    if let Some(problem) = scan.problems.first() {
        return Err(format!("{problem}; `validate` says more"));
    }
    let mut entries = BTreeMap::new();
    for record in scan.records {
        let record = record.into_inner();
        let key = match spec {
            Spec::Engine { engine, .. } if *engine != record.engine => continue,
            Spec::Engine { .. } => String::new(),
            Spec::Run(_) => record.engine.clone(),
        };
        let key = Key { dataset: record.dataset.clone(), engine: key, id: record.id.clone() };
        entries.insert(key, Entry::of(record));
    }
    let name = match spec {
        Spec::Engine { run, engine } => format!("{engine} of run {run}"),
        Spec::Run(run) => format!("run {run}"),
    };
    Ok(Side { name, entries })
}

/// The sides of two files. They may differ in configuration, but not in data set.
pub fn files(first: &Path, second: &Path, outlines: &Outlines) -> Result<(Side, Side), String> {
    let ((dataset, id, a), (other, other_id, b)) = (file(first, outlines)?, file(second, outlines)?);
    if dataset != other {
        return Err(format!(
            "{} is of {dataset} and {} of {other}: compare one data set",
            first.display(),
            second.display()
        ));
    }
    let id = if id == other_id { id } else { format!("{id} and {other_id}") };
    let key = Key { dataset, engine: String::new(), id };
    let side = |path: &Path, entry| Side {
        name: path.display().to_string(),
        entries: BTreeMap::from([(key.clone(), entry)]),
    };
    Ok((side(first, a), side(second, b)))
}

/// Data set, name and content of a result or a submission.
fn file(path: &Path, outlines: &Outlines) -> Result<(String, String, Entry), String> {
    let none = || format!("{} has no predictions to compare", path.display());
    let problem = |problems: Vec<Problem>| problems.first().map(Problem::to_string).unwrap_or_default();
    let submission = match check::file::load(&place::followed(path), outlines).map_err(problem)? {
        CheckedFile::Result(record) if record.repeats.is_empty() => return Err(none()),
        CheckedFile::Result(record) => {
            let record = record.into_inner();
            return Ok((record.dataset.clone(), record.id.clone(), Entry::of(record)));
        }
        CheckedFile::Submission(submission) => submission.into_inner(),
    };
    let predictions: Vec<Predictions> =
        submission.repeats.into_iter().filter_map(|repeat| repeat.predictions.ok()).collect();
    if predictions.is_empty() {
        return Err(none());
    }
    // The times of a submission come from an unknown machine, so they are not compared.
    let figures = Figures {
        engine: "submitted".to_string(),
        status: Status::Ok,
        accuracy: None,
        fit_seconds: None,
        predict_seconds: None,
        quiet: false,
        threads: 1,
        repeats: predictions.len(),
        processor: None,
    };
    Ok((submission.dataset, submission.classifier, Entry { figures, predictions }))
}

impl Entry {
    fn of(record: Record) -> Entry {
        Entry {
            figures: Figures {
                accuracy: record.accuracy(),
                fit_seconds: record.fit_seconds(),
                predict_seconds: record.predict_seconds(),
                engine: record.engine,
                status: record.status,
                quiet: record.quiet,
                threads: record.threads,
                repeats: record.repeats.len(),
                processor: record.provenance.as_ref().map(Processor::of),
            },
            predictions: record.repeats.into_iter().map(|repeat| repeat.predictions).collect(),
        }
    }
}

//! Trains committed results again, with the settings and seeds that they record, and compares the
//! predictions.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::options::Repeats;
use super::signals::Stop;
use super::{Options, Plan, Request, Summary, SweepError, plan, resume, schedule};
use crate::results::{Checked, Record, Status, Store, load, provenance};

/// The outcome of training one result again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same predictions, all of them. A method that draws no random numbers gives them with any seed.
    Reproduced,
    /// Trained with other vector instructions; at most [`TOLERANCE`] of the predictions differ, which
    /// rounding explains.
    Near { differing: usize, of: usize },
    /// Other predictions.
    Differs(String),
    /// Nothing to compare, because the row was not trained or has no result: the reason.
    NotRun(String),
}

/// Share of predictions that may differ where the vector instructions do: sums in another order turn
/// near-ties. Where the instructions are the same, none may.
pub const TOLERANCE: f64 = 0.001;

/// Trains all again and gives a verdict for each. `scratch` takes the new results.
pub fn run(
    records: &[Checked<Record>],
    options: &Options,
    timeout: Duration,
    scratch: &Path,
    stop: &Stop,
) -> Result<Vec<Verdict>, SweepError> {
    let mut verdicts = vec![Verdict::NotRun("stopped before its turn".to_string()); records.len()];
    // Seeds and the number of repeats hold for a whole sweep.
    let mut sweeps: BTreeMap<(u64, usize), Vec<usize>> = BTreeMap::new();
    for (index, record) in records.iter().enumerate() {
        match settings(record) {
            Ok(settings) => sweeps.entry(settings).or_default().push(index),
            Err(reason) => verdicts[index] = Verdict::NotRun(reason),
        }
    }
    for ((seed, repeats), indices) in sweeps {
        let store =
            Store::new(scratch, &format!("seed-{seed}-repeats-{repeats}")).map_err(SweepError::RunName)?;
        let options = Options { seed, repeats: Repeats::Times(repeats), force: true, ..options.clone() };
        let wanted = indices.iter().map(|&index| wanted(&records[index], timeout)).collect();
        let plan = Plan::new(wanted, &options.data_dir)?;
        let todo = resume::read(&store, &plan, &options)
            .map_err(SweepError::io(format!("cannot read {}", store.root().display())))?
            .todo;
        let Summary { interrupted, .. } = schedule::run(&plan, todo, &options, &store, stop, &mut |_| ())?;
        for index in indices {
            let record = &records[index];
            let path = store.path(&record.dataset, &record.engine, &record.id);
            let find = |name: &str| plan.outlines.iter().find(|outline| outline.name == name);
            match load::record(&path, find) {
                Ok(again) => verdicts[index] = compare(record, &again),
                Err(_) if interrupted => {}
                Err(refused) => {
                    let message = refused.problems.first().map(|problem| problem.message.clone());
                    verdicts[index] = Verdict::NotRun(message.unwrap_or_default());
                }
            }
        }
        if interrupted {
            break;
        }
    }
    Ok(verdicts)
}

/// Base seed and number of repeats, or why the result cannot be trained again.
fn settings(record: &Record) -> Result<(u64, usize), String> {
    if record.status != Status::Ok {
        return Err(format!("its status is {}: there are no predictions", record.status.name()));
    }
    if plan::find_engine(&record.engine).is_none() {
        return Err(format!(
            "there is no engine {:?} here: build with the feature of that name, install the external engine, or \
             name its file with --engines",
            record.engine
        ));
    }
    let Some(made) = &record.provenance else {
        return Err("no seed recorded: the file has no provenance".to_string());
    };
    Ok((made.base_seed, record.repeats.len()))
}

fn wanted(record: &Record, timeout: Duration) -> Request {
    Request {
        dataset: record.dataset.clone(),
        engine: record.engine.clone(),
        configuration: record.configuration.clone(),
        train_size: Some(record.train_size),
        after: Vec::new(),
        timeout,
        grid_digest: String::new(),
    }
}

fn compare(before: &Record, again: &Record) -> Verdict {
    if again.status != Status::Ok {
        return Verdict::NotRun(format!("{}: {}", again.status.name(), again.reason()));
    }
    if before.repeats.len() != again.repeats.len() {
        let (was, is) = (before.repeats.len(), again.repeats.len());
        return Verdict::Differs(format!("{was} repeats before, {is} now"));
    }
    let (mut differing, mut of, mut first) = (0, 0, None);
    for (index, (old, new)) in before.repeats.iter().zip(&again.repeats).enumerate() {
        let pairs = old.predictions.iter().zip(new.predictions.iter()).enumerate();
        let other: Vec<usize> = pairs.filter(|(_, (a, b))| a != b).map(|(image, _)| image).collect();
        first = first.or(other.first().map(|&image| (index, image)));
        differing += other.len();
        of += old.predictions.len().max(new.predictions.len());
    }
    let Some((repeat, image)) = first else { return Verdict::Reproduced };
    let (old, new) = (before.repeats[repeat].seed, again.repeats[repeat].seed);
    if old != new {
        return Verdict::Differs(format!(
            "{differing} of {of} predictions; repeat {repeat} had the seed {old}, and has {new} now"
        ));
    }
    let features = |record: &Record| record.provenance.as_ref().map(|made| made.cpu_features.clone());
    if features(before) != features(again) && differing as f64 <= TOLERANCE * of as f64 {
        return Verdict::Near { differing, of };
    }
    let code = |record: &Record| record.provenance.as_ref().map(|made| made.code_digest.clone());
    let why = if code(before) == code(again) { "by the same code" } else { "by other code than now" };
    if before.engine_version != again.engine_version {
        let version = |record: &Record| record.engine_version.clone().unwrap_or("unknown".into());
        return Verdict::Differs(format!(
            "{differing} of {of} predictions, by {} {} then and {} now",
            before.engine,
            version(before),
            version(again)
        ));
    }
    // The engine `native` must give the same bits; other engines need not.
    let engine = match before.engine.as_str() {
        "native" => String::new(),
        other => format!("; {other} may give other bits at every run, see docs/FINDINGS.md"),
    };
    Verdict::Differs(format!(
        "{differing} of {of} predictions, the first for image {image} in repeat {repeat}; it was made {why} ({}){engine}",
        before.provenance.as_ref().map_or("unknown", |made| made.binary_version.as_str())
    ))
}

/// The version and CPU features of this program, which made the comparison.
pub fn here() -> (String, String) {
    let here = provenance::Provenance::here();
    (here.binary_version, here.cpu_features)
}

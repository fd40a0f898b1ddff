//! Resuming a run: reads its result files and decides for each row what is still to be done.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rayon::prelude::*;

use super::plan::{Plan, Row};
use super::{Options, repeats};
use crate::dataset::Outline;
use crate::engines::external;
use crate::results::costs::Recorded;
use crate::results::{Checked, Provenance, Record, Refused, Status, Store, load, provenance};

/// What the files of a run say, each read once.
#[derive(Debug, Default)]
pub struct Found {
    /// What is to be done, by row of the plan.
    pub todo: Vec<Todo>,
    /// What the results of the run cost, those of rows outside the plan included.
    pub costs: Vec<Recorded>,
}

/// What is to be done for a row.
#[derive(Debug)]
pub enum Todo {
    /// Nothing: its file has a result, or a failure that would come again.
    Nothing { status: Status, error: Option<String> },
    /// More repeats: the file stays valid.
    More(Box<Record>),
    /// The times are measured again with nothing else running; the predictions must come out the same.
    Remeasure(Box<Record>),
    /// The whole row; with a reason if it has a file, which is replaced.
    All(Option<Reason>),
}

/// Why an existing file is made again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    Forced,
    Retried,
    /// The file is no valid result; with the first problem.
    Damaged(String),
    Code,
    Version,
    Data,
    Seed,
    TimeLimit,
    MemoryLimit,
}

impl Reason {
    /// For the notice at the start of a sweep.
    pub fn text(&self) -> &'static str {
        match self {
            Reason::Forced => "--force",
            Reason::Retried => "--retry-failed",
            Reason::Damaged(_) => "the file was damaged",
            Reason::Code => "made by other code",
            Reason::Version => "made by another version of the engine",
            Reason::Data => "made from other data",
            Reason::Seed => "made with another --seed",
            Reason::TimeLimit => "failed at a lower --timeout",
            Reason::MemoryLimit => "failed at a lower --memory-limit",
        }
    }
}

/// Reads every result file of the run and decides what is still to be done. Changes nothing on disk.
pub fn read(store: &Store, plan: &Plan, options: &Options) -> io::Result<Found> {
    let paths: Vec<PathBuf> =
        plan.rows.iter().map(|row| store.path(&row.dataset, row.engine.name, &row.id)).collect();
    let mut files = store.files()?.files;
    let listed: HashSet<&PathBuf> = files.iter().collect();
    let mut linked = Vec::new();
    for path in &paths {
        // A row's file may be a symbolic link, which `files` leaves out.
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        if !listed.contains(path) && path.try_exists().map_err(named)? {
            linked.push(path.clone());
        }
    }
    files.extend(linked);
    let row_of: HashMap<&PathBuf, usize> = paths.iter().enumerate().map(|(row, path)| (path, row)).collect();
    let find = |name: &str| plan.outlines.iter().find(|outline| outline.name == name);
    let read = |path: &PathBuf| {
        let read = load::record(path, find);
        let cost = read.as_ref().ok().and_then(|record| Recorded::of(record));
        let todo = row_of.get(path).map(|&row| (row, decide(read, &plan.rows[row], plan, options)));
        (cost, todo)
    };
    let read: Vec<_> = files.par_iter().map(read).collect();
    let mut found = Found { todo: plan.rows.iter().map(|_| Todo::All(None)).collect(), costs: Vec::new() };
    for (cost, todo) in read {
        found.costs.extend(cost);
        if let Some((row, todo)) = todo {
            found.todo[row] = todo;
        }
    }
    Ok(found)
}

fn decide(read: Result<Checked<Record>, Refused>, row: &Row, plan: &Plan, options: &Options) -> Todo {
    if options.force && !options.quiet_pass {
        return Todo::All(Some(Reason::Forced));
    }
    match read {
        Ok(record) => of_record(record.into_inner(), row, &plan.outlines[row.outline], options),
        Err(refused) if refused.made_from_other_data => Todo::All(Some(Reason::Data)),
        Err(refused) => Todo::All(Some(Reason::Damaged(refused.to_string()))),
    }
}

fn of_record(record: Record, row: &Row, outline: &Outline, options: &Options) -> Todo {
    let made = record.provenance.clone().unwrap_or_default();
    let version = record.engine_version.as_deref();
    if let Some(reason) = stale(&made, version, row, outline, options) {
        return Todo::All(Some(reason));
    }
    match record.status {
        Status::Ok if options.quiet_pass && (!record.quiet || options.force) => {
            Todo::Remeasure(Box::new(record))
        }
        Status::Ok if repeats::wants_more(&record.repeats, options) => Todo::More(Box::new(record)),
        Status::Timeout if raised(made.timeout_seconds, row.timeout) => Todo::All(Some(Reason::TimeLimit)),
        Status::OutOfMemory if made.memory_limit_bytes < options.memory_limit => {
            Todo::All(Some(Reason::MemoryLimit))
        }
        status if options.retry_failed && status.is_failure() => Todo::All(Some(Reason::Retried)),
        status => Todo::Nothing { status, error: record.error },
    }
}

fn stale(
    made: &Provenance,
    version: Option<&str>,
    row: &Row,
    outline: &Outline,
    options: &Options,
) -> Option<Reason> {
    // The code digest says nothing of an external engine's predictions: its version does.
    let ours = external::find(row.engine.name).is_none();
    if ours && made.code_digest != provenance::CODE_DIGEST {
        Some(Reason::Code)
    } else if !ours && version != Some(row.engine.version) {
        Some(Reason::Version)
    } else if made.dataset_digests != outline.digests {
        Some(Reason::Data)
    } else if made.base_seed != options.seed {
        Some(Reason::Seed)
    } else {
        None
    }
}

fn raised(before_seconds: f64, now: Duration) -> bool {
    now.as_secs_f64() > before_seconds
}

/// Removes what a sweep that was killed in the middle of a write left behind. Only for whoever holds the lock
/// of the run.
pub fn remove_leftovers(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_leftovers(&entry.path());
        } else if name.starts_with(".writing-") && name.ends_with(".tmp") {
            // One that stays does no harm: nothing reads it.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

//! What a row's result file, if there is one, leaves to do.

use std::path::Path;
use std::time::Duration;

use super::plan::Row;
use super::{Options, repeats};
use crate::dataset::Outline;
use crate::engines::external;
use crate::results::{Problem, Provenance, Record, Status, Store, load, provenance, store};

/// What is to be done for a row.
#[derive(Debug)]
pub enum Todo {
    /// The file says it all: a result, or a failure that would come again.
    Nothing(Box<Record>),
    /// The file stays valid and gets more repeats.
    More(Box<Record>),
    /// The times are to be measured again, quietly; the predictions must come out the same.
    Retime(Box<Record>),
    /// There is nothing to build upon; why, and what was there, when there was something.
    All(Option<(Reason, Option<Box<Record>>)>),
}

/// Why an existing file is made anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    Forced,
    Retried,
    /// Set aside under another name; with the problem.
    Garbled(String),
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
            Reason::Garbled(_) => "the file was damaged",
            Reason::Code => "made by other code",
            Reason::Version => "made by another version of the engine",
            Reason::Data => "made from other data",
            Reason::Seed => "made with another --seed",
            Reason::TimeLimit => "failed at a lower --timeout",
            Reason::MemoryLimit => "failed at a lower --memory-limit",
        }
    }
}

/// Looks at a row's file. One that is garbled is set aside, unless this is only a `preview`.
pub fn look(
    store: &Store,
    row: &Row,
    outline: &Outline,
    options: &Options,
    preview: bool,
) -> std::io::Result<Todo> {
    let path = store.path(&row.dataset, row.engine.name, &row.id);
    if !path.try_exists()? {
        return Ok(Todo::All(None));
    }
    let find = |name: &str| (name == outline.name).then_some(outline);
    let read = load::record(&path, find).map(|record| Box::new(record.into_inner()));
    if options.force && !options.quiet_pass {
        return Ok(Todo::All(Some((Reason::Forced, read.ok()))));
    }
    match read {
        Ok(record) => Ok(judge(record, row, outline, options)),
        Err(refused) if refused.made_from_other_data => Ok(Todo::All(Some((Reason::Data, None)))),
        Err(refused) => {
            let problem = refused.problems.first().map(Problem::to_string).unwrap_or_default();
            if preview {
                return Ok(Todo::All(Some((Reason::Garbled(problem), None))));
            }
            let aside = store::set_aside(&path)?;
            let aside = aside.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let reason = Reason::Garbled(format!("{problem}; set aside as {aside}"));
            Ok(Todo::All(Some((reason, None))))
        }
    }
}

fn judge(record: Box<Record>, row: &Row, outline: &Outline, options: &Options) -> Todo {
    let made = record.provenance.clone().unwrap_or_default();
    let version = record.engine_version.as_deref();
    if let Some(reason) = stale(&made, version, row, outline, options) {
        return Todo::All(Some((reason, Some(record))));
    }
    match record.status {
        Status::Ok if options.quiet_pass && (!record.quiet || options.force) => Todo::Retime(record),
        Status::Ok if repeats::wants_more(&record.repeats, options) => Todo::More(record),
        Status::Timeout if raised(made.timeout_seconds, row.timeout) => {
            Todo::All(Some((Reason::TimeLimit, None)))
        }
        Status::OutOfMemory if made.memory_limit_bytes < options.memory_limit => {
            Todo::All(Some((Reason::MemoryLimit, None)))
        }
        status if options.retry_failed && status.is_failure() => Todo::All(Some((Reason::Retried, None))),
        _ => Todo::Nothing(record),
    }
}

fn stale(
    made: &Provenance,
    version: Option<&str>,
    row: &Row,
    outline: &Outline,
    options: &Options,
) -> Option<Reason> {
    // What an external engine predicts is not made by the code of this program.
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
            // One that stays harms nobody: nothing reads it.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

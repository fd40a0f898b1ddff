//! What the path of a result file tells: run, data set, engine or submitter, and configuration.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The run whose folder holds submissions.
pub const RUN: &str = "submitted";

/// The last three parts of a result's path, `<dataset>/<engine>/<id>.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub dataset: String,
    pub engine: String,
    /// The file's name without `.json`.
    pub id: String,
}

impl Place {
    /// `None` where the path has fewer parts, or does not end in `.json`.
    pub fn of(path: &Path) -> Option<Place> {
        let id = path.file_name()?.to_str()?.strip_suffix(".json")?.to_string();
        let engine = path.parent()?.file_name()?.to_str()?.to_string();
        let dataset = path.parent()?.parent()?.file_name()?.to_str()?.to_string();
        Some(Place { dataset, engine, id })
    }
}

/// A path from the root. The disk is not looked at, so links stay as they are.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// The target of a link, or else the path itself. A file's place is part of its content, so the target's
/// place counts.
pub fn followed(path: &Path) -> PathBuf {
    let target = if path.is_symlink() { path.canonicalize().ok() } else { None };
    target.unwrap_or_else(|| path.to_path_buf())
}

/// Whether a file lies in a folder of submissions: at `submitted/<submitter>/<dataset>/<id>.json`, or one
/// folder too high or too deep.
pub fn is_submitted(file: &Path) -> bool {
    let file = absolute(file);
    // Only four levels up: the whole project may lie in a folder of that name.
    file.ancestors().skip(1).take(4).any(|folder| folder.file_name() == Some(OsStr::new(RUN)))
}

//! Finds the files. Symbolic links are followed only where the user names one, or one is the folder of a run.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::results::Problem;
use crate::results::place::{absolute, followed};
use crate::results::submission::RUN;

/// The most levels of folders that are searched; no result lies deeper.
const DEEPEST: usize = 8;

#[derive(Debug, Default)]
pub struct Found {
    /// The folder of all runs, from the root.
    results: PathBuf,
    /// `.json` files, each once, sorted.
    pub files: Vec<PathBuf>,
    pub problems: Vec<Problem>,
}

/// The `.json` files at and below the paths, without hidden ones. In a folder of submissions (`submitted` in
/// `results`, or any folder of that name below the paths), other files are problems.
pub fn files(paths: &[PathBuf], results: &Path) -> Found {
    let mut found = Found { results: absolute(results), ..Found::default() };
    let submissions = absolute(results).join(RUN);
    for path in paths {
        found.visit(path, 0, absolute(path).starts_with(&submissions));
    }
    found.files.sort();
    found.files.dedup();
    found
}

/// Whether two paths lead to one folder, by whatever links.
fn same_folder(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

impl Found {
    /// Whether a link to a folder may be followed: only one that the user names, or the folder of a run.
    /// Within a run none is.
    fn may_be_link(&self, path: &Path, depth: usize) -> bool {
        let is_run = path.parent().is_some_and(|folder| same_folder(folder, &self.results));
        (depth == 0 || is_run) && path.is_dir()
    }

    fn problem(&mut self, path: &Path, message: impl Into<String>) {
        self.problems.push(Problem::file(path, message));
    }

    fn visit(&mut self, path: &Path, depth: usize, submitted: bool) {
        let kind = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) => return self.problem(path, format!("cannot be read: {error}")),
        };
        let name = path.file_name().unwrap_or_default();
        if kind.is_symlink() && !submitted && name != RUN && self.may_be_link(path, depth) {
            self.folder(path, depth, false);
        } else if kind.is_symlink() && !submitted && depth == 0 && path.is_file() {
            self.files.push(followed(path));
        } else if kind.is_symlink() {
            self.problem(path, "is a symbolic link; put the file itself there");
        } else if kind.is_dir() {
            self.folder(path, depth, submitted || name == RUN);
        } else if !kind.is_file() {
            self.problem(path, "is not a regular file; remove it");
        } else if path.extension() == Some(OsStr::new("json")) || depth == 0 {
            self.files.push(path.to_path_buf());
        } else if submitted {
            self.problem(
                path,
                "is not a .json file; only those belong in the folder of submissions: remove it",
            );
        }
    }

    fn folder(&mut self, path: &Path, depth: usize, submitted: bool) {
        if depth >= DEEPEST {
            return self
                .problem(path, "is nested too deeply; results are at <run>/<dataset>/<engine>/<id>.json");
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.problem(path, format!("cannot be read: {error}")),
        };
        for entry in entries {
            match entry {
                Ok(entry) => {
                    let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                    if !hidden {
                        self.visit(&entry.path(), depth + 1, submitted);
                    } else if submitted {
                        self.problem(&entry.path(), "is hidden, and nothing reads it: remove it");
                    }
                }
                Err(error) => self.problem(path, format!("cannot be read: {error}")),
            }
        }
    }
}

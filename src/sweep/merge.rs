//! Joins the results of several folders, such as those of shares, into one run.
//!
//! No file is trusted: each is read as `validate` reads it, must lie where its content says, and is copied to
//! a path made from that content alone. Two files with different results of one row are a conflict. A merge
//! never chooses between them: it names all conflicts and writes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::SweepError;
use crate::check::file::CheckedFile;
use crate::check::{self, walk};
use crate::dataset::Outlines;
use crate::file_name::is_name;
use crate::results::{Checked, Problem, Record, Store, load, place, store};

/// What a merge would do.
#[derive(Debug, Default)]
pub struct Merge {
    /// Files to copy, by row.
    pub new: BTreeMap<Row, Source>,
    /// Files that are in the run already, or in two folders, byte for byte.
    pub same: usize,
    /// Files that are invalid results or lie in a wrong folder.
    pub problems: Vec<Problem>,
    /// Rows with two different results: which row, which files, and the difference.
    pub conflicts: Vec<String>,
    /// Files by the digest of the code that made them.
    pub codes: BTreeMap<String, usize>,
}

/// Data set, engine and id: each a name that is safe in a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub dataset: String,
    pub engine: String,
    pub id: String,
}

/// A file that was checked, and the digest of its content then.
#[derive(Clone, Debug)]
pub struct Source {
    pub path: PathBuf,
    sha256: [u8; 32],
}

impl Merge {
    /// Reads the folders and what the run has. Writes nothing.
    pub fn plan(folders: &[PathBuf], store: &Store, outlines: &Outlines) -> Merge {
        let mut merge = Merge::default();
        for folder in folders {
            if same_folder(folder, &store.root()) {
                merge.problem(folder, "is the run that is merged into; leave it out");
                continue;
            }
            if !folder.is_dir() {
                merge.problem(
                    folder,
                    "is not a folder of results; expected one such as results/local of another machine",
                );
                continue;
            }
            // The folder is a run: links to folders within it are not followed.
            let results = place::absolute(folder).parent().map_or_else(|| folder.clone(), Path::to_path_buf);
            let found = walk::files(std::slice::from_ref(folder), &results);
            merge.problems.extend(found.problems);
            for file in found.files {
                merge.check_file(folder, &file, store, outlines);
            }
        }
        merge
    }

    fn problem(&mut self, path: &Path, message: impl Into<String>) {
        self.problems.push(Problem::file(path, message));
    }

    /// Checks one file and finds out whether it is new.
    fn check_file(&mut self, folder: &Path, file: &Path, store: &Store, outlines: &Outlines) {
        let bytes = match store::read_bounded(file) {
            Ok(bytes) => bytes,
            Err(message) => return self.problem(file, message),
        };
        let record = match check::file::parse(file, &bytes, outlines) {
            Ok(CheckedFile::Result(record)) => record,
            Ok(CheckedFile::Submission(_)) => {
                return self.problem(file, "is a submission; `merge` joins results of sweeps");
            }
            Err(problems) => return self.problems.extend(problems),
        };
        let row =
            Row { dataset: record.dataset.clone(), engine: record.engine.clone(), id: record.id.clone() };
        // `check` has validated these names. Here they decide where a file is written, so they are checked
        // again.
        let safe = [&row.dataset, &row.engine, &row.id].into_iter().all(|name| is_name(name));
        if !safe || file != folder.join(&row.dataset).join(&row.engine).join(format!("{}.json", row.id)) {
            return self
                .problem(file, format!("is not at <dataset>/<engine>/<id>.json in {}", folder.display()));
        }
        let code = record.provenance.as_ref().map_or(String::new(), |made| made.code_digest.clone());
        let sha256: [u8; 32] = Sha256::digest(&bytes).into();
        if let Some(earlier) = self.new.get(&row) {
            if earlier.sha256 == sha256 {
                self.same += 1;
            } else {
                let earlier = earlier.path.clone();
                self.conflict(&row, &earlier, &record, outlines);
            }
            return;
        }
        let place = store.path(&row.dataset, &row.engine, &row.id);
        match fs::symlink_metadata(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *self.codes.entry(code).or_default() += 1;
                self.new.insert(row, Source { path: file.to_path_buf(), sha256 });
            }
            Err(error) => self.problem(&place, format!("cannot be read: {error}")),
            Ok(metadata) if !metadata.is_file() => self.problem(&place, "is not a regular file; remove it"),
            Ok(_) => match store::read_bounded(&place) {
                Ok(there) if there == bytes => self.same += 1,
                Ok(_) => self.conflict(&row, &place, &record, outlines),
                Err(message) => self.problem(&place, message),
            },
        }
    }

    /// Notes that the file at `other` says something else of a row than `record`.
    fn conflict(&mut self, row: &Row, other: &Path, record: &Checked<Record>, outlines: &Outlines) {
        let what = match load::record(other, |name| outlines.get(name)) {
            Ok(other) => difference(&other, record),
            Err(_) => "the first is not a valid result".to_string(),
        };
        let Row { dataset, engine, id } = row;
        let (one, other) = (other.display(), record.path().display());
        self.conflicts.push(format!("{dataset} {engine} {id}: {one} and {other}: {what}"));
    }

    /// Whether everything can be joined.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty() && self.conflicts.is_empty()
    }

    /// Copies what is new. Fails when a file has changed since it was checked, or cannot be written.
    pub fn write(&self, store: &Store) -> Result<(), SweepError> {
        for (row, source) in &self.new {
            let path = &source.path;
            let bytes = store::read_bounded(path)
                .map_err(|reason| SweepError::Unreadable { path: path.clone(), reason })?;
            if <[u8; 32]>::from(Sha256::digest(&bytes)) != source.sha256 {
                return Err(SweepError::Changed(path.clone()));
            }
            let place = store.path(&row.dataset, &row.engine, &row.id);
            for folder in place.ancestors().skip(1).take(2) {
                if folder.is_symlink() {
                    return Err(SweepError::Link(folder.to_path_buf()));
                }
            }
            store::write_atomically(&place, &bytes)
                .map_err(SweepError::io(format!("cannot write {}", place.display())))?;
        }
        Ok(())
    }
}

/// Whether two paths lead to one folder.
pub fn same_folder(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// What two results of one row disagree in, the gravest first.
fn difference(one: &Record, other: &Record) -> String {
    if one.status != other.status {
        return format!("{} and {}", one.status.name(), other.status.name());
    }
    for (index, (a, b)) in one.repeats.iter().zip(&other.repeats).enumerate() {
        if a.seed != b.seed {
            return format!("repeat {index} has the seeds {} and {}", a.seed, b.seed);
        }
        if a.predictions != b.predictions {
            let pairs = a.predictions.iter().zip(b.predictions.iter());
            let differing = pairs.filter(|(a, b)| a != b).count();
            return format!("repeat {index} differs in {differing} predictions");
        }
    }
    match (one.repeats.len(), other.repeats.len()) {
        (a, b) if a != b => format!("the same predictions, but {a} and {b} repeats"),
        _ => "the same predictions; times or provenance differ".to_string(),
    }
}

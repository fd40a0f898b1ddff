//! The only way to read a result file: a file is read and parsed once, and gives either content that has
//! passed every check or the list of all its problems.

use std::collections::BTreeMap;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::parse::{self, Reading};
use super::place;
use super::problem::Problem;
use super::record::Record;
use super::schema_check::SchemaError;
use super::store::{self, Store};
use super::submission::{self, Submission};
use super::validate;
use super::wire::WireRecord;
use super::{limits, schema};
use crate::dataset::Outline;
use crate::nearest::did_you_mean;
use crate::plain_text::pointer_part;

/// The content of a file that has passed every check. Only this module makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked<T> {
    path: PathBuf,
    scored: bool,
    content: T,
}

/// Why a file was refused. As a text, it is the first problem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.first().map_or(String::new(), Problem::to_string))]
pub struct Refused {
    /// All that is wrong with the file; never empty.
    pub problems: Vec<Problem>,
    /// The file was made from other data than the data set here has. Nothing else was checked then.
    pub made_from_other_data: bool,
}

/// Everything that lies in the folder of a run.
#[derive(Debug, Default)]
pub struct Scan {
    /// In the order of their paths.
    pub records: Vec<Checked<Record>>,
    pub problems: Vec<Problem>,
}

impl<T> Checked<T> {
    /// The path by which the file was read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the data set was at hand, so that the figures were recomputed from the test labels.
    pub fn is_scored(&self) -> bool {
        self.scored
    }

    pub fn into_inner(self) -> T {
        self.content
    }
}

impl<T> Deref for Checked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.content
    }
}

/// Reads the result at `path`. `find` gives the outline of a data set, where the data set is at hand.
pub fn record<'a>(
    path: &Path,
    find: impl Fn(&str) -> Option<&'a Outline>,
) -> Result<Checked<Record>, Refused> {
    let bytes = store::read_bounded(path).map_err(|message| refused(vec![Problem::file(path, message)]))?;
    parse_record(path, &bytes, find)
}

/// Parses and checks the bytes of the result at `path`.
pub fn parse_record<'a>(
    path: &Path,
    bytes: &[u8],
    find: impl Fn(&str) -> Option<&'a Outline>,
) -> Result<Checked<Record>, Refused> {
    let Reading { file, faults } = parse::read::<WireRecord>(bytes, &schema::RESULT);
    let mut problems = of_faults(path, faults);
    let Some(wire) = file else { return Err(refused(problems)) };
    let outline = find(&wire.dataset);
    let none = BTreeMap::new();
    let digests = wire.provenance.as_ref().map_or(&none, |provenance| &provenance.dataset_digests);
    if let Some(outline) = outline {
        let other = other_data(path, "/provenance/dataset_digests", digests, outline);
        if !other.is_empty() {
            problems.extend(other);
            return Err(Refused { problems, made_from_other_data: true });
        }
    }
    let absolute = place::absolute(path);
    let of_path = |problem: Problem| Problem { file: path.to_path_buf(), ..problem };
    problems.extend(validate::record(&absolute, &wire, outline).into_iter().map(of_path));
    if !problems.is_empty() {
        return Err(refused(problems));
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let content = wire
        .into_record(&stem)
        .map_err(|error| refused(vec![Problem::at(path, "/repeats", error.to_string())]))?;
    Ok(Checked { path: path.to_path_buf(), scored: outline.is_some(), content })
}

/// Reads the submission at `path`, as [`record`] does a result.
pub fn submission<'a>(
    path: &Path,
    find: impl Fn(&str) -> Option<&'a Outline>,
) -> Result<Checked<Submission>, Refused> {
    let bytes = store::read_bounded(path).map_err(|message| refused(vec![Problem::file(path, message)]))?;
    parse_submission(path, &bytes, find)
}

/// Parses and checks the bytes of the submission at `path`.
pub fn parse_submission<'a>(
    path: &Path,
    bytes: &[u8],
    find: impl Fn(&str) -> Option<&'a Outline>,
) -> Result<Checked<Submission>, Refused> {
    if bytes.len() > limits::MAX_SUBMISSION_BYTES {
        let message = "is longer than 1 MB; a submission is its predictions and little else";
        return Err(refused(vec![Problem::file(path, message)]));
    }
    let Reading { file, faults } = parse::read::<Submission>(bytes, &schema::SUBMISSION);
    let mut problems = of_faults(path, faults);
    let Some(content) = file else { return Err(refused(problems)) };
    let outline = find(&content.dataset);
    problems.extend(submission::check(path, &content, outline));
    problems.extend(submission::check_place(path, &content, outline));
    if let Some(outline) = outline {
        problems.extend(other_data(path, "/dataset_digests", &content.dataset_digests, outline));
    }
    if !problems.is_empty() {
        return Err(refused(problems));
    }
    Ok(Checked { path: path.to_path_buf(), scored: outline.is_some(), content })
}

/// Reads every result of a run. A run that is not there is empty.
pub fn run<'a>(store: &Store, find: impl Fn(&str) -> Option<&'a Outline> + Sync) -> io::Result<Scan> {
    below(&store.root(), find)
}

/// Reads every result below the folder of a run, as [`run`] does.
pub fn below<'a>(root: &Path, find: impl Fn(&str) -> Option<&'a Outline> + Sync) -> io::Result<Scan> {
    let found = store::find(root)?;
    let refuse = |path: &PathBuf| {
        Problem::file(path, "is a symbolic link or not a regular file; put the file itself there")
    };
    let mut scan = Scan { records: Vec::new(), problems: found.not_regular.iter().map(refuse).collect() };
    let read: Vec<_> = found.files.par_iter().map(|path| record(path, &find)).collect();
    for one in read {
        match one {
            Ok(record) => scan.records.push(record),
            Err(refused) => scan.problems.extend(refused.problems),
        }
    }
    Ok(scan)
}

fn refused(problems: Vec<Problem>) -> Refused {
    Refused { problems, made_from_other_data: false }
}

fn of_faults(path: &Path, faults: Vec<SchemaError>) -> Vec<Problem> {
    faults.into_iter().map(|(pointer, message)| Problem::at(path, pointer, message)).collect()
}

/// Digests that are not those of the data set's files.
fn other_data(
    path: &Path,
    pointer: &str,
    digests: &BTreeMap<String, String>,
    outline: &Outline,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, digest) in digests {
        let pointer = || format!("{pointer}/{}", pointer_part(name));
        match outline.digests.get(name) {
            None => {
                let names: Vec<&str> = outline.digests.keys().map(String::as_str).collect();
                let message = format!("{} has no such file{}", outline.name, did_you_mean(name, &names));
                problems.push(Problem::at(path, pointer(), message));
            }
            Some(own) if !own.eq_ignore_ascii_case(digest) => {
                let start: String = own.chars().take(12).collect();
                let message = format!(
                    "is the digest of other data; expected {start}..., as the command `data` shows it: train and test on those files"
                );
                problems.push(Problem::at(path, pointer(), message));
            }
            Some(_) => {}
        }
    }
    problems
}

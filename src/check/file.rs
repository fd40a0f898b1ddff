//! One file of any kind: a result of a sweep or a submission, read as what it is.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use crate::dataset::{Outline, Outlines, Predictions};
use crate::nearest::did_you_mean;
use crate::results::{Checked, Owner, Problem, Record, Submission, load, place, store};

/// A file that has passed every check.
pub enum CheckedFile {
    Result(Box<Checked<Record>>),
    Submission(Box<Checked<Submission>>),
}

/// The parts of a file that are compared with other files.
#[derive(Clone, Debug)]
pub struct Entry {
    pub file: PathBuf,
    pub owner: Owner,
    pub dataset: String,
    /// The canonical id of the configuration, with the train size where it was cut.
    pub id: String,
    /// The predictions of each repeat.
    pub predictions: Vec<Predictions>,
}

/// Reads a file. `Err` has all its problems; a data set that is not among `outlines` is one.
pub fn load(path: &Path, outlines: &Outlines) -> Result<CheckedFile, Vec<Problem>> {
    let bytes = store::read_bounded(path).map_err(|message| vec![Problem::file(path, message)])?;
    parse(path, &bytes, outlines)
}

/// Parses and checks the bytes of the file at `path`.
pub fn parse(path: &Path, bytes: &[u8], outlines: &Outlines) -> Result<CheckedFile, Vec<Problem>> {
    let unknown = RefCell::new(None);
    let find = |name: &str| -> Option<&Outline> {
        let outline = outlines.get(name);
        if outline.is_none() {
            *unknown.borrow_mut() = Some(name.to_string());
        }
        outline
    };
    let submission = || load::parse_submission(path, bytes, find).map(Box::new).map(CheckedFile::Submission);
    let file = if place::is_submitted(path) {
        submission()
    } else {
        match load::parse_record(path, bytes, find) {
            Err(_) if has_submitter(bytes) => submission(),
            record => record.map(Box::new).map(CheckedFile::Result),
        }
    };
    match (file, unknown.into_inner()) {
        (Ok(file), None) => Ok(file),
        (file, unknown) => {
            let mut problems = file.err().map_or(Vec::new(), |refused| refused.problems);
            problems.extend(unknown.map(|name| unknown_dataset(path, &name, outlines)));
            Err(problems)
        }
    }
}

/// Whether a file outside the folder of submissions is one by its content.
fn has_submitter(bytes: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Head {
        submitter: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Head>(bytes).is_ok_and(|head| head.submitter.is_some())
}

fn unknown_dataset(path: &Path, name: &str, outlines: &Outlines) -> Problem {
    let names: Vec<&str> = outlines.keys().map(String::as_str).collect();
    let near = did_you_mean(name, &names);
    let start: String = name.chars().take(40).collect();
    Problem::at(path, "/dataset", format!("there is no data set {start:?} to check it against{near}"))
}

impl CheckedFile {
    /// What other files are compared with.
    pub fn entry(self, outlines: &Outlines) -> Entry {
        match self {
            CheckedFile::Result(record) => {
                let file = record.path().to_path_buf();
                let absolute = place::absolute(&file);
                let run = absolute.ancestors().nth(3).and_then(Path::file_name).unwrap_or_default();
                let run = run.to_string_lossy().into_owned();
                let Record { engine, dataset, id, repeats, .. } = record.into_inner();
                let predictions = repeats.into_iter().map(|repeat| repeat.predictions).collect();
                Entry { file, owner: Owner::Engine { run, engine }, dataset, id, predictions }
            }
            CheckedFile::Submission(submission) => {
                let file = submission.path().to_path_buf();
                let full = outlines.get(&submission.dataset).map(|outline| outline.shape.train_size);
                let id = submission.stem(full);
                let Submission { submitter, dataset, repeats, .. } = submission.into_inner();
                // A checked submission has no other predictions than those that could be read.
                let predictions = repeats.into_iter().filter_map(|repeat| repeat.predictions.ok()).collect();
                Entry { file, owner: Owner::Submitter(submitter), dataset, id, predictions }
            }
        }
    }
}

//! One file: reads it as what it is, a result or a submission, and says everything that is wrong with it.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::walk;
use crate::dataset::{Outline, Outlines};
use crate::nearest::did_you_mean;
use crate::results::limits::MAX_SUBMISSION_BYTES;
use crate::results::reading::{self, Reading};
use crate::results::submission::{self, RUN, Submission};
use crate::results::wire::{WireRecord, decode};
use crate::results::{Problem, schema, store, validate};

/// What comparing files needs of one.
#[derive(Clone, Debug)]
pub struct Entry {
    pub file: PathBuf,
    pub submitted: bool,
    /// Run and engine, or submitter.
    pub owner: String,
    pub dataset: String,
    /// The canonical id of the configuration, with the train size where it was cut.
    pub id: String,
    /// For every repeat as many classes as there are test images; empty where the file has other problems.
    pub predictions: Vec<Vec<u8>>,
}

/// Judges one file.
pub fn judge(path: &Path, outlines: &Outlines) -> (Option<Entry>, Vec<Problem>) {
    match store::read_bounded(path) {
        Ok(bytes) => judge_bytes(path, &bytes, outlines),
        Err(message) => (None, vec![Problem::file(path, message)]),
    }
}

/// Judges what would stand in a file.
pub fn judge_bytes(path: &Path, bytes: &[u8], outlines: &Outlines) -> (Option<Entry>, Vec<Problem>) {
    if walk::is_submitted(path) || says_submitter(bytes) {
        judge_submission(path, bytes, outlines)
    } else {
        judge_result(path, bytes, outlines)
    }
}

/// Whether a file outside the folder of submissions is one.
fn says_submitter(bytes: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Head {
        submitter: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Head>(bytes).is_ok_and(|head| head.submitter.is_some())
}

fn judge_submission(path: &Path, bytes: &[u8], outlines: &Outlines) -> (Option<Entry>, Vec<Problem>) {
    if bytes.len() > MAX_SUBMISSION_BYTES {
        let message = "is longer than 1 MB; a submission is its predictions and little else";
        return (None, vec![Problem::file(path, message)]);
    }
    let Reading { file, faults } = reading::read::<Submission>(bytes, &schema::SUBMISSION);
    let mut problems = validate::of_faults(path, faults);
    let Some(file) = file else { return (None, problems) };
    let outline = outlines.get(&file.dataset);
    problems.extend(submission::check(path, &file, outline));
    problems.extend(place(path, &file, outline));
    problems.extend(data(path, &file.dataset, "/dataset_digests", &file.dataset_digests, outlines));
    let all = file.repeats.iter().map(|repeat| repeat.predictions.as_str());
    let entry = Entry {
        file: path.to_path_buf(),
        submitted: true,
        owner: file.submitter.clone(),
        id: file.stem(outline.map(|outline| outline.shape.train_size)),
        predictions: predictions(all, outline),
        dataset: file.dataset,
    };
    (Some(entry), problems)
}

/// A submission lies where its content says.
fn place(path: &Path, file: &Submission, outline: Option<&Outline>) -> Vec<Problem> {
    let absolute = walk::absolute(path);
    let parts: Vec<String> = absolute
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let stem = file.stem(outline.map(|outline| outline.shape.train_size));
    let expected = [RUN, &file.submitter, &file.dataset, &format!("{stem}.json")];
    if parts.len() >= 4 && parts[parts.len() - 4..] == expected {
        return Vec::new();
    }
    let clean: Vec<String> =
        expected.iter().map(|part| part.chars().filter(|c| !c.is_control()).collect()).collect();
    vec![Problem::file(path, format!("its content belongs at results/{}", clean.join("/")))]
}

fn judge_result(path: &Path, bytes: &[u8], outlines: &Outlines) -> (Option<Entry>, Vec<Problem>) {
    let Reading { file, faults } = reading::read::<WireRecord>(bytes, &schema::RESULT);
    let mut problems = validate::of_faults(path, faults);
    let Some(file) = file else { return (None, problems) };
    let outline = outlines.get(&file.dataset);
    let absolute = walk::absolute(path);
    problems.extend(
        validate::record(&absolute, &file, outline, |configuration| configuration.id())
            .into_iter()
            .map(|problem| Problem { file: path.to_path_buf(), ..problem }),
    );
    let none = BTreeMap::new();
    let digests = file.provenance.as_ref().map_or(&none, |provenance| &provenance.dataset_digests);
    problems.extend(data(path, &file.dataset, "/provenance/dataset_digests", digests, outlines));
    let run = absolute.ancestors().nth(3).and_then(Path::file_name).unwrap_or_default();
    let all = file.repeats.iter().map(|repeat| repeat.predictions.as_str());
    let entry = Entry {
        file: path.to_path_buf(),
        submitted: false,
        owner: format!("{}/{}", run.to_string_lossy(), file.engine),
        id: file.id.clone().unwrap_or_default(),
        predictions: predictions(all, outline),
        dataset: file.dataset,
    };
    (Some(entry), problems)
}

/// The data set is one of ours, and the digests are of its files.
fn data(
    path: &Path,
    dataset: &str,
    pointer: &str,
    digests: &BTreeMap<String, String>,
    outlines: &Outlines,
) -> Vec<Problem> {
    let problem = |pointer: String, message: String| Problem { file: path.to_path_buf(), pointer, message };
    let Some(outline) = outlines.get(dataset) else {
        let names: Vec<&str> = outlines.keys().map(String::as_str).collect();
        let near = did_you_mean(dataset, &names);
        let name: String = dataset.chars().take(40).collect();
        return vec![problem(
            "/dataset".into(),
            format!("there is no data set {name:?} to check it against{near}"),
        )];
    };
    let mut problems = Vec::new();
    for (name, digest) in digests {
        let pointer = || format!("{pointer}/{}", crate::results::shape::part(name));
        match outline.digests.get(name) {
            None => {
                let names: Vec<&str> = outline.digests.keys().map(String::as_str).collect();
                let message = format!("is no file of {dataset}{}", did_you_mean(name, &names));
                problems.push(problem(pointer(), message));
            }
            Some(ours) if !ours.eq_ignore_ascii_case(digest) => {
                let start: String = ours.chars().take(12).collect();
                let message = format!(
                    "is the digest of other data (here it begins {start}); train and test on the files that `data` shows"
                );
                problems.push(problem(pointer(), message));
            }
            Some(_) => {}
        }
    }
    problems
}

/// Predictions that can be compared with others: one of the right length for every repeat, or none.
fn predictions<'a>(all: impl Iterator<Item = &'a str>, outline: Option<&Outline>) -> Vec<Vec<u8>> {
    let Some(outline) = outline else { return Vec::new() };
    let one = |text: &str| decode(text).ok().filter(|classes| classes.len() == outline.test_labels.len());
    all.map(one).collect::<Option<_>>().unwrap_or_default()
}

//! A submission as it stands on disk, key by key, and the checks that its values agree. `docs/SUBMITTING.md`
//! is the guide.
//!
//! `results/submitted/<submitter>/<dataset>/<id>.json`, written by any program in any language.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::LONGEST_SECONDS;
use super::optional::present;
use super::place::absolute;
use super::problem::Problem;
use super::record::{accuracy, file_stem};
use super::schema_check::quote;
use super::wire::{Parsed, SCHEMA_VERSION, written};
use crate::dataset::{MAX_CLASSES, Outline, predictions};
use crate::file_name::is_name;
use crate::grid::{Configuration, Parameters, schema};

pub use super::place::RUN;

/// The most characters of a name, and of any other text.
const LONGEST_NAME: usize = 100;
const LONGEST_TEXT: usize = 2000;
/// The most repeats of one entry.
const MOST_REPEATS: usize = 50;

/// What stands behind the figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// The predictions are here: the figure is recomputed from them.
    Ok,
    /// A figure from elsewhere, without predictions.
    Reported,
}

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Submission")]
pub struct Submission {
    /// 1.
    pub schema_version: u64,
    pub status: Claim,
    /// The name of the folder: letters, digits, `.`, `_` and `-`.
    pub submitter: String,
    /// scikit-learn's name for an entry of the grid; any name for a method of your own.
    pub classifier: String,
    #[serde(default)]
    pub parameters: Parameters,
    /// What a method of your own is. An entry of the grid has none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// `mnist`, `fashion-mnist` or another data set of the data folder.
    pub dataset: String,
    /// Rows of the data set's training images that the method saw; not needed for a reported figure.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub train_size: Option<usize>,
    /// Test images predicted.
    pub test_size: usize,
    /// Mean over the repeats: correct predictions divided by test images.
    pub accuracy: f64,
    /// Seconds to train, wall clock, where known: the mean over the repeats.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub fit_seconds: Option<f64>,
    /// Seconds to predict the whole test set, where known.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub predict_seconds: Option<f64>,
    /// What it ran on, where known.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub hardware: Option<String>,
    /// What trained it, such as `scikit-learn 1.9.1`.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Where a reported figure stands.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// SHA-256 of the content of the data files (unzipped) by name without `.gz`, as `data` shows them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dataset_digests: BTreeMap<String, String>,
    /// One element a training of the method; none for a reported figure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeats: Vec<SubmittedRepeat>,
}

/// A method that is not in the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// What it does, in a sentence or a few.
    pub description: String,
    /// What is done to the images before training, augmentation included.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub preprocessing: Option<String>,
    /// Links to the code, `https://...`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<String>,
    /// Who made it, where that is not the submitter.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Whether it saw data other than the training images of this set, pretrained weights included; left out
    /// only where nobody knows.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub external_data: Option<bool>,
}

/// One training of the method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmittedRepeat {
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Correct predictions divided by test images.
    pub accuracy: f64,
    /// One character a test image, in test order: `0`-`9`, then `a`-`z` for classes 10 to 35.
    #[serde(deserialize_with = "predictions::parsed", serialize_with = "written")]
    #[schemars(with = "String")]
    pub predictions: Parsed,
}

impl Submission {
    /// The file's name without `.json`. `full` is the number of training rows of the data set, where known.
    pub fn stem(&self, full: Option<usize>) -> String {
        let subset = self.train_size.filter(|&size| full.is_some_and(|full| size < full));
        file_stem(&self.configuration().id(), subset)
    }

    pub fn configuration(&self) -> Configuration {
        Configuration::new(&self.classifier, self.parameters.clone())
    }

    /// The file's bytes: indented by two spaces, a newline at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts, finite numbers and maps with text keys: nothing here that serde_json refuses.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

/// What is wrong with a submission apart from its place. `outline` is that of the data set it names.
pub fn check(path: &Path, submission: &Submission, outline: Option<&Outline>) -> Vec<Problem> {
    let mut check = Check { path, problems: Vec::new() };
    check.head(submission);
    check.division(submission);
    check.claim(submission);
    check.sizes(submission, outline);
    let mut right = Vec::new();
    for (index, repeat) in submission.repeats.iter().enumerate() {
        right.extend(check.repeat(index, repeat, submission, outline));
    }
    check.mean(submission, &right);
    check.problems
}

/// Requires that a submission lies where its content says. Without the data set it is unknown whether the
/// training set was cut, so that the file's name may or may not have `@n=`.
pub fn check_place(path: &Path, submission: &Submission, outline: Option<&Outline>) -> Option<Problem> {
    let absolute = absolute(path);
    let parts: Vec<String> = absolute
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let expected = |full: Option<usize>| {
        let stem = submission.stem(full);
        [RUN.to_string(), submission.submitter.clone(), submission.dataset.clone(), format!("{stem}.json")]
    };
    let full = outline.map(|outline| outline.shape.train_size);
    let possible = [expected(full), expected(full.or(Some(usize::MAX)))];
    if parts.len() >= 4 && possible.iter().any(|expected| parts[parts.len() - 4..] == *expected) {
        return None;
    }
    let clean = |part: &String| -> String { part.chars().filter(|c| !c.is_control()).collect() };
    let expected: Vec<String> = possible[0].iter().map(clean).collect();
    Some(Problem::file(path, format!("its content belongs at results/{}", expected.join("/"))))
}

/// Gathers the problems of one file.
struct Check<'a> {
    path: &'a Path,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn require(&mut self, holds: bool, pointer: impl Into<String>, message: impl FnOnce() -> String) {
        if !holds {
            self.problems.push(Problem::at(self.path, pointer, message()));
        }
    }

    fn head(&mut self, file: &Submission) {
        let version = file.schema_version;
        self.require(version == SCHEMA_VERSION, "/schema_version", || {
            format!("is {version}; expected {SCHEMA_VERSION}, which this program reads")
        });
        let name = &file.submitter;
        self.require(is_name(name) && name.len() <= LONGEST_NAME, "/submitter", || {
            format!("{} cannot be used as a folder name: {}", quote(name), crate::file_name::RULE)
        });
        let name = &file.dataset;
        self.require(is_name(name), "/dataset", || {
            format!("{} cannot be used as a folder name", quote(name))
        });
        self.text("/classifier", Some(&file.classifier), LONGEST_NAME);
        self.text("/hardware", file.hardware.as_deref(), LONGEST_TEXT);
        self.text("/engine", file.engine.as_deref(), LONGEST_NAME);
        self.text("/source", file.source.as_deref(), LONGEST_TEXT);
        for (pointer, seconds) in
            [("/fit_seconds", file.fit_seconds), ("/predict_seconds", file.predict_seconds)]
        {
            let Some(seconds) = seconds else { continue };
            self.require(seconds >= 0.0, pointer, || {
                format!("is {seconds}; expected seconds, which are not negative: leave the key out where they are not known")
            });
            self.require(seconds <= LONGEST_SECONDS, pointer, || {
                format!("is {seconds}, which is more than a year; expected seconds")
            });
        }
        let share = (0.0..=1.0).contains(&file.accuracy);
        self.require(share, "/accuracy", || not_a_share(file.accuracy));
    }

    fn text(&mut self, pointer: &str, text: Option<&str>, longest: usize) {
        let Some(text) = text else { return };
        self.require(!text.trim().is_empty(), pointer, || "is empty; expected a text, or no such key".into());
        let length = text.chars().count();
        self.require(length <= longest, pointer, || {
            format!("has {length} characters; expected at most {longest}")
        });
    }

    /// An entry of the grid has a known classifier with allowed values; any other entry describes its method.
    fn division(&mut self, file: &Submission) {
        match &file.method {
            None => {
                let known = schema::classifier(&file.classifier).is_some();
                if let Err(error) = schema::validate(&file.configuration()) {
                    let own = if known { "" } else { " (a method of your own needs the key method)" };
                    let pointer = if known { "/parameters" } else { "/classifier" };
                    let error: String = error.to_string().chars().take(400).collect();
                    self.require(false, pointer, || format!("{error}{own}"));
                }
            }
            Some(method) => {
                let known = schema::classifier(&file.classifier).is_some();
                self.require(!known, "/method", || {
                    format!(
                        "must be absent: {} is a classifier of the grid; remove it, or give the method another name",
                        file.classifier
                    )
                });
                self.text("/method/description", Some(&method.description), LONGEST_TEXT);
                self.text("/method/preprocessing", method.preprocessing.as_deref(), LONGEST_TEXT);
                self.text("/method/author", method.author.as_deref(), LONGEST_NAME);
                for (index, link) in method.code.iter().enumerate() {
                    let web = link.starts_with("https://") || link.starts_with("http://");
                    let plain = link.len() <= LONGEST_TEXT && !link.chars().any(char::is_whitespace);
                    self.require(web && plain, format!("/method/code/{index}"), || {
                        format!("{} is not a link; expected https://..., without spaces", quote(link))
                    });
                }
                let given = method.external_data.is_some() || file.status == Claim::Reported;
                self.require(given, "/method/external_data", || {
                    "is missing; expected true if the method saw other data or pretrained weights, else false"
                        .into()
                });
            }
        }
    }

    /// Exactly one of predictions and a source.
    fn claim(&mut self, file: &Submission) {
        let count = file.repeats.len();
        match file.status {
            Claim::Ok => {
                self.require(count > 0, "/repeats", || {
                    "is empty; the status ok needs predictions: add them, or set the status to reported"
                        .into()
                });
                self.require(file.train_size.is_some(), "/train_size", || {
                    "is missing; expected how many training images the method saw".into()
                });
                self.require(file.source.is_none(), "/source", || {
                    "must be absent: only the status reported has a source".into()
                });
            }
            Claim::Reported => {
                self.require(count == 0, "/repeats", || {
                    "must be empty: the status is reported; with predictions the status is ok".into()
                });
                self.require(file.source.is_some(), "/source", || {
                    "is missing; expected where the reported figure was published".into()
                });
            }
        }
        self.require(count <= MOST_REPEATS, "/repeats", || {
            format!("has {count} elements; expected at most {MOST_REPEATS}")
        });
    }

    fn sizes(&mut self, file: &Submission, outline: Option<&Outline>) {
        self.require(file.test_size > 0, "/test_size", || "is 0; expected at least 1".into());
        self.require(file.train_size != Some(0), "/train_size", || "is 0; expected at least 1".into());
        let Some(outline) = outline else { return };
        let (full, test) = (outline.shape.train_size, outline.test_labels.len());
        if let Some(size) = file.train_size {
            self.require(size <= full, "/train_size", || {
                format!("is {size}; expected at most the {full} images of the training set (for other data set external_data)")
            });
        }
        let size = file.test_size;
        let fits = if file.status == Claim::Ok { size == test } else { size <= test };
        self.require(fits, "/test_size", || format!("is {size}; the test set has {test} images"));
    }

    /// The share of right predictions, where they can be counted.
    fn repeat(
        &mut self,
        index: usize,
        repeat: &SubmittedRepeat,
        file: &Submission,
        outline: Option<&Outline>,
    ) -> Option<f64> {
        let at = |key: &str| format!("/repeats/{index}/{key}");
        self.require((0.0..=1.0).contains(&repeat.accuracy), at("accuracy"), || not_a_share(repeat.accuracy));
        let before = &file.repeats[..index.min(MOST_REPEATS)];
        if let Some(twin) = before.iter().position(|one| one.seed.is_some() && one.seed == repeat.seed) {
            self.require(false, at("seed"), || {
                format!("is the same as that of repeat {twin}; expected one seed for each repeat")
            });
        }
        let predictions = match &repeat.predictions {
            Ok(predictions) => predictions,
            Err(error) => {
                self.require(false, at("predictions"), || error.to_string());
                return None;
            }
        };
        let classes = outline.map_or(MAX_CLASSES, |outline| outline.shape.classes);
        if let Err(error) = predictions.check(file.test_size, classes) {
            self.require(false, at("predictions"), || error.to_string());
        }
        let outline = outline.filter(|outline| {
            predictions.len() == outline.test_labels.len() && file.test_size == predictions.len()
        })?;
        let right = accuracy(predictions, &outline.test_labels);
        let found = repeat.accuracy;
        self.require((right - found).abs() <= 1e-9, at("accuracy"), || {
            format!("is {found}; the predictions give {right}")
        });
        Some(right)
    }

    fn mean(&mut self, file: &Submission, right: &[f64]) {
        let count = file.repeats.len();
        if count == 0 {
            return;
        }
        let found = file.repeats.iter().map(|repeat| repeat.accuracy).sum::<f64>() / count as f64;
        // If a repeat's accuracy is wrong, the mean must be that of the correct values.
        let mean = if right.len() == count { right.iter().sum::<f64>() / count as f64 } else { found };
        let top = file.accuracy;
        self.require((top - mean).abs() <= 1e-9, "/accuracy", || {
            format!("is {top}; the mean of the repeats is {mean}")
        });
    }
}

fn not_a_share(accuracy: f64) -> String {
    let percent = if accuracy > 1.0 && accuracy <= 100.0 { "; divide percent by 100" } else { "" };
    format!("is {accuracy}; expected a share between 0 and 1{percent}")
}

//! A folder with two tiny data sets, in which files are put and checked.

use std::path::{Path, PathBuf};

use mnist_bench::check::{self, Findings};
use mnist_bench::dataset::{Outline, Outlines};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::files::idx;
use crate::common::rng::Lcg;

pub const TEST: usize = 60;
pub const TRAIN: usize = 240;

pub struct Bed {
    folder: TempDir,
    pub outlines: Outlines,
}

/// Labels of the test images of `tiny`: four classes in a scrambled order.
pub fn labels() -> Vec<u8> {
    scrambled(1)
}

/// Those of `other`, a data set of the same shape.
pub fn other_labels() -> Vec<u8> {
    scrambled(2)
}

fn scrambled(seed: u64) -> Vec<u8> {
    let mut random = Lcg(seed);
    // All four classes, whatever is drawn.
    let mut labels: Vec<u8> = (0..TEST).map(|_| random.bits(2) as u8).collect();
    labels[..4].copy_from_slice(&[0, 1, 2, 3]);
    labels
}

pub fn text(classes: &[u8]) -> String {
    classes.iter().map(|class| char::from(b'0' + class)).collect()
}

/// The labels with the first `wrong` of them replaced by the next class.
pub fn with_errors(wrong: usize) -> Vec<u8> {
    let mut classes = labels();
    classes.iter_mut().take(wrong).for_each(|class| *class = (*class + 1) % 4);
    classes
}

pub fn share(classes: &[u8]) -> f64 {
    classes.iter().zip(labels()).filter(|(a, b)| **a == *b).count() as f64 / TEST as f64
}

/// Where the sample belongs.
pub const PLACE: &str = "submitted/jane/tiny/Ridge,alpha=1.json";

/// A submission without fault: 15 of 60 wrong.
pub fn sample() -> Value {
    sample_of(&with_errors(15))
}

pub fn sample_of(classes: &[u8]) -> Value {
    json!({
        "schema_version": 1, "status": "ok", "submitter": "jane", "classifier": "Ridge",
        "parameters": {"alpha": 1.0},
        "method": {"description": "Ridge regression.", "code": ["https://example.org/ridge"], "external_data": false},
        "dataset": "tiny", "train_size": TRAIN, "test_size": TEST, "accuracy": share(classes),
        "fit_seconds": 1.5, "hardware": "a laptop",
        "repeats": [{"seed": 1, "accuracy": share(classes), "predictions": text(classes)}],
    })
}

/// A result of a sweep without fault.
pub fn result(id: &str, classes: &[u8]) -> Value {
    json!({
        "schema_version": 1, "id": id, "status": "ok", "engine": "native", "classifier": "SVC",
        "parameters": {"kernel": id.split("kernel=").nth(1).unwrap_or("rbf")},
        "dataset": "tiny", "train_size": TRAIN, "test_size": TEST, "accuracy": share(classes),
        "fit_seconds": 1.0, "predict_seconds": 1.0, "threads": 1,
        "repeats": [{"seed": 1, "accuracy": share(classes), "fit_seconds": 1.0, "predict_seconds": 1.0,
                     "predictions": text(classes)}],
    })
}

impl Bed {
    pub fn new() -> Bed {
        let folder = TempDir::new().unwrap();
        for (name, test) in [("tiny", labels()), ("other", other_labels())] {
            let data = folder.path().join("data").join(name);
            std::fs::create_dir_all(&data).unwrap();
            let train: Vec<u8> = (0..TRAIN).map(|row| (row % 4) as u8).collect();
            for (prefix, labels) in [("train", &train), ("t10k", &test)] {
                let pixels: Vec<u8> =
                    labels.iter().flat_map(|&label| [label, 0, 9, name.len() as u8]).collect();
                let images = idx(&[labels.len(), 2, 2], &pixels);
                std::fs::write(data.join(format!("{prefix}-images-idx3-ubyte")), images).unwrap();
                let file = idx(&[labels.len()], labels);
                std::fs::write(data.join(format!("{prefix}-labels-idx1-ubyte")), file).unwrap();
            }
        }
        let (outlines, _) = Outline::load_all(&folder.path().join("data")).unwrap();
        Bed { folder, outlines }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn results(&self) -> PathBuf {
        self.folder.path().join("results")
    }

    pub fn put(&self, place: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.results().join(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn put_json(&self, place: &str, value: &Value) -> PathBuf {
        self.put(place, value.to_string())
    }

    pub fn check(&self) -> Findings {
        check::tree(&[self.results()], &self.results(), &self.outlines)
    }

    /// The problems as lines, without the folder's name.
    pub fn problems(&self) -> Vec<String> {
        self.lines(&self.check().problems)
    }

    pub fn warnings(&self) -> Vec<String> {
        self.lines(&self.check().warnings)
    }

    fn lines(&self, problems: &[mnist_bench::results::Problem]) -> Vec<String> {
        let folder = format!("{}/", self.results().display());
        problems.iter().map(|problem| problem.to_string().replace(&folder, "")).collect()
    }
}

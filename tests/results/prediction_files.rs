//! Files of predictions: every file of `tests/fixtures/predictions/` and of `tests/fixtures/real_predictions/` is read,
//! or refused, as its manifest says. The scripts beside them made them all, the second folder's with the libraries that
//! people use.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mnist_bench::prediction_file::{self, Expected};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    images: usize,
    class_names: Vec<String>,
    predictions: Vec<u8>,
    files: Vec<Case>,
}

/// A file, and either what its reader takes for the predictions or the line that refuses it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    file: String,
    /// What `--column` says.
    column_asked: Option<String>,
    column: Option<String>,
    rows: Option<usize>,
    first: Option<Vec<u8>>,
    refusal: Option<String>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

#[test]
fn every_file_is_read_or_refused_as_the_manifest_says() {
    check("predictions", [60, 60]);
}

#[test]
fn files_of_real_libraries_are_read_or_refused_as_the_manifest_says() {
    check("real_predictions", [100, 50]);
}

/// Holds the reader to the manifest of a folder, which lists at least `read` files that are read and `not_read` that are
/// refused.
fn check(name: &str, [read, not_read]: [usize; 2]) {
    let folder = folder(name);
    let manifest = manifest(&folder);
    let mut wrong = Vec::new();
    let (mut accepted, mut refused) = (0, 0);
    for case in &manifest.files {
        let expected = Expected {
            images: manifest.images,
            class_names: &manifest.class_names,
            column: case.column_asked.as_deref(),
            no_header: false,
        };
        match (prediction_file::read(&folder.join(&case.file), &expected), &case.refusal) {
            (Ok(reading), None) => {
                accepted += 1;
                let source = reading.source.to_string();
                if Some(&source) != case.column.as_ref() || reading.classes != manifest.predictions {
                    wrong.push(format!("{}: {source:?}, {:?}", case.file, reading.classes));
                }
                assert_eq!(
                    (case.rows, &case.first),
                    (Some(24), &Some(reading.classes[..3].to_vec())),
                    "{}",
                    case.file
                );
            }
            (Err(refusal), Some(line)) => {
                refused += 1;
                if refusal.to_string() != *line {
                    wrong.push(format!("{}:\n  got  {refusal}\n  want {line}", case.file));
                }
            }
            (Ok(reading), Some(_)) => wrong.push(format!("{}: read as {}", case.file, reading.source)),
            (Err(refusal), None) => wrong.push(format!("{}: {refusal}", case.file)),
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(accepted >= read && refused >= not_read, "{accepted} read, {refused} refused");
}

#[test]
fn every_file_of_the_folders_is_in_the_manifest() {
    for folder in ["predictions", "real_predictions"].map(folder) {
        let listed: BTreeSet<String> = manifest(&folder).files.into_iter().map(|case| case.file).collect();
        let there: BTreeSet<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !["manifest.json", "make.py", "make.R", "expect.py"].contains(&name.as_str()))
            .collect();
        assert_eq!(listed, there);
    }
}

//! Checks a folder of results and submissions: each file by itself, files against each other, and figures
//! that look too good.
//!
//! [`walk`] finds the files, [`mod@file`] reads and checks one, [`duplicates`] compares them, [`suspicion`]
//! warns. [`tree`] does all four.

pub mod duplicates;
pub mod file;
pub mod suspicion;
pub mod walk;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::dataset::Outlines;
use crate::results::{Problem, place};
use file::Entry;

/// The most problems reported of one file: a damaged file must not bury the problems of others.
const MOST_PROBLEMS: usize = 100;

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Files looked at.
    pub files: usize,
    /// By file, and within a file by place.
    pub problems: Vec<Problem>,
    /// Suspicions: not errors, but a person should look.
    pub warnings: Vec<Problem>,
}

/// Checks everything under `paths`. Submissions are compared with what lies under `background` too, which is
/// not itself checked.
pub fn tree(paths: &[PathBuf], background: &Path, outlines: &Outlines) -> Findings {
    let found = walk::files(paths, background);
    let mut findings = Findings { files: found.files.len(), problems: found.problems, ..Findings::default() };
    let mut entries = Vec::new();
    for one in load(&found.files, outlines) {
        match one {
            Ok(entry) => entries.push(entry),
            Err(problems) => findings.problems.extend(problems),
        }
    }
    findings.problems.extend(duplicates::find(&entries));
    if entries.iter().any(|entry| entry.owner.is_submitter()) {
        let known: HashSet<PathBuf> = found.files.iter().map(|file| place::absolute(file)).collect();
        let mut others = walk::files(&[background.to_path_buf()], background).files;
        others.retain(|file| !known.contains(&place::absolute(file)));
        let others: Vec<Entry> = load(&others, outlines).into_iter().flatten().collect();
        findings.warnings = suspicion::all(&entries, &others, outlines);
    }
    findings.problems.sort_by(|a, b| (&a.file, &a.pointer).cmp(&(&b.file, &b.pointer)));
    findings.warnings.sort_by(|a, b| (&a.file, &a.pointer).cmp(&(&b.file, &b.pointer)));
    findings
}

/// The files as entries, or their problems, of which a long list is cut.
fn load(files: &[PathBuf], outlines: &Outlines) -> Vec<Result<Entry, Vec<Problem>>> {
    let one = |path: &PathBuf| {
        file::load(path, outlines).map(|file| file.entry(outlines)).map_err(|mut problems| {
            let more = problems.len().saturating_sub(MOST_PROBLEMS);
            if more > 0 {
                problems.truncate(MOST_PROBLEMS);
                problems.push(Problem::file(path, format!("has {more} more problems")));
            }
            problems
        })
    };
    files.par_iter().map(one).collect()
}

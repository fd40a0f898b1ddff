//! Whether a tree of result files and submissions holds together: each file by itself, files against each
//! other, and what looks too good.
//!
//! [`walk`] finds the files, [`entry`] judges one, [`across`] compares them, [`suspicion`] warns. [`tree`] does
//! all four.

pub mod across;
pub mod entry;
pub mod suspicion;
pub mod walk;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::dataset::Outlines;
use crate::results::Problem;
use entry::Entry;

/// Problems of one file that are told one by one: a garbled one must not bury those of others.
const MOST_PROBLEMS: usize = 100;

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Files looked at.
    pub files: usize,
    /// By file, and within a file by place.
    pub problems: Vec<Problem>,
    /// Suspicions: worth a look, and no error.
    pub warnings: Vec<Problem>,
}

/// Checks everything under `paths`. Submissions are compared with what lies under `background` too, which is
/// not itself checked.
pub fn tree(paths: &[PathBuf], background: &Path, outlines: &Outlines) -> Findings {
    let found = walk::files(paths, background);
    let mut findings = Findings { files: found.files.len(), problems: found.problems, ..Findings::default() };
    let mut entries = Vec::new();
    for (entry, problems) in judge(&found.files, outlines) {
        entries.extend(entry);
        findings.problems.extend(problems);
    }
    findings.problems.extend(across::duplicates(&entries));
    if entries.iter().any(|entry| entry.submitted) {
        let known: HashSet<PathBuf> = found.files.iter().map(|file| walk::absolute(file)).collect();
        let others = walk::files(&[background.to_path_buf()], background).files;
        let others: Vec<PathBuf> =
            others.into_iter().filter(|file| !known.contains(&walk::absolute(file))).collect();
        let others: Vec<Entry> =
            judge(&others, outlines).into_iter().filter_map(|(entry, _)| entry).collect();
        findings.warnings = suspicion::all(&entries, &others, outlines);
    }
    findings.problems.sort_by(|a, b| (&a.file, &a.pointer).cmp(&(&b.file, &b.pointer)));
    findings.warnings.sort_by(|a, b| (&a.file, &a.pointer).cmp(&(&b.file, &b.pointer)));
    findings
}

fn judge(files: &[PathBuf], outlines: &Outlines) -> Vec<(Option<Entry>, Vec<Problem>)> {
    let one = |file: &PathBuf| {
        let (entry, mut problems) = entry::judge(file, outlines);
        let more = problems.len().saturating_sub(MOST_PROBLEMS);
        if more > 0 {
            problems.truncate(MOST_PROBLEMS);
            problems.push(Problem::file(file, format!("has {more} more problems")));
        }
        (entry, problems)
    };
    files.par_iter().map(one).collect()
}

//! Ranking in tie groups, by data set and division: an order by accuracy alone would often be chance.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::rows::{self, Row, readable, relative};
use crate::check::file::CheckedFile;
use crate::check::{self, walk};
use crate::dataset::Outlines;
use crate::results::submission::RUN;
use crate::results::verification::Evidence;
use crate::results::{Owner, Status};
use crate::stats::ensemble::{self, Candidate, Together};
use crate::stats::interval::{Interval, wilson_of_share};
use crate::stats::ties;

/// Entries are ranked only within a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Division {
    /// Configurations of the grid, by whichever engine.
    Grid,
    /// Submitted methods of people's own.
    Own,
}

impl Division {
    pub fn name(self) -> &'static str {
        match self {
            Division::Grid => "grid entries",
            Division::Own => "own methods",
        }
    }
}

/// One trained model with its predictions.
#[derive(Clone, Debug)]
pub struct Entry {
    pub division: Division,
    pub dataset: String,
    pub owner: Owner,
    pub classifier: String,
    /// As people read them.
    pub parameters: String,
    /// Key of the model: entries with the same key are steps of one model, such as the first 10 of 100 trees.
    pub family: String,
    /// The size of the step, such as the number of trees; 0 for a model without steps.
    pub step: u64,
    /// Predictions of the first repeat: a paired test compares models, not methods. Shared, since tables hold
    /// an entry in several places.
    pub predictions: Arc<[u8]>,
    /// The mean over repeats, as every table has it.
    pub accuracy: f64,
    pub test_size: usize,
    pub repeats: usize,
    pub evidence: Evidence,
    /// Relative to the results folder, with `/` between parts.
    pub file: String,
}

impl Entry {
    /// As people read it.
    pub fn name(&self) -> String {
        let owner = match &self.owner {
            Owner::Engine { engine, .. } => engine.clone(),
            Owner::Submitter(name) => format!("submitted by {name}:"),
        };
        format!("{owner} {} {}", self.classifier, self.parameters).trim_end().to_string()
    }
}

/// An entry in its place.
#[derive(Clone, Debug)]
pub struct Ranked {
    pub entry: Entry,
    pub group: usize,
    /// Wilson's 95 % interval of the entry's accuracy.
    pub interval: Interval,
    /// Adjusted p-value against the best of its group.
    pub against_best: f64,
    /// Entries that this one stands for: earlier steps of the same model, and entries with equal predictions.
    pub counted_with: Vec<Entry>,
}

/// One table.
#[derive(Clone, Debug)]
pub struct Ranking {
    pub dataset: String,
    pub division: Division,
    pub ranked: Vec<Ranked>,
    pub together: Together,
    /// Images for which all good entries predict the same wrong class.
    pub label_noise: Vec<Candidate>,
    /// How many entries are good.
    pub good: usize,
}

/// An entry is good when its accuracy is at least this share of the best one's.
const GOOD: f64 = 0.95;

/// Entries of a run and of all submissions, trained on the whole training set or on a given number of images.
pub fn entries(
    results: &Path,
    run: &str,
    subset: Option<usize>,
    outlines: &Outlines,
) -> Result<Vec<Entry>, String> {
    let read = rows::read(results, &[run.to_string()], outlines)?;
    let mut entries = of_rows(read.rows.iter(), subset, outlines);
    entries.extend(submitted(results, subset, outlines));
    Ok(entries)
}

/// Entries of the rows with this train size that have predictions for the whole test set.
pub fn of_rows<'a>(
    rows: impl Iterator<Item = &'a Row>,
    subset: Option<usize>,
    outlines: &Outlines,
) -> Vec<Entry> {
    let fits = |row: &&Row| {
        let Some(outline) = outlines.get(&row.dataset) else { return false };
        row.status == Status::Ok && outline.subset(row.subset) == outline.subset(subset)
    };
    rows.filter(fits).filter_map(of_row).collect()
}

fn of_row(row: &Row) -> Option<Entry> {
    // Only our own ensembles grow step by step from one seed.
    let mut of_family = row.configuration.clone();
    let step = of_family.parameters.get("n_estimators").and_then(|n| n.as_f64());
    let step = step.filter(|_| row.engine == "native").map(|n| n as u64);
    if step.is_some() {
        of_family.parameters.shift_remove("n_estimators");
    }
    Some(Entry {
        division: Division::Grid,
        dataset: row.dataset.clone(),
        owner: Owner::Engine { run: row.run.clone(), engine: row.engine.clone() },
        classifier: row.classifier.clone(),
        parameters: row.parameters.clone(),
        family: format!("{} {}", row.engine, of_family.id()),
        step: step.unwrap_or(0),
        predictions: row.predictions.first()?[..].into(),
        accuracy: row.accuracy?,
        test_size: row.test_size,
        repeats: row.predictions.len(),
        evidence: row.evidence.clone()?,
        file: row.file.clone(),
    })
}

/// Submissions with predictions. Invalid files are left out; the command `validate` names them.
pub fn submitted(results: &Path, subset: Option<usize>, outlines: &Outlines) -> Vec<Entry> {
    let folder = results.join(RUN);
    if !folder.is_dir() {
        return Vec::new();
    }
    let mut entries = Vec::new();
    for path in walk::files(&[folder], results).files {
        let Ok(CheckedFile::Submission(file)) = check::file::load(&path, outlines) else { continue };
        let file = file.into_inner();
        let Some(outline) = outlines.get(&file.dataset) else { continue };
        let Some(Ok(predictions)) = file.repeats.first().map(|first| &first.predictions) else { continue };
        if outline.subset(file.train_size) != outline.subset(subset) {
            continue;
        }
        entries.push(Entry {
            division: if file.method.is_some() { Division::Own } else { Division::Grid },
            family: format!("submitted by {}: {}", file.submitter, file.configuration().id()),
            step: 0,
            evidence: Evidence::Recomputed,
            repeats: file.repeats.len(),
            predictions: predictions[..].into(),
            accuracy: file.accuracy,
            test_size: file.test_size,
            parameters: readable(&file.parameters),
            classifier: file.classifier,
            owner: Owner::Submitter(file.submitter),
            dataset: file.dataset,
            file: relative(results, &path),
        });
    }
    entries
}

/// A table for each data set and division that has entries.
pub fn rank(entries: Vec<Entry>, outlines: &Outlines) -> Vec<Ranking> {
    let mut tables: BTreeMap<(String, Division), Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        tables.entry((entry.dataset.clone(), entry.division)).or_default().push(entry);
    }
    let table = |((dataset, division), entries): ((String, Division), Vec<Entry>)| {
        let labels = &outlines.get(&dataset)?.test_labels;
        let counted = once(entries);
        let predictions: Vec<&[u8]> = counted.iter().map(|(entry, _)| &entry.predictions[..]).collect();
        let standings = ties::groups(&predictions, labels);
        let best = standings.iter().map(|standing| standing.correct).max().unwrap_or(0);
        let is_good = |standing: &&ties::Standing| standing.correct as f64 >= GOOD * best as f64;
        let good: Vec<&[u8]> =
            standings.iter().filter(is_good).map(|standing| predictions[standing.entry]).collect();
        let together = ensemble::together(&predictions, labels);
        let label_noise = ensemble::label_noise(&good, labels);
        let good = good.len();
        let place = |standing: ties::Standing| {
            let (entry, counted_with) = &counted[standing.entry];
            Some(Ranked {
                entry: entry.clone(),
                group: standing.group,
                interval: wilson_of_share(entry.accuracy, entry.test_size, 0.95)?,
                against_best: standing.against_best,
                counted_with: counted_with.clone(),
            })
        };
        let ranked = standings.into_iter().filter_map(place).collect();
        Some(Ranking { dataset, division, ranked, together, label_noise, good })
    };
    tables.into_iter().filter_map(table).collect()
}

/// Each model once, with the entries that it stands for: of the steps of an ensemble the last (chosen by
/// size, not by accuracy), of equal predictions the first.
fn once(mut entries: Vec<Entry>) -> Vec<(Entry, Vec<Entry>)> {
    entries
        .sort_by(|a, b| (&a.family, std::cmp::Reverse(a.step)).cmp(&(&b.family, std::cmp::Reverse(b.step))));
    let mut counted: Vec<(Entry, Vec<Entry>)> = Vec::new();
    let mut by_family: BTreeMap<String, usize> = BTreeMap::new();
    let mut by_predictions: BTreeMap<Arc<[u8]>, usize> = BTreeMap::new();
    for entry in entries {
        let step = by_family.get(&entry.family).or_else(|| by_predictions.get(&entry.predictions)).copied();
        match step {
            Some(place) => {
                by_family.entry(entry.family.clone()).or_insert(place);
                counted[place].1.push(entry);
            }
            None => {
                by_family.insert(entry.family.clone(), counted.len());
                by_predictions.insert(entry.predictions.clone(), counted.len());
                counted.push((entry, Vec::new()));
            }
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(family: &str, step: u64, predictions: &[u8]) -> Entry {
        Entry {
            division: Division::Grid,
            dataset: "tiny".into(),
            owner: Owner::Engine { run: "run".into(), engine: "native".into() },
            classifier: family.into(),
            parameters: format!("n={step}"),
            family: family.into(),
            step,
            predictions: predictions.into(),
            accuracy: 0.5,
            test_size: 2,
            repeats: 1,
            evidence: Evidence::Recomputed,
            file: format!("{family}-{step}"),
        }
    }

    #[test]
    fn steps_of_one_model_and_equal_predictions_count_once() {
        let counted = once(vec![
            entry("forest", 10, &[1, 1]),
            entry("forest", 100, &[0, 1]),
            entry("tree", 0, &[0, 0]),
            entry("twin", 0, &[0, 0]),
        ]);
        let names = |with: Vec<Entry>| with.iter().map(Entry::name).collect();
        let names: Vec<(String, Vec<String>)> =
            counted.into_iter().map(|(entry, with)| (entry.name(), names(with))).collect();
        assert_eq!(
            names,
            [
                ("native forest n=100".to_string(), vec!["native forest n=10".to_string()]),
                ("native tree n=0".to_string(), vec!["native twin n=0".to_string()]),
            ]
        );
    }
}

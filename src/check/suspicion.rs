//! Suspicious predictions: too good, or like labels in another order, with other class names, or of other
//! data. Warnings only: each may have an innocent explanation, and a person should look.

use std::collections::HashMap;

use super::file::Entry;
use crate::dataset::Outlines;
use crate::results::Problem;
use crate::results::record::accuracy;
use crate::stats::interval::wilson;

/// Confidence of the interval that an accuracy must stay below.
const CONFIDENCE: f64 = 0.95;
/// The largest shift of the order of the test images that is tried.
const SHIFTS: usize = 16;
/// A share of agreement with labels in another order that no real method reaches: chance is a tenth with ten
/// classes.
const OTHER_ORDER: f64 = 0.3;
/// The accuracy from which an entry counts when the hard images are found.
const GOOD: f64 = 0.8;
/// The least number of hard images, and of good entries, for a conclusion.
const ENOUGH: usize = 20;

/// The warnings for the submissions among `entries`; `others` are only compared with.
pub fn all(entries: &[Entry], others: &[Entry], outlines: &Outlines) -> Vec<Problem> {
    let everything: Vec<&Entry> = entries.iter().chain(others).collect();
    let mut warnings = Vec::new();
    for (dataset, outline) in outlines {
        let of_set = |entry: &&&Entry| entry.dataset == *dataset && !entry.predictions.is_empty();
        let mine: Vec<&Entry> = everything.iter().filter(of_set).copied().collect();
        let set = DatasetEntries::new(dataset, &outline.test_labels, &mine, outlines);
        for entry in entries.iter().filter(|entry| entry.owner.is_submitter()).filter(|entry| of_set(&entry))
        {
            for (index, predictions) in entry.predictions.iter().enumerate() {
                let pointer = format!("/repeats/{index}/predictions");
                for message in set.warnings(entry, predictions) {
                    warnings.push(Problem { file: entry.file.clone(), pointer: pointer.clone(), message });
                }
            }
        }
    }
    warnings
}

/// Everything known of one data set.
struct DatasetEntries<'a> {
    dataset: &'a str,
    labels: &'a [u8],
    /// Labels of the other data sets with as many test images.
    elsewhere: Vec<(&'a str, &'a [u8])>,
    /// The best entry that is not submitted.
    best: Option<(f64, &'a Entry)>,
    /// Entries by their predictions, each list in the order of the files.
    same: HashMap<&'a [u8], Vec<&'a Entry>>,
    /// Images that almost every good entry that is not submitted gets wrong.
    hard: Vec<usize>,
}

impl<'a> DatasetEntries<'a> {
    fn new(
        dataset: &'a str,
        labels: &'a [u8],
        entries: &[&'a Entry],
        outlines: &'a Outlines,
    ) -> DatasetEntries<'a> {
        let mut set = DatasetEntries {
            dataset,
            labels,
            elsewhere: Vec::new(),
            best: None,
            same: HashMap::new(),
            hard: Vec::new(),
        };
        for (name, outline) in outlines {
            if name != dataset && outline.test_labels.len() == labels.len() {
                set.elsewhere.push((name, &outline.test_labels));
            }
        }
        let mut good: Vec<&[u8]> = Vec::new();
        for &entry in entries {
            for predictions in &entry.predictions {
                set.same.entry(predictions).or_default().push(entry);
            }
            let Some(first) = entry.predictions.first().filter(|_| !entry.owner.is_submitter()) else {
                continue;
            };
            let reached = accuracy(first, labels);
            if reached >= GOOD {
                good.push(first);
            }
            if set.best.is_none_or(|(best, _)| reached > best) {
                set.best = Some((reached, entry));
            }
        }
        if good.len() >= ENOUGH {
            let wrong = |image: usize| good.iter().filter(|entry| entry[image] != labels[image]).count();
            set.hard = (0..labels.len()).filter(|&image| wrong(image) * 10 >= good.len() * 9).collect();
        }
        set
    }

    fn warnings(&self, entry: &Entry, predictions: &[u8]) -> Vec<String> {
        let checks = [
            self.too_good(predictions),
            self.same_as_another(entry, predictions),
            self.other_order(predictions),
            self.shuffled(predictions),
            self.other_names(predictions),
            self.other_data(predictions),
            self.corrupted(predictions),
        ];
        checks.into_iter().flatten().collect()
    }

    fn too_good(&self, predictions: &[u8]) -> Option<String> {
        let (best, who) = self.best?;
        let correct = agreement(predictions, self.labels);
        let low = wilson(correct, self.labels.len(), CONFIDENCE)?.low;
        let reached = correct as f64 / self.labels.len() as f64;
        (low > best).then(|| {
            format!(
                "suspicious: {reached} is above the best checked result ({best}, {} of {}) by more than its interval",
                who.id, who.owner
            )
        })
    }

    fn same_as_another(&self, entry: &Entry, predictions: &[u8]) -> Option<String> {
        let mut others = self.same.get(predictions)?.iter().filter(|other| other.file != entry.file);
        let first = others.next()?;
        let more = match others.count() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        Some(format!("suspicious: exactly the predictions of {}{more}", first.file.display()))
    }

    /// Predictions that agree better with the labels in reverse order, or shifted by up to [`SHIFTS`] images.
    fn other_order(&self, predictions: &[u8]) -> Option<String> {
        let count = self.labels.len();
        let direct = agreement(predictions, self.labels) as f64 / count as f64;
        let reversed = predictions.iter().zip(self.labels.iter().rev()).filter(|(a, b)| a == b).count();
        let mut best = (reversed as f64 / count as f64, "in reverse order".to_string());
        for shift in 1..=SHIFTS.min(count.saturating_sub(1)) {
            let shares = [
                (agreement(&predictions[shift..], self.labels), "later"),
                (agreement(predictions, &self.labels[shift..]), "earlier"),
            ];
            for (matches, direction) in shares {
                let share = matches as f64 / (count - shift) as f64;
                if share > best.0 {
                    best = (share, format!("{shift} images {direction}"));
                }
            }
        }
        let (share, how) = best;
        // In a long run of one class, any method agrees with the labels of neighbours.
        let usual = 2.0 * self.share_of_equal_neighbours();
        (share > OTHER_ORDER.max(direct).max(usual)).then(|| {
            format!("suspicious: {share:.4} agree with the labels {how}; predictions must be in test order")
        })
    }

    /// Every class exactly as often as in the labels: no method hits all counts, a shuffled copy does.
    fn shuffled(&self, predictions: &[u8]) -> Option<String> {
        // Of few images the counts may agree by chance.
        const ENOUGH_IMAGES: usize = 1000;
        let counts = |classes: &[u8]| {
            let mut counts = [0usize; 256];
            classes.iter().for_each(|&class| counts[usize::from(class)] += 1);
            counts
        };
        let same = self.labels.len() >= ENOUGH_IMAGES && counts(predictions) == counts(self.labels);
        same.then(|| {
            "suspicious: predicts every class exactly as often as the labels have it, like labels in another order"
                .to_string()
        })
    }

    fn share_of_equal_neighbours(&self) -> f64 {
        let equal = self.labels.windows(2).filter(|pair| pair[0] == pair[1]).count();
        equal as f64 / self.labels.len().max(2) as f64
    }

    /// Predictions that agree much better once the classes are renamed.
    fn other_names(&self, predictions: &[u8]) -> Option<String> {
        let mut counts = vec![[0usize; 256]; 256];
        for (&prediction, &label) in predictions.iter().zip(self.labels) {
            counts[usize::from(prediction)][usize::from(label)] += 1;
        }
        // The commonest label of each predicted class; a renaming maps no two classes to one label.
        let most = |row: &[usize; 256]| (0..256).max_by_key(|&label| (row[label], std::cmp::Reverse(label)));
        let mut taken = [false; 256];
        let mut matches = 0;
        for row in counts.iter().filter(|row| row.iter().any(|&count| count > 0)) {
            let label = most(row)?;
            if std::mem::replace(&mut taken[label], true) {
                return None;
            }
            matches += row[label];
        }
        let (count, direct) = (self.labels.len() as f64, agreement(predictions, self.labels));
        let (renamed, direct) = (matches as f64 / count, direct as f64 / count);
        (renamed > direct + 0.2).then(|| {
            format!("suspicious: {direct:.4} as it is, but {renamed:.4} with the classes renamed; class numbers are those of the data files")
        })
    }

    fn other_data(&self, predictions: &[u8]) -> Option<String> {
        let count = self.labels.len() as f64;
        let share = |labels: &[u8]| agreement(predictions, labels) as f64 / count;
        let (name, labels) = self.elsewhere.iter().max_by(|a, b| share(a.1).total_cmp(&share(b.1)))?;
        let there = share(labels);
        (there > OTHER_ORDER && there > share(self.labels)).then(|| {
            let here = self.dataset;
            format!("suspicious: {there:.4} agree with the labels of {name}, submitted as {here}")
        })
    }

    /// Labels with random errors: a method errs on the hard images, random errors fall anywhere.
    fn corrupted(&self, predictions: &[u8]) -> Option<String> {
        let count = self.labels.len();
        let overall = agreement(predictions, self.labels) as f64 / count as f64;
        if self.hard.len() < ENOUGH || overall < GOOD {
            return None;
        }
        let right = self.hard.iter().filter(|&&image| predictions[image] == self.labels[image]).count();
        let (share, n) = (right as f64 / self.hard.len() as f64, self.hard.len() as f64);
        let deviation = (overall * (1.0 - overall) / n).sqrt();
        (share >= overall - 3.0 * deviation - 0.5 / n).then(|| {
            format!(
                "suspicious: as often right ({share:.4}) on the {} images that almost everything gets wrong as on all ({overall:.4}), like labels with random errors",
                self.hard.len()
            )
        })
    }
}

fn agreement(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a == b).count()
}

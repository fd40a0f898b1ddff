//! What was found, in figures: the page, the README and the Markdown files open with it.
//!
//! All figures are counted from the results of one view, its submissions and the one-pixel pairs.
//! [`crate::report`] puts them into words.

use std::collections::BTreeMap;

use super::beyond::{self, Beyond};
use super::fidelity::{Fidelity, Source};
use super::native_builds::{self, NativeBuild};
use super::origin::Origin;
use super::peers::{self, Library, OURS};
use super::rows::Row;
use super::rust_libraries::RustLibraries;
use super::submitted::{People, Submitted};
use super::tables::{Line, SideBySide, View};
use super::tie_groups::Groups;
use crate::dataset::Dataset;
use crate::explore::one_pixel::DatasetPairs;
use crate::results::verification::Evidence;
use crate::stats::median::median;
use crate::stats::one_pixel::Score;
use crate::stats::spearman;

/// The accuracy that a configuration must reach to count in the first finding.
pub const BAR: f64 = 0.9;
/// An image is easy where at least this share of the configurations gets it right.
pub const EASY: f64 = 0.9;
/// One pixel tells a pair of classes apart if it classifies at least this share of the pair's training images
/// correctly.
pub const ONE_PIXEL: f64 = 0.95;

/// The findings of one view.
#[derive(Clone, Debug)]
pub struct Findings {
    /// One a data set, in the order of the table.
    pub sets: Vec<Set>,
    pub order: Option<Order>,
    /// The best configuration of each family, by falling accuracy: that on the second data set counts twice,
    /// that on the first once.
    pub families: Vec<Family>,
    pub libraries: Vec<Library>,
    pub rust: RustLibraries,
    /// Rust libraries that were also built for the processor at hand.
    pub native_builds: Vec<NativeBuild>,
    /// MNIST results that agree with the paper of 2017 by the rule of fidelity, and how many there are.
    pub as_published: Option<(usize, usize)>,
    /// Results whose predictions `verify` got again, and how many there are.
    pub reproduced: (usize, usize),
    pub people: Option<People>,
    /// The suite beyond the published grid; `None` where the view is that suite or of part of the training
    /// rows.
    pub beyond: Option<Beyond>,
    pub origin: Origin,
}

/// One data set.
#[derive(Clone, Debug, Default)]
pub struct Set {
    pub dataset: String,
    /// Configurations with a result.
    pub configurations: usize,
    /// Configurations with an accuracy of at least [`BAR`].
    pub at_bar: usize,
    pub best: Option<f64>,
    pub tie_groups: Option<usize>,
    /// Test images by how many configurations get them right; `None` without predictions.
    pub images: Option<Images>,
    /// Pairs of classes that one pixel tells apart, and how many pairs there are.
    pub one_pixel: Option<(usize, usize)>,
}

/// Test images of one set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Images {
    pub all: usize,
    /// Right in at least [`EASY`] of the configurations.
    pub easy: usize,
    /// Right in fewer than half of them.
    pub hard: usize,
}

/// The second data set beside the first.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Configurations with a result on both.
    pub both: usize,
    /// Configurations that are less accurate on the second data set.
    pub worse: usize,
    /// The median of the error on the second over that on the first.
    pub error_ratio: f64,
    /// Spearman's correlation of the two accuracies.
    pub spearman: f64,
}

/// The best of a family on each data set, with its line in the table.
#[derive(Clone, Debug)]
pub struct Family {
    pub classifier: String,
    pub best: Vec<Option<(f64, usize)>>,
}

/// What the findings are counted from, besides the table.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub datasets: &'a BTreeMap<String, Dataset>,
    pub groups: &'a Groups,
    pub submitted: &'a Submitted,
    pub pixels: &'a [&'a DatasetPairs],
    /// The run of the scaling curves.
    pub curves: Option<&'a str>,
}

impl Findings {
    pub fn of(table: &SideBySide, view: &View, sources: &Sources) -> Findings {
        let own: Vec<(usize, &Line)> = table
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| table.shows(view, line) && line.engine == OURS)
            .collect();
        let rows = |dataset: usize| own.iter().filter_map(move |(_, line)| table.row(line, dataset));
        let all: Vec<&Row> = (0..table.datasets.len()).flat_map(rows).collect();
        let stated = all.iter().filter(|row| !row.predictions.is_empty());
        let again = |row: &&&Row| matches!(row.evidence, Some(Evidence::Reproduced { .. }));
        let fidelity = Fidelity::of(table, view);
        let published = fidelity.parts.iter().find(|part| part.source == Source::Published);
        Findings {
            sets: (0..table.datasets.len())
                .map(|at| set(&table.datasets[at], rows(at).collect(), sources))
                .collect(),
            order: order(table, &own),
            families: families(table, &own),
            libraries: peers::libraries(table, view, sources.curves),
            rust: RustLibraries::of(table, view),
            native_builds: native_builds::of(table),
            as_published: published
                .filter(|_| view.subset.is_none())
                .map(|part| (part.holding(), part.pairs.len())),
            reproduced: (stated.clone().filter(again).count(), stated.count()),
            people: sources.submitted.people.clone(),
            beyond: (view.subset.is_none() && view.run != beyond::RUN)
                .then(|| Beyond::of(table, BAR))
                .flatten(),
            origin: Origin::of(table, view),
        }
    }
}

fn set(name: &str, rows: Vec<&Row>, sources: &Sources) -> Set {
    let accuracies: Vec<f64> = rows.iter().filter_map(|row| row.accuracy).collect();
    let labels = sources.datasets.get(name).map(|dataset| &dataset.test.labels);
    let pixels = sources.pixels.iter().find(|pairs| pairs.dataset == name);
    Set {
        dataset: name.to_string(),
        configurations: accuracies.len(),
        at_bar: accuracies.iter().filter(|&&accuracy| accuracy >= BAR).count(),
        best: accuracies.iter().copied().max_by(f64::total_cmp),
        tie_groups: sources.groups.summaries.iter().find(|own| own.dataset == name).map(|own| own.groups),
        images: labels.and_then(|labels| {
            images(rows.iter().filter_map(|row| row.predictions.first().map(|first| &first[..])), labels)
        }),
        one_pixel: pixels.map(|pairs| (told_apart(pairs), pairs.pairs.len())),
    }
}

/// Counts images by how many models get them right; `None` without a model.
fn images<'a>(models: impl Iterator<Item = &'a [u8]>, labels: &[u8]) -> Option<Images> {
    let mut right = vec![0usize; labels.len()];
    let mut count = 0;
    for predictions in models.filter(|predictions| predictions.len() == labels.len()) {
        count += 1;
        for ((right, predicted), label) in right.iter_mut().zip(predictions).zip(labels) {
            *right += usize::from(predicted == label);
        }
    }
    let enough = (EASY * count as f64).ceil() as usize;
    (count > 0).then(|| Images {
        all: labels.len(),
        easy: right.iter().filter(|&&right| right >= enough).count(),
        hard: right.iter().filter(|&&right| right * 2 < count).count(),
    })
}

fn told_apart(pairs: &DatasetPairs) -> usize {
    let share = |pair: &&crate::explore::one_pixel::PairData| {
        Score { correct: pair.train_correct, total: pair.train_total }.accuracy() >= ONE_PIXEL
    };
    pairs.pairs.iter().filter(share).count()
}

fn order(table: &SideBySide, own: &[(usize, &Line)]) -> Option<Order> {
    let accuracy = |line: &Line, dataset| table.row(line, dataset).and_then(|row| row.accuracy);
    let pairs: Vec<(f64, f64)> =
        own.iter().filter_map(|(_, line)| Some((accuracy(line, 0)?, accuracy(line, 1)?))).collect();
    let ratios: Vec<f64> = pairs
        .iter()
        .filter(|(first, _)| *first < 1.0)
        .map(|(first, second)| (1.0 - second) / (1.0 - first))
        .collect();
    Some(Order {
        both: pairs.len(),
        worse: pairs.iter().filter(|(first, second)| second < first).count(),
        error_ratio: median(&ratios)?,
        spearman: spearman::correlation(&pairs)?,
    })
}

fn families(table: &SideBySide, own: &[(usize, &Line)]) -> Vec<Family> {
    let mut families: BTreeMap<&str, Vec<Option<(f64, usize)>>> = BTreeMap::new();
    for &(number, line) in own {
        let best = families.entry(&line.classifier).or_insert_with(|| vec![None; table.datasets.len()]);
        for (dataset, best) in best.iter_mut().enumerate() {
            let accuracy = table.row(line, dataset).and_then(|row| row.accuracy);
            // Of equal accuracies the first wins.
            if let Some(accuracy) = accuracy.filter(|new| best.is_none_or(|(old, _)| *new > old)) {
                *best = Some((accuracy, number));
            }
        }
    }
    let mut families: Vec<Family> = families
        .into_iter()
        .map(|(classifier, best)| Family { classifier: classifier.to_string(), best })
        .filter(|family| family.best.iter().any(Option::is_some))
        .collect();
    let hardest = |family: &Family| {
        let figures = [1, 0].map(|at| family.best.get(at).copied().flatten().map_or(0.0, |(best, _)| best));
        figures[0] * 2.0 + figures[1]
    };
    families.sort_by(|a, b| hardest(b).total_cmp(&hardest(a)));
    families
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::one_pixel::PairData;

    #[test]
    fn images_are_counted_by_how_many_models_get_them_right() {
        // Image 0: all of ten; image 1: nine; image 2: five; image 3: four.
        let right = [10, 9, 5, 4];
        let models: Vec<Vec<u8>> =
            (0..10).map(|model| right.iter().map(|&count| u8::from(model >= count)).collect()).collect();
        let found = images(models.iter().map(Vec::as_slice), &[0; 4]).unwrap();
        assert_eq!(found, Images { all: 4, easy: 2, hard: 1 });
        assert_eq!(images(std::iter::empty(), &[0; 4]), None);
        assert_eq!(images([&[0u8; 3][..]].into_iter(), &[0; 4]), None, "of another test set");
    }

    #[test]
    fn pairs_count_from_the_share_on() {
        let pair = |correct| PairData {
            first: 0,
            second: 1,
            row: 0,
            column: 0,
            threshold: 1,
            above: 0,
            train_correct: correct,
            train_total: 100,
            test_correct: 0,
            test_total: 1,
        };
        let pairs = DatasetPairs {
            dataset: "tiny".into(),
            classes: vec!["a".into(), "b".into()],
            pairs: vec![pair(94), pair(95), pair(100)],
        };
        assert_eq!(told_apart(&pairs), 2);
    }
}

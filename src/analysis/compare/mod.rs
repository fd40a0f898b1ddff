//! Two sets of results side by side on the configurations that both have: differences of accuracy, ratios of
//! time, and paired tests image by image.

pub mod figures;
pub mod regression;
pub mod side;

use serde::Serialize;

use crate::dataset::{Outlines, Predictions};
use crate::format::round;
use crate::results::record::accuracy;
use crate::stats::holm;
use crate::stats::paired::Discordant;
use crate::stats::ties::LEVEL;
pub use figures::{Figures, Processor};
use side::Side;

/// The pairs of configurations that both sides have, and the names of those that only one side has.
#[derive(Serialize)]
pub struct Comparison {
    pub first: String,
    pub second: String,
    pub pairs: Vec<Pair>,
    pub only_first: Vec<String>,
    pub only_second: Vec<String>,
    pub summary: Summary,
}

/// One configuration on one data set.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    pub dataset: String,
    pub id: String,
    pub first: Figures,
    pub second: Figures,
    /// The second's accuracy less the first's.
    pub accuracy_difference: Option<f64>,
    /// The second's seconds over the first's; `None` unless both ran with the same number of threads on the
    /// same kind of processor.
    pub fit_ratio: Option<f64>,
    pub predict_ratio: Option<f64>,
    pub time_ratio: Option<f64>,
    /// Whether both were timed with nothing else running; only such ratios are measurements of the engines.
    pub times_quiet: bool,
    /// Whether as many threads of the same kind of processor were timed. Otherwise there are no ratios.
    pub times_comparable: bool,
    pub paired: Option<Paired>,
}

/// The exact McNemar test of the first repeats.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Paired {
    pub only_first: u64,
    pub only_second: u64,
    pub p: f64,
    /// Holm's adjusted p-value over all pairs of the comparison.
    pub adjusted: f64,
    /// The side that is better at level 0.05 of the whole table, if one is.
    pub better: Option<Better>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    First,
    Second,
}

/// The table in a few figures.
#[derive(Default, Serialize)]
pub struct Summary {
    pub pairs: usize,
    pub better_first: usize,
    pub better_second: usize,
    pub not_told_apart: usize,
    pub mean_accuracy_difference: Option<f64>,
    /// Geometric mean of the ratios of time, over the pairs that have one; then the number of these pairs,
    /// and of those among them that were measured with nothing else running.
    pub time_ratio: Option<f64>,
    pub timed: usize,
    pub timed_quiet: usize,
    /// Pairs with times of two kinds of processor or two numbers of threads, which make no ratio.
    pub times_not_comparable: usize,
}

impl Comparison {
    /// Joins two sides. `Err` says in one line what cannot be compared.
    pub fn of(first: Side, second: Side, outlines: &Outlines) -> Result<Comparison, String> {
        let (first_name, second_name) = (first.name, second.name);
        let mut others = second.entries;
        let (mut pairs, mut only_first) = (Vec::new(), Vec::new());
        let mut discordant = Vec::new();
        for (key, mut a) in first.entries {
            let Some(mut b) = others.remove(&key) else {
                only_first.push(key.text());
                continue;
            };
            discordant.push(match (a.predictions.first(), b.predictions.first()) {
                (Some(x), Some(y)) => {
                    let outline = outlines
                        .get(&key.dataset)
                        .ok_or_else(|| format!("there is no data set {:?} to compare on", key.dataset))?;
                    let labels = &outline.test_labels;
                    if x.len() != labels.len() || y.len() != labels.len() {
                        let (id, dataset) = (&key.id, &key.dataset);
                        return Err(format!("{id}: not as many predictions as test images of {dataset}"));
                    }
                    let counts = Discordant::count(x, y, labels);
                    // Recomputed from the predictions; the accuracy that the file states is not used.
                    a.figures.accuracy = mean_accuracy(&a.predictions, labels);
                    b.figures.accuracy = mean_accuracy(&b.predictions, labels);
                    Some(counts)
                }
                _ => None,
            });
            pairs.push(Pair::new(key.dataset, key.id, a.figures, b.figures));
        }
        let p_values: Vec<f64> = discordant.iter().flatten().map(|counts| counts.p_value()).collect();
        let mut tested = p_values.iter().copied().zip(holm::adjust(&p_values));
        for (pair, counts) in pairs.iter_mut().zip(&discordant) {
            let Some(counts) = counts else { continue };
            pair.paired = tested.next().map(|(p, adjusted)| Paired::new(*counts, p, adjusted));
        }
        Ok(Comparison {
            first: first_name,
            second: second_name,
            summary: Summary::of(&pairs),
            pairs,
            only_first,
            only_second: others.keys().map(side::Key::text).collect(),
        })
    }
}

/// Mean accuracy over the repeats; `None` without a repeat.
fn mean_accuracy(repeats: &[Predictions], labels: &[u8]) -> Option<f64> {
    let sum: f64 = repeats.iter().map(|predictions| accuracy(predictions, labels)).sum();
    (!repeats.is_empty()).then(|| sum / repeats.len() as f64)
}

impl Pair {
    fn new(dataset: String, id: String, first: Figures, second: Figures) -> Pair {
        let times_comparable = first.processor.is_some()
            && first.processor == second.processor
            && first.threads == second.threads;
        let ratio = |a: Option<f64>, b: Option<f64>| {
            let (a, b) = (a?, b?);
            (times_comparable && a > 0.0 && b > 0.0).then_some(b / a)
        };
        Pair {
            times_comparable,
            accuracy_difference: first.accuracy.zip(second.accuracy).map(|(a, b)| round(b - a)),
            fit_ratio: ratio(first.fit_seconds, second.fit_seconds),
            predict_ratio: ratio(first.predict_seconds, second.predict_seconds),
            time_ratio: ratio(first.seconds(), second.seconds()),
            times_quiet: first.quiet && second.quiet,
            paired: None,
            dataset,
            id,
            first,
            second,
        }
    }

    /// Whether both sides have times, but no ratio of them is allowed.
    fn times_only_apart(&self) -> bool {
        !self.times_comparable && self.first.seconds().is_some() && self.second.seconds().is_some()
    }

    /// The pair's name in messages: data set and id.
    pub fn name(&self) -> String {
        format!("{} {}", self.dataset, self.id)
    }
}

impl Figures {
    /// Fitting and predicting together.
    pub fn seconds(&self) -> Option<f64> {
        Some(self.fit_seconds? + self.predict_seconds?)
    }
}

impl Paired {
    fn new(counts: Discordant, p: f64, adjusted: f64) -> Paired {
        let better = match (adjusted <= LEVEL, counts.only_first > counts.only_second) {
            (true, true) => Some(Better::First),
            (true, false) => Some(Better::Second),
            (false, _) => None,
        };
        Paired { only_first: counts.only_first, only_second: counts.only_second, p, adjusted, better }
    }
}

impl Summary {
    fn of(pairs: &[Pair]) -> Summary {
        let tested: Vec<Paired> = pairs.iter().filter_map(|pair| pair.paired).collect();
        let better = |side| tested.iter().filter(|paired| paired.better == Some(side)).count();
        let differences: Vec<f64> = pairs.iter().filter_map(|pair| pair.accuracy_difference).collect();
        let timed: Vec<&Pair> = pairs.iter().filter(|pair| pair.time_ratio.is_some()).collect();
        let logs: f64 = timed.iter().filter_map(|pair| pair.time_ratio).map(f64::ln).sum();
        let mean = |sum: f64, n: usize| (n > 0).then(|| sum / n as f64);
        let (first, second) = (better(Better::First), better(Better::Second));
        Summary {
            pairs: pairs.len(),
            better_first: first,
            better_second: second,
            not_told_apart: tested.len() - first - second,
            mean_accuracy_difference: mean(differences.iter().sum(), differences.len()).map(round),
            time_ratio: mean(logs, timed.len()).map(f64::exp),
            timed: timed.len(),
            timed_quiet: timed.iter().filter(|pair| pair.times_quiet).count(),
            times_not_comparable: pairs.iter().filter(|pair| pair.times_only_apart()).count(),
        }
    }
}

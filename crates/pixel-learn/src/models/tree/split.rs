//! Finding the split of one node: which feature and cut, best of all or at a random threshold.

use super::Random;
use super::feature_sampler::FeatureSampler;
use crate::Scaling;
use crate::linalg::histogram::{ClassHistogram, Columns, Impurity, Sample};
use crate::linalg::simd;

/// Where to part a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Split {
    pub feature: usize,
    /// The largest byte that goes left.
    pub cut: u8,
    /// On the scaled feature.
    pub threshold: f64,
}

/// Working memory and random state of one tree.
pub(super) struct Search<'a, const L: usize> {
    scaling: &'a Scaling,
    max_features: usize,
    random: Random,
    order: FeatureSampler,
    histogram: ClassHistogram<L>,
    values: Vec<u8>,
    level: simd::Level,
}

impl<'a, const L: usize> Search<'a, L> {
    /// For a tree that sees `features`, of which it draws `max_features` in a node.
    pub(super) fn new(
        scaling: &'a Scaling,
        features: Vec<u16>,
        max_features: usize,
        seed: u64,
    ) -> Search<'a, L> {
        Search {
            scaling,
            max_features,
            random: Random::new(seed),
            order: FeatureSampler::new(features),
            histogram: ClassHistogram::default(),
            values: Vec::new(),
            level: simd::level(),
        }
    }

    /// The best of all cuts of the drawn features; the first drawn of equally good ones, and no feature
    /// is looked at once a cut leaves both sides pure. Returns the number of features known to be constant
    /// below this node with it.
    pub(super) fn best<I: Impurity>(
        &mut self,
        impurity: &I,
        columns: &Columns,
        samples: &[Sample],
        total: &[u32; L],
        known_constants: usize,
    ) -> (Option<Split>, usize) {
        let perfect = impurity.perfect(total.iter().map(|&count| u64::from(count)).sum());
        let mut best: Option<(f64, usize, u8, u8)> = None;
        let mut node = self.order.begin(known_constants);
        while let Some((place, feature)) = self.order.next(&mut node, self.max_features, &mut self.random) {
            let cut = self.histogram.best_cut(self.level, columns.column(feature), samples, total, impurity);
            let Some(cut) = cut else {
                self.order.is_constant(&mut node, place);
                continue;
            };
            self.order.varies(&mut node, place);
            if best.is_none_or(|(score, ..)| cut.score > score) {
                best = Some((cut.score, feature, cut.low, cut.high));
                if cut.score >= perfect {
                    break;
                }
            }
        }
        let constants = self.order.end(node);
        let split = best.map(|(_, feature, low, high)| midpoint(self.scaling, feature, low, high));
        (split, constants)
    }

    /// The best of one random threshold in each of the drawn features. `samples` stand in order of class, and count
    /// once each unless `weighted`.
    pub(super) fn random<I: Impurity>(
        &mut self,
        impurity: &I,
        columns: &Columns,
        samples: &[Sample],
        total: &[u32; L],
        known_constants: usize,
        weighted: bool,
    ) -> (Option<Split>, usize) {
        let weight = total.iter().sum();
        let perfect = impurity.perfect(u64::from(weight));
        let mut best: Option<(f64, Split)> = None;
        let mut node = self.order.begin(known_constants);
        while let Some((place, feature)) = self.order.next(&mut node, self.max_features, &mut self.random) {
            let column = columns.column(feature);
            self.values.clear();
            self.values.extend(samples.iter().map(|sample| column[sample.row as usize]));
            let low = self.values.iter().fold(u8::MAX, |low, &value| low.min(value));
            let high = self.values.iter().fold(0u8, |high, &value| high.max(value));
            if low == high {
                self.order.is_constant(&mut node, place);
                continue;
            }
            self.order.varies(&mut node, place);
            let split = threshold_between(self.scaling, feature, low, high, &mut self.random);
            let mut left = [0u32; L];
            if weighted {
                for (sample, &value) in samples.iter().zip(&self.values) {
                    left[usize::from(sample.class)] +=
                        if value <= split.cut { u32::from(sample.weight) } else { 0 };
                }
            } else {
                let mut rest = self.values.as_slice();
                for (count, &size) in left.iter_mut().zip(total) {
                    let (class, others) = rest.split_at(size as usize);
                    *count = count_up_to(class, split.cut);
                    rest = others;
                }
            }
            let score = impurity.score(&left, total, weight);
            if best.is_none_or(|(so_far, _)| score > so_far) {
                best = Some((score, split));
                if score >= perfect {
                    break;
                }
            }
        }
        (best.map(|(_, split)| split), self.order.end(node))
    }
}

/// How many of `values` are at most `cut`; in stretches that a byte can count, which vectorises.
fn count_up_to(values: &[u8], cut: u8) -> u32 {
    values
        .chunks(128)
        .map(|stretch| u32::from(stretch.iter().fold(0u8, |count, &value| count + u8::from(value <= cut))))
        .sum()
}

/// A scaled value as scikit-learn's trees see it: rounded to single precision.
fn scaled(scaling: &Scaling, feature: usize, byte: u8) -> f64 {
    f64::from(scaling.value(feature, byte) as f32)
}

/// The split halfway between two neighbouring values of the node, on the scaled feature. A byte strictly
/// between them, which only other rows can have, goes to the side on which its own scaled value lies.
pub(crate) fn midpoint(scaling: &Scaling, feature: usize, low: u8, high: u8) -> Split {
    let (below, above) = (scaled(scaling, feature, low), scaled(scaling, feature, high));
    let halfway = below / 2.0 + above / 2.0;
    // Rounding may have put the middle on the upper value, which must go right.
    let threshold = if halfway >= above { below } else { halfway };
    Split { feature, cut: largest_up_to(scaling, feature, low, high, threshold), threshold }
}

pub(super) fn threshold_between(
    scaling: &Scaling,
    feature: usize,
    low: u8,
    high: u8,
    random: &mut Random,
) -> Split {
    let (least, most) = (scaled(scaling, feature, low), scaled(scaling, feature, high));
    let drawn = random.between(least, most);
    let threshold = if drawn >= most { least } else { drawn };
    Split { feature, cut: largest_up_to(scaling, feature, low, high, threshold), threshold }
}

/// The largest byte in low..high whose scaled value is at most `threshold`, which is at least that of `low`.
fn largest_up_to(scaling: &Scaling, feature: usize, low: u8, high: u8, threshold: f64) -> u8 {
    let guess = threshold * scaling.scale[feature] + scaling.offset[feature];
    let mut cut = (guess as u8).clamp(low, high - 1);
    while cut > low && scaled(scaling, feature, cut) > threshold {
        cut -= 1;
    }
    while cut + 1 < high && scaled(scaling, feature, cut + 1) <= threshold {
        cut += 1;
    }
    cut
}

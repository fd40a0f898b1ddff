//! The search for the split of one node: the best cut or a random threshold of each feature.

use super::Random;
use super::feature_sampler::FeatureSampler;
use crate::Scaling;
use crate::linalg::histogram::{ClassHistogram, Columns, Impurity, Sample};
use crate::linalg::simd;

/// A split of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Split {
    pub feature: usize,
    /// The largest byte that goes left.
    pub cut: u8,
    /// The threshold on the scaled feature.
    pub threshold: f64,
}

/// The split search of one tree, with its random state and working memory.
pub(super) struct SplitSearch<'a, const L: usize> {
    scaling: &'a Scaling,
    max_features: usize,
    random: Random,
    sampler: FeatureSampler,
    histogram: ClassHistogram<L>,
    values: Vec<u8>,
    level: simd::Level,
}

impl<'a, const L: usize> SplitSearch<'a, L> {
    /// The search for a tree on `features`, of which a node searches `max_features`.
    pub(super) fn new(
        scaling: &'a Scaling,
        features: Vec<u16>,
        max_features: usize,
        seed: u64,
    ) -> SplitSearch<'a, L> {
        SplitSearch {
            scaling,
            max_features,
            random: Random::new(seed),
            sampler: FeatureSampler::new(features),
            histogram: ClassHistogram::default(),
            values: Vec::new(),
            level: simd::level(),
        }
    }

    /// The best of all cuts of the features drawn; of equal scores the first drawn. The search ends at a cut
    /// with two pure sides. Also returns the number of features known to be constant below the node.
    /// O(max_features rows).
    pub(super) fn best_split<I: Impurity>(
        &mut self,
        impurity: &I,
        columns: &Columns,
        samples: &[Sample],
        total: &[u32; L],
        known_constants: usize,
    ) -> (Option<Split>, usize) {
        let pure_score = impurity.pure_score(total.iter().map(|&count| u64::from(count)).sum());
        let mut best: Option<(f64, usize, u8, u8)> = None;
        let mut node = self.sampler.start_node(known_constants);
        while let Some((place, feature)) = self.sampler.next(&mut node, self.max_features, &mut self.random) {
            let cut = self.histogram.best_cut(self.level, columns.column(feature), samples, total, impurity);
            let Some(cut) = cut else {
                self.sampler.mark_constant(&mut node, place);
                continue;
            };
            self.sampler.mark_varying(&mut node, place);
            if best.is_none_or(|(score, ..)| cut.score > score) {
                best = Some((cut.score, feature, cut.low, cut.high));
                if cut.score >= pure_score {
                    break;
                }
            }
        }
        let constants = self.sampler.finish_node(node);
        let split = best.map(|(_, feature, low, high)| midpoint(self.scaling, feature, low, high));
        (split, constants)
    }

    /// The best of one random threshold for each feature drawn. `samples` are in order of class, and have
    /// weight 1 unless `weighted`. Returns and cost as [`SplitSearch::best_split`].
    pub(super) fn random_split<I: Impurity>(
        &mut self,
        impurity: &I,
        columns: &Columns,
        samples: &[Sample],
        total: &[u32; L],
        known_constants: usize,
        weighted: bool,
    ) -> (Option<Split>, usize) {
        let weight = total.iter().sum();
        let pure_score = impurity.pure_score(u64::from(weight));
        let mut best: Option<(f64, Split)> = None;
        let mut node = self.sampler.start_node(known_constants);
        while let Some((place, feature)) = self.sampler.next(&mut node, self.max_features, &mut self.random) {
            let column = columns.column(feature);
            self.values.clear();
            self.values.extend(samples.iter().map(|sample| column[sample.row as usize]));
            let low = self.values.iter().fold(u8::MAX, |low, &value| low.min(value));
            let high = self.values.iter().fold(0u8, |high, &value| high.max(value));
            if low == high {
                self.sampler.mark_constant(&mut node, place);
                continue;
            }
            self.sampler.mark_varying(&mut node, place);
            let split = random_threshold(self.scaling, feature, low, high, &mut self.random);
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
                    *count = count_at_most(class, split.cut);
                    rest = others;
                }
            }
            let score = impurity.score(&left, total, weight);
            if best.is_none_or(|(so_far, _)| score > so_far) {
                best = Some((score, split));
                if score >= pure_score {
                    break;
                }
            }
        }
        (best.map(|(_, split)| split), self.sampler.finish_node(node))
    }
}

/// The number of `values` up to `cut`. A block of 128 has a sum that fits a byte, so that the loop
/// vectorises.
fn count_at_most(values: &[u8], cut: u8) -> u32 {
    values
        .chunks(128)
        .map(|stretch| u32::from(stretch.iter().fold(0u8, |count, &value| count + u8::from(value <= cut))))
        .sum()
}

/// The scaled value of a byte, rounded to f32 as in scikit-learn's trees.
fn scaled_f32(scaling: &Scaling, feature: usize, byte: u8) -> f64 {
    f64::from(scaling.value(feature, byte) as f32)
}

/// The split halfway between two neighbouring values of a node, on the scaled feature. A byte strictly
/// between them occurs in other rows only; it goes to the side of its own scaled value.
pub(crate) fn midpoint(scaling: &Scaling, feature: usize, low: u8, high: u8) -> Split {
    let (below, above) = (scaled_f32(scaling, feature, low), scaled_f32(scaling, feature, high));
    let halfway = below / 2.0 + above / 2.0;
    // Rounding can make the midpoint equal to the upper value, which must go right.
    let threshold = if halfway >= above { below } else { halfway };
    Split { feature, cut: largest_up_to(scaling, feature, low, high, threshold), threshold }
}

/// A split at a threshold drawn uniformly between the scaled values of `low` and `high`.
pub(super) fn random_threshold(
    scaling: &Scaling,
    feature: usize,
    low: u8,
    high: u8,
    random: &mut Random,
) -> Split {
    let (least, most) = (scaled_f32(scaling, feature, low), scaled_f32(scaling, feature, high));
    let drawn = random.uniform(least, most);
    let threshold = if drawn >= most { least } else { drawn };
    Split { feature, cut: largest_up_to(scaling, feature, low, high, threshold), threshold }
}

/// The largest byte in low..high whose scaled value is at most `threshold`; that of `low` is.
fn largest_up_to(scaling: &Scaling, feature: usize, low: u8, high: u8, threshold: f64) -> u8 {
    let guess = threshold * scaling.scale[feature] + scaling.offset[feature];
    let mut cut = (guess as u8).clamp(low, high - 1);
    while cut > low && scaled_f32(scaling, feature, cut) > threshold {
        cut -= 1;
    }
    while cut + 1 < high && scaled_f32(scaling, feature, cut + 1) <= threshold {
        cut += 1;
    }
    cut
}

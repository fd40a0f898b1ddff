//! Growing a classification tree on rows of any weight, depth first, with scikit-learn 1.9's rule for pure nodes.

use super::feature_sampler::FeatureSampler;
use super::fitted::{NodeFacts, Tree};
use super::grow::Source;
use super::nodes::Nodes;
use super::split::{Split, midpoint, threshold_between};
use super::{Criterion, Random, Splitter, TreeParameters};
use crate::linalg::argmax;
use crate::linalg::histogram::{Sample, WeightHistogram, WeightedImpurity};
use crate::linalg::simd;
use crate::models::Training;

/// Rows, each with its weight and class. They stand in the order of the [`Source`].
pub(crate) struct WeightedRows<'a> {
    pub source: &'a Source<'a>,
    /// Whole numbers that add up to less than 2^63, none 0.
    pub weights: &'a [u64],
}

impl WeightedRows<'_> {
    /// Grows a tree. Sets `answers` to the class that it gives each row. O(n d depth) at most.
    pub(crate) fn grow(&self, parameters: &TreeParameters, seed: u64, answers: &mut [u8]) -> Tree {
        match self.source.training.classes {
            ..=16 => Builder::<16>::grow(self, parameters, seed, answers),
            _ => Builder::<256>::grow(self, parameters, seed, answers),
        }
    }
}

/// A node still to be made.
struct Pending<const L: usize> {
    start: usize,
    end: usize,
    depth: usize,
    known_constants: usize,
    /// The parent, when this is a right child.
    right_of: Option<usize>,
    total: [u64; L],
}

struct Builder<'a, const L: usize> {
    source: &'a Source<'a>,
    parameters: &'a TreeParameters,
    impurity: WeightedImpurity,
    max_features: usize,
    samples: Vec<Sample>,
    weights: Vec<u64>,
    order: FeatureSampler,
    random: Random,
    histogram: WeightHistogram<L>,
    tree: Tree,
}

impl<'a, const L: usize> Builder<'a, L> {
    fn grow(rows: &WeightedRows<'a>, parameters: &'a TreeParameters, seed: u64, answers: &mut [u8]) -> Tree {
        let Training { features: x, labels, classes } = rows.source.training;
        let samples = rows.source.order.iter().enumerate().map(|(position, &row)| Sample {
            row: position as u32,
            class: u16::from(labels[row as usize]),
            weight: 0,
        });
        let samples: Vec<Sample> = samples.collect();
        let mut total = [0; L];
        samples
            .iter()
            .zip(rows.weights)
            .for_each(|(sample, &weight)| total[usize::from(sample.class)] += weight);
        let d = x.d();
        let mut builder = Builder::<L> {
            source: rows.source,
            parameters,
            impurity: match parameters.criterion {
                Criterion::Gini => WeightedImpurity::Gini,
                Criterion::Entropy => WeightedImpurity::Entropy,
            },
            max_features: parameters.max_features.of(d),
            samples,
            weights: rows.weights.to_vec(),
            order: FeatureSampler::new((0..d as u16).collect()),
            random: Random::new(seed),
            histogram: WeightHistogram::default(),
            tree: Tree {
                nodes: Nodes::default(),
                facts: Vec::new(),
                probabilities: Vec::new(),
                classes,
                depth: 0,
            },
        };
        let n = builder.samples.len();
        let mut stack =
            vec![Pending { start: 0, end: n, depth: 0, known_constants: 0, right_of: None, total }];
        while let Some(node) = stack.pop() {
            builder.make(node, &mut stack, answers);
        }
        builder.tree
    }

    /// Makes one node, and pushes its children onto the stack when it is split.
    fn make(&mut self, node: Pending<L>, stack: &mut Vec<Pending<L>>, answers: &mut [u8]) {
        let id = self.tree.nodes.len();
        if let Some(parent) = node.right_of {
            self.tree.nodes.set_right(parent, id);
        }
        self.tree.depth = self.tree.depth.max(node.depth);
        let samples = node.end - node.start;
        let impurity = self.impurity.of_node(&node.total[..self.tree.classes]);
        let may_split = node.depth < self.parameters.max_depth.unwrap_or(usize::MAX)
            && samples >= 2
            && impurity > f64::EPSILON;
        let (split, known_constants) = if may_split { self.find(&node) } else { (None, 0) };
        let threshold = split.map_or(0.0, |split| split.threshold);
        self.tree.facts.push(NodeFacts { threshold, impurity, samples: samples as u32 });
        let Some(split) = split else {
            self.leaf(&node, answers);
            return;
        };
        self.tree.nodes.push_split(split.feature, split.cut);
        let (middle, left) = self.part(&node, split);
        let right: [u64; L] = std::array::from_fn(|class| node.total[class] - left[class]);
        let child = |start, end, right_of, total| Pending {
            start,
            end,
            depth: node.depth + 1,
            known_constants,
            right_of,
            total,
        };
        stack.push(child(middle, node.end, Some(id), right));
        stack.push(child(node.start, middle, None, left));
    }

    fn leaf(&mut self, node: &Pending<L>, answers: &mut [u8]) {
        let classes = self.tree.classes;
        self.tree.nodes.push_leaf((self.tree.probabilities.len() / classes) as u32);
        let weight = node.total.iter().sum::<u64>() as f64;
        let shares: Vec<f64> = node.total[..classes].iter().map(|&sum| sum as f64 / weight).collect();
        let answer = argmax(&shares) as u8;
        self.tree.probabilities.extend(shares);
        for sample in &self.samples[node.start..node.end] {
            answers[sample.row as usize] = answer;
        }
    }

    /// The split of a node, and how many features are known to be constant below it.
    fn find(&mut self, node: &Pending<L>) -> (Option<Split>, usize) {
        let samples = &mut self.samples[node.start..node.end];
        // Numbers the samples for the histogram.
        samples.iter_mut().enumerate().for_each(|(index, sample)| sample.weight = index as u16);
        let weights = &self.weights[node.start..node.end];
        let scaling = self.source.training.features.scaling();
        let mut best: Option<(f64, Split)> = None;
        let mut draw = self.order.begin(node.known_constants);
        while let Some((place, feature)) = self.order.next(&mut draw, self.max_features, &mut self.random) {
            let column = self.source.columns.column(feature);
            let found = match self.parameters.splitter {
                Splitter::Best => self
                    .histogram
                    .best_cut(simd::level(), column, samples, weights, &node.total, self.impurity)
                    .map(|cut| (cut.score, midpoint(scaling, feature, cut.low, cut.high))),
                Splitter::Random => {
                    let values = || samples.iter().map(|sample| column[sample.row as usize]);
                    let (low, high) =
                        values().fold((u8::MAX, 0), |(low, high), value| (low.min(value), high.max(value)));
                    (low < high).then(|| {
                        let split = threshold_between(scaling, feature, low, high, &mut self.random);
                        let mut left = [0u64; L];
                        for ((sample, &weight), value) in samples.iter().zip(weights).zip(values()) {
                            left[usize::from(sample.class)] += if value <= split.cut { weight } else { 0 };
                        }
                        (self.impurity.score(&left, &node.total), split)
                    })
                }
            };
            let Some((score, split)) = found else {
                self.order.is_constant(&mut draw, place);
                continue;
            };
            self.order.varies(&mut draw, place);
            if best.is_none_or(|(so_far, _)| score > so_far) {
                best = Some((score, split));
            }
        }
        (best.map(|(_, split)| split), self.order.end(draw))
    }

    /// Parts the rows of a node, keeping their order on both sides; where the right side begins, and the weights left.
    fn part(&mut self, node: &Pending<L>, split: Split) -> (usize, [u64; L]) {
        let column = self.source.columns.column(split.feature);
        let mut left = [0; L];
        let mut middle = node.start;
        let mut right = Vec::new();
        for index in node.start..node.end {
            let (sample, weight) = (self.samples[index], self.weights[index]);
            if column[sample.row as usize] <= split.cut {
                left[usize::from(sample.class)] += weight;
                (self.samples[middle], self.weights[middle]) = (sample, weight);
                middle += 1;
            } else {
                right.push((sample, weight));
            }
        }
        for (index, (sample, weight)) in (middle..).zip(right) {
            (self.samples[index], self.weights[index]) = (sample, weight);
        }
        (middle, left)
    }
}

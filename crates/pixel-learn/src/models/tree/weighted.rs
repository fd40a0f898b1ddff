//! A depth-first builder of classification trees on rows with integer weights, with scikit-learn 1.9's rule
//! for pure nodes: an impurity up to the epsilon of f64.

use super::feature_sampler::FeatureSampler;
use super::fitted::{NodeFacts, Tree};
use super::grow::TrainingColumns;
use super::nodes::{Nodes, Pending};
use super::split::{Split, midpoint, random_threshold};
use super::{DecisionTreeClassifier, Random, Splitter};
use crate::linalg::argmax;
use crate::linalg::histogram::{Criterion, Sample, WeightHistogram};
use crate::linalg::simd;
use crate::models::Training;

/// The training rows with a weight each, in the order of [`TrainingColumns`].
pub(crate) struct WeightedRows<'a> {
    pub data: &'a TrainingColumns<'a>,
    /// The weights: positive integers with a sum below 2^63.
    pub weights: &'a [u64],
}

impl WeightedRows<'_> {
    /// Grows a tree. Writes the class that it predicts for each row to `predicted`. O(n d depth) at most.
    pub(crate) fn grow(&self, parameters: &DecisionTreeClassifier, seed: u64, predicted: &mut [u8]) -> Tree {
        match self.data.training.classes {
            ..=16 => Builder::<16>::grow(self, parameters, seed, predicted),
            _ => Builder::<256>::grow(self, parameters, seed, predicted),
        }
    }
}

/// The state of building one tree, with `L` class lanes.
struct Builder<'a, const L: usize> {
    data: &'a TrainingColumns<'a>,
    parameters: &'a DecisionTreeClassifier,
    criterion: Criterion,
    max_features: usize,
    samples: Vec<Sample>,
    weights: Vec<u64>,
    sampler: FeatureSampler,
    random: Random,
    histogram: WeightHistogram<L>,
    tree: Tree,
}

impl<'a, const L: usize> Builder<'a, L> {
    fn grow(
        rows: &WeightedRows<'a>,
        parameters: &'a DecisionTreeClassifier,
        seed: u64,
        predicted: &mut [u8],
    ) -> Tree {
        let Training { features: x, labels, classes } = rows.data.training;
        let samples = rows.data.order.iter().enumerate().map(|(position, &row)| Sample {
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
            data: rows.data,
            parameters,
            criterion: parameters.criterion,
            max_features: parameters.max_features.of(d),
            samples,
            weights: rows.weights.to_vec(),
            sampler: FeatureSampler::new((0..d as u16).collect()),
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
            builder.build_node(node, &mut stack, predicted);
        }
        builder.tree
    }

    /// Builds one node. A split pushes both children onto the stack.
    fn build_node(
        &mut self,
        node: Pending<[u64; L]>,
        stack: &mut Vec<Pending<[u64; L]>>,
        predicted: &mut [u8],
    ) {
        let id = self.tree.nodes.len();
        if let Some(parent) = node.right_of {
            self.tree.nodes.set_right(parent, id);
        }
        self.tree.depth = self.tree.depth.max(node.depth);
        let samples = node.end - node.start;
        let impurity = self.criterion.node_impurity(&node.total[..self.tree.classes]);
        let may_split = node.depth < self.parameters.max_depth.unwrap_or(usize::MAX)
            && samples >= 2
            && impurity > f64::EPSILON;
        let (split, known_constants) = if may_split { self.find_split(&node) } else { (None, 0) };
        let threshold = split.map_or(0.0, |split| split.threshold);
        self.tree.facts.push(NodeFacts { threshold, impurity, samples: samples as u32 });
        let Some(split) = split else {
            self.leaf(&node, predicted);
            return;
        };
        self.tree.nodes.push_split(split.feature, split.cut);
        let (middle, left) = self.partition(&node, split);
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

    /// Adds a leaf, and writes the class that it predicts for its rows.
    fn leaf(&mut self, node: &Pending<[u64; L]>, predicted: &mut [u8]) {
        let classes = self.tree.classes;
        self.tree.nodes.push_leaf((self.tree.probabilities.len() / classes) as u32);
        let weight = node.total.iter().sum::<u64>() as f64;
        let shares: Vec<f64> = node.total[..classes].iter().map(|&sum| sum as f64 / weight).collect();
        let prediction = argmax(&shares) as u8;
        self.tree.probabilities.extend(shares);
        for sample in &self.samples[node.start..node.end] {
            predicted[sample.row as usize] = prediction;
        }
    }

    /// The split of a node, and the number of features known to be constant below it.
    fn find_split(&mut self, node: &Pending<[u64; L]>) -> (Option<Split>, usize) {
        let samples = &mut self.samples[node.start..node.end];
        // The histogram finds the weight of a sample by this number.
        samples.iter_mut().enumerate().for_each(|(index, sample)| sample.weight = index as u16);
        let weights = &self.weights[node.start..node.end];
        let scaling = self.data.training.features.scaling();
        let mut best: Option<(f64, Split)> = None;
        let mut draw = self.sampler.start_node(node.known_constants);
        while let Some((place, feature)) = self.sampler.next(&mut draw, self.max_features, &mut self.random) {
            let column = self.data.columns.column(feature);
            let found = match self.parameters.splitter {
                Splitter::Best => self
                    .histogram
                    .best_cut(simd::level(), column, samples, weights, &node.total, self.criterion)
                    .map(|cut| (cut.score, midpoint(scaling, feature, cut.low, cut.high))),
                Splitter::Random => {
                    let values = || samples.iter().map(|sample| column[sample.row as usize]);
                    let (low, high) =
                        values().fold((u8::MAX, 0), |(low, high), value| (low.min(value), high.max(value)));
                    (low < high).then(|| {
                        let split = random_threshold(scaling, feature, low, high, &mut self.random);
                        let mut left = [0u64; L];
                        for ((sample, &weight), value) in samples.iter().zip(weights).zip(values()) {
                            left[usize::from(sample.class)] += if value <= split.cut { weight } else { 0 };
                        }
                        (self.criterion.score(&left, &node.total), split)
                    })
                }
            };
            let Some((score, split)) = found else {
                self.sampler.mark_constant(&mut draw, place);
                continue;
            };
            self.sampler.mark_varying(&mut draw, place);
            if best.is_none_or(|(so_far, _)| score > so_far) {
                best = Some((score, split));
            }
        }
        (best.map(|(_, split)| split), self.sampler.finish_node(draw))
    }

    /// Partitions the rows of a node, stably. Returns where the right side begins, and the class weights of
    /// the left side.
    fn partition(&mut self, node: &Pending<[u64; L]>, split: Split) -> (usize, [u64; L]) {
        let column = self.data.columns.column(split.feature);
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

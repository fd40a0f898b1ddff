//! Growing one tree, the leaf of the largest gain first, as scikit-learn's `TreeGrower` does.
//!
//! The histogram of the child with fewer rows is counted, the other's is the parent's less that. Without a limit of
//! leaves the order changes nothing, so depth goes first and few histograms are alive; with one, only the
//! [`POOL`] largest nodes keep theirs, and the children of a node without one are both counted.

use super::fitted::{HistNode, HistTree};
use crate::linalg::histogram::gradient_histogram::{BestSplit, Cell, Rules};
use crate::linalg::histogram::{BinnedRows, Bins, Columns, GradientHistogram, QuantisedGradients, Sums};
use crate::linalg::simd;
use crate::models::tree::Nodes;

/// Nodes that keep their histogram until they are split.
const POOL: usize = 64;

/// A gain below this share of a node's own score is rounding: a node whose rows are all alike has none.
const ROUNDING: f64 = 1e-12;

/// What scikit-learn adds to every sum of Hessians.
const TINY: f64 = 1e-15;

/// The limits of a tree.
pub(super) struct Limits {
    pub leaves: usize,
    pub depth: usize,
    pub min_rows: usize,
    pub min_hessian: f64,
    pub l2: f64,
    pub learning_rate: f64,
}

/// The training rows in the layouts that growing reads.
pub(super) struct Data {
    pub bins: Bins,
    pub rows: BinnedRows,
    /// Their bytes, feature by feature.
    pub columns: Columns,
}

/// Working memory for one tree after another; after growing, also which rows are in which leaf.
#[derive(Default)]
pub(super) struct Grower {
    rows: Vec<u32>,
    right: Vec<u32>,
    nodes: Vec<Node>,
    idle: Vec<GradientHistogram>,
}

/// A node of the tree that is grown.
struct Node {
    start: usize,
    end: usize,
    /// The split with its gain and children, once it is made.
    split: Option<(BestSplit, f64, usize, usize)>,
    /// Of a leaf.
    value: f64,
}

/// A leaf that can be split.
struct Open {
    node: usize,
    depth: usize,
    total: Cell,
    best: BestSplit,
    gain: f64,
    histogram: Option<GradientHistogram>,
}

/// A child that has just been made.
struct Child {
    node: usize,
    depth: usize,
    total: Cell,
    histogram: Option<GradientHistogram>,
}

/// What growing a tree reads.
#[derive(Clone, Copy)]
struct Source<'a> {
    data: &'a Data,
    gradients: &'a QuantisedGradients,
    limits: &'a Limits,
    rules: &'a Rules,
}

impl Source<'_> {
    /// G^2 / (H + l): the score of a node that is not split.
    fn score(&self, total: Cell) -> f64 {
        let sum = total.gradient() as f64;
        sum * sum / (total.hessian() as f64 + self.rules.regularisation)
    }

    /// Whether a node may be split by its number of rows and its depth.
    fn may_split(&self, child: &Child) -> bool {
        child.depth < self.limits.depth && child.total.rows() >= 2 * self.limits.min_rows
    }

    /// Brings a difference of scores to the units of the loss.
    fn gain(&self, scores: f64) -> f64 {
        scores * self.gradients.hessian_scale
            / (self.gradients.gradient_scale * self.gradients.gradient_scale)
    }

    /// A Newton step, shrunk by the learning rate.
    fn value(&self, total: Cell) -> f64 {
        let step = total.gradient() as f64 / (total.hessian() as f64 + self.rules.regularisation);
        -step * self.gradients.hessian_scale / self.gradients.gradient_scale * self.limits.learning_rate
    }
}

impl Grower {
    /// Grows a tree.
    pub(super) fn grow(&mut self, data: &Data, gradients: &QuantisedGradients, limits: &Limits) -> HistTree {
        let rules = Rules {
            min_rows: limits.min_rows,
            min_hessian: (limits.min_hessian * gradients.hessian_scale).ceil() as u64,
            regularisation: (limits.l2 + TINY) * gradients.hessian_scale,
        };
        let n = data.rows.n();
        let source = Source { data, gradients, limits, rules: &rules };
        self.rows.clear();
        self.rows.extend(0..n as u32);
        self.nodes.clear();
        let total = gradients.total();
        let root = self.push_node(&source, 0, n, total, 0);
        let mut open = Vec::new();
        if source.may_split(&root) {
            let histogram = self.histogram_of(&source, 0, n);
            // scikit-learn's root has the value 0, so its gain is the whole score.
            self.open(&source, Child { histogram: Some(histogram), ..root }, 0.0, &mut open);
        }
        let mut leaves = 1;
        while leaves < limits.leaves
            && let Some(next) = self.next(limits, &mut open)
        {
            leaves += 1;
            let is_last = leaves == limits.leaves;
            self.split(&source, next, is_last, &mut open);
        }
        self.idle.extend(open.into_iter().filter_map(|leaf| leaf.histogram));
        self.finish(&data.bins)
    }

    /// The values and rows of the leaves of the tree grown last.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (f64, &[u32])> {
        self.nodes
            .iter()
            .filter(|node| node.split.is_none())
            .map(|node| (node.value, &self.rows[node.start..node.end]))
    }

    /// The leaf to split next: that of the largest gain, or the last made when all will be split.
    fn next(&self, limits: &Limits, open: &mut Vec<Open>) -> Option<Open> {
        if limits.leaves == usize::MAX {
            return open.pop();
        }
        let best = open
            .iter()
            .enumerate()
            .max_by(|(_, a), (_, b)| a.gain.total_cmp(&b.gain).then(b.node.cmp(&a.node)))?
            .0;
        Some(open.swap_remove(best))
    }

    fn push_node(&mut self, source: &Source, start: usize, end: usize, total: Cell, depth: usize) -> Child {
        let node = self.nodes.len();
        self.nodes.push(Node { start, end, split: None, value: source.value(total) });
        Child { node, depth, total, histogram: None }
    }

    fn histogram_of(&mut self, source: &Source, start: usize, end: usize) -> GradientHistogram {
        let mut histogram = self.idle.pop().unwrap_or_else(|| GradientHistogram::new(&source.data.rows));
        histogram.set(&source.data.rows, &self.rows[start..end], &source.gradients.rows);
        histogram
    }

    /// Finds the best split of a node from its histogram; a node with none stays a leaf.
    fn open(&mut self, source: &Source, child: Child, own_score: f64, open: &mut Vec<Open>) {
        let Child { node, depth, total, histogram: Some(histogram) } = child else { return };
        match histogram.best_split(simd::level(), &source.data.rows, total, source.rules) {
            Some(best) if best.score > own_score * (1.0 + ROUNDING) => {
                let gain = source.gain(best.score - own_score);
                open.push(Open { node, depth, total, best, gain, histogram: Some(histogram) });
                self.keep_pool(open);
            }
            _ => self.idle.push(histogram),
        }
    }

    /// Takes the histogram from the smallest node when too many have one.
    fn keep_pool(&mut self, open: &mut [Open]) {
        if open.iter().filter(|leaf| leaf.histogram.is_some()).count() > POOL {
            let smallest =
                open.iter_mut().filter(|leaf| leaf.histogram.is_some()).min_by_key(|leaf| leaf.total.rows());
            self.idle.extend(smallest.and_then(|leaf| leaf.histogram.take()));
        }
    }

    /// Makes the two children of a leaf.
    fn split(&mut self, source: &Source, leaf: Open, is_last: bool, open: &mut Vec<Open>) {
        let (start, end) = (self.nodes[leaf.node].start, self.nodes[leaf.node].end);
        let (feature, bin) = (leaf.best.feature, leaf.best.bin);
        let column = source.data.columns.column(feature);
        let middle = start + self.part(column, start, end, source.data.bins.largest_byte(feature, bin));
        let mut left_total = leaf.total;
        left_total.subtract(leaf.best.right);
        let left = self.push_node(source, start, middle, left_total, leaf.depth + 1);
        let right = self.push_node(source, middle, end, leaf.best.right, leaf.depth + 1);
        self.nodes[leaf.node].split = Some((leaf.best, leaf.gain, left.node, right.node));
        if is_last {
            self.idle.extend(leaf.histogram);
            return;
        }
        // scikit-learn counts the right child when both have the same number of rows.
        let (mut small, mut big) =
            if left.total.rows() < right.total.rows() { (left, right) } else { (right, left) };
        self.inherit(source, leaf.histogram, &mut small, &mut big);
        // The last made is split first without a limit of leaves: the smaller, so that few histograms are alive.
        for child in [big, small] {
            let own_score = source.score(child.total);
            self.open(source, child, own_score, open);
        }
    }

    /// Gives the children of a split node that may be split a histogram.
    fn inherit(
        &mut self,
        source: &Source,
        histogram: Option<GradientHistogram>,
        small: &mut Child,
        big: &mut Child,
    ) {
        let (wants_small, wants_big) = (source.may_split(small), source.may_split(big));
        let range = |grower: &Grower, child: &Child| {
            let node = &grower.nodes[child.node];
            (node.start, node.end)
        };
        let (start, end) = range(self, small);
        if wants_small {
            small.histogram = Some(self.histogram_of(source, start, end));
        }
        match (histogram, wants_big) {
            (Some(mut histogram), true) => {
                match &small.histogram {
                    Some(own) => histogram.subtract(own),
                    None => {
                        histogram.remove(&source.data.rows, &self.rows[start..end], &source.gradients.rows)
                    }
                }
                big.histogram = Some(histogram);
            }
            (Some(histogram), false) => self.idle.push(histogram),
            (None, true) => {
                let (start, end) = range(self, big);
                big.histogram = Some(self.histogram_of(source, start, end));
            }
            (None, false) => {}
        }
    }

    /// Parts the rows from `start` to `end`, keeping their order on both sides; returns how many went left. Without
    /// branches, which would often be mispredicted: every row is written to both sides.
    fn part(&mut self, column: &[u8], start: usize, end: usize, cut: u8) -> usize {
        let rows = &mut self.rows[start..end];
        self.right.resize(rows.len().max(self.right.len()), 0);
        let (mut left, mut right) = (0, 0);
        for index in 0..rows.len() {
            let row = rows[index];
            let goes_left = column[row as usize] <= cut;
            rows[left] = row;
            left += usize::from(goes_left);
            self.right[right] = row;
            right += usize::from(!goes_left);
        }
        rows[left..].copy_from_slice(&self.right[..right]);
        left
    }

    /// The tree in depth-first order.
    fn finish(&self, bins: &Bins) -> HistTree {
        let mut tree = HistTree {
            nodes: Nodes::default(),
            values: Vec::new(),
            facts: Vec::with_capacity(self.nodes.len()),
        };
        // A node with the parent whose right child it is.
        let mut stack = vec![(0, None)];
        while let Some((index, right_of)) = stack.pop() {
            if let Some(parent) = right_of {
                tree.nodes.set_right(parent, tree.nodes.len());
            }
            let node = &self.nodes[index];
            let samples = node.end - node.start;
            match node.split {
                None => {
                    let value = node.value;
                    tree.nodes.push_leaf(tree.values.len() as u32);
                    tree.values.push(value);
                    tree.facts.push(HistNode { feature: None, cut: 0, samples, gain: 0.0, value });
                }
                Some((BestSplit { feature, bin, .. }, gain, left, right)) => {
                    let cut = bins.largest_byte(feature, bin);
                    stack.push((right, Some(tree.nodes.len())));
                    stack.push((left, None));
                    tree.nodes.push_split(feature, cut);
                    tree.facts.push(HistNode { feature: Some(feature), cut, samples, gain, value: 0.0 });
                }
            }
        }
        tree
    }
}

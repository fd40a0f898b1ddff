//! A leaf-wise (best-first) builder of one tree, as scikit-learn's `TreeGrower`: the leaf with the largest
//! gain is split first.
//!
//! The histogram of the child with fewer rows is summed from its rows; that of its sibling is the parent's
//! histogram minus it. Without a limit of leaves the order of splits does not change the tree; the order is
//! then depth-first, to keep few histograms. With a limit, only the [`MOST_HISTOGRAMS`] largest leaves keep
//! their histograms, and both children of a leaf without one are summed from their rows.

use super::fitted::{HistNode, HistTree};
use crate::linalg::histogram::gradient_histogram::{BestSplit, Cell, Rules};
use crate::linalg::histogram::{BinnedRows, Bins, Columns, GradientHistogram, QuantisedGradients, Sums};
use crate::linalg::simd;
use crate::models::tree::Nodes;

/// Maximum number of leaves that keep their histogram until they are split.
const MOST_HISTOGRAMS: usize = 64;

/// A gain below this share of the leaf's own score is rounding: the gain of a leaf with equal rows is zero.
const LEAST_RELATIVE_GAIN: f64 = 1e-12;

/// scikit-learn adds this to every sum of Hessians.
const HESSIAN_EPSILON: f64 = 1e-15;

/// The parameters of a tree.
pub(super) struct Limits {
    /// Maximum number of leaves.
    pub leaves: usize,
    /// Maximum depth in edges.
    pub depth: usize,
    /// Minimum number of rows in a leaf.
    pub min_rows: usize,
    /// Minimum sum of Hessians in a leaf.
    pub min_hessian: f64,
    /// The l2 regularisation (lambda).
    pub l2: f64,
    pub learning_rate: f64,
}

/// The training rows in the layouts that growing reads.
pub(super) struct Data {
    pub bins: Bins,
    pub rows: BinnedRows,
    /// The bytes of the rows, in columns.
    pub columns: Columns,
}

/// A builder of one tree after another, with its working memory. After a tree, it has the rows of each leaf.
#[derive(Default)]
pub(super) struct Grower {
    rows: Vec<u32>,
    right: Vec<u32>,
    nodes: Vec<Node>,
    /// Histograms for reuse.
    spare: Vec<GradientHistogram>,
}

/// A node of the tree.
struct Node {
    start: usize,
    end: usize,
    /// The split with its gain, left and right child; `None` for a leaf.
    split: Option<(BestSplit, f64, usize, usize)>,
    /// The value, if the node is a leaf.
    value: f64,
}

/// A leaf with a split of positive gain.
struct Leaf {
    node: usize,
    depth: usize,
    total: Cell,
    best: BestSplit,
    gain: f64,
    histogram: Option<GradientHistogram>,
}

/// A leaf whose best split is not known yet.
struct NewLeaf {
    node: usize,
    depth: usize,
    total: Cell,
    histogram: Option<GradientHistogram>,
}

/// The inputs of one tree.
#[derive(Clone, Copy)]
struct Input<'a> {
    data: &'a Data,
    gradients: &'a QuantisedGradients,
    limits: &'a Limits,
    rules: &'a Rules,
}

impl Input<'_> {
    /// The score G^2 / (H + lambda) of a leaf.
    fn score(&self, total: Cell) -> f64 {
        let sum = total.gradient() as f64;
        sum * sum / (total.hessian() as f64 + self.rules.regularisation)
    }

    /// Whether a leaf may be split, by its number of rows and its depth.
    fn may_split(&self, child: &NewLeaf) -> bool {
        child.depth < self.limits.depth && child.total.rows() >= 2 * self.limits.min_rows
    }

    /// The gain of a difference of scores, in units of the loss.
    fn gain(&self, scores: f64) -> f64 {
        scores * self.gradients.hessian_scale
            / (self.gradients.gradient_scale * self.gradients.gradient_scale)
    }

    /// The leaf value: a Newton step times the learning rate.
    fn value(&self, total: Cell) -> f64 {
        let step = total.gradient() as f64 / (total.hessian() as f64 + self.rules.regularisation);
        -step * self.gradients.hessian_scale / self.gradients.gradient_scale * self.limits.learning_rate
    }
}

impl Grower {
    /// Grows a tree. O(n d depth) at most.
    pub(super) fn grow(&mut self, data: &Data, gradients: &QuantisedGradients, limits: &Limits) -> HistTree {
        let rules = Rules {
            min_rows: limits.min_rows,
            min_hessian: (limits.min_hessian * gradients.hessian_scale).ceil() as u64,
            regularisation: (limits.l2 + HESSIAN_EPSILON) * gradients.hessian_scale,
        };
        let n = data.rows.n();
        let input = Input { data, gradients, limits, rules: &rules };
        self.rows.clear();
        self.rows.extend(0..n as u32);
        self.nodes.clear();
        let total = gradients.total();
        let root = self.new_leaf(&input, 0, n, total, 0);
        let mut queue = Vec::new();
        if input.may_split(&root) {
            let histogram = self.histogram_of(&input, 0, n);
            // scikit-learn's root has the value 0, so that its gain is the whole score.
            self.push_leaf(&input, NewLeaf { histogram: Some(histogram), ..root }, 0.0, &mut queue);
        }
        let mut leaves = 1;
        while leaves < limits.leaves
            && let Some(next) = self.next_leaf(limits, &mut queue)
        {
            leaves += 1;
            let is_last = leaves == limits.leaves;
            self.split(&input, next, is_last, &mut queue);
        }
        self.spare.extend(queue.into_iter().filter_map(|leaf| leaf.histogram));
        self.to_tree(&data.bins)
    }

    /// The value and the rows of each leaf of the last tree.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (f64, &[u32])> {
        self.nodes
            .iter()
            .filter(|node| node.split.is_none())
            .map(|node| (node.value, &self.rows[node.start..node.end]))
    }

    /// Removes the leaf to split next: that of the largest gain or, without a limit of leaves, the last one.
    fn next_leaf(&self, limits: &Limits, queue: &mut Vec<Leaf>) -> Option<Leaf> {
        if limits.leaves == usize::MAX {
            return queue.pop();
        }
        let best = queue
            .iter()
            .enumerate()
            .max_by(|(_, a), (_, b)| a.gain.total_cmp(&b.gain).then(b.node.cmp(&a.node)))?
            .0;
        Some(queue.swap_remove(best))
    }

    /// Adds a leaf with the rows from `start` to `end`.
    fn new_leaf(&mut self, input: &Input, start: usize, end: usize, total: Cell, depth: usize) -> NewLeaf {
        let node = self.nodes.len();
        self.nodes.push(Node { start, end, split: None, value: input.value(total) });
        NewLeaf { node, depth, total, histogram: None }
    }

    /// The histogram of the rows from `start` to `end`.
    fn histogram_of(&mut self, input: &Input, start: usize, end: usize) -> GradientHistogram {
        let mut histogram = self.spare.pop().unwrap_or_else(|| GradientHistogram::new(&input.data.rows));
        histogram.set(&input.data.rows, &self.rows[start..end], &input.gradients.rows);
        histogram
    }

    /// Finds the best split of a leaf from its histogram, and adds the leaf to `queue` if the gain is
    /// positive.
    fn push_leaf(&mut self, input: &Input, child: NewLeaf, own_score: f64, queue: &mut Vec<Leaf>) {
        let NewLeaf { node, depth, total, histogram: Some(histogram) } = child else { return };
        match histogram.best_split(simd::level(), &input.data.rows, total, input.rules) {
            Some(best) if best.score > own_score * (1.0 + LEAST_RELATIVE_GAIN) => {
                let gain = input.gain(best.score - own_score);
                queue.push(Leaf { node, depth, total, best, gain, histogram: Some(histogram) });
                self.limit_histograms(queue);
            }
            _ => self.spare.push(histogram),
        }
    }

    /// Removes the histogram of the smallest leaf if too many leaves have one.
    fn limit_histograms(&mut self, queue: &mut [Leaf]) {
        if queue.iter().filter(|leaf| leaf.histogram.is_some()).count() > MOST_HISTOGRAMS {
            let smallest =
                queue.iter_mut().filter(|leaf| leaf.histogram.is_some()).min_by_key(|leaf| leaf.total.rows());
            self.spare.extend(smallest.and_then(|leaf| leaf.histogram.take()));
        }
    }

    /// Splits a leaf. Its children are added to `queue`, unless this is the last split (`is_last`).
    fn split(&mut self, input: &Input, leaf: Leaf, is_last: bool, queue: &mut Vec<Leaf>) {
        let (start, end) = (self.nodes[leaf.node].start, self.nodes[leaf.node].end);
        let (feature, bin) = (leaf.best.feature, leaf.best.bin);
        let column = input.data.columns.column(feature);
        let middle = start + self.partition(column, start, end, input.data.bins.largest_byte(feature, bin));
        let mut left_total = leaf.total;
        left_total.subtract(leaf.best.right);
        let left = self.new_leaf(input, start, middle, left_total, leaf.depth + 1);
        let right = self.new_leaf(input, middle, end, leaf.best.right, leaf.depth + 1);
        self.nodes[leaf.node].split = Some((leaf.best, leaf.gain, left.node, right.node));
        if is_last {
            self.spare.extend(leaf.histogram);
            return;
        }
        // scikit-learn sums the right child if both have the same number of rows.
        let (mut small, mut large) =
            if left.total.rows() < right.total.rows() { (left, right) } else { (right, left) };
        self.inherit(input, leaf.histogram, &mut small, &mut large);
        // Without a limit of leaves the last leaf is split first: the small one, to keep few histograms.
        for child in [large, small] {
            let own_score = input.score(child.total);
            self.push_leaf(input, child, own_score, queue);
        }
    }

    /// Passes the histogram of a split leaf on to its children that may be split.
    fn inherit(
        &mut self,
        input: &Input,
        histogram: Option<GradientHistogram>,
        small: &mut NewLeaf,
        large: &mut NewLeaf,
    ) {
        let (wants_small, wants_large) = (input.may_split(small), input.may_split(large));
        let range = |grower: &Grower, child: &NewLeaf| {
            let node = &grower.nodes[child.node];
            (node.start, node.end)
        };
        let (start, end) = range(self, small);
        if wants_small {
            small.histogram = Some(self.histogram_of(input, start, end));
        }
        match (histogram, wants_large) {
            (Some(mut histogram), true) => {
                match &small.histogram {
                    Some(own) => histogram.subtract(own),
                    None => histogram.remove(&input.data.rows, &self.rows[start..end], &input.gradients.rows),
                }
                large.histogram = Some(histogram);
            }
            (Some(histogram), false) => self.spare.push(histogram),
            (None, true) => {
                let (start, end) = range(self, large);
                large.histogram = Some(self.histogram_of(input, start, end));
            }
            (None, false) => {}
        }
    }

    /// Partitions the rows from `start` to `end` at `cut`, stably. Returns the number of rows on the left.
    /// Every row is written to both sides, without a branch, which would often be mispredicted.
    fn partition(&mut self, column: &[u8], start: usize, end: usize, cut: u8) -> usize {
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
    fn to_tree(&self, bins: &Bins) -> HistTree {
        let mut tree = HistTree {
            nodes: Nodes::default(),
            values: Vec::new(),
            facts: Vec::with_capacity(self.nodes.len()),
        };
        // Nodes to visit, each with the parent whose right child it is, if any.
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

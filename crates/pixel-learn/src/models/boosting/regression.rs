//! Growing a regression tree on residuals, as scikit-learn grows it for boosting: friedman_mse, all features
//! in every node, depth first; a node of variance <= 1e-7 is a leaf.
//!
//! Large nodes have a histogram of all features, which a child inherits by subtraction; in subtrees of up to
//! [`COPY`] rows the nodes count their own pixels. Friedman: Greedy function approximation (2001).

use crate::Scaling;
use crate::linalg::histogram::gradient_sums::{Residual, Scratch, best_cuts_of_rows};
use crate::linalg::histogram::{
    BinnedRows, Bins, ByteWords, FeatureCuts, Quantised, ResidualHistogram, small_node,
};
use crate::linalg::simd;
use crate::models::Training;
use crate::models::tree::{Nodes, PURE, Random, midpoint};

/// Rows up to which a subtree gets a copy of its rows; a node of more has a histogram of all features.
const COPY: usize = 1024;

/// Training data in the layouts that growing reads.
pub(super) struct Source<'a> {
    scaling: &'a Scaling,
    octets: ByteWords,
    bins: Bins,
    binned: BinnedRows,
}

impl<'a> Source<'a> {
    /// O(n d).
    pub fn new(training: &Training<'a>) -> Source<'a> {
        let x = training.features;
        let rows: Vec<u32> = (0..x.n() as u32).collect();
        let bins = Bins::exact(x.pixels(), x.d(), &rows);
        Source {
            scaling: x.scaling(),
            octets: ByteWords::new(x.pixels(), x.n(), x.d()),
            binned: BinnedRows::new(x.pixels(), x.d(), &rows, &bins),
            bins,
        }
    }
}

/// What scikit-learn's `tree_` says of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegressionFacts {
    /// The feature that is cut; `None` for a leaf.
    pub feature: Option<usize>,
    /// The threshold on the scaled feature: values up to it go left. 0 in a leaf.
    pub threshold: f64,
    /// Variance of the residuals.
    pub impurity: f64,
    /// Training rows in the node.
    pub samples: usize,
}

/// Working memory for one tree after another; after growing, also which rows are in which leaf.
pub(super) struct Grower {
    rows: Vec<u32>,
    leaves: Vec<(usize, usize)>,
    facts: Vec<RegressionFacts>,
    nodes: Nodes,
    random: Random,
    max_depth: usize,
    /// What brought the residuals to whole numbers.
    scale: f64,
    idle: Vec<ResidualHistogram>,
    /// The residuals as histograms add them up.
    summands: Vec<Residual>,
    copy: ByteWords,
    copied_residuals: Vec<i32>,
    right: Vec<u32>,
    cuts: FeatureCuts,
    scratch: Scratch,
}

/// The rows that a subtree is grown on: all, or a copy of its own.
#[derive(Clone, Copy)]
struct View<'a> {
    octets: &'a ByteWords,
    residuals: &'a [i32],
    source: &'a Source<'a>,
    is_copy: bool,
}

/// A node still to be made.
struct Pending {
    start: usize,
    end: usize,
    depth: usize,
    right_of: Option<usize>,
    moments: Moments,
    histogram: Option<ResidualHistogram>,
}

/// Sums over the quantised residuals of a node.
#[derive(Clone, Copy, Default)]
struct Moments {
    rows: usize,
    sum: i64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: i32) {
        self.rows += 1;
        self.sum += i64::from(value);
        self.squares += f64::from(value) * f64::from(value);
    }

    /// Variance in the units of the residuals.
    fn impurity(&self, scale: f64) -> f64 {
        let n = self.rows as f64;
        let mean = self.sum as f64 / n;
        (self.squares / n - mean * mean).max(0.0) / (scale * scale)
    }
}

impl Grower {
    pub fn new(source: &Source) -> Grower {
        Grower {
            rows: Vec::new(),
            leaves: Vec::new(),
            facts: Vec::new(),
            nodes: Nodes::default(),
            random: Random::new(0),
            max_depth: 0,
            scale: 1.0,
            idle: Vec::new(),
            summands: Vec::new(),
            copy: ByteWords::empty(source.octets.d()),
            copied_residuals: Vec::new(),
            right: Vec::new(),
            cuts: FeatureCuts::default(),
            scratch: Scratch::default(),
        }
    }

    /// Grows a tree whose leaves lead to their number in [`Grower::leaves`].
    pub fn grow(&mut self, source: &Source, residuals: &Quantised, max_depth: usize, seed: u64) -> Nodes {
        self.leaves.clear();
        self.facts.clear();
        self.random = Random::new(seed);
        self.max_depth = max_depth;
        self.scale = residuals.scale;
        let n = source.octets.n();
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        rows.extend(0..n as u32);
        let mut moments = Moments::default();
        residuals.values.iter().for_each(|&value| moments.add(value));
        self.summands.clear();
        self.summands.extend(residuals.values.iter().map(|&value| Residual::row(value)));
        let view = View { octets: &source.octets, residuals: &residuals.values, source, is_copy: false };
        let histogram = (n > COPY).then(|| self.histogram_of(source, &rows));
        self.run(view, &mut rows, Pending { start: 0, end: n, depth: 0, right_of: None, moments, histogram });
        self.rows = rows;
        std::mem::take(&mut self.nodes)
    }

    /// The rows of each leaf, in order of leaf number; rows ascend within a leaf.
    pub fn leaves(&self) -> impl Iterator<Item = &[u32]> {
        self.leaves.iter().map(|&(start, end)| &self.rows[start..end])
    }

    /// The nodes of the tree grown last, in depth-first order.
    pub fn facts(&self) -> &[RegressionFacts] {
        &self.facts
    }

    /// Grows from one pending node to the leaves on all rows.
    fn run(&mut self, view: View, rows: &mut [u32], root: Pending) {
        let mut stack = vec![root];
        while let Some(node) = stack.pop() {
            let size = node.end - node.start;
            if size <= COPY && !small_node::pays(simd::level(), size) && !self.is_leaf(&node) {
                self.run_copy(view, rows, node);
            } else {
                self.make(view, rows, node, &mut stack, 0);
            }
        }
    }

    /// Grows the subtree of a node from a copy of the node's rows, which fits the second-level cache.
    fn run_copy(&mut self, view: View, rows: &mut [u32], node: Pending) {
        let offset = node.start;
        let rows = &mut rows[node.start..node.end];
        let mut octets = std::mem::replace(&mut self.copy, ByteWords::empty(0));
        let mut residuals = std::mem::take(&mut self.copied_residuals);
        octets.gather(view.octets, rows);
        residuals.clear();
        residuals.extend(rows.iter().map(|&row| view.residuals[row as usize]));
        let copied = View { octets: &octets, residuals: &residuals, is_copy: true, ..view };
        let mut places: Vec<u32> = (0..rows.len() as u32).collect();
        let mut stack = vec![Pending { start: 0, end: rows.len(), ..node }];
        while let Some(node) = stack.pop() {
            self.make(copied, &mut places, node, &mut stack, offset);
        }
        places.iter_mut().for_each(|place| *place = rows[*place as usize]);
        rows.copy_from_slice(&places);
        self.copy = octets;
        self.copied_residuals = residuals;
    }

    fn is_leaf(&self, node: &Pending) -> bool {
        node.depth >= self.max_depth || node.moments.rows < 2 || node.moments.impurity(self.scale) <= PURE
    }

    /// Makes one node, and pushes its children onto the stack when it is split. `offset` is where `rows` begin among all.
    fn make(&mut self, view: View, rows: &mut [u32], node: Pending, stack: &mut Vec<Pending>, offset: usize) {
        let id = self.nodes.len();
        if let Some(parent) = node.right_of {
            self.nodes.set_right(parent, id);
        }
        let impurity = node.moments.impurity(self.scale);
        let samples = node.moments.rows;
        let rows = &mut rows[node.start..node.end];
        let split = if self.is_leaf(&node) { None } else { self.find(view, rows, &node) };
        let Some((feature, cut)) = split else {
            self.nodes.push_leaf(self.leaves.len() as u32);
            self.leaves.push((offset + node.start, offset + node.end));
            self.facts.push(RegressionFacts { feature: None, threshold: 0.0, impurity, samples });
            self.idle.extend(node.histogram);
            return;
        };
        let parted = self.part(view, rows, feature, cut);
        let split = midpoint(view.source.scaling, feature, parted.low, parted.high);
        self.nodes.push_split(feature, split.cut);
        let threshold = split.threshold;
        self.facts.push(RegressionFacts { feature: Some(feature), threshold, impurity, samples });
        let size = parted.left.rows;
        let middle = node.start + size;
        let child = |start, end, right_of, moments| {
            let depth = node.depth + 1;
            Pending { start, end, depth, right_of, moments, histogram: None }
        };
        let mut left = child(node.start, middle, None, parted.left);
        let mut right = child(middle, node.end, Some(id), parted.right);
        if view.is_copy {
            self.idle.extend(node.histogram);
        } else if let Some(histogram) = node.histogram {
            let (left_rows, right_rows) = rows.split_at(size);
            if left_rows.len() <= right_rows.len() {
                self.inherit(view.source, histogram, (&mut left, left_rows), &mut right);
            } else {
                self.inherit(view.source, histogram, (&mut right, right_rows), &mut left);
            }
        }
        stack.push(right);
        stack.push(left);
    }

    /// The feature of the best split of a node and the smallest value that goes right.
    fn find(&mut self, view: View, rows: &[u32], node: &Pending) -> Option<(usize, u16)> {
        let level = simd::level();
        let (sum, cuts) = (node.moments.sum, &mut self.cuts);
        if let Some(histogram) = &node.histogram {
            let Source { binned, bins, .. } = view.source;
            histogram.best_cuts(level, binned, bins, rows.len(), sum, cuts);
        } else if small_node::pays(level, rows.len()) {
            small_node::best_cuts(level, view.octets, rows, view.residuals, sum, cuts);
        } else {
            best_cuts_of_rows(level, view.octets, rows, view.residuals, sum, &mut self.scratch, cuts);
        }
        let random = &mut self.random;
        self.cuts.best(|equal| random.below(equal))
    }

    /// Gives the histogram of a parted node to those of its children that want one.
    fn inherit(
        &mut self,
        source: &Source,
        mut histogram: ResidualHistogram,
        (small, small_rows): (&mut Pending, &[u32]),
        big: &mut Pending,
    ) {
        let wants = |node: &Pending| node.moments.rows > COPY && !self.is_leaf(node);
        match (wants(small), wants(big)) {
            (true, true) => {
                let own = self.histogram_of(source, small_rows);
                histogram.subtract(&own);
                small.histogram = Some(own);
                big.histogram = Some(histogram);
            }
            (false, true) => {
                histogram.remove(&source.binned, small_rows, &self.summands);
                big.histogram = Some(histogram);
            }
            (true, false) => {
                histogram.set(&source.binned, small_rows, &self.summands);
                small.histogram = Some(histogram);
            }
            (false, false) => self.idle.push(histogram),
        }
    }

    fn histogram_of(&mut self, source: &Source, rows: &[u32]) -> ResidualHistogram {
        let mut histogram = self.idle.pop().unwrap_or_else(|| ResidualHistogram::new(&source.binned));
        histogram.set(&source.binned, rows, &self.summands);
        histogram
    }

    /// Parts the rows of a node at `cut`, keeping their order on both sides.
    fn part(&mut self, view: View, rows: &mut [u32], feature: usize, cut: u16) -> Parted {
        let mut parted =
            Parted { left: Moments::default(), right: Moments::default(), low: 0, high: u8::MAX };
        self.right.clear();
        for index in 0..rows.len() {
            let row = rows[index];
            let value = view.octets.byte(row as usize, feature);
            let residual = view.residuals[row as usize];
            if u16::from(value) < cut {
                rows[parted.left.rows] = row;
                parted.left.add(residual);
                parted.low = parted.low.max(value);
            } else {
                self.right.push(row);
                parted.right.add(residual);
                parted.high = parted.high.min(value);
            }
        }
        rows[parted.left.rows..].copy_from_slice(&self.right);
        parted
    }
}

/// What came of parting a node: both sides, the largest value left and the smallest right.
struct Parted {
    left: Moments,
    right: Moments,
    low: u8,
    high: u8,
}

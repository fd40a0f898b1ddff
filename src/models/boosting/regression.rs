//! Growing a regression tree on residuals, as scikit-learn grows it for boosting: friedman_mse, all features
//! in every node, depth first; a node of variance <= 1e-7 is a leaf.
//!
//! Large nodes have a histogram of all features, which a child inherits by subtraction; nodes below
//! [`LARGE`] rows look at their own pixels. Friedman: Greedy function approximation (2001).

use crate::dataset::Scaling;
use crate::linalg::histogram::{
    Columns, FeatureCuts, Quantised, ResidualHistogram, ScanState, SparseRows, TouchedBins, few,
};
use crate::linalg::simd;
use crate::models::Training;
use crate::models::tree::{Nodes, PURE, Random, midpoint};

/// Rows above which a node has a histogram of all features.
const LARGE: usize = 512;

/// Training data in the layouts that growing reads.
pub(super) struct Source<'a> {
    pixels: &'a [u8],
    d: usize,
    n: usize,
    scaling: &'a Scaling,
    columns: Columns,
    sparse: SparseRows,
}

impl<'a> Source<'a> {
    /// O(n d).
    pub fn new(training: &Training<'a>) -> Source<'a> {
        let x = training.features;
        Source {
            pixels: x.pixels(),
            d: x.d(),
            n: x.n(),
            scaling: x.scaling(),
            columns: Columns::from_rows(x.pixels(), x.n(), x.d()),
            sparse: SparseRows::new(x.pixels(), x.d()),
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
    pub samples: usize,
}

/// Working memory for one tree after another; after growing, also which rows are in which leaf.
pub(super) struct Grower {
    rows: Vec<u32>,
    right: Vec<u32>,
    leaves: Vec<(usize, usize)>,
    facts: Vec<RegressionFacts>,
    cuts: FeatureCuts,
    scan: ScanState,
    touched: TouchedBins,
    idle: Vec<ResidualHistogram>,
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
            right: Vec::with_capacity(source.n),
            leaves: Vec::new(),
            facts: Vec::new(),
            cuts: FeatureCuts::default(),
            scan: ScanState::default(),
            touched: TouchedBins::new(&source.sparse),
            idle: Vec::new(),
        }
    }

    /// Grows a tree whose leaves lead to their number in [`Grower::leaves`].
    pub fn grow(&mut self, source: &Source, residuals: &Quantised, max_depth: usize, seed: u64) -> Nodes {
        self.rows.clear();
        self.rows.extend(0..source.n as u32);
        self.leaves.clear();
        self.facts.clear();
        let mut random = Random::new(seed);
        let mut nodes = Nodes::default();
        let mut moments = Moments::default();
        residuals.values.iter().for_each(|&value| moments.add(value));
        let histogram = (source.n > LARGE).then(|| self.histogram_of(source, residuals, 0, source.n));
        let mut stack =
            vec![Pending { start: 0, end: source.n, depth: 0, right_of: None, moments, histogram }];
        while let Some(node) = stack.pop() {
            let id = nodes.len();
            if let Some(parent) = node.right_of {
                nodes.set_right(parent, id);
            }
            let impurity = node.moments.impurity(residuals.scale);
            let samples = node.end - node.start;
            let split = if node.depth >= max_depth || samples < 2 || impurity <= PURE {
                None
            } else {
                self.find(source, residuals, &node, &mut random)
            };
            let Some((feature, cut)) = split else {
                nodes.push_leaf(self.leaves.len() as u32);
                self.leaves.push((node.start, node.end));
                self.facts.push(RegressionFacts { feature: None, threshold: 0.0, impurity, samples });
                self.idle.extend(node.histogram);
                continue;
            };
            let parted = self.part(source.columns.column(feature), residuals, node.start..node.end, cut);
            let split = midpoint(source.scaling, feature, parted.low, parted.high);
            nodes.push_split(feature, split.cut);
            let threshold = split.threshold;
            self.facts.push(RegressionFacts { feature: Some(feature), threshold, impurity, samples });
            let middle = node.start + parted.left.rows;
            let (mut left, mut right) = (
                Pending {
                    start: node.start,
                    end: middle,
                    depth: node.depth + 1,
                    right_of: None,
                    moments: parted.left,
                    histogram: None,
                },
                Pending {
                    start: middle,
                    end: node.end,
                    depth: node.depth + 1,
                    right_of: Some(id),
                    moments: parted.right,
                    histogram: None,
                },
            );
            if let Some(histogram) = node.histogram {
                let (small, big) = if left.moments.rows <= right.moments.rows {
                    (&mut left, &mut right)
                } else {
                    (&mut right, &mut left)
                };
                self.inherit(source, residuals, max_depth, histogram, small, big);
            }
            stack.push(right);
            stack.push(left);
        }
        nodes
    }

    /// The rows of each leaf, in order of leaf number; rows ascend within a leaf.
    pub fn leaves(&self) -> impl Iterator<Item = &[u32]> {
        self.leaves.iter().map(|&(start, end)| &self.rows[start..end])
    }

    /// The nodes of the tree grown last, in depth-first order.
    pub fn facts(&self) -> &[RegressionFacts] {
        &self.facts
    }

    /// The feature of the best split of a node and the smallest value that goes right.
    fn find(
        &mut self,
        source: &Source,
        residuals: &Quantised,
        node: &Pending,
        random: &mut Random,
    ) -> Option<(usize, u16)> {
        let level = simd::level();
        let rows = &self.rows[node.start..node.end];
        let (sum, cuts) = (node.moments.sum, &mut self.cuts);
        if let Some(histogram) = &node.histogram {
            histogram.best_cuts(level, rows.len(), sum, &mut self.scan, cuts);
        } else if few::pays(level, rows.len()) {
            few::best_cuts(level, source.pixels, source.d, rows, residuals, sum, cuts);
        } else {
            self.touched.best_cuts(&source.sparse, rows, residuals, sum, cuts);
        }
        self.cuts.best(|equal| random.below(equal))
    }

    /// Gives the histogram of a parted node to those of its children that want one.
    fn inherit(
        &mut self,
        source: &Source,
        residuals: &Quantised,
        max_depth: usize,
        mut histogram: ResidualHistogram,
        small: &mut Pending,
        big: &mut Pending,
    ) {
        let wants = |node: &Pending| {
            node.depth < max_depth
                && node.moments.rows > LARGE
                && node.moments.impurity(residuals.scale) > PURE
        };
        match (wants(small), wants(big)) {
            (true, true) => {
                let own = self.histogram_of(source, residuals, small.start, small.end);
                histogram.subtract(&own);
                small.histogram = Some(own);
                big.histogram = Some(histogram);
            }
            (false, true) => {
                histogram.remove(&source.sparse, &self.rows[small.start..small.end], residuals);
                big.histogram = Some(histogram);
            }
            (true, false) => {
                self.idle.push(histogram);
                small.histogram = Some(self.histogram_of(source, residuals, small.start, small.end));
            }
            (false, false) => self.idle.push(histogram),
        }
    }

    fn histogram_of(
        &mut self,
        source: &Source,
        residuals: &Quantised,
        start: usize,
        end: usize,
    ) -> ResidualHistogram {
        let mut histogram = self.idle.pop().unwrap_or_else(|| ResidualHistogram::new(&source.sparse));
        histogram.clear();
        histogram.add(&source.sparse, &self.rows[start..end], residuals);
        histogram
    }

    /// Parts the rows of a node at `cut`, keeping their order on both sides.
    fn part(
        &mut self,
        column: &[u8],
        residuals: &Quantised,
        range: std::ops::Range<usize>,
        cut: u16,
    ) -> Parted {
        let rows = &mut self.rows[range];
        let mut parted =
            Parted { left: Moments::default(), right: Moments::default(), low: 0, high: u8::MAX };
        self.right.clear();
        for index in 0..rows.len() {
            let row = rows[index];
            let value = column[row as usize];
            let residual = residuals.values[row as usize];
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

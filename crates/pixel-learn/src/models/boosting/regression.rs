//! A depth-first builder of regression trees on residuals, as scikit-learn's for gradient boosting: criterion
//! friedman_mse (Friedman: Greedy function approximation, 2001), all features in every node; a node of
//! variance <= 1e-7 is a leaf.
//!
//! A large node has a histogram of all features, which its children get by subtraction. A subtree of up to
//! [`COPY`] rows is grown on a copy of its rows without histograms.

use crate::Scaling;
use crate::linalg::histogram::residual_histogram::{ResidualCell, Scratch, best_cuts_of_rows};
use crate::linalg::histogram::{
    BinnedRows, Bins, ByteWords, FeatureCuts, QuantisedResiduals, ResidualHistogram, small_node,
};
use crate::linalg::simd;
use crate::models::Training;
use crate::models::tree::{Nodes, PURE, Random, midpoint};

/// Rows up to which a subtree gets a copy of its rows; a node of more has a histogram of all features.
const COPY: usize = 1024;

/// The training data in the layouts that growing reads.
pub(super) struct Data<'a> {
    scaling: &'a Scaling,
    words: ByteWords,
    bins: Bins,
    binned: BinnedRows,
}

impl<'a> Data<'a> {
    /// All layouts of the bytes. O(n d).
    pub fn new(training: &Training<'a>) -> Data<'a> {
        let x = training.features;
        let rows: Vec<u32> = (0..x.n() as u32).collect();
        let bins = Bins::exact(x.pixels(), x.d(), &rows);
        Data {
            scaling: x.scaling(),
            words: ByteWords::new(x.pixels(), x.n(), x.d()),
            binned: BinnedRows::new(x.pixels(), x.d(), &rows, &bins),
            bins,
        }
    }
}

/// The entry of a node in scikit-learn's `tree_`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegressionFacts {
    /// The feature of the split; `None` for a leaf.
    pub feature: Option<usize>,
    /// The threshold on the scaled feature: values up to it go left. 0 in a leaf.
    pub threshold: f64,
    /// Variance of the residuals.
    pub impurity: f64,
    /// Training rows in the node.
    pub samples: usize,
}

/// A builder of one tree after another, with its working memory. After a tree, it has the rows of each leaf.
pub(super) struct Grower {
    rows: Vec<u32>,
    /// Start and end of each leaf in `rows`.
    leaves: Vec<(usize, usize)>,
    facts: Vec<RegressionFacts>,
    nodes: Nodes,
    random: Random,
    max_depth: usize,
    /// The scale of the quantised residuals.
    scale: f64,
    /// Histograms for reuse.
    spare: Vec<ResidualHistogram>,
    /// The residuals as histogram cells.
    cells: Vec<ResidualCell>,
    copy: ByteWords,
    copied_residuals: Vec<i32>,
    right: Vec<u32>,
    cuts: FeatureCuts,
    scratch: Scratch,
}

/// The rows that a subtree is grown on: all rows, or a copy of the subtree's own.
#[derive(Clone, Copy)]
struct View<'a> {
    words: &'a ByteWords,
    residuals: &'a [i32],
    data: &'a Data<'a>,
    is_copy: bool,
}

/// A node that is still to be built, on the stack.
struct Pending {
    start: usize,
    end: usize,
    depth: usize,
    /// The parent, if the node is a right child.
    right_of: Option<usize>,
    moments: Moments,
    histogram: Option<ResidualHistogram>,
}

/// Number, sum and sum of squares of the quantised residuals of a node.
#[derive(Clone, Copy, Default)]
struct Moments {
    rows: usize,
    sum: i64,
    squares: f64,
}

impl Moments {
    /// Adds a residual.
    fn add(&mut self, value: i32) {
        self.rows += 1;
        self.sum += i64::from(value);
        self.squares += f64::from(value) * f64::from(value);
    }

    /// The variance, in units of the residuals.
    fn impurity(&self, scale: f64) -> f64 {
        let n = self.rows as f64;
        let mean = self.sum as f64 / n;
        (self.squares / n - mean * mean).max(0.0) / (scale * scale)
    }
}

impl Grower {
    /// A builder without memory yet.
    pub fn new(data: &Data) -> Grower {
        Grower {
            rows: Vec::new(),
            leaves: Vec::new(),
            facts: Vec::new(),
            nodes: Nodes::default(),
            random: Random::new(0),
            max_depth: 0,
            scale: 1.0,
            spare: Vec::new(),
            cells: Vec::new(),
            copy: ByteWords::empty(data.words.d()),
            copied_residuals: Vec::new(),
            right: Vec::new(),
            cuts: FeatureCuts::default(),
            scratch: Scratch::default(),
        }
    }

    /// Grows a tree. A leaf stores its index in [`Grower::leaves`]. O(n d depth) at most.
    pub fn grow(
        &mut self,
        data: &Data,
        residuals: &QuantisedResiduals,
        max_depth: usize,
        seed: u64,
    ) -> Nodes {
        self.leaves.clear();
        self.facts.clear();
        self.random = Random::new(seed);
        self.max_depth = max_depth;
        self.scale = residuals.scale;
        let n = data.words.n();
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        rows.extend(0..n as u32);
        let mut moments = Moments::default();
        residuals.values.iter().for_each(|&value| moments.add(value));
        self.cells.clear();
        self.cells.extend(residuals.values.iter().map(|&value| ResidualCell::row(value)));
        let view = View { words: &data.words, residuals: &residuals.values, data, is_copy: false };
        let histogram = (n > COPY).then(|| self.histogram_of(data, &rows));
        let root = Pending { start: 0, end: n, depth: 0, right_of: None, moments, histogram };
        self.grow_all(view, &mut rows, root);
        self.rows = rows;
        std::mem::take(&mut self.nodes)
    }

    /// The rows of each leaf of the last tree, in order of leaf number, ascending in a leaf.
    pub fn leaves(&self) -> impl Iterator<Item = &[u32]> {
        self.leaves.iter().map(|&(start, end)| &self.rows[start..end])
    }

    /// The nodes of the last tree, in depth-first order.
    pub fn facts(&self) -> &[RegressionFacts] {
        &self.facts
    }

    /// Grows the subtree of `root` on all rows.
    fn grow_all(&mut self, view: View, rows: &mut [u32], root: Pending) {
        let mut stack = vec![root];
        while let Some(node) = stack.pop() {
            let size = node.end - node.start;
            if size <= COPY && !small_node::is_faster(simd::level(), size) && !self.is_leaf(&node) {
                self.grow_copy(view, rows, node);
            } else {
                self.build(view, rows, node, &mut stack, 0);
            }
        }
    }

    /// Grows the subtree of a node from a copy of the node's rows, which fits the second-level cache.
    fn grow_copy(&mut self, view: View, rows: &mut [u32], node: Pending) {
        let first = node.start;
        let rows = &mut rows[node.start..node.end];
        let mut words = std::mem::replace(&mut self.copy, ByteWords::empty(0));
        let mut residuals = std::mem::take(&mut self.copied_residuals);
        words.gather(view.words, rows);
        residuals.clear();
        residuals.extend(rows.iter().map(|&row| view.residuals[row as usize]));
        let copied = View { words: &words, residuals: &residuals, is_copy: true, ..view };
        let mut places: Vec<u32> = (0..rows.len() as u32).collect();
        let mut stack = vec![Pending { start: 0, end: rows.len(), ..node }];
        while let Some(node) = stack.pop() {
            self.build(copied, &mut places, node, &mut stack, first);
        }
        places.iter_mut().for_each(|place| *place = rows[*place as usize]);
        rows.copy_from_slice(&places);
        self.copy = words;
        self.copied_residuals = residuals;
    }

    /// Whether a node is a leaf by depth, number of rows or variance.
    fn is_leaf(&self, node: &Pending) -> bool {
        node.depth >= self.max_depth || node.moments.rows < 2 || node.moments.impurity(self.scale) <= PURE
    }

    /// Builds one node. A split pushes both children onto the stack. `first` is the position of `rows` among
    /// all rows.
    fn build(&mut self, view: View, rows: &mut [u32], node: Pending, stack: &mut Vec<Pending>, first: usize) {
        let id = self.nodes.len();
        if let Some(parent) = node.right_of {
            self.nodes.set_right(parent, id);
        }
        let impurity = node.moments.impurity(self.scale);
        let samples = node.moments.rows;
        let rows = &mut rows[node.start..node.end];
        let split = if self.is_leaf(&node) { None } else { self.find_split(view, rows, &node) };
        let Some((feature, cut)) = split else {
            self.nodes.push_leaf(self.leaves.len() as u32);
            self.leaves.push((first + node.start, first + node.end));
            self.facts.push(RegressionFacts { feature: None, threshold: 0.0, impurity, samples });
            self.spare.extend(node.histogram);
            return;
        };
        let sides = self.partition(view, rows, feature, cut);
        let split = midpoint(view.data.scaling, feature, sides.low, sides.high);
        self.nodes.push_split(feature, split.cut);
        let threshold = split.threshold;
        self.facts.push(RegressionFacts { feature: Some(feature), threshold, impurity, samples });
        let size = sides.left.rows;
        let middle = node.start + size;
        let child = |start, end, right_of, moments| {
            let depth = node.depth + 1;
            Pending { start, end, depth, right_of, moments, histogram: None }
        };
        let mut left = child(node.start, middle, None, sides.left);
        let mut right = child(middle, node.end, Some(id), sides.right);
        if view.is_copy {
            self.spare.extend(node.histogram);
        } else if let Some(histogram) = node.histogram {
            let (left_rows, right_rows) = rows.split_at(size);
            if left_rows.len() <= right_rows.len() {
                self.inherit(view.data, histogram, (&mut left, left_rows), &mut right);
            } else {
                self.inherit(view.data, histogram, (&mut right, right_rows), &mut left);
            }
        }
        stack.push(right);
        stack.push(left);
    }

    /// The feature of the best split of a node, and the smallest value that goes right.
    fn find_split(&mut self, view: View, rows: &[u32], node: &Pending) -> Option<(usize, u16)> {
        let level = simd::level();
        let (sum, cuts) = (node.moments.sum, &mut self.cuts);
        if let Some(histogram) = &node.histogram {
            let Data { binned, bins, .. } = view.data;
            histogram.best_cuts(level, binned, bins, rows.len(), sum, cuts);
        } else if small_node::is_faster(level, rows.len()) {
            small_node::best_cuts(level, view.words, rows, view.residuals, sum, cuts);
        } else {
            best_cuts_of_rows(level, view.words, rows, view.residuals, sum, &mut self.scratch, cuts);
        }
        let random = &mut self.random;
        self.cuts.best(|equal| random.below(equal))
    }

    /// Passes the histogram of a split node on to its children that need one. The child with fewer rows is
    /// summed from its rows, and the other is the parent minus that child.
    fn inherit(
        &mut self,
        data: &Data,
        mut histogram: ResidualHistogram,
        (small, small_rows): (&mut Pending, &[u32]),
        large: &mut Pending,
    ) {
        let wants = |node: &Pending| node.moments.rows > COPY && !self.is_leaf(node);
        match (wants(small), wants(large)) {
            (true, true) => {
                let own = self.histogram_of(data, small_rows);
                histogram.subtract(&own);
                small.histogram = Some(own);
                large.histogram = Some(histogram);
            }
            (false, true) => {
                histogram.remove(&data.binned, small_rows, &self.cells);
                large.histogram = Some(histogram);
            }
            (true, false) => {
                histogram.set(&data.binned, small_rows, &self.cells);
                small.histogram = Some(histogram);
            }
            (false, false) => self.spare.push(histogram),
        }
    }

    /// The histogram of some rows.
    fn histogram_of(&mut self, data: &Data, rows: &[u32]) -> ResidualHistogram {
        let mut histogram = self.spare.pop().unwrap_or_else(|| ResidualHistogram::new(&data.binned));
        histogram.set(&data.binned, rows, &self.cells);
        histogram
    }

    /// Partitions the rows of a node at `cut`, stably.
    fn partition(&mut self, view: View, rows: &mut [u32], feature: usize, cut: u16) -> Sides {
        let mut sides = Sides { left: Moments::default(), right: Moments::default(), low: 0, high: u8::MAX };
        self.right.clear();
        for index in 0..rows.len() {
            let row = rows[index];
            let value = view.words.byte(row as usize, feature);
            let residual = view.residuals[row as usize];
            if u16::from(value) < cut {
                rows[sides.left.rows] = row;
                sides.left.add(residual);
                sides.low = sides.low.max(value);
            } else {
                self.right.push(row);
                sides.right.add(residual);
                sides.high = sides.high.min(value);
            }
        }
        rows[sides.left.rows..].copy_from_slice(&self.right);
        sides
    }
}

/// A partition of a node: both sides, the largest value on the left and the smallest on the right.
struct Sides {
    left: Moments,
    right: Moments,
    low: u8,
    high: u8,
}

//! A depth-first builder of classification trees, as scikit-learn's `DepthFirstTreeBuilder`.
//!
//! A subtree of at most [`COMPACT`] rows is grown on a transposed copy of its rows: the columns that one node
//! searches then fit the first- and second-level caches. Larger nodes read the columns of the whole training
//! set.

use super::fitted::{NodeFacts, Tree};
use super::nodes::{Nodes, Pending};
use super::split::{Split, SplitSearch};
use super::{Criterion, DecisionTreeClassifier, Splitter};
use crate::linalg::histogram::{Columns, Entropy, Gini, Impurity, Sample};
use crate::models::Training;

/// Rows up to which a subtree gets a copy of its rows.
const COMPACT: usize = 2048;

/// The impurity up to which a node is a leaf: `min_impurity_split` of scikit-learn 0.19.
pub(crate) const PURE: f64 = 1e-7;

/// The training data in columns, sorted by class, for all trees of a forest.
pub(crate) struct TrainingColumns<'a> {
    pub training: Training<'a>,
    /// The rows in ascending order of class. Deep nodes have few classes, so that their rows share cache
    /// lines.
    pub(super) order: Vec<u32>,
    /// The columns of the rows in `order`.
    pub(super) columns: Columns,
}

impl<'a> TrainingColumns<'a> {
    /// Transposes the bytes. O(n d).
    pub(crate) fn new(training: &Training<'a>) -> TrainingColumns<'a> {
        let x = training.features;
        let mut order: Vec<u32> = (0..x.n() as u32).collect();
        order.sort_by_key(|&row| training.labels[row as usize]);
        let mut columns = Columns::default();
        columns.gather(x.pixels(), x.d(), x.n(), |index| order[index] as usize);
        TrainingColumns { training: *training, order, columns }
    }

    /// The label of the row at a position of `order`.
    pub(crate) fn label(&self, position: usize) -> u8 {
        self.training.labels[self.order[position] as usize]
    }
}

/// The tree parameters for given data, for all trees of a forest.
pub(crate) struct TreeGrower {
    splitter: Splitter,
    max_depth: usize,
    max_features: usize,
    /// The table of the entropy, `None` for Gini.
    entropy: Option<Entropy>,
}

impl TreeGrower {
    /// The parameters for trees of `d` features and rows of total weight `weight`.
    pub(crate) fn new(parameters: &DecisionTreeClassifier, d: usize, weight: usize) -> TreeGrower {
        TreeGrower {
            splitter: parameters.splitter,
            max_depth: parameters.max_depth.unwrap_or(usize::MAX),
            max_features: parameters.max_features.of(d),
            entropy: match parameters.criterion {
                Criterion::Gini => None,
                Criterion::Entropy => Some(Entropy::up_to(weight)),
            },
        }
    }

    /// Grows a tree on the rows with a positive weight (without `weights`, on all rows once) and on
    /// `features`. O(rows features depth) at most.
    pub(crate) fn grow(
        &self,
        data: &TrainingColumns,
        weights: Option<&[u16]>,
        features: Vec<u16>,
        seed: u64,
    ) -> Tree {
        match (&self.entropy, data.training.classes) {
            (None, ..=16) => Builder::<_, 16>::grow(self, &Gini, data, weights, features, seed),
            (None, _) => Builder::<_, 256>::grow(self, &Gini, data, weights, features, seed),
            (Some(entropy), ..=16) => Builder::<_, 16>::grow(self, entropy, data, weights, features, seed),
            (Some(entropy), _) => Builder::<_, 256>::grow(self, entropy, data, weights, features, seed),
        }
    }
}

/// The state of building one tree, with `L` class lanes.
struct Builder<'a, I, const L: usize> {
    grower: &'a TreeGrower,
    impurity: &'a I,
    data: &'a TrainingColumns<'a>,
    splits: SplitSearch<'a, L>,
    /// Whether rows have weights other than 1.
    weighted: bool,
    tree: Tree,
    /// The rows of the right child while a node is partitioned.
    right: Vec<Sample>,
    /// The copied columns of a small subtree.
    compact: Columns,
}

impl<'a, I: Impurity, const L: usize> Builder<'a, I, L> {
    /// Builds the tree, see [`TreeGrower::grow`].
    fn grow(
        grower: &'a TreeGrower,
        impurity: &'a I,
        data: &'a TrainingColumns<'a>,
        weights: Option<&[u16]>,
        features: Vec<u16>,
        seed: u64,
    ) -> Tree {
        let Training { features: x, labels, classes } = data.training;
        // Partitioning is stable, so the rows of a class stay together in every node.
        let samples = (0u32..).zip(&data.order).map(|(position, &row)| Sample {
            row: position,
            class: u16::from(labels[row as usize]),
            weight: weights.map_or(1, |weights| weights[row as usize]),
        });
        let mut samples: Vec<Sample> = samples.filter(|sample| sample.weight > 0).collect();
        let mut total = [0u32; L];
        for sample in &samples {
            total[usize::from(sample.class)] += u32::from(sample.weight);
        }
        let mut probabilities = vec![0.0; classes * classes];
        for class in 0..classes {
            probabilities[class * classes + class] = 1.0;
        }
        let mut builder = Builder {
            grower,
            impurity,
            data,
            splits: SplitSearch::new(x.scaling(), features, grower.max_features, seed),
            weighted: weights.is_some(),
            tree: Tree { nodes: Nodes::default(), facts: Vec::new(), probabilities, classes, depth: 0 },
            right: Vec::new(),
            compact: Columns::default(),
        };
        let root =
            Pending { start: 0, end: samples.len(), depth: 0, known_constants: 0, right_of: None, total };
        builder.grow_subtree(&mut samples, root);
        builder.tree
    }

    /// Grows the subtree of `root` on the columns of all rows.
    fn grow_subtree(&mut self, samples: &mut [Sample], root: Pending<[u32; L]>) {
        let data = self.data;
        let mut stack = vec![root];
        while let Some(node) = stack.pop() {
            if node.end - node.start <= COMPACT {
                self.grow_compact(&mut samples[node.start..node.end], node);
            } else {
                self.build_node(&data.columns, samples, node, &mut stack);
            }
        }
    }

    /// Grows the subtree of a node on a copy of its rows.
    fn grow_compact(&mut self, samples: &mut [Sample], node: Pending<[u32; L]>) {
        let TrainingColumns { training: Training { features: x, .. }, order, .. } = self.data;
        let mut columns = std::mem::take(&mut self.compact);
        columns.gather(x.pixels(), x.d(), samples.len(), |index| order[samples[index].row as usize] as usize);
        for (index, sample) in samples.iter_mut().enumerate() {
            sample.row = index as u32;
        }
        let mut stack = vec![Pending { start: 0, end: samples.len(), ..node }];
        while let Some(node) = stack.pop() {
            self.build_node(&columns, samples, node, &mut stack);
        }
        self.compact = columns;
    }

    /// Builds one node. A split pushes both children onto the stack.
    fn build_node(
        &mut self,
        columns: &Columns,
        samples: &mut [Sample],
        node: Pending<[u32; L]>,
        stack: &mut Vec<Pending<[u32; L]>>,
    ) {
        let id = self.tree.nodes.len();
        if let Some(parent) = node.right_of {
            self.tree.nodes.set_right(parent, id);
        }
        self.tree.depth = self.tree.depth.max(node.depth);
        let rows = &mut samples[node.start..node.end];
        let impurity = self.impurity.node_impurity(&node.total[..self.tree.classes]);
        let (split, known_constants) =
            if node.depth >= self.grower.max_depth || rows.len() < 2 || impurity <= PURE {
                (None, 0)
            } else {
                self.find_split(columns, rows, &node)
            };
        let threshold = split.map_or(0.0, |split| split.threshold);
        self.tree.facts.push(NodeFacts { threshold, impurity, samples: rows.len() as u32 });
        let Some(split) = split else {
            let row = self.probability_row(&node.total);
            self.tree.nodes.push_leaf(row);
            return;
        };
        // The right child is set when it is built.
        self.tree.nodes.push_split(split.feature, split.cut);
        let (middle, left) = self.partition(columns.column(split.feature), rows, split.cut);
        let right: [u32; L] = std::array::from_fn(|class| node.total[class] - left[class]);
        let middle = node.start + middle;
        let depth = node.depth + 1;
        let right_of = Some(id);
        stack.push(Pending { start: middle, end: node.end, depth, known_constants, right_of, total: right });
        stack.push(Pending {
            start: node.start,
            end: middle,
            depth,
            known_constants,
            right_of: None,
            total: left,
        });
    }

    /// The split of a node, and the number of features known to be constant below it.
    fn find_split(
        &mut self,
        columns: &Columns,
        rows: &[Sample],
        node: &Pending<[u32; L]>,
    ) -> (Option<Split>, usize) {
        let (impurity, total, known) = (self.impurity, &node.total, node.known_constants);
        match self.grower.splitter {
            Splitter::Best => self.splits.best_split(impurity, columns, rows, total, known),
            Splitter::Random => {
                self.splits.random_split(impurity, columns, rows, total, known, self.weighted)
            }
        }
    }

    /// Partitions the rows of a node at `cut`, stably. Returns the number of rows on the left and their class
    /// weights. Every row is written to both sides, without a branch, which would often be mispredicted.
    fn partition(&mut self, column: &[u8], rows: &mut [Sample], cut: u8) -> (usize, [u32; L]) {
        let mut left = [0u32; L];
        let (mut middle, mut right) = (0, 0);
        self.right.resize(rows.len().max(self.right.len()), Sample::default());
        for index in 0..rows.len() {
            let sample = rows[index];
            let goes_left = column[sample.row as usize] <= cut;
            left[usize::from(sample.class)] += if goes_left { u32::from(sample.weight) } else { 0 };
            rows[middle] = sample;
            middle += usize::from(goes_left);
            self.right[right] = sample;
            right += usize::from(!goes_left);
        }
        rows[middle..].copy_from_slice(&self.right[..right]);
        (middle, left)
    }

    /// The index of a leaf's class probabilities: the row of its class for a pure leaf, else a new row.
    fn probability_row(&mut self, total: &[u32; L]) -> u32 {
        let classes = self.tree.classes;
        let weight: u64 = total.iter().map(|&count| u64::from(count)).sum();
        if let Some(class) = total.iter().position(|&count| u64::from(count) == weight) {
            return class as u32;
        }
        let row = self.tree.probabilities.len() / classes;
        self.tree
            .probabilities
            .extend(total[..classes].iter().map(|&count| f64::from(count) / weight as f64));
        row as u32
    }
}

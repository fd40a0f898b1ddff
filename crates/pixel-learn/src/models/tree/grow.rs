//! Growing a classification tree depth first, as scikit-learn's `DepthFirstTreeBuilder` does.
//!
//! A subtree of at most [`COMPACT`] rows is grown on its own transposed copy of those rows, of which the columns that one
//! node looks at fit the first- and second-level caches; above that, columns of the whole training set are read.

use super::fitted::{NodeFacts, Tree};
use super::nodes::Nodes;
use super::split::{Search, Split};
use super::{Criterion, Splitter, TreeParameters};
use crate::linalg::histogram::{Columns, Entropy, Gini, Impurity, Sample};
use crate::models::Training;

/// Rows below which a subtree gets its own copy.
const COMPACT: usize = 2048;

/// A node whose impurity is at most this is a leaf: scikit-learn 0.19's `min_impurity_split`.
pub(crate) const PURE: f64 = 1e-7;

/// Training data as the trees of a forest share it.
pub(crate) struct Source<'a> {
    pub training: Training<'a>,
    /// Rows in order of class. The deeper a node, the fewer its classes: its rows share cache lines.
    pub(super) order: Vec<u32>,
    /// The columns of the rows in `order`.
    pub(super) columns: Columns,
}

impl<'a> Source<'a> {
    /// Transposes the bytes. O(n d).
    pub(crate) fn new(training: &Training<'a>) -> Source<'a> {
        let x = training.features;
        let mut order: Vec<u32> = (0..x.n() as u32).collect();
        order.sort_by_key(|&row| training.labels[row as usize]);
        let mut columns = Columns::default();
        columns.gather(x.pixels(), x.d(), x.n(), |index| order[index] as usize);
        Source { training: *training, order, columns }
    }

    /// The label of the row at a position in the order of class.
    pub(crate) fn label(&self, position: usize) -> u8 {
        self.training.labels[self.order[position] as usize]
    }
}

/// Parameters with everything worked out that the trees of a forest share.
pub(crate) struct Growth {
    splitter: Splitter,
    max_depth: usize,
    max_features: usize,
    /// The criterion's table, `None` for Gini.
    entropy: Option<Entropy>,
}

impl Growth {
    /// For trees that see `d` features, and rows that weigh `weight` in all.
    pub(crate) fn new(parameters: &TreeParameters, d: usize, weight: usize) -> Growth {
        Growth {
            splitter: parameters.splitter,
            max_depth: parameters.max_depth.unwrap_or(usize::MAX),
            max_features: parameters.max_features.of(d),
            entropy: match parameters.criterion {
                Criterion::Gini => None,
                Criterion::Entropy => Some(Entropy::up_to(weight)),
            },
        }
    }

    /// Grows one tree on the rows whose `weights` are not zero (on all rows once without weights), which sees `features`.
    pub(crate) fn tree(
        &self,
        source: &Source,
        weights: Option<&[u16]>,
        features: Vec<u16>,
        seed: u64,
    ) -> Tree {
        match (&self.entropy, source.training.classes) {
            (None, ..=16) => Builder::<_, 16>::grow(self, &Gini, source, weights, features, seed),
            (None, _) => Builder::<_, 256>::grow(self, &Gini, source, weights, features, seed),
            (Some(entropy), ..=16) => Builder::<_, 16>::grow(self, entropy, source, weights, features, seed),
            (Some(entropy), _) => Builder::<_, 256>::grow(self, entropy, source, weights, features, seed),
        }
    }
}

/// A node still to be made: its rows, where it hangs, and what is known of it.
struct Pending<const L: usize> {
    start: usize,
    end: usize,
    depth: usize,
    known_constants: usize,
    /// The parent, when this is a right child.
    right_of: Option<usize>,
    total: [u32; L],
}

struct Builder<'a, I, const L: usize> {
    growth: &'a Growth,
    impurity: &'a I,
    source: &'a Source<'a>,
    search: Search<'a, L>,
    /// Whether a row may count other than once.
    weighted: bool,
    tree: Tree,
    /// Rows of the right side while a node is parted.
    right: Vec<Sample>,
    compact: Columns,
}

impl<'a, I: Impurity, const L: usize> Builder<'a, I, L> {
    fn grow(
        growth: &'a Growth,
        impurity: &'a I,
        source: &'a Source<'a>,
        weights: Option<&[u16]>,
        features: Vec<u16>,
        seed: u64,
    ) -> Tree {
        let Training { features: x, labels, classes } = source.training;
        // Parting keeps the order, so the rows of a class stay together in every node.
        let samples = (0u32..).zip(&source.order).map(|(position, &row)| Sample {
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
            growth,
            impurity,
            source,
            search: Search::new(x.scaling(), features, growth.max_features, seed),
            weighted: weights.is_some(),
            tree: Tree { nodes: Nodes::default(), facts: Vec::new(), probabilities, classes, depth: 0 },
            right: Vec::new(),
            compact: Columns::default(),
        };
        let root =
            Pending { start: 0, end: samples.len(), depth: 0, known_constants: 0, right_of: None, total };
        builder.run(&mut samples, root);
        builder.tree
    }

    /// Grows from one pending node to the leaves, over the columns of all rows.
    fn run(&mut self, samples: &mut [Sample], root: Pending<L>) {
        let source = self.source;
        let mut stack = vec![root];
        while let Some(node) = stack.pop() {
            if node.end - node.start <= COMPACT {
                self.run_compact(&mut samples[node.start..node.end], node);
            } else {
                self.make(&source.columns, samples, node, &mut stack);
            }
        }
    }

    /// Grows the subtree of a node from a copy of the node's rows.
    fn run_compact(&mut self, samples: &mut [Sample], node: Pending<L>) {
        let Source { training: Training { features: x, .. }, order, .. } = self.source;
        let mut columns = std::mem::take(&mut self.compact);
        columns.gather(x.pixels(), x.d(), samples.len(), |index| order[samples[index].row as usize] as usize);
        for (index, sample) in samples.iter_mut().enumerate() {
            sample.row = index as u32;
        }
        let mut stack = vec![Pending { start: 0, end: samples.len(), ..node }];
        while let Some(node) = stack.pop() {
            self.make(&columns, samples, node, &mut stack);
        }
        self.compact = columns;
    }

    /// Makes one node, and pushes its children onto the stack when it is split.
    fn make(
        &mut self,
        columns: &Columns,
        samples: &mut [Sample],
        node: Pending<L>,
        stack: &mut Vec<Pending<L>>,
    ) {
        let id = self.tree.nodes.len();
        if let Some(parent) = node.right_of {
            self.tree.nodes.set_right(parent, id);
        }
        self.tree.depth = self.tree.depth.max(node.depth);
        let rows = &mut samples[node.start..node.end];
        let impurity = self.impurity.of_node(&node.total[..self.tree.classes]);
        let (split, known_constants) =
            if node.depth >= self.growth.max_depth || rows.len() < 2 || impurity <= PURE {
                (None, 0)
            } else {
                self.find(columns, rows, &node)
            };
        let threshold = split.map_or(0.0, |split| split.threshold);
        self.tree.facts.push(NodeFacts { threshold, impurity, samples: rows.len() as u32 });
        let Some(split) = split else {
            let row = self.leaf_row(&node.total);
            self.tree.nodes.push_leaf(row);
            return;
        };
        // `right` is set when the right child is made.
        self.tree.nodes.push_split(split.feature, split.cut);
        let (middle, left) = self.part(columns.column(split.feature), rows, split.cut);
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

    fn find(&mut self, columns: &Columns, rows: &[Sample], node: &Pending<L>) -> (Option<Split>, usize) {
        let (impurity, total, known) = (self.impurity, &node.total, node.known_constants);
        match self.growth.splitter {
            Splitter::Best => self.search.best(impurity, columns, rows, total, known),
            Splitter::Random => self.search.random(impurity, columns, rows, total, known, self.weighted),
        }
    }

    /// Parts the rows of a node, keeping their order on both sides; returns how many went left, and their
    /// class weights. Without branches, which would often be mispredicted: every row is written to both sides.
    fn part(&mut self, column: &[u8], rows: &mut [Sample], cut: u8) -> (usize, [u32; L]) {
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

    /// The row of a leaf's class probabilities: the class itself for a pure leaf, else a new one.
    fn leaf_row(&mut self, total: &[u32; L]) -> u32 {
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

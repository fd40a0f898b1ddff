//! A fitted classification tree: nodes for predicting, and the facts of scikit-learn's `tree_`.

use super::nodes::{BATCH, Nodes};
use crate::Features;
use crate::linalg::argmax;

/// The entry of a node in scikit-learn's `tree_`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeFacts {
    /// The threshold on the scaled feature: values up to it go left. 0 in a leaf.
    pub threshold: f64,
    /// The impurity of the node.
    pub impurity: f64,
    /// The number of training rows, without weights.
    pub samples: u32,
}

/// A fitted tree. Nodes are in depth-first order, left before right, as in scikit-learn's `tree_`.
#[derive(Clone, Debug)]
pub struct Tree {
    pub(super) nodes: Nodes,
    pub(super) facts: Vec<NodeFacts>,
    /// Class probabilities, `classes` per row. Leaves with a single class share the row of that class.
    pub(super) probabilities: Vec<f64>,
    pub(super) classes: usize,
    pub(super) depth: usize,
}

impl Tree {
    /// Number of nodes, leaves included.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Number of leaves.
    pub fn leaves(&self) -> usize {
        self.nodes.len() / 2 + 1
    }

    /// Edges from the root to the deepest leaf.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The feature of a split; `None` for a leaf.
    pub fn feature(&self, node: usize) -> Option<usize> {
        self.nodes.feature(node)
    }

    /// The children of a node, left and right; `None` for a leaf.
    pub fn children(&self, node: usize) -> Option<(usize, usize)> {
        self.feature(node).map(|_| (node + 1, self.nodes.right(node)))
    }

    /// Threshold, impurity and size of a node.
    pub fn facts(&self, node: usize) -> NodeFacts {
        self.facts[node]
    }

    /// The class probabilities of the leaf that a row of bytes falls into. O(depth).
    pub fn probabilities(&self, row: &[u8]) -> &[f64] {
        let start = self.nodes.leaf_of(row) * self.classes;
        &self.probabilities[start..start + self.classes]
    }

    /// Adds the class probabilities of each of `rows` (of `d` bytes) to its entry in `sums`. O(rows depth).
    pub(crate) fn add_probabilities(&self, rows: &[u8], d: usize, sums: &mut [f64]) {
        for (rows, sums) in rows.chunks(BATCH * d).zip(sums.chunks_mut(BATCH * self.classes)) {
            let leaves = self.nodes.leaves_of(rows, d);
            for (sum, leaf) in sums.chunks_exact_mut(self.classes).zip(leaves) {
                let start = leaf as usize * self.classes;
                let probabilities = &self.probabilities[start..start + self.classes];
                sum.iter_mut().zip(probabilities).for_each(|(sum, p)| *sum += p);
            }
        }
    }

    /// The most probable class of each row, the first of equals.
    pub(super) fn predict_classes(&self, x: &Features) -> Vec<u8> {
        (0..x.n()).map(|i| argmax(self.probabilities(x.pixel_row(i))) as u8).collect()
    }
}

//! The nodes of a fitted tree, compact for predicting.

/// Rows that go down a tree side by side.
pub(crate) const TOGETHER: usize = 8;

/// A node in eight bytes.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The feature that is cut, or [`LEAF`].
    feature: u16,
    /// The largest byte that goes left.
    cut: u8,
    /// The right child; of a leaf, what the tree keeps there.
    right: u32,
}

const LEAF: u16 = u16::MAX;

/// Nodes in depth-first order: the left child follows its parent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nodes(Vec<Node>);

impl Nodes {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a node that cuts `feature` below `cut + 1`; its right child is set by [`Nodes::set_right`].
    pub(crate) fn push_split(&mut self, feature: usize, cut: u8) {
        self.0.push(Node { feature: feature as u16, cut, right: 0 });
    }

    /// Adds a leaf that leads to `content`.
    pub(crate) fn push_leaf(&mut self, content: u32) {
        self.0.push(Node { feature: LEAF, cut: 0, right: content });
    }

    pub(crate) fn set_right(&mut self, node: usize, right: usize) {
        self.0[node].right = right as u32;
    }

    /// The feature that a node cuts; `None` for a leaf.
    pub(crate) fn feature(&self, node: usize) -> Option<usize> {
        let feature = self.0[node].feature;
        (feature != LEAF).then_some(usize::from(feature))
    }

    /// The right child of a split, the content of a leaf.
    pub(crate) fn right(&self, node: usize) -> usize {
        self.0[node].right as usize
    }

    /// The content of the leaf that a row of bytes falls into. O(depth).
    pub(crate) fn leaf_of(&self, row: &[u8]) -> usize {
        let mut at = 0;
        loop {
            let node = self.0[at];
            if node.feature == LEAF {
                return node.right as usize;
            }
            at = if row[usize::from(node.feature)] <= node.cut { at + 1 } else { node.right as usize };
        }
    }

    /// The leaves of up to [`TOGETHER`] rows of `d` bytes, which go down the tree side by side: each step
    /// waits for memory, and the steps of different rows wait at the same time.
    pub(crate) fn leaves_of(&self, rows: &[u8], d: usize) -> [u32; TOGETHER] {
        let mut at = [0u32; TOGETHER];
        let count = rows.len() / d;
        loop {
            let mut inner = false;
            for (at, row) in at[..count].iter_mut().zip(rows.chunks_exact(d)) {
                let node = self.0[*at as usize];
                if node.feature != LEAF {
                    inner = true;
                    *at = if row[usize::from(node.feature)] <= node.cut { *at + 1 } else { node.right };
                }
            }
            if !inner {
                break;
            }
        }
        at.map(|at| self.0[at as usize].right)
    }
}

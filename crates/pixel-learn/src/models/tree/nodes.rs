//! The nodes of a fitted tree, eight bytes each, for predicting.

/// Rows that descend a tree at the same time.
pub(crate) const BATCH: usize = 8;

/// A node in eight bytes.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The feature of the split, or [`LEAF`].
    feature: u16,
    /// The largest byte that goes left.
    cut: u8,
    /// The right child of a split; the content of a leaf, such as an index.
    right: u32,
}

const LEAF: u16 = u16::MAX;

/// Nodes in depth-first order: the left child follows its parent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nodes(Vec<Node>);

impl Nodes {
    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a split of `feature` at `cut`. [`Nodes::set_right`] sets its right child.
    pub(crate) fn push_split(&mut self, feature: usize, cut: u8) {
        self.0.push(Node { feature: feature as u16, cut, right: 0 });
    }

    /// Adds a leaf with `content`.
    pub(crate) fn push_leaf(&mut self, content: u32) {
        self.0.push(Node { feature: LEAF, cut: 0, right: content });
    }

    /// Sets the right child of a split.
    pub(crate) fn set_right(&mut self, node: usize, right: usize) {
        self.0[node].right = right as u32;
    }

    /// The feature of a split; `None` for a leaf.
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

    /// The leaf contents of up to [`BATCH`] rows of `d` bytes. The rows descend together, because each step
    /// waits for memory and the waits overlap.
    pub(crate) fn leaves_of(&self, rows: &[u8], d: usize) -> [u32; BATCH] {
        let mut at = [0u32; BATCH];
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

/// A node that is still to be built, on the stack of a depth-first builder.
pub(super) struct Pending<C> {
    /// The first of the node's samples.
    pub start: usize,
    /// The end of the node's samples.
    pub end: usize,
    /// Edges from the root.
    pub depth: usize,
    /// The number of features known to be constant in the node.
    pub known_constants: usize,
    /// The parent, if the node is a right child.
    pub right_of: Option<usize>,
    /// The class weights of the node.
    pub total: C,
}

//! Sums over the rows of a node, a bin of every feature: counting rows, taking them away, subtracting a child from its
//! parent. What is added up (residuals; gradients and Hessians) is the cell's matter.
//!
//! Cells hold whole numbers, so that sums are exact in any order: subtraction invents no splits, and neither the number
//! of threads nor the way of counting changes a bit.

use rayon::prelude::*;

use super::binned_rows::{BinnedRows, Block, PartRows};

/// Rows from which threads share the work.
const MANY: usize = 4096;

/// Sums over rows.
pub trait Sums: Copy + Default + PartialEq + Send + Sync {
    /// Adds other rows.
    fn add(&mut self, other: Self);

    /// Takes rows away.
    fn subtract(&mut self, other: Self);
}

/// The sums of all features of a node, but for those of bin 0.
#[derive(Clone, Debug)]
pub struct BinSums<C>(pub(super) Vec<C>);

impl<C: Sums> BinSums<C> {
    /// An empty histogram for the features of `x`.
    pub fn new(x: &BinnedRows) -> BinSums<C> {
        BinSums(vec![C::default(); x.cells()])
    }

    /// Empties it and adds rows, each with its part of `values`. O(cells + bins of the rows other than the first).
    pub fn set(&mut self, x: &BinnedRows, rows: &[u32], values: &[C]) {
        self.for_parts(x, rows.len(), |cells, part| {
            cells.fill(C::default());
            for_rows(cells, part, rows, values, C::add);
        });
    }

    /// Takes rows away that were added before.
    pub fn remove(&mut self, x: &BinnedRows, rows: &[u32], values: &[C]) {
        self.for_parts(x, rows.len(), |cells, part| for_rows(cells, part, rows, values, C::subtract));
    }

    /// Takes away another histogram, whose rows are among ours. O(cells).
    pub fn subtract(&mut self, other: &BinSums<C>) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, &b)| a.subtract(b));
    }

    /// The cells of a block: eight lanes a bin, from bin 1 on.
    pub(super) fn block(&self, block: &Block) -> &[C] {
        &self.0[block.first_cell..block.first_cell + block.cells]
    }

    fn for_parts(&mut self, x: &BinnedRows, rows: usize, work: impl Fn(&mut [C], PartRows) + Sync) {
        let parts = x.parts(&mut self.0);
        if rows < MANY {
            parts.into_iter().for_each(|(cells, part)| work(cells, part));
        } else {
            parts.into_par_iter().for_each(|(cells, part)| work(cells, part));
        }
    }
}

/// Adds to or takes from the cells of one part the rows of a node.
#[inline(always)]
fn for_rows<C: Sums>(
    cells: &mut [C],
    part: PartRows,
    rows: &[u32],
    values: &[C],
    change: impl Fn(&mut C, C),
) {
    assert_eq!(cells.len(), part.cells(), "the cells of another part");
    for (at, &row) in rows.iter().enumerate() {
        part.ask_ahead(rows, at);
        let value = values[row as usize];
        for &cell in part.of(row) {
            // SAFETY: the entries of a part are below its number of cells, which is the length of `cells`.
            change(unsafe { cells.get_unchecked_mut(usize::from(cell)) }, value);
        }
    }
}

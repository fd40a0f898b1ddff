//! Sums over the rows of a node for each bin of every feature (histogram cells): building, removing rows, and
//! subtracting a child's histogram from its parent's. The cell type determines what is summed: residuals, or
//! gradients and Hessians.
//!
//! Cells are integers: sums are exact in any order. Subtraction therefore leaves no rounding that could make
//! a false split, and the number of threads changes no bit.

use rayon::prelude::*;

use super::binned_rows::{BinnedRows, Block, PartRows};

/// Rows from which the parts are summed by several threads.
const PARALLEL_ROWS: usize = 4096;

/// A cell: sums over rows.
pub trait Sums: Copy + Default + PartialEq + Send + Sync {
    /// Adds other rows.
    fn add(&mut self, other: Self);

    /// Takes rows away.
    fn subtract(&mut self, other: Self);
}

/// The cells of all features in a node, without those of bin 0.
#[derive(Clone, Debug)]
pub struct BinSums<C>(pub(super) Vec<C>);

impl<C: Sums> BinSums<C> {
    /// An empty histogram for the features of `x`.
    pub fn new(x: &BinnedRows) -> BinSums<C> {
        BinSums(vec![C::default(); x.cells()])
    }

    /// Sets the histogram to that of `rows`; `values` are the cells of single rows. O(cells + entries of the
    /// rows in bins other than the first).
    pub fn set(&mut self, x: &BinnedRows, rows: &[u32], values: &[C]) {
        self.for_parts(x, rows.len(), |cells, part| {
            cells.fill(C::default());
            for_rows(cells, part, rows, values, C::add);
        });
    }

    /// Removes rows that were added before. Cost as [`BinSums::set`].
    pub fn remove(&mut self, x: &BinnedRows, rows: &[u32], values: &[C]) {
        self.for_parts(x, rows.len(), |cells, part| for_rows(cells, part, rows, values, C::subtract));
    }

    /// Subtracts the histogram of a subset of the rows. O(cells).
    pub fn subtract(&mut self, other: &BinSums<C>) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, &b)| a.subtract(b));
    }

    /// The cells of a block: eight lanes for each bin, from bin 1 on.
    pub(super) fn block(&self, block: &Block) -> &[C] {
        &self.0[block.first_cell..block.first_cell + block.cells]
    }

    /// Calls `work` for every part of the cells, in parallel for many rows.
    fn for_parts(&mut self, x: &BinnedRows, rows: usize, work: impl Fn(&mut [C], PartRows) + Sync) {
        let parts = x.parts(&mut self.0);
        if rows < PARALLEL_ROWS {
            parts.into_iter().for_each(|(cells, part)| work(cells, part));
        } else {
            parts.into_par_iter().for_each(|(cells, part)| work(cells, part));
        }
    }
}

/// Applies `change` to the cells of one part for every row of a node.
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
        part.prefetch_ahead(rows, at);
        let value = values[row as usize];
        for &cell in part.cells_of(row) {
            // SAFETY: the entries of a part are below its number of cells, which is the length of `cells`.
            change(unsafe { cells.get_unchecked_mut(usize::from(cell)) }, value);
        }
    }
}

//! Cache of kernel rows of one pair of classes: a row is computed at its first use and kept.

use super::gram::Pair;
use super::kernel::Transform;

/// Rows are padded with zeros to a multiple of this many values, so that the solver works in whole blocks.
pub const BLOCK: usize = 64;

/// Rows in one allocation.
const ROWS_A_CHUNK: usize = 128;

const ABSENT: u32 = u32::MAX;

/// Memory for kernel rows, used for one problem after the other.
#[derive(Default)]
pub struct RowStore {
    chunks: Vec<Vec<f32>>,
    /// The slot of each row of the problem, or [`ABSENT`].
    slots: Vec<u32>,
    used: usize,
    stride: usize,
}

/// The kernel matrix of one pair under one kernel, row by row.
pub struct KernelRows<'a> {
    pair: &'a Pair<'a>,
    transform: Transform,
    store: &'a mut RowStore,
}

impl<'a> KernelRows<'a> {
    pub fn new(pair: &'a Pair<'a>, transform: Transform, store: &'a mut RowStore) -> KernelRows<'a> {
        let stride = pair.len().div_ceil(BLOCK) * BLOCK;
        // With another stride, the padding of the new rows could hold values of the last problem.
        if store.stride != stride {
            store.chunks.clear();
            store.stride = stride;
        }
        store.slots.clear();
        store.slots.resize(pair.len(), ABSENT);
        store.used = 0;
        KernelRows { pair, transform, store }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.pair.len()
    }

    /// Rows of the positive class, which come first.
    pub fn positive(&self) -> usize {
        self.pair.positive()
    }

    pub fn diagonal(&self) -> Vec<f32> {
        self.pair.diagonal(&self.transform)
    }

    /// [`KernelRows::diagonal`], padded with zeros to whole blocks.
    pub fn padded_diagonal(&self) -> Vec<f32> {
        let mut diagonal = self.diagonal();
        diagonal.resize(self.store.stride, 0.0);
        diagonal
    }

    /// Makes sure that [`KernelRows::row`] has a row.
    pub fn prepare(&mut self, row: usize) {
        let store = &mut *self.store;
        if store.slots[row] != ABSENT {
            return;
        }
        let slot = store.used;
        store.used += 1;
        store.slots[row] = slot as u32;
        if slot / ROWS_A_CHUNK == store.chunks.len() {
            store.chunks.push(vec![0.0; ROWS_A_CHUNK * store.stride]);
        }
        let start = slot % ROWS_A_CHUNK * store.stride;
        let out = &mut store.chunks[slot / ROWS_A_CHUNK][start..start + self.pair.len()];
        self.pair.kernel_row(&self.transform, row, out);
    }

    /// A prepared row: K(row, j) for all j, padded with zeros.
    pub fn row(&self, row: usize) -> &[f32] {
        let slot = self.store.slots[row] as usize;
        let start = slot % ROWS_A_CHUNK * self.store.stride;
        &self.store.chunks[slot / ROWS_A_CHUNK][start..start + self.store.stride]
    }
}

//! The bytes of every row that are not 0, as places in a histogram.

/// For every row, the bins `value << bits | feature` of its bytes that are not 0, where `1 << bits` is the
/// number of features rounded up to a power of two.
pub struct SparseRows {
    starts: Vec<usize>,
    bins: Vec<u32>,
    d: usize,
    bits: u32,
}

impl SparseRows {
    /// From `n` rows of `d` bytes, d at most 65536. O(n d) time; 4 bytes a byte that is not 0.
    pub fn new(pixels: &[u8], d: usize) -> SparseRows {
        assert!((1..=1 << 16).contains(&d), "1 to 65536 features");
        let bits = d.next_power_of_two().trailing_zeros();
        let filled = pixels.iter().filter(|&&value| value != 0).count();
        let mut bins = Vec::with_capacity(filled);
        let mut starts = vec![0];
        for row in pixels.chunks_exact(d) {
            for (feature, &value) in row.iter().enumerate() {
                if value != 0 {
                    bins.push(u32::from(value) << bits | feature as u32);
                }
            }
            starts.push(bins.len());
        }
        SparseRows { starts, bins, d, bits }
    }

    /// The bins of one row, all below `256 << bits`.
    pub fn row(&self, row: usize) -> &[u32] {
        &self.bins[self.starts[row]..self.starts[row + 1]]
    }

    pub fn d(&self) -> usize {
        self.d
    }

    pub fn bits(&self) -> u32 {
        self.bits
    }
}

//! Bytes of eight neighbouring features in one word, in two layouts: by row for small nodes, by block of
//! features for large ones.

/// Features in a block.
pub const LANES: usize = 8;

/// `n` rows of `d` bytes as words of eight bytes, the last padded with 0, in two layouts: row after row,
/// where the words of a row share cache lines, and block after block, where the words of neighbouring rows
/// do.
pub struct ByteWords {
    by_row: Vec<u64>,
    by_block: Vec<u64>,
    n: usize,
    d: usize,
}

impl ByteWords {
    /// The words of row-major bytes. O(n d); takes twice the memory of the bytes.
    pub fn new(pixels: &[u8], n: usize, d: usize) -> ByteWords {
        assert_eq!(pixels.len(), n * d, "pixels do not fill n x d");
        let mut by_row = Vec::with_capacity(n * d.div_ceil(LANES));
        for row in pixels.chunks_exact(d.max(1)) {
            for eight in row.chunks(LANES) {
                let mut bytes = [0u8; LANES];
                bytes[..eight.len()].copy_from_slice(eight);
                by_row.push(u64::from_le_bytes(bytes));
            }
        }
        let mut words = ByteWords { by_row, by_block: Vec::new(), n, d };
        words.fill_blocks();
        words
    }

    /// No rows, for [`ByteWords::gather`] to fill.
    pub fn empty(d: usize) -> ByteWords {
        ByteWords { by_row: Vec::new(), by_block: Vec::new(), n: 0, d }
    }

    /// Copies some rows of `other`, reusing memory. O(rows d).
    pub fn gather(&mut self, other: &ByteWords, rows: &[u32]) {
        self.n = rows.len();
        self.by_row.clear();
        for &row in rows {
            self.by_row.extend_from_slice(other.row(row as usize));
        }
        self.fill_blocks();
    }

    /// Fills the layout by blocks from that by rows.
    fn fill_blocks(&mut self) {
        let (n, blocks) = (self.n, self.blocks());
        // All words are overwritten below.
        self.by_block.resize(self.by_row.len(), 0);
        // Tiles of rows: a cache line that is read for one block is still cached for the next.
        const TILE: usize = 64;
        for first in (0..n).step_by(TILE) {
            let end = (first + TILE).min(n);
            let rows = &self.by_row[first * blocks..end * blocks];
            for block in 0..blocks {
                let words = &mut self.by_block[block * n + first..block * n + end];
                for (word, row) in words.iter_mut().zip(rows.chunks_exact(blocks)) {
                    *word = row[block];
                }
            }
        }
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of features.
    pub fn d(&self) -> usize {
        self.d
    }

    /// Number of blocks of eight features.
    pub fn blocks(&self) -> usize {
        self.d.div_ceil(LANES)
    }

    /// The byte of one row and feature, from the layout by blocks.
    #[inline(always)]
    pub fn byte(&self, row: usize, feature: usize) -> u8 {
        (self.by_block[feature / LANES * self.n + row] >> (8 * (feature % LANES))) as u8
    }

    /// The words of all rows for one block.
    pub(super) fn block(&self, block: usize) -> &[u64] {
        &self.by_block[block * self.n..(block + 1) * self.n]
    }

    /// The words of one row.
    pub(super) fn row(&self, row: usize) -> &[u64] {
        let blocks = self.blocks();
        &self.by_row[row * blocks..(row + 1) * blocks]
    }

    /// The word of one row for one block, from the layout by rows.
    #[inline(always)]
    pub(super) fn of_row(&self, row: usize, block: usize) -> u64 {
        self.by_row[row * self.blocks() + block]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_hold_the_bytes() {
        for (n, d) in [(1, 1), (3, 8), (70, 13), (130, 28)] {
            let pixels: Vec<u8> = (0..n * d).map(|i| (i * 31 % 251) as u8).collect();
            let words = ByteWords::new(&pixels, n, d);
            let mut some = ByteWords::empty(d);
            let rows: Vec<u32> = (0..n as u32).rev().step_by(2).collect();
            some.gather(&words, &rows);
            for j in 0..d {
                for i in 0..n {
                    assert_eq!(words.byte(i, j), pixels[i * d + j]);
                    let word = words.of_row(i, j / LANES);
                    assert_eq!(word.to_le_bytes()[j % LANES], pixels[i * d + j]);
                }
                for (i, &row) in rows.iter().enumerate() {
                    assert_eq!(some.byte(i, j), pixels[row as usize * d + j]);
                }
            }
        }
    }
}

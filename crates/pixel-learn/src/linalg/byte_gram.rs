//! Gram matrices of byte rows in exact integers: sum over rows of p p'. The sums have no rounding, so rows can be
//! added and removed in any order, and every instruction level gives the same matrix.
//!
//! Rows are packed in batches, several rows of one column side by side, as the dot-product instructions take them:
//! four unsigned bytes for AVX-512 VNNI (one factor shifted by 128 to make it signed, which is undone exactly),
//! two 16-bit values for AVX2. One row costs d^2 / 2 multiplications, 64 of them to an instruction with VNNI.

use super::simd::{self, Level};

#[cfg(target_arch = "x86_64")]
mod x86;

/// Rows packed at a time: both packed copies of 784 columns stay in a second-level cache, and 32-bit sums cannot
/// overflow (512 * 255^2 < 2^25).
const BATCH: usize = 512;
/// Columns are padded to a multiple of this, whole vectors of the widest kernel.
const PANEL: usize = 16;

/// The number of columns of [`ByteGram`] for `d` columns of data: `d` rounded up to whole panels.
pub fn padded(d: usize) -> usize {
    d.next_multiple_of(PANEL)
}

/// The sum over some rows of p p', and the sums of their columns.
#[derive(Clone)]
pub struct ByteGram {
    d: usize,
    rows: usize,
    /// The lower triangle, d x d row-major; what is above it is not meaningful.
    products: Vec<i64>,
    columns: Vec<i64>,
}

/// Whether rows are added to a sum or taken out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Add the rows.
    Add,
    /// Remove the rows.
    Remove,
}

impl ByteGram {
    /// The sum over no rows of `d` bytes. Panics when `d` is not a whole number of panels (see [`padded`]).
    pub fn new(d: usize) -> ByteGram {
        assert!(d.is_multiple_of(PANEL), "columns are whole panels of {PANEL}, found {d}");
        ByteGram { d, rows: 0, products: vec![0; d * d], columns: vec![0; d] }
    }

    /// Number of rows in the sum.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The sums of p_j p_k over the rows, for k from 0 to j: j + 1 values.
    pub fn products(&self, j: usize) -> &[i64] {
        &self.products[j * self.d..][..=j]
    }

    /// The sums of the columns.
    pub fn columns(&self) -> &[i64] {
        &self.columns
    }

    /// Adds or removes rows of a row-major matrix of `d` bytes per row. O(rows d^2 / 2). Panics when a row is
    /// not in the matrix.
    pub fn update(&mut self, matrix: &[u8], rows: &[u32], change: Change) {
        self.update_at(simd::level(), matrix, rows, change);
    }

    /// [`ByteGram::update`] at a given level, lowered to what the machine supports.
    pub fn update_at(&mut self, level: Level, matrix: &[u8], rows: &[u32], change: Change) {
        let level = level.min(simd::supported());
        let mut packed = Packed::default();
        for batch in rows.chunks(BATCH) {
            let rows: Vec<&[u8]> =
                batch.iter().map(|&row| &matrix[row as usize * self.d..][..self.d]).collect();
            let mut sums = vec![0i32; self.d];
            for row in &rows {
                sums.iter_mut().zip(*row).for_each(|(sum, &p)| *sum += i32::from(p));
            }
            match change {
                Change::Add => self.rows += rows.len(),
                Change::Remove => self.rows -= rows.len(),
            }
            let sign = if change == Change::Add { 1 } else { -1 };
            for (column, sum) in self.columns.iter_mut().zip(&sums) {
                *column += sign * i64::from(*sum);
            }
            self.add_batch(level, &rows, &sums, sign, &mut packed);
        }
    }

    /// Replaces the sum by `all` minus the sum: the sum over the complement of its rows.
    pub fn complement(&mut self, all: &ByteGram) {
        self.rows = all.rows - self.rows;
        let pairs = self.products.iter_mut().zip(&all.products);
        pairs.for_each(|(own, all)| *own = all - *own);
        let pairs = self.columns.iter_mut().zip(&all.columns);
        pairs.for_each(|(own, all)| *own = all - *own);
    }

    /// Adds the rows of another sum.
    pub fn merge(&mut self, other: &ByteGram) {
        self.rows += other.rows;
        let pairs = self.products.iter_mut().zip(&other.products);
        pairs.for_each(|(own, other)| *own += other);
        let pairs = self.columns.iter_mut().zip(&other.columns);
        pairs.for_each(|(own, other)| *own += other);
    }

    /// Removes all rows.
    pub fn clear(&mut self) {
        self.rows = 0;
        self.products.fill(0);
        self.columns.fill(0);
    }

    #[cfg_attr(not(target_arch = "x86_64"), allow(unused_variables))]
    fn add_batch(&mut self, level: Level, rows: &[&[u8]], sums: &[i32], sign: i64, packed: &mut Packed) {
        #[cfg(target_arch = "x86_64")]
        if level == Level::Avx512 && is_x86_feature_detected!("avx512vnni") {
            packed.quads(rows, self.d);
            // SAFETY: the machine has AVX-512 with VNNI; the packed rows have `d` columns, whole panels.
            unsafe { x86::add_vnni(&packed.bytes, &packed.signed, sums, sign, self.d, &mut self.products) };
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if level >= Level::Avx2 {
            packed.pairs(rows, self.d);
            // SAFETY: the machine has AVX2; the packed rows have `d` columns, whole panels.
            unsafe { x86::add_avx2(&packed.words, sign, self.d, &mut self.products) };
            return;
        }
        for (j, products) in self.products.chunks_exact_mut(self.d).enumerate() {
            for row in rows {
                let factor = sign * i64::from(row[j]);
                if factor != 0 {
                    let terms = products[..=j].iter_mut().zip(*row);
                    terms.for_each(|(sum, &p)| *sum += factor * i64::from(p));
                }
            }
        }
    }
}

/// A batch of rows in the layout of the kernels: panels of columns, each with the groups of rows in order.
#[derive(Default)]
struct Packed {
    /// Four rows of one column in four bytes; 16 columns to a panel.
    bytes: Vec<u8>,
    /// The values of `bytes` less 128.
    signed: Vec<u8>,
    /// Two rows of one column in two 16-bit values; 8 columns to a panel.
    words: Vec<i16>,
}

#[cfg(target_arch = "x86_64")]
impl Packed {
    fn quads(&mut self, rows: &[&[u8]], d: usize) {
        let groups = rows.len().div_ceil(4);
        self.bytes.clear();
        self.bytes.resize(groups * 4 * d, 0);
        let zero = vec![0u8; d];
        for (group, rows) in rows.chunks(4).enumerate() {
            let row = |at: usize| rows.get(at).copied().unwrap_or(&zero);
            let four = [row(0), row(1), row(2), row(3)];
            for panel in 0..d / PANEL {
                let out = &mut self.bytes[(panel * groups + group) * 4 * PANEL..][..4 * PANEL];
                for (column, out) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                    *out = four.map(|row| row[panel * PANEL + column]);
                }
            }
        }
        self.signed.clear();
        self.signed.extend(self.bytes.iter().map(|byte| byte ^ 0x80));
    }

    fn pairs(&mut self, rows: &[&[u8]], d: usize) {
        const COLUMNS: usize = x86::PAIR_PANEL;
        let groups = rows.len().div_ceil(2);
        self.words.clear();
        self.words.resize(groups * 2 * d, 0);
        let zero = vec![0u8; d];
        for (group, rows) in rows.chunks(2).enumerate() {
            let two = [rows[0], rows.get(1).copied().unwrap_or(&zero)];
            for panel in 0..d / COLUMNS {
                let out = &mut self.words[(panel * groups + group) * 2 * COLUMNS..][..2 * COLUMNS];
                for (column, out) in out.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                    *out = two.map(|row| i16::from(row[panel * COLUMNS + column]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_the_exact_sums_for_any_number_of_rows() {
        for (n, d) in [(1, 16), (3, 32), (4, 48), (5, 64), (9, 160), (600, 80), (1030, 112)] {
            let byte = |at: usize| ((at * 2_654_435_761) >> 9) as u8;
            let matrix: Vec<u8> = (0..n * d).map(|at| if at % 7 == 0 { 255 } else { byte(at) }).collect();
            let rows: Vec<u32> = (0..n as u32).rev().collect();
            let removed: Vec<u32> = (0..n as u32).filter(|row| row % 3 == 0).collect();
            for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
                let mut gram = ByteGram::new(d);
                gram.update_at(level, &matrix, &rows, Change::Add);
                let all = gram.clone();
                gram.update_at(level, &matrix, &removed, Change::Remove);
                let mut other = ByteGram::new(d);
                other.update_at(level, &matrix, &removed, Change::Add);
                other.complement(&all);
                assert_eq!(gram.rows(), n - removed.len());
                let kept = || (0..n).filter(|row| row % 3 != 0);
                for j in 0..d {
                    let sum: i64 = kept().map(|row| i64::from(matrix[row * d + j])).sum();
                    assert_eq!((gram.columns()[j], other.columns()[j]), (sum, sum));
                    for k in 0..=j {
                        let product =
                            |row: usize| i64::from(matrix[row * d + j]) * i64::from(matrix[row * d + k]);
                        let sum: i64 = kept().map(product).sum();
                        assert_eq!(gram.products(j)[k], sum, "{level:?} {n} x {d}: {j} {k}");
                        assert_eq!(other.products(j)[k], sum);
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "whole panels")]
    fn columns_that_are_no_whole_panels_are_refused() {
        ByteGram::new(17);
    }
}

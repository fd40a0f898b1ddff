//! Dot products between training rows, class by class: what all kernels and all C of SVC share.
//!
//! A class's block with itself serves its problem against every other class and is kept; the block between
//! two classes serves one problem and is made for it. Since a pair's dot product has the same bits
//! wherever it is computed (see [`pairwise`](crate::linalg::pairwise)), so have the models.

use rayon::prelude::*;

use super::kernel::Transform;
use super::seconds;
use crate::linalg::Matrix;
use crate::linalg::pairwise::{Measure, Panels, all_pairs};

/// Rows of one strip of a block, a multiple of the tile.
const STRIP: usize = 192;
/// Columns of one strip between two transpositions, a multiple of the tile.
const COLUMNS: usize = 512;

/// The rows of one class, packed, and their dot products among themselves.
pub struct ClassBlock {
    /// Indices of the class's rows in the training set, in its order.
    pub rows: Vec<u32>,
    right: Panels,
    /// n x n dot products, empty until [`ClassBlock::fill`].
    dots: Vec<f32>,
}

impl ClassBlock {
    pub fn new(features: &Matrix, rows: Vec<u32>) -> ClassBlock {
        let right = Panels::right(rows.iter().map(|&i| features.row(i as usize)), features.columns());
        ClassBlock { rows, right, dots: Vec::new() }
    }

    /// Computes the block of the class with itself: n^2 d / 2 steps, n^2 floats.
    fn fill(&mut self, features: &Matrix) {
        let n = self.rows.len();
        self.dots = vec![0.0; n * n];
        for start in (0..n).step_by(STRIP) {
            let strip = &self.rows[start..n.min(start + STRIP)];
            let left = pack(features, strip);
            for first in (start / COLUMNS * COLUMNS..n).step_by(COLUMNS) {
                let columns = first..n.min(first + COLUMNS);
                let width = columns.len();
                let out = &mut self.dots[start * n + first..];
                all_pairs(Measure::Dot, &left, &self.right, columns, out, n);
                // The mirror image; what lies below the diagonal of this strip is overwritten with the
                // same bits.
                for row in first..first + width {
                    for column in start..start + strip.len() {
                        self.dots[row * n + column] = self.dots[column * n + row];
                    }
                }
            }
        }
    }

    fn square(&self, index: usize) -> f32 {
        self.dots[index * (self.rows.len() + 1)]
    }
}

/// Fills the blocks of all classes with themselves and returns the seconds that took, over all threads.
pub fn fill(blocks: &mut [ClassBlock], features: &Matrix) -> f64 {
    let times: Vec<f64> = blocks.par_iter_mut().map(|block| seconds(|| block.fill(features)).1).collect();
    times.iter().sum()
}

fn pack(features: &Matrix, rows: &[u32]) -> Panels {
    Panels::left(rows.iter().map(|&i| features.row(i as usize)), features.columns())
}

/// The dot products of the rows of two classes and their transpose. The memory is reused from pair to pair.
#[derive(Default)]
pub struct CrossBlock {
    forth: Vec<f32>,
    back: Vec<f32>,
}

impl CrossBlock {
    /// Computes the block of `a` with `b`: n_a n_b d steps.
    pub fn fill(&mut self, features: &Matrix, a: &ClassBlock, b: &ClassBlock) {
        let (n, m) = (a.rows.len(), b.rows.len());
        for half in [&mut self.forth, &mut self.back] {
            if half.len() < n * m {
                *half = Vec::new();
                *half = vec![0.0; n * m];
            }
        }
        for start in (0..n).step_by(STRIP) {
            let strip = &a.rows[start..n.min(start + STRIP)];
            let left = pack(features, strip);
            for first in (0..m).step_by(COLUMNS) {
                let columns = first..m.min(first + COLUMNS);
                let out = &mut self.forth[start * m + first..];
                all_pairs(Measure::Dot, &left, &b.right, columns.clone(), out, m);
                for column in columns {
                    let back = &mut self.back[column * n + start..column * n + start + strip.len()];
                    for (i, value) in back.iter_mut().enumerate() {
                        *value = self.forth[(start + i) * m + column];
                    }
                }
            }
        }
    }
}

/// The dot products of one pair of classes: rows of the first class, then rows of the second.
pub struct Pair<'a> {
    first: &'a ClassBlock,
    second: &'a ClassBlock,
    cross: &'a CrossBlock,
    squares: Vec<f32>,
}

impl<'a> Pair<'a> {
    pub fn new(first: &'a ClassBlock, second: &'a ClassBlock, cross: &'a CrossBlock) -> Pair<'a> {
        let squares = (0..first.rows.len())
            .map(|i| first.square(i))
            .chain((0..second.rows.len()).map(|i| second.square(i)))
            .collect();
        Pair { first, second, cross, squares }
    }

    /// Rows of the first class, which come first.
    pub fn positive(&self) -> usize {
        self.first.rows.len()
    }

    /// Rows of both classes.
    pub fn len(&self) -> usize {
        self.squares.len()
    }

    /// K(row, row) of every row.
    pub fn diagonal(&self, transform: &Transform) -> Vec<f32> {
        let mut out = vec![0.0; self.len()];
        for (i, out) in out.iter_mut().enumerate() {
            let square = self.squares[i];
            transform.row(square, &[square], &[square], std::slice::from_mut(out));
        }
        out
    }

    /// K(row, j) of all rows j.
    pub fn kernel_row(&self, transform: &Transform, row: usize, out: &mut [f32]) {
        let (n, m) = (self.first.rows.len(), self.second.rows.len());
        let (to_first, to_second) = match row.checked_sub(n) {
            None => (&self.first.dots[row * n..][..n], &self.cross.forth[row * m..][..m]),
            Some(row) => (&self.cross.back[row * n..][..n], &self.second.dots[row * m..][..m]),
        };
        let square = self.squares[row];
        let (squares_first, squares_second) = self.squares.split_at(n);
        transform.row(square, squares_first, to_first, &mut out[..n]);
        transform.row(square, squares_second, to_second, &mut out[n..n + m]);
    }
}

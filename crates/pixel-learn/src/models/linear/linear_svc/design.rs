//! The design matrix (X) of the linear SVMs: standardised bytes and a last column of ones, whose weight is
//! LIBLINEAR's regularised intercept. The bytes are stored, and the scaling x = (byte - offset) * unit is
//! applied to the vectors. Gram matrices are exact integer sums of bytes, scaled afterwards.

use crate::Features;
use crate::linalg::byte_gram::{self, ByteGram, Change};
use crate::linalg::sparse_bytes::{self, Block, NonzeroBlocks, WIDTH};

/// n rows of `width` columns: the features that are not zero in all rows, then the ones.
pub struct Design {
    n: usize,
    /// The features that are columns, ascending. Every other feature is 0 in all rows and has weight 0 in
    /// every minimum.
    kept: Vec<usize>,
    /// Number of features.
    d: usize,
    /// The bytes of the columns, n x `stride`, padded with zeros.
    bytes: Vec<u8>,
    stride: usize,
    blocks: NonzeroBlocks,
    /// The offset of each column: x = (byte - offset) * unit.
    offset: Vec<f64>,
    /// The reciprocal of the scale of each column.
    unit: Vec<f64>,
    /// The Gram matrix of the bytes of all rows, in integers.
    gram: ByteGram,
}

/// A weighted sum of rows in bytes: sum f_i byte_i, and the sum of the factors f_i, which the offsets are
/// multiplied by.
pub struct RowSum {
    bytes: Vec<Block>,
    factor_sum: f64,
}

impl Design {
    /// The design matrix of scaled bytes. O(n d^2 / 2) byte products for the Gram matrix of all rows.
    pub fn new(features: &Features) -> Design {
        let (n, d, scaling) = (features.n(), features.d(), features.scaling());
        let varies = |j: &usize| {
            let first = features.pixels().get(*j).copied().unwrap_or(0);
            let mut column = features.pixels().iter().skip(*j).step_by(d.max(1));
            scaling.value(*j, first) != 0.0 || column.any(|&byte| byte != first)
        };
        let kept: Vec<usize> = (0..d).filter(varies).collect();
        let stride = byte_gram::padded(kept.len().max(1));
        let mut bytes = vec![0; n * stride];
        for (row, out) in bytes.chunks_exact_mut(stride).enumerate() {
            let pixels = features.pixel_row(row);
            out.iter_mut().zip(&kept).for_each(|(out, &j)| *out = pixels[j]);
        }
        let blocks = NonzeroBlocks::new(&bytes, stride);
        let offset = kept.iter().map(|&j| scaling.offset[j]).collect();
        let unit = kept.iter().map(|&j| 1.0 / scaling.scale[j]).collect();
        let mut gram = ByteGram::new(stride);
        let rows: Vec<u32> = (0..n as u32).collect();
        gram.update(&bytes, &rows, Change::Add);
        Design { n, kept, d, bytes, stride, blocks, offset, unit, gram }
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of columns, including the ones.
    pub fn width(&self) -> usize {
        self.kept.len() + 1
    }

    /// Writes the product X v to `out` (n values); v has `width` values. O(non-zero bytes).
    pub fn x_times(&self, v: &[f64], out: &mut [f64]) {
        let (v, intercept) = v.split_at(self.kept.len());
        let scaled: Vec<f64> = v.iter().zip(&self.unit).map(|(v, unit)| v * unit).collect();
        let shift: f64 = scaled.iter().zip(&self.offset).map(|(v, offset)| v * offset).sum();
        let start = intercept[0] - shift;
        let scaled = sparse_bytes::blocks(&scaled);
        sparse_bytes::products(&self.blocks, &scaled, start, out);
    }

    /// The hinge arguments (m = 1 - y X w), one per row, for the labels `signs` (y). O(non-zero bytes).
    pub fn hinge_args(&self, weights: &[f64], signs: &[f64]) -> Vec<f64> {
        let mut m = vec![0.0; self.n];
        self.x_times(weights, &mut m);
        m.iter_mut().zip(signs).for_each(|(m, sign)| *m = 1.0 - sign * *m);
        m
    }

    /// The weighted sum of rows X' (y a), for dual variables (a) and labels (y). O(non-zero bytes of rows
    /// with a != 0).
    pub fn weighted_rows(&self, duals: &[f64], signs: &[f64]) -> RowSum {
        let mut sum = self.zero_sum();
        for (row, (dual, sign)) in duals.iter().zip(signs).enumerate() {
            if *dual != 0.0 {
                self.add_row(row, sign * dual, &mut sum);
            }
        }
        sum
    }

    /// The sum of no rows.
    pub fn zero_sum(&self) -> RowSum {
        RowSum { bytes: vec![Block::default(); self.stride / WIDTH], factor_sum: 0.0 }
    }

    /// Adds `factor` times a row. O(non-zero bytes of the row).
    pub fn add_row(&self, row: usize, factor: f64, sum: &mut RowSum) {
        sparse_bytes::add(factor, self.blocks.row(row), &mut sum.bytes);
        sum.factor_sum += factor;
    }

    /// The weighted sum of scaled rows, `width` values.
    pub fn scaled(&self, sum: &RowSum) -> Vec<f64> {
        let bytes = sum.bytes.iter().flat_map(|block| block.0);
        let scaled = bytes.zip(&self.offset).zip(&self.unit);
        let mut out: Vec<f64> =
            scaled.map(|((bytes, offset), unit)| (bytes - sum.factor_sum * offset) * unit).collect();
        out.push(sum.factor_sum);
        out
    }

    /// Writes a scaled row, `width` values.
    pub fn write_row(&self, row: usize, out: &mut [f64]) {
        let bytes = &self.bytes[row * self.stride..][..self.kept.len()];
        let scaling = self.offset.iter().zip(&self.unit);
        for ((out, &byte), (offset, unit)) in out.iter_mut().zip(bytes).zip(scaling) {
            *out = (f64::from(byte) - offset) * unit;
        }
        out[self.kept.len()] = 1.0;
    }

    /// The `width` values of the columns, from d + 1 values of all features and the intercept.
    pub fn compress(&self, all: &[f64]) -> Vec<f64> {
        self.kept.iter().chain([&self.d]).map(|&j| all[j]).collect()
    }

    /// The d + 1 weights of all features and the intercept, from `width` values; 0 for features that are no
    /// columns.
    pub fn expand(&self, weights: &[f64]) -> Vec<f64> {
        let mut all = vec![0.0; self.d + 1];
        let (features, intercept) = weights.split_at(self.kept.len());
        self.kept.iter().zip(features).for_each(|(&j, weight)| all[j] = *weight);
        all[self.d] = intercept[0];
        all
    }
}

/// The Gram matrix of a set of rows (J), updated from one Newton step to the next. An update visits the rows
/// that enter or leave the set or, if these are fewer, all rows of the set or of its complement.
pub struct RowSetGram<'a> {
    design: &'a Design,
    members: Vec<bool>,
    gram: ByteGram,
}

impl<'a> RowSetGram<'a> {
    /// The empty set.
    pub fn new(design: &'a Design) -> RowSetGram<'a> {
        RowSetGram { design, members: vec![false; design.n], gram: ByteGram::new(design.stride) }
    }

    /// Changes the set to the rows with `members`. O(width^2 / 2) byte products for each row visited.
    pub fn set(&mut self, members: &[bool]) {
        let (mut enter, mut leave) = (Vec::new(), Vec::new());
        for (row, (&new, old)) in (0u32..).zip(members.iter().zip(&mut self.members)) {
            if new != *old {
                if new {
                    enter.push(row)
                } else {
                    leave.push(row)
                }
                *old = new;
            }
        }
        let changes = enter.len() + leave.len();
        let count = self.gram.rows() + enter.len() - leave.len();
        let bytes = &self.design.bytes;
        let rows = |wanted: bool| -> Vec<u32> {
            (0u32..).zip(members).filter(|(_, member)| **member == wanted).map(|(row, _)| row).collect()
        };
        if changes <= count.min(self.design.n - count) {
            self.gram.update(bytes, &enter, Change::Add);
            self.gram.update(bytes, &leave, Change::Remove);
        } else {
            self.gram.clear();
            let most = 2 * count > self.design.n;
            self.gram.update(bytes, &rows(!most), Change::Add);
            if most {
                self.gram.complement(&self.design.gram);
            }
        }
    }

    /// Writes the lower triangle of `factor` * X_J' X_J, `width` x `width`, row-major.
    pub fn write_scaled(&self, factor: f64, out: &mut [f64]) {
        let Design { kept, offset, unit, .. } = self.design;
        let (d, width, rows) = (kept.len(), kept.len() + 1, self.gram.rows() as f64);
        let sums: Vec<f64> = self.gram.columns()[..d].iter().map(|&sum| sum as f64).collect();
        for (j, out) in out.chunks_exact_mut(width).take(d).enumerate() {
            // sum (p_j - o_j)(p_k - o_k) = sum p_j p_k - o_j sum p_k - o_k (sum p_j - rows o_j)
            let (own, rest, scale) = (offset[j], sums[j] - rows * offset[j], factor * unit[j]);
            let columns = sums.iter().zip(offset).zip(unit);
            for ((out, &product), ((sum, offset), unit)) in
                out.iter_mut().zip(self.gram.products(j)).zip(columns)
            {
                *out = scale * unit * (product as f64 - own * sum - offset * rest);
            }
        }
        let last = &mut out[d * width..];
        for ((out, sum), (offset, unit)) in last.iter_mut().zip(&sums).zip(offset.iter().zip(unit)) {
            *out = factor * unit * (sum - rows * offset);
        }
        last[d] = factor * rows;
    }
}

//! The design matrix X of the linear SVMs: standardised bytes with a last column of ones (LIBLINEAR's
//! regularised intercept). Products go over the bytes, with the scaling folded into the vectors; Gram
//! matrices are exact integer sums of bytes that are scaled afterwards.

use crate::Features;
use crate::linalg::byte_gram::{self, ByteGram, Change};
use crate::linalg::sparse_bytes::{self, Block, NonzeroBlocks, WIDTH};

/// n rows of `width` columns: the features whose scaled value is not zero everywhere, then the ones.
pub struct Design {
    n: usize,
    /// The features that are columns, rising; the others have weight 0 in every minimum.
    kept: Vec<usize>,
    /// Number of features.
    d: usize,
    /// The kept columns, n x `stride`, filled up with zeros.
    bytes: Vec<u8>,
    stride: usize,
    blocks: NonzeroBlocks,
    /// x = (byte - offset) * unit, a kept column at a time.
    offset: Vec<f64>,
    unit: Vec<f64>,
    /// The integer Gram matrix of all rows.
    gram: ByteGram,
}

/// A sum of rows, each times a factor.
pub struct RowSum {
    bytes: Vec<Block>,
    factors: f64,
}

impl Design {
    /// O(n d^2 / 2) byte products for the Gram matrix of all rows.
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

    /// Number of columns, with the ones.
    pub fn width(&self) -> usize {
        self.kept.len() + 1
    }

    /// out = X v, for `v` of `width` values. O(non-zero bytes).
    pub fn times(&self, v: &[f64], out: &mut [f64]) {
        let (v, intercept) = v.split_at(self.kept.len());
        let scaled: Vec<f64> = v.iter().zip(&self.unit).map(|(v, unit)| v * unit).collect();
        let shift: f64 = scaled.iter().zip(&self.offset).map(|(v, offset)| v * offset).sum();
        let start = intercept[0] - shift;
        let scaled = sparse_bytes::blocks(&scaled);
        sparse_bytes::products(&self.blocks, &scaled, start, out);
    }

    /// m = 1 - y X w, for signs y.
    pub fn shortfalls(&self, weights: &[f64], signs: &[f64]) -> Vec<f64> {
        let mut m = vec![0.0; self.n];
        self.times(weights, &mut m);
        m.iter_mut().zip(signs).for_each(|(m, sign)| *m = 1.0 - sign * *m);
        m
    }

    /// The sum of all rows, each times its sign and its dual variable.
    pub fn combine(&self, duals: &[f64], signs: &[f64]) -> RowSum {
        let mut sum = self.zero_sum();
        for (row, (dual, sign)) in duals.iter().zip(signs).enumerate() {
            if *dual != 0.0 {
                self.add_row(row, sign * dual, &mut sum);
            }
        }
        sum
    }

    /// A sum of no rows.
    pub fn zero_sum(&self) -> RowSum {
        RowSum { bytes: vec![Block::default(); self.stride / WIDTH], factors: 0.0 }
    }

    /// Adds `factor` times a row.
    pub fn add_row(&self, row: usize, factor: f64, sum: &mut RowSum) {
        sparse_bytes::add(factor, self.blocks.row(row), &mut sum.bytes);
        sum.factors += factor;
    }

    /// The sum as a vector of `width` values.
    pub fn sum(&self, sum: &RowSum) -> Vec<f64> {
        let bytes = sum.bytes.iter().flat_map(|block| block.0);
        let scaled = bytes.zip(&self.offset).zip(&self.unit);
        let mut out: Vec<f64> =
            scaled.map(|((bytes, offset), unit)| (bytes - sum.factors * offset) * unit).collect();
        out.push(sum.factors);
        out
    }

    /// Writes a row of X as `width` values.
    pub fn write_row(&self, row: usize, out: &mut [f64]) {
        let bytes = &self.bytes[row * self.stride..][..self.kept.len()];
        let scaling = self.offset.iter().zip(&self.unit);
        for ((out, &byte), (offset, unit)) in out.iter_mut().zip(bytes).zip(scaling) {
            *out = (f64::from(byte) - offset) * unit;
        }
        out[self.kept.len()] = 1.0;
    }

    /// The values of the columns, of the values of all d features and the ones.
    pub fn own_weights(&self, all: &[f64]) -> Vec<f64> {
        self.kept.iter().chain([&self.d]).map(|&j| all[j]).collect()
    }

    /// The weights of all d features and the intercept, of `width` values of which some features were left
    /// out.
    pub fn all_weights(&self, weights: &[f64]) -> Vec<f64> {
        let mut all = vec![0.0; self.d + 1];
        let (features, intercept) = weights.split_at(self.kept.len());
        self.kept.iter().zip(features).for_each(|(&j, weight)| all[j] = *weight);
        all[self.d] = intercept[0];
        all
    }
}

/// The Gram matrix of a set of rows that changes from one Newton step to the next: only the rows that enter
/// or leave it are visited, or all of the set or of its complement where these are fewer.
pub struct RowSetGram<'a> {
    design: &'a Design,
    members: Vec<bool>,
    gram: ByteGram,
}

impl<'a> RowSetGram<'a> {
    pub fn new(design: &'a Design) -> RowSetGram<'a> {
        RowSetGram { design, members: vec![false; design.n], gram: ByteGram::new(design.stride) }
    }

    /// Changes the set to `members`.
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

    /// Writes the lower triangle of `factor` X_J' X_J for the set J, `width` x `width` row-major.
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

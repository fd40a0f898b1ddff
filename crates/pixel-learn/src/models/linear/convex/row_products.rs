//! The products X W and X' A for all classes at once. Sums over a block of rows are in f32, over blocks in
//! f64. A weight vector has the intercept last, as the weight of a feature 1. Vectors are interleaved in
//! groups: sixteen f32 ("sixteen") or eight f64 ("eight") vectors fill a register.

use rayon::prelude::*;

use crate::linalg::base_delta::{
    LANES, Lanes, SparseRows, WIDE_LANES, WideLanes, accumulate, accumulate_wide, project, project_wide,
};
use crate::linalg::simd::for_each_level;
use crate::linalg::tiny::zero_if_tiny;

/// The rows of one f32 sum.
pub const BLOCK: usize = 256;
/// The number of partial sums of the rows. The number is fixed, so that the order of summation does not
/// depend on the number of threads.
const CHUNKS: usize = 16;

/// Weight vectors interleaved in sixteens, feature by feature.
pub struct Packed(Vec<Vec<Lanes>>);

impl Packed {
    /// Packs vectors of d + 1 values, one after the other.
    pub fn new(x: &SparseRows, vectors: &[f64]) -> Packed {
        let width = x.columns() + 1;
        let sixteens = vectors.chunks(width * LANES).map(|vectors| {
            let mut lanes = vec![Lanes::ZERO; width];
            for (lane, vector) in vectors.chunks_exact(width).enumerate() {
                for (lanes, &value) in lanes.iter_mut().zip(vector) {
                    lanes.0[lane] = zero_if_tiny(value as f32);
                }
                // The last entry starts the product of every row: the intercept plus the base row's product.
                lanes[width - 1].0[lane] = (vector[width - 1] + x.base_times(vector)) as f32;
            }
            lanes
        });
        Packed(sixteens.collect())
    }

    /// The products of the rows of `list` with all vectors, one list of rows for each sixteen.
    pub fn products(&self, x: &SparseRows, list: &[u32], out: &mut [Vec<Lanes>]) {
        for (out, lanes) in out.iter_mut().zip(&self.0) {
            project(x, list, &lanes[x.columns()], lanes, out);
        }
    }
}

for_each_level! {
    /// Sets tiny values to 0.
    pub fn zero_tiny(factors: &mut [Lanes]) {
        for lanes in factors {
            for value in &mut lanes.0 {
                *value = zero_if_tiny(*value);
            }
        }
    }
}

/// The sums of one chunk of rows: f32 within a block, f64 over blocks.
pub struct Sums {
    width: usize,
    block: Vec<Lanes>,
    total: Vec<f64>,
}

impl Sums {
    pub fn new(width: usize, sixteens: usize) -> Sums {
        Sums { width, block: vec![Lanes::ZERO; width], total: vec![0.0; width * sixteens * LANES] }
    }

    /// Adds the rows of `list`, each times its factors, for one sixteen: their differences from the base row,
    /// and the factors themselves, by which [`unpack`] multiplies the base row. Sets tiny factors to 0.
    pub fn add(&mut self, x: &SparseRows, sixteen: usize, list: &[u32], factors: &mut [Lanes]) {
        let d = self.width - 1;
        zero_tiny(factors);
        self.block.fill(Lanes::ZERO);
        accumulate(x, list, factors, &mut self.block[..d]);
        let last = &mut self.block[d].0;
        for factor in &factors[..list.len()] {
            last.iter_mut().zip(factor.0).for_each(|(sum, factor)| *sum += factor);
        }
        let total = &mut self.total[sixteen * self.width * LANES..][..self.width * LANES];
        for (total, block) in total.chunks_exact_mut(LANES).zip(&self.block) {
            total.iter_mut().zip(block.0).for_each(|(total, block)| *total += f64::from(block));
        }
    }
}

/// The sum of all chunks as `vectors` vectors of d + 1 values, one after the other.
pub fn unpack(x: &SparseRows, chunks: &[Sums], vectors: usize) -> Vec<f64> {
    let width = x.columns() + 1;
    let mut out = vec![0.0; vectors * width];
    for (k, vector) in out.chunks_exact_mut(width).enumerate() {
        let start = k / LANES * width * LANES + k % LANES;
        for (j, value) in vector.iter_mut().enumerate() {
            *value = chunks.iter().map(|sums| sums.total[start + j * LANES]).sum();
        }
        // Every row contains the base row.
        let factors = vector[width - 1];
        vector.iter_mut().zip(x.base()).for_each(|(value, base)| *value += base * factors);
    }
    out
}

/// The product X W of all rows with `vectors` (W, k of d + 1 values): n x k. The product is in f64, because
/// rounded scores limit the accuracy of a fit. O(differences k).
pub fn x_times(x: &SparseRows, vectors: &[f64]) -> Vec<f64> {
    let width = x.columns() + 1;
    let k = vectors.len() / width;
    let eights: Vec<Vec<WideLanes>> = vectors
        .chunks(width * WIDE_LANES)
        .map(|vectors| {
            let mut lanes = vec![WideLanes::ZERO; width];
            for (lane, vector) in vectors.chunks_exact(width).enumerate() {
                lanes.iter_mut().zip(vector).for_each(|(lanes, value)| lanes.0[lane] = *value);
                lanes[width - 1].0[lane] += x.base_times(vector);
            }
            lanes
        })
        .collect();
    let mut out = vec![0.0; x.rows() * k];
    out.par_chunks_mut(BLOCK * k).enumerate().for_each(|(block, out)| {
        let mut products = vec![WideLanes::ZERO; out.len() / k];
        for (eight, lanes) in eights.iter().enumerate() {
            project_wide(x, block * BLOCK, &lanes[width - 1], lanes, &mut products);
            let first = eight * WIDE_LANES;
            for (out, product) in out.chunks_exact_mut(k).zip(&products) {
                out[first..].iter_mut().zip(product.0).for_each(|(out, product)| *out = product);
            }
        }
    });
    out
}

/// The product X' A of the rows with `factors` (A, n x k): k vectors of d + 1 values, one after the other.
/// O(differences k).
pub fn x_transpose_times(x: &SparseRows, factors: &[f64], k: usize) -> Vec<f64> {
    let (n, width) = (x.rows(), x.columns() + 1);
    let sixteens = k.div_ceil(LANES);
    let chunks: Vec<Sums> = chunks(n)
        .into_par_iter()
        .map(|(start, end)| {
            let mut sums = Sums::new(width, sixteens);
            let mut lanes = vec![Lanes::ZERO; BLOCK];
            for start in (start..end).step_by(BLOCK) {
                let list: Vec<u32> = (start..(start + BLOCK).min(end)).map(|row| row as u32).collect();
                for sixteen in 0..sixteens {
                    let here = &factors[start * k..(start + list.len()) * k];
                    for (lanes, factors) in lanes.iter_mut().zip(here.chunks_exact(k)) {
                        let factors = factors[sixteen * LANES..].iter().take(LANES);
                        lanes.0.iter_mut().zip(factors).for_each(|(lane, &factor)| *lane = factor as f32);
                    }
                    sums.add(x, sixteen, &list, &mut lanes);
                }
            }
            sums
        })
        .collect();
    unpack(x, &chunks, k)
}

/// [`x_transpose_times`] with all sums in f64: a dual point is as feasible as this product is exact.
pub fn x_transpose_times_wide(x: &SparseRows, factors: &[f64], k: usize) -> Vec<f64> {
    let (n, width) = (x.rows(), x.columns() + 1);
    let of_chunk = |(start, end): (usize, usize)| {
        let mut sums = vec![WideLanes::ZERO; width * k.div_ceil(WIDE_LANES)];
        let mut lanes = vec![WideLanes::ZERO; BLOCK];
        for start in (start..end).step_by(BLOCK) {
            let rows = &factors[start * k..(start + BLOCK).min(end) * k];
            for (eight, sums) in sums.chunks_exact_mut(width).enumerate() {
                for (lanes, row) in lanes.iter_mut().zip(rows.chunks_exact(k)) {
                    let factors = row[eight * WIDE_LANES..].iter().take(WIDE_LANES);
                    lanes.0.iter_mut().zip(factors).for_each(|(lane, factor)| *lane = *factor);
                }
                let lanes = &lanes[..rows.len() / k];
                accumulate_wide(x, start, lanes, sums);
                for lanes in lanes {
                    sums[width - 1].0.iter_mut().zip(lanes.0).for_each(|(sum, factor)| *sum += factor);
                }
            }
        }
        sums
    };
    let chunks: Vec<Vec<WideLanes>> = chunks(n).into_par_iter().map(of_chunk).collect();
    let mut out = vec![0.0; k * width];
    for (class, vector) in out.chunks_exact_mut(width).enumerate() {
        let (start, lane) = (class / WIDE_LANES * width, class % WIDE_LANES);
        for (j, value) in vector.iter_mut().enumerate() {
            *value = chunks.iter().map(|sums| sums[start + j].0[lane]).sum();
        }
        // Every row contains the base row.
        let factors = vector[width - 1];
        vector.iter_mut().zip(x.base()).for_each(|(value, base)| *value += base * factors);
    }
    out
}

/// Start and end of every chunk of `n` rows.
pub fn chunks(n: usize) -> Vec<(usize, usize)> {
    let length = n.div_ceil(CHUNKS).next_multiple_of(BLOCK).max(1);
    (0..n).step_by(length).map(|start| (start, (start + length).min(n))).collect()
}

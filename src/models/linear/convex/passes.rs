//! Passes over the rows for all classes at once, sums of rows in f32 with sums of blocks in f64. Weights have the
//! intercept last, as the weight of a feature that is 1 everywhere.

use rayon::prelude::*;

use crate::linalg::lanes::{LANES, Lanes, accumulate};
use crate::linalg::{Matrix, dot};

/// Rows of one f32 sum.
pub const BLOCK: usize = 128;
/// Partial sums of the rows: fixed, so that their order does not depend on the number of threads.
const STRIPES: usize = 16;

/// Vectors side by side, sixteen at a time, feature by feature.
pub struct Packed(pub Vec<Vec<Lanes>>);

impl Packed {
    /// Packs vectors of `width` values, one after the other.
    pub fn new(vectors: &[f64], width: usize) -> Packed {
        let sixteens = vectors.chunks(width * LANES).map(|vectors| {
            let mut lanes = vec![Lanes::ZERO; width];
            for (lane, vector) in vectors.chunks_exact(width).enumerate() {
                for (lanes, &value) in lanes.iter_mut().zip(vector) {
                    lanes.0[lane] = value as f32;
                }
            }
            lanes
        });
        Packed(sixteens.collect())
    }
}

/// Sums of one stripe: f32 for a block, f64 for all.
pub struct Sums {
    width: usize,
    block: Vec<Lanes>,
    total: Vec<f64>,
}

impl Sums {
    pub fn new(width: usize, sixteens: usize) -> Sums {
        Sums { width, block: vec![Lanes::ZERO; width], total: vec![0.0; width * sixteens * LANES] }
    }

    /// Adds the rows, each times its factors.
    pub fn add(&mut self, sixteen: usize, rows: &[&[f32]], factors: &[Lanes]) {
        let d = self.width - 1;
        self.block.fill(Lanes::ZERO);
        accumulate(rows, factors, &mut self.block[..d]);
        let last = &mut self.block[d].0;
        for factor in &factors[..rows.len()] {
            last.iter_mut().zip(factor.0).for_each(|(sum, factor)| *sum += factor);
        }
        let total = &mut self.total[sixteen * self.width * LANES..][..self.width * LANES];
        for (total, block) in total.iter_mut().zip(self.block.iter().flat_map(|lanes| lanes.0)) {
            *total += f64::from(block);
        }
    }
}

/// The sum of all stripes as vectors of `width` values, one after the other.
pub fn unpack(stripes: &[Sums], width: usize, vectors: usize) -> Vec<f64> {
    let mut out = vec![0.0; vectors * width];
    for (k, vector) in out.chunks_exact_mut(width).enumerate() {
        let start = k / LANES * width * LANES + k % LANES;
        for (j, value) in vector.iter_mut().enumerate() {
            *value = stripes.iter().map(|sums| sums.total[start + j * LANES]).sum();
        }
    }
    out
}

/// The rows of `list`, as slices.
pub fn rows_of<'a>(x: &'a Matrix, list: impl Iterator<Item = usize>, rows: &mut Vec<&'a [f32]>) {
    rows.clear();
    rows.extend(list.map(|i| x.row(i)));
}

/// The scores of all rows under `vectors` (k of d + 1 values), in f64, since what a fit ends with is no better
/// than they are: n x k. O(n d k).
pub fn scores(x: &Matrix, vectors: &[f64]) -> Vec<f64> {
    let (n, d, width) = (x.rows(), x.columns(), x.columns() + 1);
    let k = vectors.len() / width;
    let features: Vec<f64> = vectors.chunks_exact(width).flat_map(|vector| &vector[..d]).copied().collect();
    let mut out = vec![0.0; n * k];
    out.par_chunks_mut(BLOCK * k).enumerate().for_each(|(block, out)| {
        for (i, out) in out.chunks_exact_mut(k).enumerate() {
            dot::dots(x.row(block * BLOCK + i), &features, out);
            for (score, vector) in out.iter_mut().zip(vectors.chunks_exact(width)) {
                *score += vector[d];
            }
        }
    });
    out
}

/// The combinations of rows: for each of k columns of `factors` (n x k) the d + 1 sums of factor times
/// feature, one after the other. O(n d k).
pub fn combine(x: &Matrix, factors: &[f64], k: usize) -> Vec<f64> {
    let (n, width) = (x.rows(), x.columns() + 1);
    let sixteens = k.div_ceil(LANES);
    let stripes: Vec<Sums> = stripes(n)
        .into_par_iter()
        .map(|(start, end)| {
            let mut sums = Sums::new(width, sixteens);
            let mut rows = Vec::with_capacity(BLOCK);
            let mut lanes = vec![Lanes::ZERO; BLOCK];
            for start in (start..end).step_by(BLOCK) {
                rows_of(x, start..(start + BLOCK).min(end), &mut rows);
                for sixteen in 0..sixteens {
                    let here = &factors[start * k..(start + rows.len()) * k];
                    for (lanes, factors) in lanes.iter_mut().zip(here.chunks_exact(k)) {
                        let factors = factors[sixteen * LANES..].iter().take(LANES);
                        lanes.0.iter_mut().zip(factors).for_each(|(lane, &factor)| *lane = factor as f32);
                    }
                    sums.add(sixteen, &rows, &lanes);
                }
            }
            sums
        })
        .collect();
    unpack(&stripes, width, k)
}

/// Start and end of every stripe of `n` rows.
pub fn stripes(n: usize) -> Vec<(usize, usize)> {
    let length = n.div_ceil(STRIPES).next_multiple_of(BLOCK).max(1);
    (0..n).step_by(length).map(|start| (start, (start + length).min(n))).collect()
}

//! The sampled Hessian: each class's block of X' H X, the sum of h_i x_i x_i' with a last feature 1 for the
//! intercept. All rows with curvature are taken or, if these are many, a sample in proportion to their
//! leverages by the factors of the last estimate (Cohen, Lee, Musco, Musco, Peng and Sidford, "Uniform
//! sampling for matrix approximation", 2015).
//!
//! The estimates are preconditioners of conjugate gradients with exact matrix-vector products: an estimate
//! changes the number of iterations, not their limit.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;

use crate::linalg::base_delta::{LANES, Lanes, SparseRows, accumulate, project};
use crate::linalg::cholesky::Factor;
use crate::linalg::gemm::{self, View};

/// Rows taken at a time.
const CHUNK: usize = 512;
/// Columns of the product computed at a time. Panels above the diagonal are left out.
const PANEL: usize = 100;

/// The lower triangles of the blocks of all classes, (d + 1) x (d + 1), row-major, with the rounding of f32
/// products. Each is estimated from about `limit` rows with the curvatures of `diagonals`, sampled by
/// leverage. `factors` are those of an earlier estimate, if any. O(k (limit d^2 + n d)).
pub fn class_hessians<F: Factor>(
    x: &SparseRows,
    rows: &[u32],
    diagonals: &[Vec<f32>],
    limit: usize,
    factors: Option<&[Arc<F>]>,
) -> Vec<Vec<f64>> {
    let leverages = match factors {
        None => diagonal_leverages(x, rows, diagonals, limit),
        Some(factors) => {
            let all = diagonals.par_iter().zip(factors).enumerate();
            let leverages = |(class, (h, factor)): (usize, (&Vec<f32>, &Arc<F>))| {
                if takes_all(h, limit) {
                    Vec::new()
                } else {
                    sketched_leverages(x, rows, h, factor.as_ref(), class as u64)
                }
            };
            all.map(leverages).collect()
        }
    };
    let all = diagonals.par_iter().zip(&leverages);
    all.map(|(diagonal, leverages)| weighted_gram(x, &select(rows, diagonal, leverages, limit))).collect()
}

/// Whether all rows with curvature are taken: there are at most `limit`.
fn takes_all(h: &[f32], limit: usize) -> bool {
    h.iter().filter(|h| **h > 0.0).count() <= limit
}

/// The leverage of each row in each class under uncorrelated features: the sum over the features of the row's
/// share of the diagonal. A pixel that is lit in three images of 60,000 has all its curvature in three rows;
/// a uniform sample would miss them. Empty if all rows of every class are taken. O(differences k).
fn diagonal_leverages(x: &SparseRows, rows: &[u32], diagonals: &[Vec<f32>], limit: usize) -> Vec<Vec<f32>> {
    if diagonals.iter().all(|diagonal| takes_all(diagonal, limit)) {
        return vec![Vec::new(); diagonals.len()];
    }
    let d = x.columns();
    let squares = x.squared();
    let mut leverages = Vec::with_capacity(diagonals.len());
    for sixteen in diagonals.chunks(LANES) {
        let total = |lane: usize| sixteen.get(lane).map_or(0.0, |h| h.iter().map(|h| f64::from(*h)).sum());
        let totals: [f64; LANES] = std::array::from_fn(total);
        let mut sums: Vec<[f64; LANES]> =
            squares.base().iter().map(|base| totals.map(|total| base * total)).collect();
        let mut block = vec![Lanes::ZERO; d];
        for (chunk, rows) in rows.chunks(CHUNK).enumerate() {
            let factors = interleave(sixteen, chunk * CHUNK, rows.len());
            block.fill(Lanes::ZERO);
            accumulate(&squares, rows, &factors, &mut block);
            for (sums, block) in sums.iter_mut().zip(&block) {
                sums.iter_mut().zip(block.0).for_each(|(sum, value)| *sum += f64::from(value));
            }
        }
        let inverse: Vec<Lanes> = sums
            .iter()
            .map(|sums| Lanes(sums.map(|sum| if sum > 0.0 { (1.0 / sum) as f32 } else { 0.0 })))
            .collect();
        let of_base = |lane: usize| {
            squares.base().iter().zip(&inverse).map(|(base, inverse)| *base as f32 * inverse.0[lane]).sum()
        };
        let start = Lanes(std::array::from_fn(of_base));
        let mut of_class = vec![Vec::with_capacity(rows.len()); sixteen.len()];
        let mut products = vec![Lanes::ZERO; CHUNK];
        for (chunk, rows) in rows.chunks(CHUNK).enumerate() {
            project(&squares, rows, &start, &inverse, &mut products);
            for (lane, (leverages, diagonal)) in of_class.iter_mut().zip(sixteen).enumerate() {
                let h = &diagonal[chunk * CHUNK..][..rows.len()];
                // Rounding can leave a leverage just below 0.
                leverages.extend(h.iter().zip(&products).map(|(h, product)| h * product.0[lane].max(0.0)));
            }
        }
        leverages.extend(of_class);
    }
    leverages
}

/// The leverage h |L^-1 x|^2 of each row in a class whose earlier estimate is L L', by a sketch with sixteen
/// random sign vectors (Spielman and Srivastava 2011). Exact leverages are at most 1, and so are these: rows
/// whose curvature has grown since the estimate would otherwise crowd out all others. O(differences).
fn sketched_leverages(x: &SparseRows, rows: &[u32], h: &[f32], factor: &impl Factor, class: u64) -> Vec<f32> {
    let d = x.columns();
    let mut signs = Pcg64Mcg::seed_from_u64(class);
    let mut lanes = vec![Lanes::ZERO; d + 1];
    let mut vector = vec![0.0; d + 1];
    let size = 1.0 / (LANES as f64).sqrt();
    for lane in 0..LANES {
        vector.iter_mut().for_each(|value| *value = if signs.random::<bool>() { size } else { -size });
        factor.solve_transposed(&mut vector);
        lanes.iter_mut().zip(&vector).for_each(|(lanes, value)| lanes.0[lane] = *value as f32);
        lanes[d].0[lane] = (vector[d] + x.base_times(&vector)) as f32;
    }
    let mut leverages = Vec::with_capacity(rows.len());
    let mut products = vec![Lanes::ZERO; CHUNK];
    for (rows, h) in rows.chunks(CHUNK).zip(h.chunks(CHUNK)) {
        project(x, rows, &lanes[d], &lanes, &mut products);
        leverages.extend(h.iter().zip(&products).map(|(h, product)| {
            (h * product.0.iter().map(|product| product * product).sum::<f32>()).min(1.0)
        }));
    }
    leverages
}

/// The values of up to sixteen classes interleaved, for `count` rows from `start`.
fn interleave(classes: &[Vec<f32>], start: usize, count: usize) -> Vec<Lanes> {
    let mut lanes = vec![Lanes::ZERO; count];
    for (lane, values) in classes.iter().enumerate() {
        for (lanes, value) in lanes.iter_mut().zip(&values[start..start + count]) {
            lanes.0[lane] = *value;
        }
    }
    lanes
}

/// Chooses about `limit` rows with the weights that make the weighted sum an unbiased estimate. All rows with
/// curvature are taken if there are no more; otherwise each row with a leverage above the sampling interval,
/// and a systematic sample of the others. Deterministic.
fn select(rows: &[u32], h: &[f32], leverages: &[f32], limit: usize) -> Vec<(u32, f32)> {
    let curved = rows.iter().zip(h).filter(|(_, h)| **h > 0.0);
    if leverages.is_empty() || curved.clone().count() <= limit {
        return curved.map(|(row, h)| (*row, *h)).collect();
    }
    let interval = leverages.iter().map(|leverage| f64::from(*leverage)).sum::<f64>() / limit as f64;
    let mut chosen = Vec::with_capacity(limit + limit / 2);
    let mut due = 0.5 * interval;
    for ((row, h), leverage) in rows.iter().zip(h).zip(leverages) {
        let leverage = f64::from(*leverage);
        if leverage >= interval {
            chosen.push((*row, *h));
        } else {
            due += leverage;
            if due >= interval {
                due -= interval;
                chosen.push((*row, (f64::from(*h) * interval / leverage) as f32));
            }
        }
    }
    chosen
}

/// The lower triangle of the weighted Gram matrix: the sum of weight * x x' over the chosen rows, x with a
/// last feature 1. O(rows d^2).
fn weighted_gram(x: &SparseRows, chosen: &[(u32, f32)]) -> Vec<f64> {
    let width = x.columns() + 1;
    let mut product = vec![0.0f32; width * width];
    let mut rows = vec![0.0f32; CHUNK.min(chosen.len()) * width];
    for chunk in chosen.chunks(CHUNK) {
        for (out, &(i, weight)) in rows.chunks_exact_mut(width).zip(chunk) {
            let root = weight.sqrt();
            x.write(i as usize, &mut out[..width - 1]);
            out[width - 1] = 1.0;
            out.iter_mut().for_each(|value| *value *= root);
        }
        let all = &rows[..chunk.len() * width];
        let columns = |start: usize, count: usize| View {
            data: &all[start..],
            rows: chunk.len(),
            columns: count,
            row_stride: width,
            column_stride: 1,
        };
        for start in (0..width).step_by(PANEL) {
            let count = PANEL.min(width - start);
            // Rows start.. of the lower triangle, columns up to the panel's end.
            let out = &mut product[start * width..];
            gemm::sgemm(1.0, columns(start, count).t(), columns(0, start + count), 1.0, out, width);
        }
    }
    let mut lower = vec![0.0; width * width];
    for (i, (lower, product)) in lower.chunks_exact_mut(width).zip(product.chunks_exact(width)).enumerate() {
        let both = lower.iter_mut().zip(product).take(i + 1);
        both.for_each(|(lower, product)| *lower = f64::from(*product));
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::linalg::base_delta::tests::of_matrix;
    use crate::linalg::cholesky::Cholesky;

    #[test]
    fn the_gram_matrix_is_the_weighted_sum_of_outer_products() {
        let (n, d) = (700, 410);
        let mut x = Matrix::zeros(n, d);
        x.as_mut_slice().iter_mut().enumerate().for_each(|(i, v)| *v = (i as f32 * 0.37).sin());
        let chosen: Vec<(u32, f32)> = (0..n as u32).step_by(2).map(|i| (i, 0.5 + (i % 5) as f32)).collect();
        let gram = weighted_gram(&of_matrix(&x), &chosen);
        let feature = |i: u32, j: usize| if j == d { 1.0 } else { f64::from(x.row(i as usize)[j]) };
        for (a, b) in [(0, 0), (7, 3), (410, 409), (410, 410), (205, 11), (200, 199), (99, 98), (100, 99)] {
            let exact: f64 = chosen.iter().map(|&(i, w)| f64::from(w) * feature(i, a) * feature(i, b)).sum();
            assert!((gram[a * (d + 1) + b] - exact).abs() < 1e-3, "{a} {b}");
        }
    }

    #[test]
    fn random_signs_find_the_leverages() {
        let (n, d) = (600, 12);
        let mut x = Matrix::zeros(n, d);
        // Features that go together, but in one row.
        (0..n).for_each(|i| {
            let common = (i as f32 * 0.7).sin();
            (0..d).for_each(|j| {
                x.row_mut(i)[j] = common + 0.3 * (((i * 7 + j * 13) * (i + 5 * j)) as f32 * 0.37).cos()
            });
        });
        x.row_mut(77)[3] += 50.0;
        let rows: Vec<u32> = (0..n as u32).collect();
        let h = vec![0.5f32; n];
        let weighted: Vec<(u32, f32)> = rows.iter().zip(&h).map(|(row, h)| (*row, *h)).collect();
        let gram = weighted_gram(&of_matrix(&x), &weighted);
        let factor = Cholesky::new(gram, d + 1).unwrap();
        let leverages = sketched_leverages(&of_matrix(&x), &rows, &h, &factor, 0);
        let exact = |row: usize| {
            let feature = |j: usize| if j == d { 1.0 } else { f64::from(x.row(row)[j]) };
            let features: Vec<f64> = (0..=d).map(feature).collect();
            let mut solved = features.clone();
            factor.solve(&mut solved);
            0.5 * features.iter().zip(&solved).map(|(a, b)| a * b).sum::<f64>()
        };
        let total: f64 = (0..n).map(exact).sum();
        assert!((total - (d + 1) as f64).abs() < 0.05, "{total}");
        let sum: f32 = leverages.iter().sum();
        assert!((sum / total as f32 - 1.0).abs() < 0.3, "{sum} {total}");
        // Sixteen squares of a normal variable: never off by a factor of five.
        for (row, leverage) in leverages.iter().enumerate() {
            let ratio = f64::from(*leverage) / exact(row);
            assert!((0.2..5.0).contains(&ratio), "{row} {ratio}");
        }
        assert!(leverages[77] > 0.5 && exact(77) > 0.9, "{} {}", leverages[77], exact(77));
    }

    #[test]
    fn samples_keep_the_total_and_every_row_that_matters() {
        let n = 1000;
        let mut x = Matrix::zeros(n, 2);
        // The second feature lives in ten rows alone.
        (0..n).for_each(|i| x.row_mut(i).copy_from_slice(&[1.0, if i % 100 == 3 { 10.0 } else { 0.0 }]));
        let rows: Vec<u32> = (0..n as u32).collect();
        let h: Vec<f32> = (0..n).map(|i| (i % 7) as f32 * 0.1 + 0.1).collect();
        let all = diagonal_leverages(&of_matrix(&x), &rows, std::slice::from_ref(&h), n);
        assert_eq!(select(&rows, &h, &all[0], n).len(), n);
        let leverages = diagonal_leverages(&of_matrix(&x), &rows, std::slice::from_ref(&h), 100);
        let chosen = select(&rows, &h, &leverages[0], 100);
        assert!(chosen.len() <= 150, "{}", chosen.len());
        assert!((0..10).all(|i| chosen.contains(&(i * 100 + 3, h[i as usize * 100 + 3]))));
        let total: f32 = chosen.iter().map(|c| c.1).sum();
        let exact = h.iter().sum::<f32>();
        assert!((total - exact).abs() < 0.03 * exact, "{total} {exact}");
        assert!(select(&rows, &vec![0.0; n], &[], 2).is_empty());
    }
}

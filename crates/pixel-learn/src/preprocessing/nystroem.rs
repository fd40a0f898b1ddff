//! Nystroem's approximation of the RBF kernel (Williams and Seeger 2001): scikit-learn's `Nystroem`.
//!
//! With the kernel K of some random training rows and its Cholesky factor K + 1e-4 I = L L', a row x becomes
//! k(x) L'^-1, where k(x) are its kernel values with those rows. scikit-learn has the symmetric root of K in
//! place of L; the two differ by a rotation, so that all dot products and distances between transformed rows
//! agree, at a fraction of the cost. With 1e-4 the rounding of f32 and the change of K both move products by
//! no more than some 1e-4, whatever K is; scikit-learn, in f64, cuts singular values off at 1e-12.
//!
//! Distances of bytes with one scale for all features come from exact integers.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::rows::{Bytes, Rows};
use crate::linalg::Matrix;
use crate::linalg::byte_pairs::{LeftRows, MOST_FEATURES, RIGHT, RightRows, dots};
use crate::linalg::cholesky::Cholesky;
use crate::linalg::exp::exp_in_place;
use crate::linalg::gemm::{View, dgemm, sgemm};
use crate::linalg::pairwise::{Measure, Panels, all_pairs};
use crate::linalg::simd::for_each_level;

/// Rows in one task, whole panels of left rows.
const ROWS: usize = 480;
/// Columns of the factor that are solved for at a time.
const BLOCK: usize = 256;
/// The ridge: added to the diagonal of the kernel matrix, which is 1.
const RIDGE: f64 = 1e-4;

/// Chosen training rows with the factor of their kernel.
pub(super) struct Nystroem {
    basis: Basis,
    gamma: f64,
    n_components: usize,
    /// n_components x n_components, row-major; what is above the diagonal is not meaningful.
    factor: Vec<f32>,
    /// The inverses of the diagonal blocks of the factor, each row-major.
    inverses: Vec<Vec<f32>>,
}

enum Basis {
    /// Bytes under this scale, with their squared lengths.
    Bytes { rows: RightRows, squares: Vec<i32>, scale: f64 },
    /// Values, with their squared lengths.
    Values { panels: Panels, squares: Vec<f32> },
}

impl Nystroem {
    /// O(n_components^2 d + n_components^3 / 3). There must be as many rows as components.
    pub fn new(rows: &Rows, n_components: usize, gamma: f64, seed: u64) -> Nystroem {
        let chosen = choose(rows.n(), n_components, seed);
        let d = rows.d();
        let (basis, kernel) = match rows {
            Rows::Bytes(bytes) if shared_scale(bytes).is_some() && d <= MOST_FEATURES => {
                let scale = bytes.scaling.scale[0];
                let pixels: Vec<u8> =
                    chosen.iter().flat_map(|&row| &bytes.pixels[row * d..(row + 1) * d]).copied().collect();
                let right = RightRows::new(&pixels, d);
                let squares: Vec<i32> = pixels.par_chunks_exact(d).map(squared).collect();
                let kernel = kernel_of_bytes(&pixels, &right, &squares, gamma / (scale * scale));
                (Basis::Bytes { rows: right, squares, scale }, kernel)
            }
            _ => {
                let values: Vec<f32> = chosen.iter().flat_map(|&row| rows.scaled(row..row + 1)).collect();
                let kernel = kernel_of_values(&values, d, gamma);
                let panels = Panels::right(values.chunks_exact(d), d);
                let squares = values.chunks_exact(d).map(|row| squared_length(row) as f32).collect();
                (Basis::Values { panels, squares }, kernel)
            }
        };
        let factor = Cholesky::new(kernel, n_components).expect("a kernel with a ridge is positive definite");
        let factor = factor.into_memory();
        let starts = (0..n_components).step_by(BLOCK);
        let inverses = starts.map(|start| inverse_of_block(&factor, n_components, start)).collect();
        let factor = factor.into_iter().map(|value| value as f32).collect();
        Nystroem { basis, gamma, n_components, factor, inverses }
    }

    /// O(n n_components (d + n_components / 2)).
    pub fn transform(&self, rows: &Rows) -> Rows {
        let m = self.n_components;
        let mut out = Matrix::zeros(rows.n(), m);
        out.as_mut_slice().par_chunks_mut(ROWS * m).enumerate().for_each(|(task, out)| {
            let count = out.len() / m;
            self.kernel(rows, task * ROWS..task * ROWS + count, out);
            self.solve(out);
        });
        Rows::Values(out)
    }

    /// The kernel values of the rows in `range` with the chosen rows.
    fn kernel(&self, rows: &Rows, range: std::ops::Range<usize>, out: &mut [f32]) {
        let (m, d) = (self.n_components, rows.d());
        match (&self.basis, rows) {
            (Basis::Bytes { rows: right, squares, scale }, Rows::Bytes(bytes)) => {
                let factor = (-self.gamma / (scale * scale)) as f32;
                let pixels = &bytes.pixels[range.start * d..range.end * d];
                let own: Vec<i32> = pixels.chunks_exact(d).map(squared).collect();
                dots(&LeftRows::new(pixels, d), right, |first, start, tile| {
                    let end = m.min(start + RIGHT);
                    for (row, dots) in (first..own.len()).zip(tile) {
                        let out = &mut out[row * m + start..row * m + end];
                        exponents(&dots[..end - start], &squares[start..end], own[row], factor, out);
                    }
                });
            }
            (Basis::Values { panels, squares }, _) => {
                let factor = -self.gamma as f32;
                let values = rows.scaled(range);
                let left = Panels::left(values.chunks_exact(d), d);
                all_pairs(Measure::Dot, &left, panels, 0..m, out, m);
                for (out, row) in out.chunks_exact_mut(m).zip(values.chunks_exact(d)) {
                    let own = squared_length(row) as f32;
                    for (value, square) in out.iter_mut().zip(squares) {
                        *value = factor * (own + square - 2.0 * *value).max(0.0);
                    }
                }
            }
            (Basis::Bytes { .. }, Rows::Values(_)) => panic!("fitted on bytes and given values"),
        }
        exp_in_place(out);
    }

    /// Replaces rows k by k L'^-1, one block of columns after the other.
    fn solve(&self, rows: &mut [f32]) {
        let m = self.n_components;
        let count = rows.len() / m;
        for (inverse, start) in self.inverses.iter().zip((0..m).step_by(BLOCK)) {
            let width = BLOCK.min(m - start);
            let block = rows.chunks_exact(m).flat_map(|row| &row[start..start + width]);
            let mut block: Vec<f32> = block.copied().collect();
            if start > 0 {
                let solved = View { columns: start, ..View::row_major(rows, count, m) };
                let factor = View {
                    data: &self.factor[start * m..],
                    rows: width,
                    columns: start,
                    row_stride: m,
                    column_stride: 1,
                };
                sgemm(-1.0, solved, factor.t(), 1.0, &mut block, width);
            }
            let block = View::row_major(&block, count, width);
            sgemm(1.0, block, View::row_major(inverse, width, width).t(), 0.0, &mut rows[start..], m);
        }
    }
}

/// `count` different rows of `n`, in random order.
fn choose(n: usize, count: usize, seed: u64) -> Vec<usize> {
    let mut generator = Pcg64::seed_from_u64(seed);
    let mut rows: Vec<usize> = (0..n).collect();
    for at in 0..count {
        rows.swap(at, generator.random_range(at..n));
    }
    rows.truncate(count);
    rows
}

/// The scale of bytes if all features have the same.
fn shared_scale(bytes: &Bytes) -> Option<f64> {
    let scale = *bytes.scaling.scale.first()?;
    bytes.scaling.scale.iter().all(|&other| other == scale).then_some(scale)
}

fn squared(row: &[u8]) -> i32 {
    row.iter().map(|&byte| i32::from(byte) * i32::from(byte)).sum()
}

fn squared_length(row: &[f32]) -> f64 {
    row.iter().map(|&value| f64::from(value) * f64::from(value)).sum()
}

/// The kernel of rows of bytes with themselves in f64, a ridge on its diagonal.
fn kernel_of_bytes(pixels: &[u8], right: &RightRows, squares: &[i32], gamma: f64) -> Vec<f64> {
    let m = squares.len();
    let d = pixels.len() / m;
    let mut kernel = vec![0.0; m * m];
    kernel.par_chunks_mut(ROWS * m).zip(pixels.par_chunks(ROWS * d)).enumerate().for_each(
        |(task, (kernel, pixels))| {
            dots(&LeftRows::new(pixels, d), right, |first, start, tile| {
                for ((row, values), dots) in kernel.chunks_exact_mut(m).enumerate().skip(first).zip(tile) {
                    let i = task * ROWS + row;
                    // Only the lower triangle is needed.
                    for (j, dot) in (start..=i).zip(dots) {
                        let distance = squares[i] + squares[j] - 2 * dot;
                        values[j] = (-gamma * f64::from(distance)).exp();
                    }
                }
            });
        },
    );
    add_ridge(&mut kernel, m);
    kernel
}

/// [`kernel_of_bytes`] for rows of values.
fn kernel_of_values(values: &[f32], d: usize, gamma: f64) -> Vec<f64> {
    let wide: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
    let m = wide.len() / d;
    let squares: Vec<f64> = values.chunks_exact(d).map(squared_length).collect();
    let all = View::row_major(&wide, m, d);
    let mut kernel = vec![0.0; m * m];
    kernel.par_chunks_mut(BLOCK * m).enumerate().for_each(|(task, out)| {
        let first = task * BLOCK;
        let height = out.len() / m;
        let width = first + height;
        dgemm(1.0, all.row_range(first, height), all.row_range(0, width).t(), 0.0, out, m);
        for (i, row) in out.chunks_exact_mut(m).enumerate() {
            for (value, square) in row[..=first + i].iter_mut().zip(&squares) {
                *value = (-gamma * (squares[first + i] + square - 2.0 * *value).max(0.0)).exp();
            }
        }
    });
    add_ridge(&mut kernel, m);
    kernel
}

fn add_ridge(kernel: &mut [f64], m: usize) {
    (0..m).for_each(|i| kernel[i * m + i] = 1.0 + RIDGE);
}

/// The inverse of one diagonal block of the lower triangle `factor`, n x n.
fn inverse_of_block(factor: &[f64], n: usize, start: usize) -> Vec<f32> {
    let width = BLOCK.min(n - start);
    let mut inverse = vec![0.0f64; width * width];
    for i in 0..width {
        let (above, row) = inverse.split_at_mut(i * width);
        let own = &factor[(start + i) * n + start..][..=i];
        for (&weight, above) in own[..i].iter().zip(above.chunks_exact(width)) {
            row[..i].iter_mut().zip(above).for_each(|(value, above)| *value -= weight * above);
        }
        row[..i].iter_mut().for_each(|value| *value /= own[i]);
        row[i] = 1.0 / own[i];
    }
    inverse.into_iter().map(|value| value as f32).collect()
}

for_each_level! {
    /// The exponents of the kernel: `factor` times the squared distances.
    fn exponents(dots: &[i32], squares: &[i32], own: i32, factor: f32, out: &mut [f32]) {
        for (out, (&dot, &square)) in out.iter_mut().zip(dots.iter().zip(squares)) {
            *out = factor * (own + square - 2 * dot) as f32;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Features, Scaling};

    pub fn bytes(n: usize, d: usize, scale: f64) -> Rows {
        let pixels = (0..n * d).map(|at| ((at * 2_654_435_761) >> 13) as u8).collect();
        let scaling = Arc::new(Scaling { offset: vec![0.0; d], scale: vec![scale; d] });
        Rows::Bytes(Bytes { pixels, n, d, scaling })
    }

    /// The largest difference between a product of two features and the kernel of the rows behind them.
    pub fn kernel_error(rows: &Rows, features: &Features, gamma: f64) -> f64 {
        let (n, d) = (rows.n(), rows.d());
        let values = rows.scaled(0..n);
        let mut worst = 0.0f64;
        for i in 0..n {
            for j in 0..n {
                let pairs = values[i * d..][..d].iter().zip(&values[j * d..][..d]);
                let distance: f64 = pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
                let pairs = features.scaled().row(i).iter().zip(features.scaled().row(j));
                let product: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                worst = worst.max((product - (-gamma * distance).exp()).abs());
            }
        }
        worst
    }

    #[test]
    fn all_rows_as_basis_give_the_kernel_itself() {
        for (n, d) in [(1, 3), (30, 5), (300, 20), (600, 33)] {
            let rows = bytes(n, d, 255.0);
            let gamma = 1.0 / d as f64;
            let nystroem = Nystroem::new(&rows, n, gamma, 3);
            assert!(matches!(nystroem.basis, Basis::Bytes { .. }));
            let error = kernel_error(&rows, &nystroem.transform(&rows).into_features(), gamma);
            assert!(error < 5e-4, "{n} x {d}: {error}");
            let values = || Rows::Values(Matrix::from_slice(&rows.scaled(0..n), n, d));
            let nystroem = Nystroem::new(&values(), n, gamma, 3);
            let error = kernel_error(&rows, &nystroem.transform(&values()).into_features(), gamma);
            assert!(error < 5e-4, "{n} x {d}: {error}");
        }
    }

    #[test]
    fn equal_rows_in_the_basis_do_no_harm() {
        let (n, d) = (40, 8);
        let Rows::Bytes(mut twice) = bytes(n, d, 255.0) else { unreachable!() };
        let (first, second) = twice.pixels.split_at_mut(n / 2 * d);
        second.copy_from_slice(first);
        let rows = Rows::Bytes(twice);
        let nystroem = Nystroem::new(&rows, n, 0.2, 3);
        let error = kernel_error(&rows, &nystroem.transform(&rows).into_features(), 0.2);
        assert!(error < 5e-4, "{error}");
    }
}

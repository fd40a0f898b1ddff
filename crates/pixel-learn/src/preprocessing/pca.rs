//! Principal components: scikit-learn's `PCA` by the covariance of the features.
//!
//! Sums of products of bytes are exact integers. Products of values are added in f32 over a few hundred
//! centred rows, and these sums in f64. As in scikit-learn, each component has the sign that makes its entry
//! of largest magnitude positive.

use rayon::prelude::*;

use super::linear_map::LinearMap;
use super::rows::{Bytes, Rows};
use super::standard::column_means;
use crate::linalg::Matrix;
use crate::linalg::byte_gram::{ByteGram, Change, padded};
use crate::linalg::gemm::{View, sgemm};
use crate::linalg::symmetric_eigen;

/// Rows whose products are summed in f32.
const ROWS: usize = 512;
/// Columns of the covariance that one task sums.
const COLUMNS: usize = 256;

/// Fitted principal components.
pub(super) struct Pca {
    map: LinearMap,
}

impl Pca {
    /// O(n d^2 + d^3). There must be as many features and rows as components.
    pub fn new(rows: &Rows, n_components: usize, whiten: bool) -> Pca {
        let d = rows.d();
        let (mean, covariance) = match rows {
            Rows::Bytes(bytes) => of_bytes(bytes),
            Rows::Values(values) => of_values(values),
        };
        let mut eigen = symmetric_eigen::largest(covariance, d, n_components);
        for (component, &variance) in eigen.vectors.chunks_exact_mut(d).zip(&eigen.values) {
            let largest = component.iter().fold(
                0.0f64,
                |most, &value| {
                    if value.abs() > most.abs() { value } else { most }
                },
            );
            // scikit-learn's lower bound of the standard deviation.
            let deviation = if whiten { variance.max(0.0).sqrt().max(f64::EPSILON) } else { 1.0 };
            let factor = if largest < 0.0 { -1.0 / deviation } else { 1.0 / deviation };
            component.iter_mut().for_each(|value| *value *= factor);
        }
        let centre = |component: &[f64]| -component.iter().zip(&mean).map(|(v, mean)| v * mean).sum::<f64>();
        let bias = eigen.vectors.chunks_exact(d).map(centre).collect();
        Pca { map: LinearMap::new(&eigen.vectors, bias, rows.scaling()) }
    }

    /// O(n d n_components).
    pub fn transform(&self, rows: Rows) -> Rows {
        Rows::Values(self.map.apply(&rows, |_| {}))
    }
}

/// Means of the scaled bytes, and their covariance (n - 1 in the denominator), of which the lower triangle is set.
fn of_bytes(bytes: &Bytes) -> (Vec<f64>, Vec<f64>) {
    let (n, d) = (bytes.n, bytes.d);
    let width = padded(d);
    let mut gram = ByteGram::new(width);
    let all: Vec<u32> = (0..n as u32).collect();
    if width == d {
        gram.update(&bytes.pixels, &all, Change::Add);
    } else {
        let mut wide = vec![0; n * width];
        for (wide, row) in wide.chunks_exact_mut(width).zip(bytes.pixels.chunks_exact(d)) {
            wide[..d].copy_from_slice(row);
        }
        gram.update(&wide, &all, Change::Add);
    }
    let (offset, scale) = (&bytes.scaling.offset, &bytes.scaling.scale);
    let sums = gram.columns();
    let mean = (0..d).map(|j| (sums[j] as f64 / n as f64 - offset[j]) / scale[j]).collect();
    let denominator = n as f64 * (n as f64 - 1.0).max(1.0);
    let mut covariance = vec![0.0; d * d];
    for (j, row) in covariance.chunks_exact_mut(d).enumerate() {
        for (k, (out, &product)) in row.iter_mut().zip(gram.products(j)).enumerate().take(j + 1) {
            // n^2 times the covariance of the bytes, an exact integer.
            let spread = n as i128 * i128::from(product) - i128::from(sums[j]) * i128::from(sums[k]);
            *out = spread as f64 / denominator / (scale[j] * scale[k]);
        }
    }
    (mean, covariance)
}

/// [`of_bytes`] for rows of values.
fn of_values(values: &Matrix) -> (Vec<f64>, Vec<f64>) {
    let (n, d) = (values.rows(), values.columns());
    let mean = column_means(values, |_, value| value);
    let mut covariance = vec![0.0; d * d];
    let mut centred = vec![0.0; ROWS * d];
    for rows in values.as_slice().chunks(ROWS * d) {
        let count = rows.len() / d;
        for (out, row) in centred.chunks_exact_mut(d).zip(rows.chunks_exact(d)) {
            let pairs = out.iter_mut().zip(row.iter().zip(&mean));
            pairs.for_each(|(out, (&value, mean))| *out = (f64::from(value) - mean) as f32);
        }
        let centred = View::row_major(&centred[..count * d], count, d);
        covariance.par_chunks_mut(COLUMNS * d).enumerate().for_each(|(task, out)| {
            // Rows of the covariance from `first` on, up to the diagonal block.
            let first = task * COLUMNS;
            let height = out.len() / d;
            let width = first + height;
            let left = View { data: &centred.data[first..], columns: height, ..centred };
            let right = View { columns: width, ..centred };
            let mut products = vec![0.0f32; height * width];
            sgemm(1.0, left.t(), right, 0.0, &mut products, width);
            for (out, products) in out.chunks_exact_mut(d).zip(products.chunks_exact(width)) {
                out.iter_mut().zip(products).for_each(|(out, &product)| *out += f64::from(product));
            }
        });
    }
    let denominator = (n as f64 - 1.0).max(1.0);
    covariance.iter_mut().for_each(|value| *value /= denominator);
    (mean, covariance)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Scaling;

    fn bytes(n: usize, d: usize) -> Rows {
        let pixels = (0..n * d).map(|at| ((at * 2_654_435_761) >> (9 + at % d % 5)) as u8).collect();
        let offset = (0..d).map(|j| j as f64).collect();
        let scaling = Arc::new(Scaling { offset, scale: (0..d).map(|j| 10.0 + j as f64).collect() });
        Rows::Bytes(Bytes { pixels, n, d, scaling })
    }

    #[test]
    fn bytes_and_the_same_values_have_the_same_components() {
        let (n, d) = (600, 19);
        let features = bytes(n, d).into_features();
        let values = || Rows::Values(features.scaled().clone());
        for whiten in [false, true] {
            let of_bytes = Pca::new(&bytes(n, d), 5, whiten).transform(bytes(n, d)).into_features();
            let of_values = Pca::new(&values(), 5, whiten).transform(values()).into_features();
            for (a, b) in of_bytes.scaled().as_slice().iter().zip(of_values.scaled().as_slice()) {
                assert!((a - b).abs() < 1e-4 * (1.0 + a.abs()), "{a} {b}");
            }
        }
    }

    #[test]
    fn whitened_components_are_uncorrelated_with_unit_variance() {
        let (n, d) = (500, 12);
        let out = Pca::new(&bytes(n, d), d, true).transform(bytes(n, d)).into_features();
        let (mean, covariance) = of_values(out.scaled());
        for i in 0..d {
            assert!(mean[i].abs() < 1e-4);
            for j in 0..=i {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((covariance[i * d + j] - expected).abs() < 1e-4, "{}", covariance[i * d + j]);
            }
        }
    }
}

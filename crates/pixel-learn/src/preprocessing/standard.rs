//! Zero mean and unit variance: scikit-learn's `StandardScaler`, on bytes and on values.

use std::sync::Arc;

use rayon::prelude::*;

use super::rows::Rows;
use crate::Scaling;
use crate::linalg::Matrix;

/// Rows in one task.
const ROWS: usize = 1024;

/// The scaling of the training rows.
pub(super) struct Standard {
    scaling: Arc<Scaling>,
}

impl Standard {
    /// O(n d). A feature without variance keeps scale 1.
    pub fn new(rows: &Rows) -> Standard {
        let scaling = match rows {
            Rows::Bytes(bytes) => Scaling::standard(&bytes.pixels, bytes.n, bytes.d),
            Rows::Values(values) => of_values(values),
        };
        Standard { scaling: Arc::new(scaling) }
    }

    /// Replaces the scaling of bytes; computes new values for values.
    pub fn transform(&self, rows: Rows) -> Rows {
        let mut values = match rows {
            Rows::Bytes(bytes) => return bytes.with_scaling(self.scaling.clone()),
            Rows::Values(values) => values,
        };
        let Scaling { offset, scale } = &*self.scaling;
        let d = values.columns();
        values.as_mut_slice().par_chunks_mut(ROWS * d).for_each(|rows| {
            for row in rows.chunks_exact_mut(d) {
                for (value, (offset, scale)) in row.iter_mut().zip(offset.iter().zip(scale)) {
                    *value = ((f64::from(*value) - offset) / scale) as f32;
                }
            }
        });
        Rows::Values(values)
    }
}

/// Means and population deviations, in two passes of f64.
fn of_values(values: &Matrix) -> Scaling {
    let (n, d) = (values.rows() as f64, values.columns());
    let mean = column_means(values, |_, value| value);
    let variance = column_means(values, |column, value| (value - mean[column]).powi(2));
    let scale = (0..d)
        .map(|column| {
            // The variance that rounding can give a constant feature, by scikit-learn's bound.
            let rounding = n * f64::EPSILON * variance[column] + (n * mean[column] * f64::EPSILON).powi(2);
            if variance[column] <= rounding { 1.0 } else { variance[column].sqrt() }
        })
        .collect();
    Scaling { offset: mean, scale }
}

/// The mean of a function of the values of each column, summed a fixed number of rows at a time.
pub(super) fn column_means(values: &Matrix, of: impl Fn(usize, f64) -> f64 + Sync) -> Vec<f64> {
    let d = values.columns();
    let sums_of = |rows: &[f32]| {
        let mut sums = vec![0.0; d];
        for row in rows.chunks_exact(d) {
            for (column, (sum, &value)) in sums.iter_mut().zip(row).enumerate() {
                *sum += of(column, f64::from(value));
            }
        }
        sums
    };
    let parts: Vec<Vec<f64>> = values.as_slice().par_chunks(ROWS * d).map(sums_of).collect();
    let mut means = vec![0.0; d];
    for part in parts {
        means.iter_mut().zip(part).for_each(|(mean, sum)| *mean += sum);
    }
    means.iter_mut().for_each(|mean| *mean /= values.rows() as f64);
    means
}

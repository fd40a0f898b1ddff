//! Scatter matrices: the sum over rows of (x - mean) (x - mean)', what ridge regression and discriminants start from.
//!
//! Bytes are added up in integers, so each entry is rounded only once. Computed values are centred by their
//! mean in f32 before their products are added (see [`gram`](crate::linalg::gram)). The correction for the
//! rounding of that mean is tiny, so subtracting it causes no cancellation.

use rayon::prelude::*;

use crate::Features;
use crate::linalg::Matrix;
use crate::linalg::byte_gram::{ByteGram, Change, padded};
use crate::linalg::gram::add_gram;
use crate::models::FitError;

/// Training rows with the columns that their scatter matrix covers.
pub(super) struct Rows<'a> {
    /// The features that the scatter matrix covers, ascending.
    pub columns: Vec<u32>,
    values: Values<'a>,
}

enum Values<'a> {
    /// The chosen columns only, each row padded to `width` bytes (whole panels), and the scale of each
    /// column.
    Bytes { packed: Vec<u8>, width: usize, scale: Vec<f64> },
    /// All columns.
    Computed(&'a Matrix),
}

/// The scatter of some rows about their mean.
pub(super) struct Scatter {
    /// One a column.
    pub mean: Vec<f64>,
    /// c x c row-major for c columns; only the lower triangle is meaningful.
    pub products: Vec<f64>,
}

/// The columns that are not constant over all rows, ascending.
pub(super) fn varying(features: &Features) -> Vec<u32> {
    let d = features.d();
    let mut differs = vec![0u32; d];
    match features.bytes() {
        Some(bytes) => {
            let mut differing = vec![0u8; d];
            for row in bytes.pixels.chunks_exact(d) {
                let pairs = row.iter().zip(bytes.pixels);
                differing.iter_mut().zip(pairs).for_each(|(differs, (a, b))| *differs |= a ^ b);
            }
            differs.iter_mut().zip(differing).for_each(|(to, from)| *to = u32::from(from));
        }
        None => {
            let values = features.scaled().as_slice();
            for row in values.chunks_exact(d) {
                let pairs = row.iter().zip(values);
                differs
                    .iter_mut()
                    .zip(pairs)
                    .for_each(|(differs, (a, b))| *differs |= a.to_bits() ^ b.to_bits());
            }
        }
    }
    (0..d as u32).filter(|&j| differs[j as usize] != 0).collect()
}

impl<'a> Rows<'a> {
    /// All rows of `features`, restricted to `columns`, which must ascend.
    pub fn new(features: &'a Features, columns: Vec<u32>) -> Rows<'a> {
        let values = match features.bytes() {
            Some(bytes) => {
                let width = padded(columns.len().max(1));
                Values::Bytes {
                    packed: pack(bytes.pixels, features.d(), &columns, width),
                    width,
                    scale: columns.iter().map(|&j| bytes.scaling.scale[j as usize]).collect(),
                }
            }
            None => Values::Computed(features.scaled()),
        };
        Rows { columns, values }
    }

    /// The values of `all`, one per feature, in these columns.
    pub fn of_columns(&self, all: &[f64]) -> Vec<f64> {
        self.columns.iter().map(|&j| all[j as usize]).collect()
    }

    /// The scatter of the rows `rows`; `sum` has their sum of each of the d features. O(rows c^2 / 2) for c
    /// columns. `Err` where values are not finite.
    pub fn scatter(&self, rows: &[u32], sum: &[f64]) -> Result<Scatter, FitError> {
        let n = rows.len() as f64;
        let mean: Vec<f64> = self.of_columns(sum).iter().map(|sum| sum / n).collect();
        let products = match &self.values {
            Values::Bytes { packed, width, scale, .. } => {
                let gram = byte_gram(packed, *width, rows);
                let (columns, n) = (gram.columns(), rows.len() as i128);
                let c = mean.len();
                let mut products = vec![0.0; c * c];
                for (j, out) in products.chunks_exact_mut(c.max(1)).enumerate() {
                    let factor = scale[j] * n as f64;
                    for (k, (out, &product)) in out.iter_mut().zip(gram.products(j)).enumerate() {
                        // n sum(p q) - sum(p) sum(q) is exact.
                        let spread =
                            n * i128::from(product) - i128::from(columns[j]) * i128::from(columns[k]);
                        *out = spread as f64 / (factor * scale[k]);
                    }
                }
                products
            }
            Values::Computed(matrix) => {
                let origin: Vec<f32> = mean.iter().map(|&mean| mean as f32).collect();
                let rest: Vec<f64> =
                    mean.iter().zip(&origin).map(|(mean, &near)| mean - f64::from(near)).collect();
                let mut products = vec![0.0; mean.len() * mean.len()];
                add_gram(matrix, rows, &self.columns, &origin, &mut products);
                add_outer(-n, &rest, &mut products);
                products
            }
        };
        match products.iter().step_by(mean.len() + 1).all(|square| square.is_finite()) {
            true => Ok(Scatter { mean, products }),
            false => {
                Err(FitError::UnusableData("a feature has values that are not finite, or too large".into()))
            }
        }
    }
}

/// The values of one row in these columns, in f64.
pub(super) fn column_values(features: &Features, row: usize, columns: &[u32], out: &mut [f64]) {
    match features.bytes() {
        Some(bytes) => {
            let pixels = &bytes.pixels[row * features.d()..][..features.d()];
            let values = out.iter_mut().zip(columns);
            values.for_each(|(out, &j)| *out = bytes.scaling.value(j as usize, pixels[j as usize]));
        }
        None => {
            let values = features.scaled().row(row);
            out.iter_mut().zip(columns).for_each(|(out, &j)| *out = f64::from(values[j as usize]));
        }
    }
}

/// products += factor v v', the lower triangle of a row-major square.
pub(super) fn add_outer(factor: f64, v: &[f64], products: &mut [f64]) {
    for (j, row) in products.chunks_exact_mut(v.len().max(1)).enumerate() {
        let factor = factor * v[j];
        row[..=j].iter_mut().zip(v).for_each(|(product, value)| *product += factor * value);
    }
}

/// The sum over rows of p p', each thread with some of the rows: integers add up to the same in any order.
fn byte_gram(packed: &[u8], width: usize, rows: &[u32]) -> ByteGram {
    let part = rows.len().div_ceil(rayon::current_num_threads()).max(1);
    let grams = rows.par_chunks(part).map(|rows| {
        let mut gram = ByteGram::new(width);
        gram.update(packed, rows, Change::Add);
        gram
    });
    let all = grams.reduce_with(|mut all, part| {
        all.merge(&part);
        all
    });
    all.unwrap_or_else(|| ByteGram::new(width))
}

/// These columns of the rows, each row filled up to `width` with zeros.
fn pack(pixels: &[u8], d: usize, columns: &[u32], width: usize) -> Vec<u8> {
    // Stretches of neighbouring columns, which are copied whole.
    let mut stretches: Vec<std::ops::Range<usize>> = Vec::new();
    for &column in columns {
        let column = column as usize;
        match stretches.last_mut() {
            Some(last) if last.end == column => last.end += 1,
            _ => stretches.push(column..column + 1),
        }
    }
    let mut packed = vec![0; pixels.len() / d * width];
    packed.par_chunks_mut(width.max(1)).zip(pixels.par_chunks(d)).with_min_len(512).for_each(|(to, from)| {
        let mut at = 0;
        for stretch in &stretches {
            let next = at + stretch.len();
            to[at..next].copy_from_slice(&from[stretch.clone()]);
            at = next;
        }
    });
    packed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scaling;
    use std::sync::Arc;

    #[test]
    fn both_kinds_of_features_have_the_scatter_of_the_definition_for_any_number_of_threads() {
        let (n, d) = (1500, 23);
        let byte = |at: usize| if at % d % 6 == 4 { 9 } else { ((at * 2_654_435_761) >> 9) as u8 };
        let scaling = Scaling { offset: vec![100.0; d], scale: (0..d).map(|j| 20.0 + j as f64).collect() };
        let bytes = Features::new((0..n * d).map(byte).collect(), n, d, Arc::new(scaling));
        let computed = Features::computed(bytes.scaled().clone());
        let rows: Vec<u32> = (0..n as u32).filter(|row| row % 7 != 2).collect();
        let sum_of = |j: usize| -> f64 { rows.iter().map(|&row| value(&bytes, row as usize, j)).sum() };
        let sum: Vec<f64> = (0..d).map(sum_of).collect();
        for (features, tolerance) in [(&bytes, 1e-6), (&computed, 0.05)] {
            let columns = varying(features);
            assert_eq!(columns, (0..d as u32).filter(|j| j % 6 != 4).collect::<Vec<u32>>());
            let run = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| Rows::new(features, columns.clone()).scatter(&rows, &sum).unwrap())
            };
            let (scatter, again) = (run(1), run(2));
            assert!(scatter.products == again.products && scatter.mean == again.mean);
            let c = columns.len();
            for j in 0..c {
                for k in 0..=j {
                    let centred = |row: u32, j: usize| {
                        value(&bytes, row as usize, columns[j] as usize) - scatter.mean[j]
                    };
                    let expected: f64 = rows.iter().map(|&row| centred(row, j) * centred(row, k)).sum();
                    let got = scatter.products[j * c + k];
                    assert!((got - expected).abs() < tolerance, "{j} {k}: {got} {expected}");
                }
            }
        }
    }

    #[test]
    fn values_that_are_not_finite_are_an_error() {
        for value in [f32::NAN, f32::INFINITY] {
            let features = Features::computed(Matrix::from_slice(&[1.0, 2.0, value, 3.0], 2, 2));
            let rows = Rows::new(&features, vec![0, 1]);
            let sum = [1.0 + f64::from(value), 5.0];
            assert!(matches!(rows.scatter(&[0, 1], &sum).err(), Some(FitError::UnusableData(_))));
        }
    }

    fn value(bytes: &Features, row: usize, j: usize) -> f64 {
        bytes.scaling().value(j, bytes.pixel_row(row)[j])
    }
}

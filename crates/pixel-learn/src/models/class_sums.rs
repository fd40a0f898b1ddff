//! The sums of the features over the rows of each class: what centroids, naive Bayes and discriminants start from.

use rayon::prelude::*;

use super::Training;
use crate::Features;
use crate::linalg::Matrix;
use crate::linalg::dot_f32_f64::add_scaled;
use crate::linalg::simd::for_each_level;

/// Rows of bytes that one task adds up: the sums of their bytes, and of the squares, fit a u32.
const ROWS_OF_BYTES: usize = 8192;
/// Computed rows that one task adds up.
const COMPUTED_ROWS: usize = 1024;

/// The number of rows and the feature sums of each class, in the order of the classes; zeros for a class
/// without rows.
pub(super) struct ClassSums {
    /// Number of rows.
    pub rows: Vec<usize>,
    /// classes x d sums of the features' values.
    pub sums: Vec<f64>,
    d: usize,
}

impl ClassSums {
    /// Adds up the rows of each class. Bytes have exact sums, which are rounded once; computed values are added
    /// in f64, chunk by chunk. O(n d).
    pub fn new(training: &Training) -> ClassSums {
        let d = training.features.d();
        let rows = training.class_counts();
        let sums = match training.features.bytes() {
            Some(bytes) => {
                let pixels = pixel_sums(training, bytes.pixels, add_bytes);
                let scaling = bytes.scaling;
                let value = |at: usize, sum: u64| {
                    let (class, j) = (at / d, at % d);
                    (sum as f64 - rows[class] as f64 * scaling.offset[j]) / scaling.scale[j]
                };
                pixels.into_iter().enumerate().map(|(at, sum)| value(at, sum)).collect()
            }
            None => {
                computed_sums(training, training.features.scaled(), |row, _, sums| add_scaled(1.0, row, sums))
            }
        };
        ClassSums { rows, sums, d }
    }

    /// The sums of one class.
    pub fn of(&self, class: usize) -> &[f64] {
        &self.sums[class * self.d..(class + 1) * self.d]
    }

    /// The means of one class that has rows.
    pub fn mean(&self, class: usize) -> Vec<f64> {
        let rows = self.rows[class] as f64;
        self.of(class).iter().map(|sum| sum / rows).collect()
    }

    /// The classes that have rows, ascending.
    pub fn present(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|&class| self.rows[class] > 0).collect()
    }

    /// The sums over all classes.
    pub fn total(&self) -> Vec<f64> {
        let mut total = vec![0.0; self.d];
        for sums in self.sums.chunks_exact(self.d) {
            total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        }
        total
    }
}

/// Exact sums over the rows of each class, classes x d. `add` adds the terms of one row of bytes to the sums
/// of its class.
pub(super) fn pixel_sums(
    training: &Training,
    pixels: &[u8],
    add: impl Fn(&[u8], &mut [u32]) + Sync,
) -> Vec<u64> {
    let d = training.features.d();
    let zeros = || vec![0u64; training.classes * d];
    pixels
        .par_chunks(ROWS_OF_BYTES * d)
        .zip(training.labels.par_chunks(ROWS_OF_BYTES))
        .map(|(pixels, labels)| {
            let mut narrow = vec![0u32; training.classes * d];
            for (row, &label) in pixels.chunks_exact(d).zip(labels) {
                add(row, &mut narrow[usize::from(label) * d..][..d]);
            }
            narrow.into_iter().map(u64::from).collect()
        })
        .reduce(zeros, |mut all: Vec<u64>, part| {
            all.iter_mut().zip(&part).for_each(|(a, b)| *a += b);
            all
        })
}

/// Sums over the rows of each class, classes x d. `add` adds the terms of one row, given its class, to the
/// sums of that class. Chunks are added in order: the same bits for any number of threads.
pub(super) fn computed_sums(
    training: &Training,
    matrix: &Matrix,
    add: impl Fn(&[f32], usize, &mut [f64]) + Sync,
) -> Vec<f64> {
    let d = matrix.columns();
    let parts: Vec<Vec<f64>> = training
        .labels
        .par_chunks(COMPUTED_ROWS)
        .enumerate()
        .map(|(chunk, labels)| {
            let mut sums = vec![0.0; training.classes * d];
            for (index, &label) in labels.iter().enumerate() {
                let class = usize::from(label);
                add(matrix.row(chunk * COMPUTED_ROWS + index), class, &mut sums[class * d..][..d]);
            }
            sums
        })
        .collect();
    let mut all = vec![0.0; training.classes * d];
    for part in parts {
        all.iter_mut().zip(&part).for_each(|(all, part)| *all += part);
    }
    all
}

for_each_level! {
    /// Adds each byte, for [`pixel_sums`].
    pub(super) fn add_bytes(row: &[u8], sums: &mut [u32]) {
        sums.iter_mut().zip(row).for_each(|(sum, &p)| *sum += u32::from(p));
    }
}

for_each_level! {
    /// Adds the square of each byte, for [`pixel_sums`].
    pub(super) fn add_squares(row: &[u8], sums: &mut [u32]) {
        sums.iter_mut().zip(row).for_each(|(sum, &p)| *sum += u32::from(p) * u32::from(p));
    }
}

/// Whether any value is below 0.
pub(super) fn any_negative(features: &Features) -> bool {
    let d = features.d();
    match features.bytes() {
        Some(bytes) if (0..d).all(|j| bytes.scaling.value(j, 0) >= 0.0) => false,
        Some(bytes) => {
            let mut least = vec![u8::MAX; d];
            for row in bytes.pixels.chunks_exact(d) {
                least.iter_mut().zip(row).for_each(|(least, &p)| *least = p.min(*least));
            }
            least.iter().enumerate().any(|(j, &least)| bytes.scaling.value(j, least) < 0.0)
        }
        None => features.scaled().as_slice().iter().any(|&value| value < 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scaling;
    use std::sync::Arc;

    #[test]
    fn bytes_and_the_same_values_computed_have_the_same_sums_for_any_number_of_threads() {
        let (n, d) = (9000, 5);
        let pixels: Vec<u8> = (0..n * d).map(|at| ((at * 2_654_435_761) >> 9) as u8).collect();
        let labels: Vec<u8> = (0..n).map(|row| [0, 3, 1][row % 3]).collect();
        let scaling = Arc::new(Scaling { offset: vec![3.0; d], scale: vec![2.0; d] });
        let bytes = Features::new(pixels, n, d, scaling);
        let computed = Features::computed(bytes.scaled().clone());
        let sums = |features: &Features, threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let training = Training { features, labels: &labels, classes: 4 };
            pool.install(|| ClassSums::new(&training))
        };
        let expected = sums(&bytes, 1);
        assert_eq!((expected.rows.clone(), expected.present()), (vec![3000, 3000, 0, 3000], vec![0, 1, 3]));
        for (features, threads) in [(&bytes, 2), (&computed, 1), (&computed, 2)] {
            // Halves of integers: exact in f64 in any order.
            assert_eq!(sums(features, threads).sums, expected.sums);
        }
        assert!(any_negative(&bytes) && any_negative(&computed));
        assert!(!any_negative(&Features::new(vec![4; d], 1, d, bytes.scaling().clone())));
    }
}

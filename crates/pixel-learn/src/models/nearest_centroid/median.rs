//! The median of every feature within each class.

use rayon::prelude::*;

use crate::linalg::Matrix;
use crate::models::Training;

/// Features transposed together: one cache line of a row.
const COLUMNS: usize = 16;

/// `classes.len()` x d medians; of an even number of rows the mean of the middle two. O(n d).
pub fn medians(training: &Training, classes: &[u8]) -> Vec<f64> {
    let d = training.features.d();
    let mut all = vec![0.0; classes.len() * d];
    all.par_chunks_mut(d).zip(classes).for_each(|(medians, &class)| {
        let rows = (0..training.labels.len()).filter(|&row| training.labels[row] == class);
        match training.features.bytes() {
            Some(bytes) => {
                let histogram = histogram(bytes.pixels, d, rows);
                for (j, (median, counts)) in medians.iter_mut().zip(histogram.chunks_exact(256)).enumerate() {
                    let [low, high] = middle(counts).map(|byte| bytes.scaling.value(j, byte));
                    *median = (low + high) / 2.0;
                }
            }
            None => of_values(training.features.scaled(), &rows.collect::<Vec<usize>>(), medians),
        }
    });
    all
}

/// The number of rows that have each byte in each feature: d x 256.
fn histogram(pixels: &[u8], d: usize, rows: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut counts = vec![0u32; 256 * d];
    for row in rows {
        for (counts, &byte) in counts.as_chunks_mut::<256>().0.iter_mut().zip(&pixels[row * d..(row + 1) * d])
        {
            counts[usize::from(byte)] += 1;
        }
    }
    counts
}

/// The two middle bytes in ascending order; both are the same for an odd number of rows.
fn middle(counts: &[u32]) -> [u8; 2] {
    let n: u32 = counts.iter().sum();
    [(n - 1) / 2, n / 2].map(|place| {
        let mut below = 0;
        let at = counts.iter().position(|count| {
            below += count;
            below > place
        });
        at.unwrap_or(0) as u8
    })
}

fn of_values(matrix: &Matrix, rows: &[usize], medians: &mut [f64]) {
    let n = rows.len();
    let mut columns: Vec<Vec<i32>> = (0..COLUMNS).map(|_| Vec::with_capacity(n)).collect();
    for (group, medians) in medians.chunks_mut(COLUMNS).enumerate() {
        columns.iter_mut().for_each(Vec::clear);
        for &row in rows {
            let values = &matrix.row(row)[group * COLUMNS..];
            columns.iter_mut().zip(values).for_each(|(column, &value)| column.push(rank(value)));
        }
        for (median, column) in medians.iter_mut().zip(&mut columns) {
            let (below, &mut high, _) = column.select_nth_unstable(n / 2);
            let low = if n % 2 == 1 { high } else { below.iter().copied().max().unwrap_or(high) };
            *median = (value(low) + value(high)) / 2.0;
        }
    }
}

/// Maps a value to an integer of the same order: selection compares integers faster.
fn rank(value: f32) -> i32 {
    flip(value.to_bits() as i32)
}

fn value(rank: i32) -> f64 {
    f64::from(f32::from_bits(flip(rank) as u32))
}

/// Inverts all bits except the sign of a negative value, which reverses their order; its own inverse.
fn flip(bits: i32) -> i32 {
    bits ^ (((bits >> 31) as u32) >> 1) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_in_the_order_of_the_values() {
        let values = [f32::NEG_INFINITY, -3e9, -1.5, -1e-40, -0.0, 0.0, 1e-40, 0.25, 7.0, f32::INFINITY];
        assert!(values.iter().map(|&x| rank(x)).is_sorted());
        assert!(values.iter().all(|&x| value(rank(x)) == f64::from(x)));
        let matrix = Matrix::from_slice(&[-4.0, 2.0, 8.0, -1.0, -4.5], 5, 1);
        let mut median = [0.0];
        of_values(&matrix, &[0, 1, 2, 3, 4], &mut median);
        assert_eq!(median, [-1.0]);
        of_values(&matrix, &[0, 1, 3, 4], &mut median);
        assert_eq!(median, [-2.5]);
    }
}

//! Principal component analysis (PCA) of images. Loops in a fixed order give the same bits on every machine.

use rayon::prelude::*;

/// Mean, principal axes and explained variance.
pub struct Components {
    mean: Vec<f64>,
    /// Principal axes: unit vectors, row-major, each with its largest entry positive.
    axes: Vec<Vec<f64>>,
    /// Explained variance ratio of each axis.
    pub shares: Vec<f64>,
}

/// Iterations of the orthogonal iteration, enough for many digits of the first axes of real images.
const ROUNDS: usize = 60;

impl Components {
    /// The first `wanted` components of `n` rows of `d` bytes, found by orthogonal iteration on the
    /// covariance.
    pub fn of(pixels: &[u8], d: usize, wanted: usize) -> Components {
        let n = (pixels.len() / d.max(1)).max(1);
        let wanted = wanted.min(d);
        let mut mean = vec![0.0; d];
        for row in pixels.chunks_exact(d) {
            for (mean, &pixel) in mean.iter_mut().zip(row) {
                *mean += f64::from(pixel);
            }
        }
        mean.iter_mut().for_each(|mean| *mean /= n as f64);
        let products = products(pixels, d);
        let covariance: Vec<f64> = (0..d * d)
            .map(|at| {
                let (row, column) = (at / d, at % d);
                // Only one half was summed.
                let product = products[row.min(column) * d + row.max(column)];
                product / n as f64 - mean[row] * mean[column]
            })
            .collect();
        let total: f64 = (0..d).map(|at| covariance[at * d + at]).sum();
        let mut axes: Vec<Vec<f64>> = (0..wanted).map(|index| start(index, d)).collect();
        orthonormalise(&mut axes);
        for _ in 0..ROUNDS {
            for axis in &mut axes {
                *axis = (0..d).map(|row| dot(&covariance[row * d..][..d], axis)).collect();
            }
            orthonormalise(&mut axes);
        }
        let variance = |axis: &Vec<f64>| {
            (0..d).map(|row| axis[row] * dot(&covariance[row * d..][..d], axis)).sum::<f64>()
        };
        let mut found: Vec<(f64, Vec<f64>)> = axes.into_iter().map(|axis| (variance(&axis), axis)).collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, axis) in &mut found {
            let largest = axis.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()));
            if largest.is_some_and(|value| value < 0.0) {
                axis.iter_mut().for_each(|value| *value = -*value);
            }
        }
        let shares = found.iter().map(|(variance, _)| variance / total.max(f64::MIN_POSITIVE)).collect();
        Components { mean, axes: found.into_iter().map(|(_, axis)| axis).collect(), shares }
    }

    /// Projects rows of bytes onto the axes; row-major, one column for each axis.
    pub fn project(&self, pixels: &[u8]) -> Vec<f64> {
        let d = self.mean.len();
        let mut places = Vec::with_capacity(pixels.len() / d.max(1) * self.axes.len());
        for row in pixels.chunks_exact(d) {
            let centred: Vec<f64> =
                row.iter().zip(&self.mean).map(|(&p, mean)| f64::from(p) - mean).collect();
            places.extend(self.axes.iter().map(|axis| dot(&centred, axis)));
        }
        places
    }
}

/// The Gram matrix of the columns, on and above the diagonal. Sums of products of bytes are integers far
/// below 2^53, hence exact in any order.
fn products(pixels: &[u8], d: usize) -> Vec<f64> {
    let block = |rows: &[u8]| {
        let mut sums = vec![0.0; d * d];
        for row in rows.chunks_exact(d) {
            let row: Vec<f64> = row.iter().map(|&pixel| f64::from(pixel)).collect();
            for (a, &left) in row.iter().enumerate().filter(|(_, left)| **left > 0.0) {
                for (sum, right) in sums[a * d + a..(a + 1) * d].iter_mut().zip(&row[a..]) {
                    *sum += left * right;
                }
            }
        }
        sums
    };
    let add = |mut a: Vec<f64>, b: Vec<f64>| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    };
    pixels.par_chunks(2_000 * d).map(block).reduce(|| vec![0.0; d * d], add)
}

/// Dot product in eight partial sums, which the compiler keeps in a vector register; the order is fixed.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_parts, b_parts) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_parts.zip(b_parts) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// A pseudo-random start vector, so that it is practically never orthogonal to an axis; equal in every run.
fn start(index: usize, d: usize) -> Vec<f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(index as u64 + 1);
    (0..d)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
        })
        .collect()
}

/// Gram-Schmidt orthogonalisation, twice for accuracy.
fn orthonormalise(axes: &mut [Vec<f64>]) {
    for index in 0..axes.len() {
        let (before, after) = axes.split_at_mut(index);
        let axis = &mut after[0];
        for _ in 0..2 {
            for other in before.iter() {
                let along = dot(axis, other);
                axis.iter_mut().zip(other).for_each(|(value, other)| *value -= along * other);
            }
        }
        let length = dot(axis, axis).sqrt();
        if length > 0.0 {
            axis.iter_mut().for_each(|value| *value /= length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_of_points_on_a_line_is_the_line() {
        let pixels: Vec<u8> = (0..50).flat_map(|step| [2 * step, 100, step]).collect();
        let components = Components::of(&pixels, 3, 2);
        let axis = &components.axes[0];
        let length = 5f64.sqrt();
        assert!((axis[0] - 2.0 / length).abs() < 1e-12 && (axis[2] - 1.0 / length).abs() < 1e-12, "{axis:?}");
        assert!((components.shares[0] - 1.0).abs() < 1e-12 && components.shares[1].abs() < 1e-9);
        let places = components.project(&pixels);
        assert!((places[0] - -24.5 * length).abs() < 1e-9, "{}", places[0]);
    }
}

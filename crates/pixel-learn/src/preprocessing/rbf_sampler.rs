//! Random Fourier features of the RBF kernel (Rahimi and Recht 2007): scikit-learn's `RBFSampler`.
//!
//! sqrt(2 / n) cos(x.w + b) with w normal of variance 2 gamma and b uniform on [0, 2 pi): the dot product of
//! two such rows has the expectation exp(-gamma |x - y|^2). The random numbers are not scikit-learn's, so the
//! features are equal in distribution only.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use super::linear_map::LinearMap;
use super::rows::Rows;
use crate::linalg::cos::scaled_cos_in_place;

/// Drawn features.
pub(super) struct RbfSampler {
    map: LinearMap,
    factor: f32,
}

impl RbfSampler {
    /// O(d n_components).
    pub fn new(rows: &Rows, n_components: usize, gamma: f64, seed: u64) -> RbfSampler {
        let mut generator = Pcg64::seed_from_u64(seed);
        let deviation = (2.0 * gamma).sqrt();
        let weights: Vec<f64> =
            (0..rows.d() * n_components).map(|_| deviation * normal(&mut generator)).collect();
        let turn = || std::f64::consts::TAU * generator.random::<f64>();
        let bias = std::iter::repeat_with(turn).take(n_components).collect();
        let factor = (2.0 / n_components as f64).sqrt() as f32;
        RbfSampler { map: LinearMap::new(&weights, bias, rows.scaling()), factor }
    }

    /// O(n d n_components).
    pub fn transform(&self, rows: &Rows) -> Rows {
        Rows::Values(self.map.apply(rows, |values| scaled_cos_in_place(values, self.factor)))
    }
}

/// A standard normal value (Box and Muller).
fn normal(generator: &mut Pcg64) -> f64 {
    // From (0, 1], so that its logarithm is finite.
    let size = 1.0 - generator.random::<f64>();
    let angle = std::f64::consts::TAU * generator.random::<f64>();
    (-2.0 * size.ln()).sqrt() * angle.cos()
}

#[cfg(test)]
mod tests {
    use super::super::nystroem::tests::{bytes, kernel_error};
    use super::*;

    #[test]
    fn products_are_those_of_the_kernel_on_average() {
        let rows = bytes(40, 30, 255.0);
        let error = |n_components| {
            let sampler = RbfSampler::new(&rows, n_components, 0.1, 5);
            kernel_error(&rows, &sampler.transform(&rows).into_features(), 0.1)
        };
        // The deviation of a mean of n products, each at most 2 in size.
        assert!(error(200) < 0.2, "{}", error(200));
        assert!(error(20_000) < 0.02, "{}", error(20_000));
    }
}

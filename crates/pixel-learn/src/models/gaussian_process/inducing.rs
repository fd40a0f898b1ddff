//! One-vs-rest Gaussian process classification with a kernel that couples all rows, through inducing points.
//!
//! m training rows Z, the inducing points, represent all rows: f(x) = k(x, Z) L^-T w with L L' = k(Z, Z) and
//! w standard normal, the subset of regressors of Rasmussen and Williams, section 8.3.1, here with the
//! logistic likelihood. The mode of the posterior of w is the Laplace approximation's mean; the class with
//! the highest mean wins. It is also the most probable class if the variances of the classes agree (all share
//! the kernel and Z).
//!
//! The kernel is c exp(-d^2 / (2 l^2)). The median heuristic takes for l the median distance between two rows.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::lbfgs::{Ending, minimize};
use super::radius_search::{distance_weights, squared_distance};
use crate::Features;
use crate::linalg::cholesky::Cholesky;
use crate::linalg::gemm::{View, dgemm, sgemm};
use crate::linalg::screen::squared_norm;
use crate::linalg::{Matrix, argmax};
use crate::models::{Classifier, Facts, FitError, Model, Training};

/// A Gaussian process classifier with inducing points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InducingPoints {
    /// The number of inducing points (m): training rows drawn without replacement, capped at their number.
    pub count: usize,
    /// The length scale (l); `None` for the median heuristic.
    pub length_scale: Option<f64>,
    /// The prior variance of f (c).
    pub constant_value: f64,
}

/// Added to the diagonal of k(Z, Z) / c: in f64 the kernel's smallest eigenvalues are lost below it.
const JITTER: f64 = 1e-6;

/// Rows in one task.
const ROWS_A_TASK: usize = 512;

/// Maximum number of L-BFGS iterations.
const MAX_ITER: usize = 500;

/// An L-BFGS step that decreases the loss by at most this share of it counts as stalled.
const TOLERANCE: f64 = 1e-5;

impl Classifier for InducingPoints {
    /// O(n m^2 + n m d). The seed draws the inducing points.
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        let present = training.present_classes(2)?;
        training.bytes()?;
        let (points, length_scale) = self.points(training.features, seed)?;
        let basis = Basis::new(points, length_scale, self.constant_value)?;
        let features = basis.features(training.features.scaled());
        let (weights, ending) = posterior_mode(&features, training.labels, &present, TOLERANCE);
        if !ending.value.is_finite() {
            let found = format!("the loss is {} after {} iterations", ending.value, ending.iterations);
            return Err(FitError::Diverged(format!("{found}; a smaller constant_value is needed")));
        }
        let facts = Facts::from([
            ("length_scale", length_scale.into()),
            ("iterations", ending.iterations.into()),
            ("loss", ending.value.into()),
        ]);
        Ok(Box::new(Fitted { present, basis, weights, converged: ending.converged, facts }))
    }
}

impl InducingPoints {
    /// The inducing points and the length scale.
    fn points(&self, features: &Features, seed: u64) -> Result<(Points, f64), FitError> {
        for (name, value) in
            [("constant_value", self.constant_value), ("length_scale", self.length_scale.unwrap_or(1.0))]
        {
            if !(value > 0.0 && value.is_finite()) {
                return Err(FitError::parameter(name, value, "must be a finite number above 0"));
            }
        }
        if self.count == 0 {
            return Err(FitError::parameter("inducing", self.count, "must be at least 1"));
        }
        let mut order: Vec<usize> = (0..features.n()).collect();
        order.shuffle(&mut Pcg64::seed_from_u64(seed));
        order.truncate(self.count);
        order.sort_unstable();
        let m = order.len();
        let weights = distance_weights(features);
        let squared_distances: Vec<f64> = (0..m * m)
            .into_par_iter()
            .map(|at| {
                let (i, j) = (order[at / m], order[at % m]);
                squared_distance(&weights, features.pixel_row(i), features.pixel_row(j))
            })
            .collect();
        let length_scale = match self.length_scale {
            Some(length_scale) => length_scale,
            None => median_distance(&squared_distances, m).ok_or_else(|| {
                FitError::UnusableData("the median distance is 0: the median heuristic has no scale".into())
            })?,
        };
        let rows = features.scaled().select(order.iter().copied());
        Ok((Points { rows, squared_distances }, length_scale))
    }
}

/// Rows with their squared distances from each other.
struct Points {
    rows: Matrix,
    squared_distances: Vec<f64>,
}

/// The median distance between two different rows; `None` where it is 0 or there are no two.
fn median_distance(squared_distances: &[f64], m: usize) -> Option<f64> {
    let mut all: Vec<f64> =
        (0..m).flat_map(|i| squared_distances[i * m..i * m + i].iter().copied()).collect();
    let middle = all.len() / 2;
    if all.is_empty() {
        return None;
    }
    let (_, median, _) = all.select_nth_unstable_by(middle, f64::total_cmp);
    Some(median.sqrt()).filter(|&median| median > 0.0)
}

/// The m functions that f is a combination of: k(x, Z) L^-T.
struct Basis {
    rows: Matrix,
    squares: Vec<f32>,
    /// -1 / (2 l^2).
    exponent: f64,
    /// sqrt(c) L^-1 with L of the kernel without c, m x m.
    whitening: Vec<f64>,
}

impl Basis {
    fn new(points: Points, length_scale: f64, constant_value: f64) -> Result<Basis, FitError> {
        let Points { rows, squared_distances } = points;
        let m = rows.rows();
        let exponent = -0.5 / (length_scale * length_scale);
        let mut kernel: Vec<f64> = squared_distances.iter().map(|d2| (exponent * d2).exp()).collect();
        kernel.iter_mut().step_by(m + 1).for_each(|diagonal| *diagonal += JITTER);
        let factor = Cholesky::new(kernel, m)
            .ok_or_else(|| FitError::Diverged("the kernel matrix is not positive definite".into()))?;
        let mut whitening = factor.inverse_factor();
        whitening.iter_mut().for_each(|value| *value *= constant_value.sqrt());
        let squares = (0..m).map(|i| squared_norm(rows.row(i))).collect();
        Ok(Basis { rows, squares, exponent, whitening })
    }

    fn size(&self) -> usize {
        self.rows.rows()
    }

    /// The values of the functions at every row of `x`, n x m.
    fn features(&self, x: &Matrix) -> Matrix {
        let (m, d) = (self.size(), x.columns());
        let mut features = Matrix::zeros(x.rows(), m);
        features
            .as_mut_slice()
            .par_chunks_mut(ROWS_A_TASK * m)
            .zip(x.as_slice().par_chunks(ROWS_A_TASK * d))
            .for_each(|(features, x)| {
                let rows = x.len() / d;
                let points = View::row_major(self.rows.as_slice(), m, d);
                sgemm(1.0, View::row_major(x, rows, d), points.t(), 0.0, features, m);
                let mut kernel = Vec::with_capacity(rows * m);
                for (x, dots) in x.chunks_exact(d).zip(features.chunks_exact(m)) {
                    let own = squared_norm(x);
                    kernel.extend(dots.iter().zip(&self.squares).map(|(dot, other)| {
                        let squared_distance = f64::from(own + other - 2.0 * dot).max(0.0);
                        (self.exponent * squared_distance).exp()
                    }));
                }
                let mut values = vec![0.0; rows * m];
                let whitening = View::row_major(&self.whitening, m, m);
                dgemm(1.0, View::row_major(&kernel, rows, m), whitening.t(), 0.0, &mut values, m);
                features.iter_mut().zip(values).for_each(|(feature, value)| *feature = value as f32);
            });
        features
    }
}

/// The weights (m x classes) that minimise, class by class, sum log(1 + exp(-y f)) + |w|^2 / 2 with f the
/// features times w and y = 1 for rows of the class, -1 for others.
fn posterior_mode(features: &Matrix, labels: &[u8], present: &[u8], tolerance: f64) -> (Vec<f32>, Ending) {
    let (m, classes) = (features.columns(), present.len());
    let preconditioner = preconditioner(features);
    let preconditioner = View::row_major(&preconditioner, m, m);
    let weights_of = |v: &[f64]| -> Vec<f32> {
        let v: Vec<f32> = v.iter().map(|&v| v as f32).collect();
        let mut weights = vec![0.0; m * classes];
        sgemm(1.0, preconditioner.t(), View::row_major(&v, m, classes), 0.0, &mut weights, classes);
        weights
    };
    let mut v = vec![0.0; m * classes];
    let ending = minimize(&mut v, tolerance, MAX_ITER, |v, gradient| {
        let weights = weights_of(v);
        let (mut loss, mut weight_gradient) = loss_and_gradient(features, labels, present, &weights);
        for (weight_gradient, &weight) in weight_gradient.iter_mut().zip(&weights) {
            *weight_gradient += weight;
            loss += 0.5 * f64::from(weight) * f64::from(weight);
        }
        let mut through = vec![0.0f32; m * classes];
        sgemm(1.0, preconditioner, View::row_major(&weight_gradient, m, classes), 0.0, &mut through, classes);
        gradient.iter_mut().zip(through).for_each(|(gradient, value)| *gradient = f64::from(value));
        loss
    });
    (weights_of(&v), ending)
}

/// R^-1 with R R' = I + (curvature) features' features, from every fourth row: in v = R' w the Hessian is
/// close to the identity.
fn preconditioner(features: &Matrix) -> Vec<f32> {
    // A value between the extremes of the curvature p (1 - p) of the likelihood: 1/4 at p = 1/2, 0 at p = 0
    // and 1.
    const CURVATURE: f32 = 0.075;
    const STRIDE: usize = 4;
    let (n, m) = (features.rows(), features.columns());
    let rows = n.div_ceil(STRIDE);
    let sample =
        View { data: features.as_slice(), rows, columns: m, row_stride: STRIDE * m, column_stride: 1 };
    let share = CURVATURE * n as f32 / rows as f32;
    let mut gram = vec![0.0f32; m * m];
    gram.par_chunks_mut(64 * m).enumerate().for_each(|(strip, gram)| {
        let columns = gram.len() / m;
        sgemm(share, sample.t().row_range(64 * strip, columns), sample, 0.0, gram, m);
    });
    let mut hessian: Vec<f64> = gram.into_iter().map(f64::from).collect();
    hessian.iter_mut().step_by(m + 1).for_each(|diagonal| *diagonal += 1.0);
    match Cholesky::new(hessian, m) {
        Some(factor) => factor.inverse_factor().into_iter().map(|value| value as f32).collect(),
        // Rounding left the matrix indefinite. The identity is a slower preconditioner with the same minimum.
        None => (0..m * m).map(|at| f32::from(u8::from(at % (m + 1) == 0))).collect(),
    }
}

/// The logistic loss of all classes and its gradient in the weights, without the prior.
fn loss_and_gradient(features: &Matrix, labels: &[u8], present: &[u8], weights: &[f32]) -> (f64, Vec<f32>) {
    let (m, classes) = (features.columns(), present.len());
    let parts: Vec<(f64, Vec<f32>)> = features
        .as_slice()
        .par_chunks(ROWS_A_TASK * m)
        .zip(labels.par_chunks(ROWS_A_TASK))
        .map(|(features, labels)| {
            let features = View::row_major(features, labels.len(), m);
            let mut f = vec![0.0f32; labels.len() * classes];
            sgemm(1.0, features, View::row_major(weights, m, classes), 0.0, &mut f, classes);
            let mut loss = 0.0;
            for (row, &label) in f.chunks_exact_mut(classes).zip(labels) {
                for (f, &class) in row.iter_mut().zip(present) {
                    let sign = if class == label { 1.0 } else { -1.0 };
                    let margin = sign * f64::from(*f);
                    loss += (-margin).max(0.0) + (-margin.abs()).exp().ln_1p();
                    *f = (-sign / (1.0 + margin.exp())) as f32;
                }
            }
            let mut gradient = vec![0.0f32; m * classes];
            let f_gradient = View::row_major(&f, labels.len(), classes);
            sgemm(1.0, features.t(), f_gradient, 0.0, &mut gradient, classes);
            (loss, gradient)
        })
        .collect();
    let mut loss = 0.0;
    let mut gradient = vec![0.0f64; m * classes];
    for (part, part_gradient) in parts {
        loss += part;
        gradient.iter_mut().zip(part_gradient).for_each(|(sum, value)| *sum += f64::from(value));
    }
    (loss, gradient.into_iter().map(|value| value as f32).collect())
}

struct Fitted {
    present: Vec<u8>,
    basis: Basis,
    /// m x classes.
    weights: Vec<f32>,
    converged: bool,
    facts: Facts,
}

impl Model for Fitted {
    fn predict(&self, x: &Features) -> Vec<u8> {
        let features = self.basis.features(x.scaled());
        let (m, classes) = (self.basis.size(), self.present.len());
        let mut f = vec![0.0; x.n() * classes];
        let weights = View::row_major(&self.weights, m, classes);
        sgemm(1.0, View::row_major(features.as_slice(), x.n(), m), weights, 0.0, &mut f, classes);
        let best = |f: &[f32]| self.present[argmax(f)];
        f.chunks_exact(classes).map(best).collect()
    }

    fn converged(&self) -> Option<bool> {
        Some(self.converged)
    }

    fn facts(&self) -> Facts {
        self.facts.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Scaling;

    /// Three heaps in a plane, each around its own centre.
    fn heaps() -> (Features, Vec<u8>) {
        let centres = [(40u8, 40u8), (200, 60), (90, 210)];
        let labels: Vec<u8> = (0..300).map(|i| (i % 3) as u8).collect();
        let pixels: Vec<u8> = (0..300usize)
            .flat_map(|i| {
                let (x, y) = centres[i % 3];
                [x + (i * 7919 % 31) as u8, y + (i * 104_729 % 37) as u8]
            })
            .collect();
        let scaling = Arc::new(Scaling::standard(&pixels, 300, 2));
        (Features::new(pixels, 300, 2, scaling), labels)
    }

    #[test]
    fn learns_heaps_and_a_class_may_be_absent() {
        let (x, labels) = heaps();
        let training = Training { features: &x, labels: &labels, classes: 5 };
        for length_scale in [None, Some(0.5)] {
            let classifier = InducingPoints { count: 40, length_scale, constant_value: 100.0 };
            let model = classifier.fit(&training, 1).unwrap();
            assert_eq!(model.predict(&x), labels);
            assert_eq!(model.converged(), Some(true));
        }
    }

    #[test]
    fn with_all_rows_the_mode_solves_the_full_problem() {
        let (x, labels) = heaps();
        let labels: Vec<u8> = labels.iter().map(|&label| label.min(1)).collect();
        let classifier = InducingPoints { count: 300, length_scale: Some(1.0), constant_value: 4.0 };
        let (points, length_scale) = classifier.points(&x, 0).unwrap();
        let kernel: Vec<f64> = points.squared_distances.iter().map(|d2| 4.0 * (-0.5 * d2).exp()).collect();
        let basis = Basis::new(points, length_scale, 4.0).unwrap();
        let features = basis.features(x.scaled());
        let (weights, _) = posterior_mode(&features, &labels, &[0, 1], 1e-10);
        let mut f = vec![0.0f32; 600];
        let (features, weights) =
            (View::row_major(features.as_slice(), 300, 300), View::row_major(&weights, 300, 2));
        sgemm(1.0, features, weights, 0.0, &mut f, 2);
        // f = K (y - pi(f)), what defines the mode of the full model, to the accuracy of the minimisation.
        for i in 0..300 {
            let expected: f64 = (0..300)
                .map(|j| {
                    let pi = 1.0 / (1.0 + (-f64::from(f[2 * j + 1])).exp());
                    kernel[i * 300 + j] * (f64::from(labels[j]) - pi)
                })
                .sum();
            assert!((f64::from(f[2 * i + 1]) - expected).abs() < 0.05, "{i}: {} {expected}", f[2 * i + 1]);
        }
    }

    #[test]
    fn bad_parameters_and_data_are_errors() {
        let (x, labels) = heaps();
        let training = Training { features: &x, labels: &labels, classes: 3 };
        let good = InducingPoints { count: 10, length_scale: None, constant_value: 1.0 };
        let fails = |classifier: InducingPoints| classifier.fit(&training, 0).is_err();
        assert!(fails(InducingPoints { count: 0, ..good }));
        assert!(fails(InducingPoints { constant_value: -1.0, ..good }));
        assert!(fails(InducingPoints { length_scale: Some(f64::NAN), ..good }));
        let same = Features::new(vec![9; 20], 20, 1, Arc::new(Scaling::standard(&[9; 20], 20, 1)));
        let constant = Training { features: &same, labels: &labels[..20], classes: 3 };
        assert!(good.fit(&constant, 0).is_err());
        let one_class = Training { labels: &[1; 300], ..training };
        assert!(good.fit(&one_class, 0).is_err());
        // Values of the basis overflow f32.
        let huge = InducingPoints { constant_value: 1e300, ..good };
        assert!(matches!(huge.fit(&training, 0).err(), Some(FitError::Diverged(_))));
        assert!(InducingPoints { count: 1000, ..good }.fit(&training, 0).is_ok());
    }
}

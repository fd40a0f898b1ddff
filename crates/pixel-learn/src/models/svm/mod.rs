//! Support vector classification with kernels: scikit-learn's `SVC`, that is LIBSVM's C-SVC, one-vs-one.
//!
//! Any number of [`SVC`]s are fitted together by [`fit_all`], which computes the dot products between
//! training rows once: every kernel is a function of them. [`predict_all`] does the same for the test rows.
//! A classifier fitted alone goes through the same code and gets the same bits. [`NuSVC`] has another dual
//! problem for each pair, and SMO for the linear kernel too.

mod augmented_lagrangian;
mod fit;
mod gram;
mod kernel;
mod kernel_cache;
mod nu;
mod nu_svc;
mod predict;
mod smo;

use super::{Classifier, Facts, FitError, Model, Training};
use crate::Features;
use crate::linalg::Matrix;
pub use fit::{BinarySvc, FittedGroup, SvcModel, fit_all};
pub use kernel::{Kernel, Transform};
pub use nu_svc::NuSVC;
pub use predict::{Predicted, predict_all};

/// The scale of the kernels, by scikit-learn's names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gamma {
    /// 1 / features, the default until scikit-learn 0.22.
    Auto,
    /// 1 / (features * variance of all training values).
    Scale,
    /// A number of at least 0.
    Value(f64),
}

/// scikit-learn's `SVC` with the defaults of 0.19.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, SVC};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = SVC { c: 10.0, ..SVC::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SVC {
    /// The weight of the losses against the margin (C), above 0.
    pub c: f64,
    /// The kernel.
    pub kernel: Kernel,
    /// The scale of the kernels other than linear.
    pub gamma: Gamma,
    /// The degree of the polynomial kernel.
    pub degree: u32,
    /// The constant term of the polynomial and sigmoid kernels.
    pub coef0: f64,
    /// The violation of the optimality conditions at which solving stops.
    pub tol: f64,
}

impl Default for SVC {
    fn default() -> SVC {
        SVC { c: 1.0, kernel: Kernel::Rbf, gamma: Gamma::Auto, degree: 3, coef0: 0.0, tol: 1e-3 }
    }
}

impl SVC {
    /// `Err` for a parameter out of range.
    pub fn check(&self) -> Result<(), FitError> {
        let positive = [("C", self.c), ("tol", self.tol)];
        if let Some((name, value)) =
            positive.into_iter().find(|(_, value)| !(value.is_finite() && *value > 0.0))
        {
            return Err(FitError::parameter(name, value, "must be a number above 0"));
        }
        match self.gamma {
            Gamma::Value(value) if !(value.is_finite() && value >= 0.0) => {
                Err(FitError::parameter("gamma", value, "must be 'auto', 'scale' or a number of at least 0"))
            }
            _ if !self.coef0.is_finite() => Err(FitError::parameter("coef0", self.coef0, "must be a number")),
            _ => Ok(()),
        }
    }
}

impl Classifier for SVC {
    /// Deterministic. Fails where fewer than two classes have rows.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        let model = fit_all(&[*self], training)?.models.remove(0);
        Ok(Box::new(Fitted::new(model, training)))
    }
}

/// A model with its support vectors.
struct Fitted {
    model: SvcModel,
    rows: Matrix,
}

impl Fitted {
    fn new(model: SvcModel, training: &Training) -> Fitted {
        let rows = training.features.scaled().select(model.support.iter().map(|&row| row as usize));
        Fitted { model: model.renumbered(), rows }
    }
}

impl Model for Fitted {
    fn predict(&self, x: &Features) -> Vec<u8> {
        predict_all(&[&self.model], &self.rows, x.scaled()).remove(0).classes
    }

    fn converged(&self) -> Option<bool> {
        Some(self.model.converged())
    }

    fn facts(&self) -> Facts {
        self.model.facts()
    }
}

/// Runs `work` and says how many seconds it took. Meant for work that stays on one thread.
fn seconds<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = std::time::Instant::now();
    let value = work();
    (value, start.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scaling;
    use std::sync::Arc;

    /// Three overlapping clouds of bytes from a formula, in a mixed order.
    fn clouds(n: usize, d: usize) -> (Features, Vec<u8>) {
        let noise = |i: usize| ((i as f64 * 12.9898).sin() * 43758.5453).fract().abs();
        let labels: Vec<u8> = (0..n).map(|i| (i * 7 % 3) as u8).collect();
        let pixels: Vec<u8> =
            (0..n * d).map(|i| (noise(i) * 150.0 + f64::from(labels[i / d]) * 30.0) as u8).collect();
        let scaling = Arc::new(Scaling::standard(&pixels, n, d));
        (Features::new(pixels, n, d, scaling), labels)
    }

    fn twelve() -> Vec<SVC> {
        let kernels = [Kernel::Linear, Kernel::Rbf, Kernel::Poly, Kernel::Sigmoid];
        let grid = kernels.into_iter().flat_map(|kernel| [1.0, 10.0, 100.0].map(|c| (kernel, c)));
        grid.map(|(kernel, c)| SVC { kernel, c, ..SVC::default() }).collect()
    }

    #[test]
    fn company_and_threads_leave_every_bit_as_it_was() {
        let (features, labels) = clouds(500, 40);
        let training = Training { features: &features, labels: &labels, classes: 3 };
        let run = |svcs: &[SVC], threads: usize| -> Vec<Vec<u64>> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let models = fit_all(svcs, &training).unwrap().models;
                let models: Vec<&SvcModel> = models.iter().collect();
                let predicted = predict_all(&models, features.scaled(), features.scaled());
                predicted.iter().map(|p| p.decisions.iter().map(|d| d.to_bits()).collect()).collect()
            })
        };
        let together = run(&twelve(), 1);
        assert!(together == run(&twelve(), 2), "two threads changed bits");
        for (svc, decisions) in twelve().into_iter().zip(together) {
            assert!(decisions == run(&[svc], 1).remove(0), "{svc:?} alone differs");
        }
    }

    #[test]
    fn decomposition_and_newton_agree_on_the_linear_kernel() {
        let (features, labels) = clouds(300, 10);
        let training = Training { features: &features, labels: &labels, classes: 3 };
        // A polynomial of degree 1 is the linear kernel solved by decomposition.
        let newton = SVC { kernel: Kernel::Linear, tol: 1e-6, ..SVC::default() };
        let smo = SVC { kernel: Kernel::Poly, degree: 1, gamma: Gamma::Value(1.0), ..newton };
        let models = fit_all(&[newton, smo], &training).unwrap().models;
        let models: Vec<&SvcModel> = models.iter().collect();
        let predicted = predict_all(&models, features.scaled(), features.scaled());
        for (a, b) in predicted[0].decisions.iter().zip(&predicted[1].decisions) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }

    #[test]
    fn a_model_alone_predicts_as_in_a_group() {
        let (features, labels) = clouds(200, 20);
        let training = Training { features: &features, labels: &labels, classes: 3 };
        for svc in twelve() {
            let model = fit_all(&[svc], &training).unwrap().models.remove(0);
            let grouped = predict_all(&[&model], features.scaled(), features.scaled()).remove(0).classes;
            assert_eq!(svc.fit(&training, 0).unwrap().predict(&features), grouped);
        }
    }

    #[test]
    fn bad_parameters_and_data_are_errors_or_sane_models() {
        let (features, labels) = clouds(60, 5);
        let training = Training { features: &features, labels: &labels, classes: 3 };
        for (c, tol, gamma) in [
            (-1.0, 1e-3, Gamma::Auto),
            (0.0, 1e-3, Gamma::Auto),
            (f64::NAN, 1e-3, Gamma::Auto),
            (1.0, 0.0, Gamma::Auto),
            (1.0, 1e-3, Gamma::Value(-1.0)),
            (1.0, 1e-3, Gamma::Value(f64::INFINITY)),
        ] {
            let svc = SVC { c, tol, gamma, ..SVC::default() };
            assert!(matches!(svc.fit(&training, 0), Err(FitError::InvalidParameter { .. })), "{svc:?}");
        }
        let one = Training { features: &features, labels: &[2; 60], classes: 3 };
        let none = Features::new(Vec::new(), 0, 5, features.scaling().clone());
        let empty = Training { features: &none, labels: &[], classes: 3 };
        for unusable in [one, empty] {
            let error = SVC::default().fit(&unusable, 0).err();
            assert!(matches!(error, Some(FitError::UnusableData(_) | FitError::TooFewClasses { .. })));
        }
        // Constant features, and a class that does not occur.
        let constant = Features::new(vec![7; 12], 4, 3, Arc::new(Scaling::standard(&[7; 12], 4, 3)));
        let training = Training { features: &constant, labels: &[0, 0, 3, 0], classes: 5 };
        for svc in twelve() {
            let model = svc.fit(&training, 0).unwrap();
            assert!(model.predict(&constant).iter().all(|&class| class == 0 || class == 3));
            assert!(model.predict(&none_like(&constant)).is_empty());
        }
    }

    fn none_like(features: &Features) -> Features {
        Features::new(Vec::new(), 0, features.d(), features.scaling().clone())
    }
}

//! scikit-learn's `NuSVC`: LIBSVM's nu-SVC, one-vs-one.

use super::fit::{Margin, Problem, fit_problems};
use super::{Fitted, Gamma, Kernel, SVC, SvcModel};
use crate::models::{Classifier, FitError, Model, Training};

/// scikit-learn's `NuSVC` with the defaults of 1.9.
///
/// ```
/// use pixel_learn::{Classifier, Features, NuSVC, Training};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = NuSVC { nu: 0.1, ..NuSVC::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NuSVC {
    /// An upper bound on the share of rows of a pair of classes that lie inside the margin, and a lower bound
    /// on the share that are support vectors. Above 0, and at most twice the share of the smaller class of
    /// every pair.
    pub nu: f64,
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

impl Default for NuSVC {
    fn default() -> NuSVC {
        NuSVC { nu: 0.5, kernel: Kernel::Rbf, gamma: Gamma::Scale, degree: 3, coef0: 0.0, tol: 1e-3 }
    }
}

impl NuSVC {
    /// Fits as [`Classifier::fit`], but returns the concrete model, whose support vectors are indices of
    /// training rows.
    pub fn fit_model(&self, training: &Training) -> Result<SvcModel, FitError> {
        self.check(training)?;
        let NuSVC { nu, kernel, gamma, degree, coef0, tol } = *self;
        let transform = SVC { c: 1.0, kernel, gamma, degree, coef0, tol }.transform(training);
        let problem = Problem { transform, margin: Margin::Nu(nu), tol };
        Ok(fit_problems(&[problem], training)?.models.remove(0))
    }

    /// `Err` for a parameter out of range, and for a `nu` that is infeasible for a pair of classes.
    fn check(&self, training: &Training) -> Result<(), FitError> {
        let NuSVC { nu, kernel, gamma, degree, coef0, tol } = *self;
        SVC { c: 1.0, kernel, gamma, degree, coef0, tol }.check()?;
        if !(nu > 0.0 && nu <= 1.0) {
            return Err(FitError::parameter("nu", nu, "must be a number above 0 and at most 1"));
        }
        let counts = training.class_counts();
        let present: Vec<usize> = training.present_classes(2)?.into_iter().map(usize::from).collect();
        for (index, &a) in present.iter().enumerate() {
            for &b in &present[index + 1..] {
                let (rows, smaller) = (counts[a] + counts[b], counts[a].min(counts[b]));
                if nu * rows as f64 / 2.0 > smaller as f64 {
                    let most = 2.0 * smaller as f64 / rows as f64;
                    let reason = format!(
                        "must be at most {most:.4} here: classes {a} and {b} have {} and {} rows",
                        counts[a], counts[b]
                    );
                    return Err(FitError::parameter("nu", nu, reason));
                }
            }
        }
        Ok(())
    }
}

impl Classifier for NuSVC {
    /// Deterministic. Fails where fewer than two classes have rows. Memory as for
    /// [`fit_all`](super::fit_all), but with dot products for the linear kernel too.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(Fitted::new(self.fit_model(training)?, training)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Features;

    fn clouds(n: usize, d: usize) -> (Features, Vec<u8>) {
        let noise = |i: usize| ((i as f64 * 12.9898).sin() * 43758.5453).fract().abs();
        let labels: Vec<u8> = (0..n).map(|i| [0, 1, 4][i * 7 % 3]).collect();
        let lift = |i: usize| f64::from(labels[i / d]) * 20.0;
        let pixels: Vec<u8> = (0..n * d).map(|i| (noise(i) * 150.0 + lift(i)) as u8).collect();
        (Features::standardised(pixels, d).unwrap(), labels)
    }

    #[test]
    fn any_number_of_threads_and_kind_of_features_has_one_model() {
        let (bytes, labels) = clouds(400, 30);
        let computed = Features::computed(bytes.scaled().clone());
        for kernel in [Kernel::Linear, Kernel::Rbf, Kernel::Poly, Kernel::Sigmoid] {
            let svc = NuSVC { kernel, nu: 0.3, ..NuSVC::default() };
            let run = |features: &Features, threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let training = Training { features, labels: &labels, classes: 5 };
                pool.install(|| {
                    let model = svc.fit(&training, 0).unwrap();
                    assert_eq!(model.converged(), Some(true));
                    (model.predict(features), model.facts())
                })
            };
            let expected = run(&bytes, 1);
            assert!(expected == run(&bytes, 2) && expected == run(&computed, 2), "{kernel:?}");
            let right = expected.0.iter().zip(&labels).filter(|(a, b)| a == b).count();
            assert!(right > 300, "{kernel:?}: {right} of 400");
        }
    }

    #[test]
    fn bad_parameters_and_data_are_errors() {
        let (features, labels) = clouds(60, 5);
        let training = Training { features: &features, labels: &labels, classes: 5 };
        for (nu, tol) in [(0.0, 1e-3), (1.1, 1e-3), (f64::NAN, 1e-3), (0.5, 0.0)] {
            let error = NuSVC { nu, tol, ..NuSVC::default() }.fit(&training, 0).err();
            assert!(matches!(error, Some(FitError::InvalidParameter { .. })), "{nu} {tol}");
        }
        assert!(NuSVC { nu: 1.0, ..NuSVC::default() }.fit(&training, 0).is_ok());
        // 10 of the 20 rows of class 0 become class 1: 10 and 30.
        let of_first: Vec<usize> = (0..60).filter(|row| labels[*row] == 0).collect();
        let mut labels = labels.clone();
        of_first[..10].iter().for_each(|&row| labels[row] = 1);
        let training = Training { labels: &labels, ..training };
        let error =
            NuSVC { nu: 0.6, ..NuSVC::default() }.fit(&training, 0).err().map(|error| error.to_string());
        assert_eq!(
            error.as_deref(),
            Some("parameter nu=0.6: must be at most 0.5000 here: classes 0 and 1 have 10 and 30 rows")
        );
        let one = Training { labels: &[2; 60], ..training };
        assert!(matches!(
            NuSVC::default().fit(&one, 0).err(),
            Some(FitError::TooFewClasses { needed: 2, found: 1 })
        ));
    }
}

//! Shared by the models on counts: the checks of parameters and values, and the logarithms of the priors.

use crate::Features;
use crate::models::class_sums::{ClassSums, any_negative};
use crate::models::priors::class_priors;
use crate::models::{FitError, Training};

/// `Err` unless `alpha` is a number above 0: without smoothing, a feature that no training row of a class has
/// makes that score infinite or NaN.
pub fn check_alpha(alpha: f64) -> Result<(), FitError> {
    match alpha.is_finite() && alpha > 0.0 {
        true => Ok(()),
        false => Err(FitError::parameter("alpha", alpha, "must be a number above 0 (1e-10 is next to none)")),
    }
}

/// The sums of counts. `Err` for unusable rows and negative values.
pub fn counts(model: &str, training: &Training) -> Result<ClassSums, FitError> {
    training.check()?;
    check_not_negative(model, training.features)?;
    Ok(ClassSums::new(training))
}

fn check_not_negative(model: &str, features: &Features) -> Result<(), FitError> {
    match any_negative(features) {
        true => Err(FitError::UnusableData(format!(
            "{model} takes values as counts and found negative ones; give it raw pixels or other values of at least 0"
        ))),
        false => Ok(()),
    }
}

/// The logarithm of the prior of each class of `present`.
pub fn log_priors(
    class_prior: Option<&[f64]>,
    fit_prior: bool,
    rows: &[usize],
    present: &[usize],
) -> Result<Vec<f64>, FitError> {
    let priors = class_priors("class_prior", class_prior, rows)?;
    Ok(match class_prior.is_none() && !fit_prior {
        true => vec![-(present.len() as f64).ln(); present.len()],
        false => present.iter().map(|&class| priors[class].ln()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use crate::models::naive_bayes::{BernoulliNB, ComplementNB, MultinomialNB};
    use crate::models::{Classifier, FitError, Training};
    use crate::{Features, Scaling};
    use std::sync::Arc;

    fn all(alpha: f64, class_prior: Option<Vec<f64>>) -> Vec<Box<dyn Classifier>> {
        let prior = || class_prior.clone();
        vec![
            Box::new(BernoulliNB {
                alpha,
                class_prior: prior(),
                binarize: Some(50.0),
                ..BernoulliNB::default()
            }),
            Box::new(MultinomialNB { alpha, class_prior: prior(), ..MultinomialNB::default() }),
            Box::new(ComplementNB { alpha, class_prior: prior(), ..ComplementNB::default() }),
        ]
    }

    fn raw(pixels: &[u8], d: usize) -> Features {
        let scaling = Scaling { offset: vec![0.0; d], scale: vec![1.0; d] };
        Features::new(pixels.to_vec(), pixels.len() / d, d, Arc::new(scaling))
    }

    #[test]
    fn a_class_without_rows_is_never_predicted_and_constant_features_do_no_harm() {
        let x = raw(&[200, 10, 7, 190, 0, 7, 10, 210, 7, 0, 190, 7], 3);
        for (labels, priors) in [([1, 1, 3, 3], None), ([3, 3, 1, 1], Some(vec![0.3, 0.3, 0.1, 0.3, 0.0]))] {
            let training = Training { features: &x, labels: &labels, classes: 5 };
            for model in all(1.0, priors.clone()) {
                let fitted = model.fit(&training, 0).unwrap();
                assert_eq!(fitted.predict(&x), labels);
                assert_eq!(fitted.predict(&Features::computed(x.scaled().clone())), labels);
                assert!(fitted.predict(&raw(&[], 3)).is_empty());
            }
        }
        for model in all(1.0, None) {
            let training = Training { features: &x, labels: &[2; 4], classes: 5 };
            assert_eq!(model.fit(&training, 0).unwrap().predict(&x), [2; 4]);
        }
    }

    #[test]
    fn bad_parameters_and_data_are_errors() {
        let x = raw(&[1, 2], 1);
        let training = Training { features: &x, labels: &[0, 1], classes: 2 };
        for alpha in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            for model in all(alpha, None) {
                let error = model.fit(&training, 0).err();
                assert!(matches!(error, Some(FitError::InvalidParameter { name: "alpha", .. })));
            }
        }
        for model in all(1.0, Some(vec![0.5, 0.6])) {
            let error = model.fit(&training, 0).err();
            assert!(matches!(error, Some(FitError::InvalidParameter { name: "class_prior", .. })));
        }
        for model in all(1.0, None) {
            assert!(model.fit(&Training { features: &raw(&[], 1), labels: &[], classes: 2 }, 0).is_err());
        }
        let negative = Features::standardised(vec![1, 2], 1).unwrap();
        let training = Training { features: &negative, ..training };
        for model in all(1.0, None).into_iter().skip(1) {
            assert!(matches!(model.fit(&training, 0).err(), Some(FitError::UnusableData(_))));
        }
    }
}

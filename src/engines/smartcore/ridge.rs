//! RidgeClassifier by smartcore's ridge regression: one regression a class with targets 1 and -1, of which
//! the largest value wins, as scikit-learn defines it. Columns and targets are centred here: smartcore fits
//! an intercept only if it also divides columns by their deviation, and then refuses constant columns. Each
//! class solves its own normal equations.

use std::collections::BTreeSet;

use smartcore::linalg::basic::arrays::{Array, MutArray};
use smartcore::linear::ridge_regression::{
    RidgeRegression, RidgeRegressionParameters, RidgeRegressionSolverName,
};

use super::{Data, Matrix};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct Ridge;

struct Settings {
    alpha: f64,
    fit_intercept: bool,
}

/// The regression of a class; `intercept` is added to its predictions.
struct Regression {
    class: u32,
    model: RidgeRegression<f64, f64, Matrix, Vec<f64>>,
    intercept: f64,
}

fn read(parameters: &Parameters) -> Result<Settings, String> {
    let reader = ParamReader::new(parameters, &["alpha", "fit_intercept"])?;
    match reader.number("alpha", 1.0)? {
        alpha if alpha < 0.0 => Err(format!("alpha={alpha}: must be at least 0")),
        alpha => Ok(Settings { alpha, fit_intercept: reader.boolean("fit_intercept", true)? }),
    }
}

impl Family for Ridge {
    fn classifier(&self) -> &'static str {
        "RidgeClassifier"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        read(parameters)?;
        if shape.train_size <= shape.features {
            return Err(format!(
                "smartcore's ridge regression takes more training images than features, found {} of {}",
                shape.train_size, shape.features
            ));
        }
        Ok(())
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let data = Data::new(work);
        library::each(work, emit, read, |settings| {
            let data = data.as_ref().map_err(Failure::clone)?;
            library::outcome(
                || fit(&settings, data),
                |regressions| predict(regressions, &data.test),
                |_| Description::default(),
            )
        });
    }
}

/// Fits one regression a class. Classes without training images have none, and are never predicted.
fn fit(settings: &Settings, data: &Data) -> Result<Vec<Regression>, Failure> {
    let means =
        if settings.fit_intercept { column_means(&data.train) } else { vec![0.0; data.train.shape().1] };
    let train = centred(&data.train, &means);
    let fit_class = |class: u32| {
        let is_class = |label: &u32| if *label == class { 1.0 } else { -1.0 };
        let targets: Vec<f64> = data.labels.iter().map(is_class).collect();
        let mean =
            if settings.fit_intercept { targets.iter().sum::<f64>() / targets.len() as f64 } else { 0.0 };
        let targets: Vec<f64> = targets.into_iter().map(|target| target - mean).collect();
        let parameters = RidgeRegressionParameters {
            solver: RidgeRegressionSolverName::Cholesky,
            alpha: settings.alpha,
            normalize: false,
        };
        let model = RidgeRegression::fit(&train, &targets, parameters).map_err(failed)?;
        let weights = model.coefficients();
        let at_means: f64 = means.iter().enumerate().map(|(j, mean)| weights.get((j, 0)) * mean).sum();
        Ok(Regression { class, model, intercept: mean - at_means })
    };
    BTreeSet::from_iter(data.labels.iter().copied()).into_iter().map(fit_class).collect()
}

fn column_means(x: &Matrix) -> Vec<f64> {
    let (n, d) = x.shape();
    (0..d).map(|j| (0..n).map(|i| x.get((i, j))).sum::<f64>() / n as f64).collect()
}

fn centred(x: &Matrix, means: &[f64]) -> Matrix {
    let mut x = x.clone();
    for i in 0..x.shape().0 {
        for (j, mean) in means.iter().enumerate() {
            let value = x.get((i, j)) - mean;
            x.set((i, j), value);
        }
    }
    x
}

/// The class whose regression predicts the largest number; ties go to the lowest class.
fn predict(regressions: &[Regression], test: &Matrix) -> Result<Vec<u8>, Failure> {
    let mut best = vec![(f64::NEG_INFINITY, 0); test.shape().0];
    for regression in regressions {
        let answers = regression.model.predict(test).map_err(failed)?;
        for (best, answer) in best.iter_mut().zip(answers) {
            let answer = answer + regression.intercept;
            if answer > best.0 {
                *best = (answer, regression.class as u8);
            }
        }
    }
    Ok(best.into_iter().map(|(_, class)| class).collect())
}

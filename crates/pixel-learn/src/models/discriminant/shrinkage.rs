//! Shrinkage of a covariance towards a multiple of the identity.

use rayon::prelude::*;

use crate::Features;
use crate::models::FitError;
use crate::models::scatter::{Rows, Scatter, column_values};

/// The amount of shrinkage of a covariance towards its mean variance times the identity, by scikit-learn's
/// names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shrinkage {
    /// The optimal amount for each class, estimated as by O. Ledoit and M. Wolf (A well-conditioned estimator
    /// for large-dimensional covariance matrices, Journal of Multivariate Analysis 88, 2004), on standardised
    /// features.
    Auto,
    /// A fixed amount, from 0 (none) to 1 (a multiple of the identity).
    Value(f64),
}

impl Shrinkage {
    /// `Err` for a value outside 0 to 1.
    pub(super) fn check(self) -> Result<(), FitError> {
        match self {
            Shrinkage::Value(value) if !(0.0..=1.0).contains(&value) => {
                Err(FitError::parameter("shrinkage", value, "must be None, 'auto' or a number from 0 to 1"))
            }
            _ => Ok(()),
        }
    }
}

/// A covariance of some columns; all other features are constant.
pub struct Covariance {
    /// c x c for c columns, the lower triangle.
    pub matrix: Vec<f64>,
    /// The variance that shrinking gives a constant feature.
    pub constant_variance: f64,
}

/// (1 - amount) A + amount t / `features` I for the trace t of A.
pub fn shrink(mut matrix: Vec<f64>, columns: usize, features: usize, amount: f64) -> Covariance {
    let trace: f64 = matrix.iter().step_by(columns + 1).sum();
    let added = amount * trace / features as f64;
    matrix.iter_mut().for_each(|value| *value *= 1.0 - amount);
    matrix.iter_mut().step_by(columns + 1).for_each(|diagonal| *diagonal += added);
    Covariance { matrix, constant_variance: added }
}

/// The covariance of one class by Ledoit and Wolf: the correlation matrix is shrunk, then scaled back to a
/// covariance. `members` are the rows of the class, `scatter` is theirs.
pub fn ledoit_wolf(features: &Features, rows: &Rows, members: &[u32], scatter: &Scatter) -> Covariance {
    let (n, c, d) = (members.len() as f64, rows.columns.len(), features.d());
    let Scatter { mean, products } = scatter;
    // scikit-learn's `StandardScaler`: a feature whose variance is within rounding error keeps scale 1.
    let deviation = |j: usize| {
        let variance = products[j * c + j] / n;
        let rounding = (n * mean[j] * f64::EPSILON).powi(2);
        if variance <= n * f64::EPSILON * variance + rounding { 1.0 } else { variance.sqrt() }
    };
    let deviation: Vec<f64> = (0..c).map(deviation).collect();
    let mut matrix = vec![0.0; c * c];
    let mut squares = 0.0;
    for j in 0..c {
        for k in 0..=j {
            let value = products[j * c + k] / (n * deviation[j] * deviation[k]);
            matrix[j * c + k] = value;
            squares += if k < j { 2.0 * value * value } else { value * value };
        }
    }
    let amount = if d == 1 { 0.0 } else { amount(features, rows, members, scatter, &deviation, squares) };
    let mut shrunk = shrink(matrix, c, d, amount);
    for j in 0..c {
        for k in 0..=j {
            shrunk.matrix[j * c + k] *= deviation[j] * deviation[k];
        }
    }
    shrunk
}

/// The amount of shrinking that Ledoit and Wolf estimate; `squares` is the sum of the squares of the correlations.
fn amount(
    features: &Features,
    rows: &Rows,
    members: &[u32],
    scatter: &Scatter,
    deviation: &[f64],
    squares: f64,
) -> f64 {
    let (n, c, d) = (members.len() as f64, rows.columns.len(), features.d() as f64);
    let trace: f64 = (0..c).map(|j| scatter.products[j * c + j] / (n * deviation[j] * deviation[j])).sum();
    let mean_variance = trace / d;
    let fourth_power = |&row: &u32| {
        let mut values = vec![0.0; c];
        column_values(features, row as usize, &rows.columns, &mut values);
        let standardised = values.iter().zip(&scatter.mean).zip(deviation);
        standardised.map(|((x, mean), deviation)| ((x - mean) / deviation).powi(2)).sum::<f64>().powi(2)
    };
    let fourth: Vec<f64> = members.par_iter().with_min_len(64).map(fourth_power).collect();
    let spread = (fourth.iter().sum::<f64>() / n - squares) / (d * n);
    let distance = (squares - 2.0 * mean_variance * trace + d * mean_variance * mean_variance) / d;
    let spread = spread.min(distance);
    if spread == 0.0 { 0.0 } else { spread / distance }
}

//! Prior probabilities of the classes.

use super::FitError;

/// The priors that were given for all classes, or else the relative frequencies of the training labels
/// (`counts`). `Err`, naming the parameter `name`, when a given prior is negative, a prior is missing, or the
/// sum is not 1.
pub(super) fn class_priors(
    name: &'static str,
    given: Option<&[f64]>,
    counts: &[usize],
) -> Result<Vec<f64>, FitError> {
    let Some(priors) = given else {
        let n: usize = counts.iter().sum();
        return Ok(counts.iter().map(|&rows| rows as f64 / n as f64).collect());
    };
    let refuse = |reason: String| FitError::parameter(name, format!("{priors:?}"), reason);
    if priors.len() != counts.len() {
        return Err(refuse(format!("one number for each of {} classes is needed", counts.len())));
    }
    if priors.iter().any(|prior| prior.is_nan() || *prior < 0.0) {
        return Err(refuse("no prior may be negative".into()));
    }
    if (priors.iter().sum::<f64>() - 1.0).abs() > 1e-8 {
        return Err(refuse("the sum must be 1".into()));
    }
    Ok(priors.to_vec())
}

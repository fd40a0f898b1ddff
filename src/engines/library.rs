//! Helpers for engines over other Rust libraries: timed calls that turn a panic into a failed row, so that
//! one configuration cannot lose the results of others.
//!
//! The data are converted to the library's matrix type before the clock starts: conversion is part of
//! loading, which is not timed. Copies inside the library's calls are.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::params::ParamReader;
use super::stopwatch::timed;
use super::{Failure, Outcome, Work};
use crate::grid::Parameters;
use pixel_learn::Features;
use pixel_learn::models::svm::Gamma;

/// The features row by row in `f64`: scaled pixels, or the `f32` values that the steps before the model
/// computed.
pub fn values(features: &Features) -> Vec<f64> {
    let Some(bytes) = features.bytes() else {
        return features.scaled().as_slice().iter().map(|&value| f64::from(value)).collect();
    };
    let rows = bytes.pixels.chunks_exact(features.d().max(1));
    rows.flat_map(|row| row.iter().enumerate().map(|(j, &pixel)| bytes.scaling.value(j, pixel))).collect()
}

/// Refuses negative values: a multinomial model takes features for counts.
pub fn not_negative<'a>(values: impl IntoIterator<Item = &'a f64>) -> Result<(), Failure> {
    match values.into_iter().find(|&&value| value < 0.0) {
        Some(value) => Err(Failure::Unsupported(format!(
            "needs non-negative features, found {value}; add the step raw, unit or binarize before it"
        ))),
        None => Ok(()),
    }
}

/// `gamma` of a kernel: a number above 0, "auto" or "scale".
pub fn gamma(reader: &ParamReader, default: &str) -> Result<Gamma, String> {
    if reader.value("gamma").is_some_and(|value| !value.is_string()) {
        return Ok(Gamma::Value(reader.positive("gamma", 1.0)?));
    }
    Ok(match reader.choice("gamma", default, &["auto", "scale"])? {
        "scale" => Gamma::Scale,
        _ => Gamma::Auto,
    })
}

/// The number that `gamma` stands for on these training features, as in scikit-learn.
pub fn gamma_value(gamma: Gamma, training: &Features) -> f64 {
    let d = training.d().max(1) as f64;
    match gamma {
        Gamma::Value(value) => value,
        Gamma::Auto => 1.0 / d,
        Gamma::Scale => {
            let values = values(training);
            let n = values.len().max(1) as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
            if variance > 0.0 { 1.0 / (d * variance) } else { 1.0 }
        }
    }
}

/// Facts about a fitted model.
#[derive(Default)]
pub struct Description {
    /// As in [`Outcome::converged`].
    pub converged: Option<bool>,
    pub facts: serde_json::Map<String, serde_json::Value>,
}

impl Description {
    /// Adds a fact.
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Description {
        self.facts.insert(name.to_string(), value.into());
        self
    }
}

/// Runs configurations that share nothing, one after the other: `read` turns parameters into settings.
pub fn each<S>(
    work: &Work,
    emit: &mut dyn FnMut(usize, Result<Outcome, Failure>),
    read: impl Fn(&Parameters) -> Result<S, String>,
    run: impl Fn(S) -> Result<Outcome, Failure>,
) {
    for (index, configuration) in work.configurations.iter().enumerate() {
        emit(index, read(&configuration.parameters).map_err(Failure::Unsupported).and_then(&run));
    }
}

/// Fits and predicts, each timed. `describe` reads the model outside both measurements.
pub fn outcome<M>(
    fit: impl FnOnce() -> Result<M, Failure>,
    predict: impl FnOnce(&M) -> Result<Vec<u8>, Failure>,
    describe: impl FnOnce(&M) -> Description,
) -> Result<Outcome, Failure> {
    let (model, fit) = timed(|| contain("fit", fit));
    let model = model?;
    let (predictions, predict) = timed(|| contain("predict", || predict(&model)));
    let predictions = predictions?;
    let Description { converged, facts } = contain("describe", || Ok(describe(&model)))?;
    Ok(Outcome { predictions, fit, predict, converged, facts })
}

/// Runs `work`, which calls the library; `part` names it in messages. A panic becomes [`Failure::Failed`]
/// with its message on one line.
pub fn contain<T>(part: &str, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    // The closures borrow read-only data, and nothing that a panic left half-written is used again.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let message = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(Failure::Failed(format!("panicked in {part}: {}", one_line(message))))
    })
}

/// The sharing key of a configuration that shares nothing: keys sorted, 10 equal to 10.0.
pub fn unshared_key(parameters: &Parameters) -> String {
    let mut parts: Vec<String> = parameters
        .iter()
        .map(|(name, value)| match value.as_f64() {
            Some(number) => format!("{name}={number}"),
            None => format!("{name}={value}"),
        })
        .collect();
    parts.sort();
    parts.join(",")
}

/// An error of the library, on one line.
pub fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(one_line(&error.to_string()))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failure_with_its_message() {
        let fitted = outcome(
            || -> Result<(), Failure> { panic!("search direction\n must be {}", "a descent direction") },
            |_| Ok(vec![]),
            |_| Description::default(),
        );
        let Err(Failure::Failed(message)) = fitted else { panic!("contained") };
        assert_eq!(message, "panicked in fit: search direction must be a descent direction");
    }

    #[test]
    fn a_key_does_not_depend_on_order_or_spelling_of_numbers() {
        let parameters = |text| serde_json::from_str::<Parameters>(text).unwrap();
        let a = parameters(r#"{"b": 10, "a": "x"}"#);
        assert_eq!(unshared_key(&a), unshared_key(&parameters(r#"{"a": "x", "b": 10.0}"#)));
        assert_ne!(unshared_key(&a), unshared_key(&parameters(r#"{"a": "y", "b": 10.0}"#)));
    }

    #[test]
    fn an_error_passes_through() {
        let fitted = outcome(|| Ok(()), |_| Err(failed("no\nclasses")), |_| Description::default());
        assert_eq!(fitted.err(), Some(Failure::Failed("no classes".into())));
    }
}

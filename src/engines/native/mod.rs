//! The models of pixel-learn as an engine. Each family has a file, which reads its parameters, names the
//! configurations that share work, and times them.

pub mod ada_boost;
mod along_c;
pub mod boosting;
pub mod discrete_naive_bayes;
pub mod discriminant;
mod facts;
pub mod forest;
pub mod gaussian_process;
pub mod hist_boosting;
mod incremental;
pub mod linear_svc;
pub mod logistic;
pub mod mlp;
pub mod naive_bayes;
pub mod nearest_centroid;
pub mod neighbors;
pub mod network;
pub mod nu_svc;
pub mod passive_aggressive;
pub mod perceptron;
pub mod ridge;
pub mod sgd;
pub mod svc;
pub mod tree;
mod unshared;

use super::stopwatch::timed;
use super::{Engine, Failure, Outcome, Work};
use crate::grid::{Configuration, Parameters};
use pixel_learn::models::Classifier;

/// The engine `native`: this project's implementations.
pub static NATIVE: Engine = Engine {
    name: "native",
    version: env!("CARGO_PKG_VERSION"),
    families: &[
        &ada_boost::FAMILY,
        &boosting::Family,
        &discrete_naive_bayes::BERNOULLI,
        &discrete_naive_bayes::COMPLEMENT,
        &discrete_naive_bayes::MULTINOMIAL,
        &discriminant::LINEAR,
        &discriminant::QUADRATIC,
        &forest::BAGGING,
        &forest::EXTRA_TREES,
        &forest::RANDOM_FOREST,
        &gaussian_process::Family,
        &hist_boosting::Family,
        &linear_svc::Family,
        &logistic::Family,
        &mlp::FAMILY,
        &naive_bayes::Family,
        &nearest_centroid::FAMILY,
        &neighbors::Family,
        &network::Family,
        &nu_svc::FAMILY,
        &passive_aggressive::FAMILY,
        &perceptron::FAMILY,
        &ridge::FAMILY,
        &sgd::FAMILY,
        &svc::Family,
        &tree::DECISION_TREE,
        &tree::EXTRA_TREE,
    ],
    transforms: true,
};

/// The sharing key of a configuration that shares with none: its canonical id.
pub fn unshared_key(classifier: &str, parameters: &Parameters) -> String {
    Configuration::new(classifier, parameters.clone()).id()
}

/// Runs configurations that share no work, one after the other: `read` turns parameters into a classifier.
pub fn run_each(
    work: &Work,
    emit: &mut dyn FnMut(usize, Result<Outcome, Failure>),
    read: impl Fn(&Parameters) -> Result<Box<dyn Classifier>, String>,
) {
    for (index, configuration) in work.configurations.iter().enumerate() {
        let outcome = read(&configuration.parameters)
            .map_err(Failure::Unsupported)
            .and_then(|classifier| run_one(work, classifier.as_ref()));
        emit(index, outcome);
    }
}

fn run_one(work: &Work, classifier: &dyn Classifier) -> Result<Outcome, Failure> {
    let (model, fit) = timed(|| classifier.fit(&work.training, work.seed));
    let model = model?;
    let (predictions, predict) = timed(|| model.predict(work.test));
    Ok(Outcome {
        predictions,
        fit,
        predict,
        converged: model.converged(),
        facts: facts::to_json(&model.facts()),
    })
}

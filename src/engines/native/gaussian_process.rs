//! `GaussianProcessClassifier`: with the default kernel one-vs-rest and one-vs-one share the search for
//! neighbours; with inducing points, an extension, nothing is shared.

use serde_json::Value;

use super::{run_each, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::stopwatch::timed;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::{Configuration, Parameters};
use pixel_learn::models::Classifier;
use pixel_learn::models::gaussian_process::exact::{Exact, SparseKernel, near_rows};
use pixel_learn::models::gaussian_process::inducing::InducingPoints;
use pixel_learn::models::gaussian_process::radius_search::RadiusSearch;
use pixel_learn::models::gaussian_process::{Decision, GaussianProcessClassifier, MultiClass};

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "GaussianProcessClassifier"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        match read(parameters)? {
            Method::Inducing(InducingPoints { count, .. }) if count > shape.train_size => {
                Err(format!("inducing={count}: there are {} training rows", shape.train_size))
            }
            _ => Ok(()),
        }
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        match read(parameters) {
            Ok(Method::Exact(_)) => self.classifier().to_string(),
            _ => unshared_key(self.classifier(), parameters),
        }
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        work.training.features.scaled();
        work.test.scaled();
        let exact = |c: &Configuration| matches!(read(&c.parameters), Ok(Method::Exact(_)));
        if !work.configurations.iter().any(exact) {
            return run_each(work, emit, |parameters| match read(parameters)? {
                Method::Inducing(points) => Ok(Box::new(points) as Box<dyn Classifier>),
                Method::Exact(classifier) => Ok(Box::new(classifier) as Box<dyn Classifier>),
            });
        }
        let training = &work.training;
        let (search, packing) = timed(|| RadiusSearch::new(training.features));
        let (kernel, finding) = timed(|| SparseKernel::find(&search, training.features.n()));
        let (near, looking) = timed(|| near_rows(&search, work.test));
        for (index, configuration) in work.configurations.iter().enumerate() {
            let run = || -> Result<Outcome, Failure> {
                let method = read(&configuration.parameters).map_err(Failure::Unsupported)?;
                let Method::Exact(GaussianProcessClassifier { multi_class, max_iter_predict }) = method
                else {
                    return Err(Failure::Failed("inducing points share no work with the exact model".into()));
                };
                let kernel = kernel.as_ref().map_err(|error| Failure::Failed(error.to_string()))?;
                let (exact, fitting) = timed(|| Exact::fit(kernel, training, multi_class, max_iter_predict));
                let exact = exact?;
                let (decisions, deciding) = timed(|| exact.decide(kernel, &near));
                Ok(Outcome {
                    predictions: decisions.iter().map(|decision| decision.class).collect(),
                    fit: packing + finding + fitting,
                    predict: looking + deciding,
                    converged: None,
                    facts: facts(kernel, &decisions),
                })
            };
            emit(index, run());
        }
    }
}

/// The predictions without rounding, one character for each test row, like the predictions of a result file.
fn facts(kernel: &SparseKernel, decisions: &[Decision]) -> serde_json::Map<String, Value> {
    let spell = |decision: &Decision| char::from_digit(u32::from(decision.tie_free), 36).unwrap_or('?');
    let ties = decisions.iter().filter(|decision| decision.tied).count();
    serde_json::Map::from_iter([
        ("near_pairs".to_string(), kernel.pairs().into()),
        ("ties".to_string(), ties.into()),
        ("tie_free_predictions".to_string(), decisions.iter().map(spell).collect::<String>().into()),
    ])
}

enum Method {
    Exact(GaussianProcessClassifier),
    Inducing(InducingPoints),
}

const KNOWN: [&str; 5] = ["multi_class", "max_iter_predict", "length_scale", "constant_value", "inducing"];

fn read(parameters: &Parameters) -> Result<Method, String> {
    let reader = ParamReader::new(parameters, &KNOWN)?;
    let multi_class = match reader.choice("multi_class", "one_vs_rest", &["one_vs_rest", "one_vs_one"])? {
        "one_vs_one" => MultiClass::OneVsOne,
        _ => MultiClass::OneVsRest,
    };
    let max_iter_predict = reader.integer("max_iter_predict", 100, 1)?;
    let constant_value = reader.positive("constant_value", 1.0)?;
    let length_scale = match reader.value("length_scale").and_then(Value::as_str) {
        Some("median") => None,
        _ => Some(reader.positive("length_scale", 1.0)?),
    };
    if reader.value("inducing").is_some() {
        if multi_class == MultiClass::OneVsOne {
            return Err("multi_class=\"one_vs_one\": with inducing points there is one_vs_rest only".into());
        }
        let count = reader.integer("inducing", 1, 1)?;
        return Ok(Method::Inducing(InducingPoints { count, length_scale, constant_value }));
    }
    if length_scale != Some(1.0) || constant_value != 1.0 {
        return Err("length_scale and constant_value other than 1 need inducing points: set inducing".into());
    }
    Ok(Method::Exact(GaussianProcessClassifier { multi_class, max_iter_predict }))
}

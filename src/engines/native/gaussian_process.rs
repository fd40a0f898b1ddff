//! `GaussianProcessClassifier`: one-vs-rest and one-vs-one share the search for near rows.

use serde_json::Value;

use super::reader::Reader;
use crate::engines::stopwatch::timed;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use crate::models::gaussian_process::exact::{Couplings, Exact, near_rows};
use crate::models::gaussian_process::near::NearSearch;
use crate::models::gaussian_process::{Decision, GaussianProcessClassifier, MultiClass};

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "GaussianProcessClassifier"
    }

    fn check(&self, parameters: &Parameters, _shape: &Shape) -> Result<(), String> {
        read(parameters).map(|_| ())
    }

    fn sharing_key(&self, _parameters: &Parameters) -> String {
        "GaussianProcessClassifier".to_string()
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        work.training.features.scaled();
        work.test.scaled();
        let training = &work.training;
        let (search, packing) = timed(|| NearSearch::new(training.features));
        let (couplings, finding) = timed(|| Couplings::find(&search, training.features.n()));
        let (near, looking) = timed(|| near_rows(&search, work.test));
        for (index, configuration) in work.configurations.iter().enumerate() {
            let run = || -> Result<Outcome, Failure> {
                let GaussianProcessClassifier { multi_class, max_iter_predict } =
                    read(&configuration.parameters).map_err(Failure::Unsupported)?;
                let couplings = couplings.as_ref().map_err(|error| Failure::Failed(error.to_string()))?;
                let (exact, fitting) =
                    timed(|| Exact::fit(couplings, training, multi_class, max_iter_predict));
                let exact = exact?;
                let (decisions, deciding) = timed(|| exact.decide(couplings, &near));
                Ok(Outcome {
                    predictions: decisions.iter().map(|decision| decision.class).collect(),
                    fit: packing + finding + fitting,
                    predict: looking + deciding,
                    converged: None,
                    facts: facts(couplings, &decisions),
                })
            };
            emit(index, run());
        }
    }
}

/// The answer without ties is kept whole, as one character a test row, like the predictions of a result file.
fn facts(couplings: &Couplings, decisions: &[Decision]) -> serde_json::Map<String, Value> {
    let spell = |decision: &Decision| char::from_digit(u32::from(decision.tie_free), 36).unwrap_or('?');
    let ties = decisions.iter().filter(|decision| decision.tied).count();
    serde_json::Map::from_iter([
        ("near_pairs".to_string(), couplings.pairs().into()),
        ("ties".to_string(), ties.into()),
        ("tie_free_predictions".to_string(), decisions.iter().map(spell).collect::<String>().into()),
    ])
}

fn read(parameters: &Parameters) -> Result<GaussianProcessClassifier, String> {
    let reader = Reader::new(parameters, &["multi_class", "max_iter_predict", "length_scale", "inducing"])?;
    let one_vs_one =
        reader.choice("multi_class", "one_vs_rest", &["one_vs_rest", "one_vs_one"])? == "one_vs_one";
    let multi_class = if one_vs_one { MultiClass::OneVsOne } else { MultiClass::OneVsRest };
    let max_iter_predict = reader.integer("max_iter_predict", 100, 1)?;
    if reader.value("inducing").is_some() || reader.positive("length_scale", 1.0)? != 1.0 {
        return Err("a length scale other than 1 needs inducing points".into());
    }
    Ok(GaussianProcessClassifier { multi_class, max_iter_predict })
}

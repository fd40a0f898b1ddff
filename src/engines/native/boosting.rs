//! `GradientBoostingClassifier`: 10 and 50 rounds are read off the run of 100 with the same depth. What is
//! shared counts in full for each.

use super::facts::to_json;
use crate::engines::params::ParamReader;
use crate::engines::stopwatch::timed;
use crate::engines::{self, Cost, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::boosting::GradientBoostingClassifier;

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "GradientBoostingClassifier"
    }

    fn check(&self, parameters: &Parameters, _shape: &Shape) -> Result<(), String> {
        read(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        let mut shared = parameters.clone();
        shared.remove("n_estimators");
        super::own_key("GradientBoostingClassifier", &shared)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let mut sizes = Vec::new();
        let mut shared = None;
        for (index, configuration) in work.configurations.iter().enumerate() {
            match read(&configuration.parameters) {
                Ok(classifier) => {
                    sizes.push((classifier.n_estimators, index));
                    shared = Some(classifier);
                }
                Err(reason) => emit(index, Err(Failure::Unsupported(reason))),
            }
        }
        let Some(classifier) = shared else { return };
        sizes.sort_unstable();
        let (boosting, mut fit) = timed(|| classifier.begin(&work.training, work.seed));
        let mut boosting = match boosting {
            Ok(boosting) => boosting,
            Err(error) => {
                let failure = Failure::from(error);
                sizes.iter().for_each(|&(_, index)| emit(index, Err(failure.clone())));
                return;
            }
        };
        let mut scores = boosting.ensemble().begin(work.test.n());
        let mut predict = Cost::default();
        for (rounds, index) in sizes {
            fit += timed(|| boosting.boost_to(rounds)).1;
            let ensemble = boosting.ensemble();
            let (predictions, cost) = timed(|| {
                ensemble.update(&mut scores, work.test);
                ensemble.classes(&scores)
            });
            predict += cost;
            let mut facts = ensemble.facts();
            facts.insert("train_deviance", boosting.deviance());
            let facts = to_json(&facts);
            emit(index, Ok(Outcome { predictions, fit, predict, converged: None, facts }));
        }
    }
}

fn read(parameters: &Parameters) -> Result<GradientBoostingClassifier, String> {
    let reader = ParamReader::new(parameters, &["loss", "n_estimators", "learning_rate", "max_depth"])?;
    reader.choice("loss", "deviance", &["deviance"])?;
    let defaults = GradientBoostingClassifier::default();
    let max_depth = match parameters.get("max_depth") {
        None => defaults.max_depth,
        Some(serde_json::Value::Null) => None,
        Some(_) => Some(reader.integer("max_depth", 3, 1)?),
    };
    Ok(GradientBoostingClassifier {
        n_estimators: reader.integer("n_estimators", defaults.n_estimators, 1)?,
        learning_rate: reader.positive("learning_rate", defaults.learning_rate)?,
        max_depth,
        ..defaults
    })
}

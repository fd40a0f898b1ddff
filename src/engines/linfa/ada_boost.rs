//! AdaBoostClassifier over linfa-ensemble: SAMME over trees of linfa-trees with the given `max_depth`.
//! scikit-learn passes the weights of the images to a tree; linfa-ensemble draws as many images with these
//! weights as probabilities.

use linfa::Dataset;
use linfa::traits::{Fit, PredictInplace};
use linfa_ensemble::AdaBoostParams;
use linfa_trees::{DecisionTree, SplitQuality};
use ndarray::Array1;
use serde_json::Value;

use super::seeded_rng::SeededRng;
use super::{classes, records, targets};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct AdaBoost;

struct Settings {
    rounds: usize,
    learning_rate: f64,
    max_depth: Option<usize>,
}

fn read(parameters: &Parameters) -> Result<Settings, String> {
    let reader = ParamReader::new(parameters, &["n_estimators", "learning_rate", "max_depth"])?;
    Ok(Settings {
        rounds: reader.integer("n_estimators", 50, 1)?,
        learning_rate: reader.positive("learning_rate", 1.0)?,
        max_depth: match parameters.get("max_depth") {
            Some(Value::Null) => None,
            _ => Some(reader.integer("max_depth", 1, 1)?),
        },
    })
}

impl Family for AdaBoost {
    fn classifier(&self) -> &'static str {
        "AdaBoostClassifier"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        read(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let dataset = Dataset::new(records(work.training.features), targets(work.training.labels));
        let test = records(work.test);
        library::each(work, emit, read, |settings| {
            let tree = DecisionTree::<f64, usize>::params()
                .split_quality(SplitQuality::Gini)
                .max_depth(settings.max_depth);
            let ensemble = AdaBoostParams::new_fixed_rng(tree, SeededRng::seeded(work.seed))
                .n_estimators(settings.rounds)
                .learning_rate(settings.learning_rate);
            library::outcome(
                || ensemble.fit(&dataset).map_err(failed),
                |model| {
                    let mut predictions: Array1<usize> = model.default_target(&test);
                    model.predict_inplace(&test, &mut predictions);
                    Ok(classes(predictions))
                },
                |model| Description::default().with("trees", model.n_estimators()),
            )
        });
    }
}

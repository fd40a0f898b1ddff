//! `HistGradientBoostingClassifier`: models that differ only in their number of rounds are stages of the longest. Shared
//! work is counted in full for each.

use serde_json::Value;

use super::incremental::{self, Incremental};
use crate::engines::params::ParamReader;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::HistGradientBoostingClassifier;
use pixel_learn::models::hist_gradient_boosting::{HistBoosting, Scores};
use pixel_learn::{Facts, Features};

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "HistGradientBoostingClassifier"
    }

    fn check(&self, parameters: &Parameters, _shape: &Shape) -> Result<(), String> {
        read(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        let mut shared = parameters.clone();
        shared.remove("max_iter");
        super::unshared_key("HistGradientBoostingClassifier", &shared)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let sized = |parameters: &Parameters| read(parameters).map(|boosting| (boosting, boosting.max_iter));
        incremental::run(work, emit, sized, |classifier: &HistGradientBoostingClassifier| {
            Ok(Growing { boosting: classifier.begin(&work.training, work.seed)?, scores: None })
        });
    }
}

/// Boosting with the scores of its rounds so far.
struct Growing {
    boosting: HistBoosting,
    scores: Option<Scores>,
}

impl Incremental for Growing {
    fn grow_to(&mut self, size: usize) {
        self.boosting.boost_to(size);
    }

    fn predict_so_far(&mut self, x: &Features) -> Vec<u8> {
        let predictors = self.boosting.predictors();
        let scores = self.scores.get_or_insert_with(|| predictors.begin(x.n()));
        predictors.update(scores, x);
        predictors.classes(scores)
    }

    fn facts(&self) -> Facts {
        let mut facts = self.boosting.predictors().facts();
        facts.insert("training_loss", self.boosting.training_loss());
        facts
    }
}

fn read(parameters: &Parameters) -> Result<HistGradientBoostingClassifier, String> {
    let known = [
        "learning_rate",
        "max_iter",
        "max_leaf_nodes",
        "max_depth",
        "min_samples_leaf",
        "l2_regularization",
        "max_bins",
        "early_stopping",
        "validation_fraction",
        "n_iter_no_change",
        "tol",
    ];
    let reader = ParamReader::new(parameters, &known)?;
    let default = HistGradientBoostingClassifier::default();
    let max_leaf_nodes = match parameters.get("max_leaf_nodes") {
        None => default.max_leaf_nodes,
        Some(Value::Null) => None,
        Some(_) => Some(reader.integer("max_leaf_nodes", 31, 2)?),
    };
    let early_stopping = match parameters.get("early_stopping") {
        Some(Value::Bool(flag)) => Some(*flag),
        _ => reader.choice("early_stopping", "auto", &["auto"]).map(|_| None)?,
    };
    Ok(HistGradientBoostingClassifier {
        learning_rate: reader.positive("learning_rate", default.learning_rate)?,
        max_iter: reader.integer("max_iter", default.max_iter, 1)?,
        max_leaf_nodes,
        max_depth: reader.value("max_depth").map(|_| reader.integer("max_depth", 1, 1)).transpose()?,
        min_samples_leaf: reader.integer("min_samples_leaf", default.min_samples_leaf, 1)?,
        l2_regularization: reader.number("l2_regularization", default.l2_regularization)?,
        max_bins: reader.integer("max_bins", default.max_bins, 2)?,
        early_stopping,
        validation_fraction: Some(reader.positive("validation_fraction", 0.1)?),
        n_iter_no_change: reader.integer("n_iter_no_change", default.n_iter_no_change, 1)?,
        tol: reader.number("tol", default.tol)?,
    })
}

//! `GradientBoostingClassifier`: models of 10 and 50 rounds are stages of the model of 100 rounds with the
//! same depth. Shared work is counted in full for each.

use super::incremental::{self, Incremental};
use crate::engines::params::ParamReader;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::boosting::{Boosting, GradientBoostingClassifier, Scores};
use pixel_learn::{Facts, Features};

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
        super::unshared_key("GradientBoostingClassifier", &shared)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let sized =
            |parameters: &Parameters| read(parameters).map(|boosting| (boosting, boosting.n_estimators));
        incremental::run(work, emit, sized, |classifier: &GradientBoostingClassifier| {
            Ok(Growing { boosting: classifier.begin(&work.training, work.seed)?, scores: None })
        });
    }
}

/// An ensemble with the scores of its rounds so far.
struct Growing<'a> {
    boosting: Boosting<'a>,
    scores: Option<Scores>,
}

impl Incremental for Growing<'_> {
    fn grow_to(&mut self, size: usize) {
        self.boosting.boost_to(size);
    }

    fn predict_so_far(&mut self, x: &Features) -> Vec<u8> {
        let ensemble = self.boosting.ensemble();
        let scores = self.scores.get_or_insert_with(|| ensemble.begin(x.n()));
        ensemble.update(scores, x);
        ensemble.classes(scores)
    }

    fn facts(&self) -> Facts {
        let mut facts = self.boosting.ensemble().facts();
        facts.insert("train_deviance", self.boosting.deviance());
        facts
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

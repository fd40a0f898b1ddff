//! RandomForestClassifier over smartcore's. It draws its bootstrap within each class and gives every tree one
//! vote; scikit-learn draws over all rows and averages probabilities. `max_depth` and the skipped cuts are
//! those of smartcore's single tree.

use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};

use super::decision_tree::{criterion, max_depth};
use super::{Data, classes};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct RandomForest;

fn read(parameters: &Parameters) -> Result<RandomForestClassifierParameters, String> {
    let known =
        ["n_estimators", "criterion", "max_depth", "max_features", "min_samples_split", "min_samples_leaf"];
    let reader = ParamReader::new(parameters, &known)?;
    let trees = reader.integer("n_estimators", 10, 1)?;
    let mut settings = RandomForestClassifierParameters::default()
        .with_criterion(criterion(&reader)?)
        .with_min_samples_split(reader.integer("min_samples_split", 2, 2)?)
        .with_min_samples_leaf(reader.integer("min_samples_leaf", 1, 1)?)
        .with_n_trees(
            u16::try_from(trees)
                .map_err(|_| format!("n_estimators={trees}: smartcore takes at most {}", u16::MAX))?,
        );
    settings.max_depth = max_depth(&reader)?;
    // "auto" and "sqrt" are the square root of the number of features, smartcore's default.
    if reader.value("max_features").is_some_and(|value| !value.is_string()) {
        settings.m = Some(reader.integer("max_features", 1, 1)?);
    } else {
        reader.choice("max_features", "auto", &["auto", "sqrt"])?;
    }
    Ok(settings)
}

impl Family for RandomForest {
    fn classifier(&self) -> &'static str {
        "RandomForestClassifier"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        match read(parameters)?.m {
            Some(m) if m > shape.features => {
                Err(format!("max_features={m}: more than the {} features", shape.features))
            }
            _ => Ok(()),
        }
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let data = Data::new(work);
        library::each(work, emit, read, |settings| {
            let data = data.as_ref().map_err(Failure::clone)?;
            let settings = settings.with_seed(work.seed);
            library::outcome(
                || RandomForestClassifier::fit(&data.train, &data.labels, settings).map_err(failed),
                |model| model.predict(&data.test).map(classes).map_err(failed),
                |_| Description::default(),
            )
        });
    }
}

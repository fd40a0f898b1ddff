//! BaggingClassifier over linfa-ensemble's learner of trees of linfa-trees, each with one vote. It draws the
//! images and the columns of a tree with replacement. Rows with `bootstrap=False` are unsupported, as are
//! those that draw columns without replacement, scikit-learn's default.

use linfa::Dataset;
use linfa::traits::{Fit, PredictInplace};
use linfa_ensemble::EnsembleLearnerParams;
use linfa_trees::DecisionTree;
use ndarray::Array1;

use super::seeded_rng::SeededRng;
use super::{classes, records, targets};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct Bagging;

struct Settings {
    trees: usize,
    max_depth: Option<usize>,
    /// Shares of the training images and of the features that linfa-ensemble rounds up to the numbers asked
    /// for.
    images: f64,
    features: f64,
}

fn read(parameters: &Parameters, images: usize, features: usize) -> Result<Settings, String> {
    let known =
        ["n_estimators", "max_samples", "max_features", "bootstrap", "bootstrap_features", "max_depth"];
    let reader = ParamReader::new(parameters, &known)?;
    if !reader.boolean("bootstrap", true)? {
        return Err("bootstrap=false: linfa-ensemble draws the images of a tree with replacement".to_string());
    }
    if !reader.boolean("bootstrap_features", false)? {
        return Err("bootstrap_features=false: linfa-ensemble draws the columns of a tree with replacement \
                    (bootstrap_features=true)"
            .to_string());
    }
    Ok(Settings {
        trees: reader.integer("n_estimators", 10, 1)?,
        max_depth: reader.value("max_depth").map(|_| reader.integer("max_depth", 1, 1)).transpose()?,
        images: share(&reader, "max_samples", images)?,
        features: share(&reader, "max_features", features)?,
    })
}

/// A number up to 1 is a share of `all`, a larger one a count. The result is the share of half less than the
/// count, which linfa-ensemble rounds up to the count.
fn share(reader: &ParamReader, name: &str, all: usize) -> Result<f64, String> {
    let given = reader.positive(name, 1.0)?;
    let count = if given <= 1.0 { (given * all as f64) as usize } else { reader.integer(name, 1, 1)? };
    if count > all {
        return Err(format!("{name}={count}: there are {all}"));
    }
    Ok((count.max(1) as f64 - 0.5) / all.max(1) as f64)
}

impl Family for Bagging {
    fn classifier(&self) -> &'static str {
        "BaggingClassifier"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        read(parameters, shape.train_size, shape.features).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let dataset = Dataset::new(records(work.training.features), targets(work.training.labels));
        let test = records(work.test);
        let read = |parameters: &Parameters| read(parameters, work.training.features.n(), work.test.d());
        library::each(work, emit, read, |settings| {
            let tree = DecisionTree::<f64, usize>::params().max_depth(settings.max_depth);
            let ensemble = EnsembleLearnerParams::new_fixed_rng(tree, SeededRng::seeded(work.seed))
                .ensemble_size(settings.trees)
                .bootstrap_proportion(settings.images)
                .feature_proportion(settings.features);
            library::outcome(
                || ensemble.fit(&dataset).map_err(failed),
                |model| {
                    let mut predictions: Array1<usize> = model.default_target(&test);
                    model.predict_inplace(&test, &mut predictions);
                    Ok(classes(predictions))
                },
                |model| {
                    let leaves: usize = model.models.iter().map(DecisionTree::num_leaves).sum();
                    Description::default().with("leaves", leaves)
                },
            )
        });
    }
}

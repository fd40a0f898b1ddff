//! RandomForestClassifier over linfa-ensemble: bagged trees of linfa-trees, each with one vote. There is no
//! `bootstrap=False`; what holds for linfa's single tree holds for each of these.
//!
//! `max_features` counts the columns that a tree is given, once and with replacement, where scikit-learn
//! draws anew for every split: with 28 of 784 pixels a tree sees little of an image. Tied votes are decided
//! by the order of a hash map. docs/FINDINGS.md describes both.

use linfa::Dataset;
use linfa::traits::{Fit, PredictInplace};
use linfa_ensemble::RandomForestParams;
use linfa_trees::{DecisionTree, SplitQuality};
use ndarray::{Array1, Array2};

use super::seeded_rng::SeededRng;
use super::{classes, records, targets};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct RandomForest;

struct Settings {
    trees: usize,
    criterion: SplitQuality,
    max_depth: Option<usize>,
    /// The number of columns of each tree.
    max_features: usize,
    min_samples_split: usize,
    min_samples_leaf: usize,
}

fn read(parameters: &Parameters, features: usize) -> Result<Settings, String> {
    let known = [
        "n_estimators",
        "criterion",
        "max_depth",
        "max_features",
        "min_samples_split",
        "min_samples_leaf",
        "bootstrap",
    ];
    let reader = ParamReader::new(parameters, &known)?;
    if !reader.boolean("bootstrap", true)? {
        return Err("bootstrap=false: linfa-ensemble always draws the rows of a tree".to_string());
    }
    // scikit-learn rounds both down.
    let max_features = if reader.value("max_features").is_some_and(|value| !value.is_string()) {
        reader.integer("max_features", 1, 1)?
    } else if reader.choice("max_features", "auto", &["auto", "sqrt", "log2"])? == "log2" {
        features.max(1).ilog2().max(1) as usize
    } else {
        features.isqrt().max(1)
    };
    Ok(Settings {
        trees: reader.integer("n_estimators", 10, 1)?,
        criterion: match reader.choice("criterion", "gini", &["gini", "entropy"])? {
            "gini" => SplitQuality::Gini,
            _ => SplitQuality::Entropy,
        },
        max_depth: reader.value("max_depth").map(|_| reader.integer("max_depth", 1, 1)).transpose()?,
        max_features,
        min_samples_split: reader.integer("min_samples_split", 2, 2)?,
        min_samples_leaf: reader.integer("min_samples_leaf", 1, 1)?,
    })
}

impl Settings {
    /// The proportion of `features` from which linfa-ensemble computes `max_features` by rounding up.
    fn feature_proportion(&self, features: usize) -> f64 {
        (self.max_features as f64 - 0.5) / features as f64
    }
}

impl Family for RandomForest {
    fn classifier(&self) -> &'static str {
        "RandomForestClassifier"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        match read(parameters, shape.features)?.max_features {
            m if m > shape.features => {
                Err(format!("max_features={m}: more than the {} features", shape.features))
            }
            _ => Ok(()),
        }
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let dataset = Dataset::new(records(work.training.features), targets(work.training.labels));
        let test: Array2<f64> = records(work.test);
        let d = work.test.d();
        let read = |parameters: &Parameters| read(parameters, d);
        library::each(work, emit, read, |settings| {
            let tree = DecisionTree::<f64, usize>::params()
                .split_quality(settings.criterion)
                .max_depth(settings.max_depth)
                .min_weight_split(settings.min_samples_split as f32)
                .min_weight_leaf(settings.min_samples_leaf as f32);
            let forest = RandomForestParams::new_fixed_rng(tree, SeededRng::seeded(work.seed))
                .ensemble_size(settings.trees)
                .feature_proportion(settings.feature_proportion(d));
            library::outcome(
                || forest.fit(&dataset).map_err(failed),
                |model| {
                    let mut predictions: Array1<usize> = model.default_target(&test);
                    model.predict_inplace(&test, &mut predictions);
                    Ok(classes(predictions))
                },
                |model| {
                    let leaves: usize = model.models.iter().map(DecisionTree::num_leaves).sum();
                    Description::default()
                        .with("leaves", leaves)
                        .with("features_of_a_tree", settings.max_features)
                },
            )
        });
    }
}

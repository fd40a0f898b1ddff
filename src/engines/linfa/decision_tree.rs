//! DecisionTreeClassifier over linfa-trees. There is no random splitter, and `min_impurity_decrease` stays
//! at its default of 1e-5, since 0 (scikit-learn's) is refused.
//!
//! Below the root linfa-trees skips most cuts of data with few distinct values, and it takes the majority
//! class of a tied leaf in the order of a hash map (see docs/FINDINGS.md). Its rows show both.

use linfa::DatasetView;
use linfa::traits::Fit;
use linfa_trees::{DecisionTree as Model, SplitQuality};

use super::{predict, records, targets};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct DecisionTree;

struct Settings {
    criterion: SplitQuality,
    max_depth: Option<usize>,
    min_samples_split: usize,
    min_samples_leaf: usize,
}

fn read(parameters: &Parameters) -> Result<Settings, String> {
    let known = ["criterion", "splitter", "max_depth", "min_samples_split", "min_samples_leaf"];
    let reader = ParamReader::new(parameters, &known)?;
    if reader.choice("splitter", "best", &["best", "random"])? == "random" {
        return Err("splitter=\"random\": linfa-trees has the best splitter only".to_string());
    }
    let max_depth = reader.value("max_depth").map(|_| reader.integer("max_depth", 1, 1)).transpose()?;
    Ok(Settings {
        criterion: match reader.choice("criterion", "gini", &["gini", "entropy"])? {
            "gini" => SplitQuality::Gini,
            _ => SplitQuality::Entropy,
        },
        max_depth,
        min_samples_split: reader.integer("min_samples_split", 2, 2)?,
        min_samples_leaf: reader.integer("min_samples_leaf", 1, 1)?,
    })
}

impl Family for DecisionTree {
    fn classifier(&self) -> &'static str {
        "DecisionTreeClassifier"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        read(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let (train, test) = (records(work.training.features), records(work.test));
        let labels = targets(work.training.labels);
        let dataset = DatasetView::new(train.view(), labels.view());
        library::each(work, emit, read, |settings| {
            library::outcome(
                || {
                    Model::params()
                        .split_quality(settings.criterion)
                        .max_depth(settings.max_depth)
                        .min_weight_split(settings.min_samples_split as f32)
                        .min_weight_leaf(settings.min_samples_leaf as f32)
                        .fit(&dataset)
                        .map_err(failed)
                },
                |model| Ok(predict(model, test.view())),
                |model| {
                    Description::default().with("depth", model.max_depth()).with("leaves", model.num_leaves())
                },
            )
        });
    }
}

//! `DecisionTreeClassifier` and `ExtraTreeClassifier`. Every configuration grows its own tree: a tree of
//! depth 10 costs less than the deeper one whose top it could be read from, and its time should say so.

use serde_json::Value;

use super::{own_key, run_each};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::Classifier;
use pixel_learn::models::tree::{
    Criterion, DecisionTreeClassifier, ExtraTreeClassifier, MaxFeatures, Splitter, TreeParameters,
};

pub struct DecisionTree;
pub struct ExtraTree;

impl Family for DecisionTree {
    fn classifier(&self) -> &'static str {
        "DecisionTreeClassifier"
    }

    fn check(&self, parameters: &Parameters, _shape: &Shape) -> Result<(), String> {
        decision_tree(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        own_key("DecisionTreeClassifier", parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        run_each(work, emit, |parameters| Ok(Box::new(decision_tree(parameters)?) as Box<dyn Classifier>));
    }
}

impl Family for ExtraTree {
    fn classifier(&self) -> &'static str {
        "ExtraTreeClassifier"
    }

    fn check(&self, parameters: &Parameters, _shape: &Shape) -> Result<(), String> {
        extra_tree(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        own_key("ExtraTreeClassifier", parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        run_each(work, emit, |parameters| Ok(Box::new(extra_tree(parameters)?) as Box<dyn Classifier>));
    }
}

fn decision_tree(parameters: &Parameters) -> Result<DecisionTreeClassifier, String> {
    let reader = ParamReader::new(parameters, &["criterion", "splitter", "max_depth", "max_features"])?;
    let defaults = DecisionTreeClassifier::default().0;
    Ok(DecisionTreeClassifier(TreeParameters {
        splitter: splitter(&reader, "best")?,
        ..common(&reader, defaults)?
    }))
}

fn extra_tree(parameters: &Parameters) -> Result<ExtraTreeClassifier, String> {
    let reader = ParamReader::new(parameters, &["criterion", "splitter", "max_depth", "max_features"])?;
    let defaults = ExtraTreeClassifier::default().0;
    Ok(ExtraTreeClassifier(TreeParameters {
        splitter: splitter(&reader, "random")?,
        ..common(&reader, defaults)?
    }))
}

fn splitter(reader: &ParamReader, default: &str) -> Result<Splitter, String> {
    Ok(match reader.choice("splitter", default, &["best", "random"])? {
        "best" => Splitter::Best,
        _ => Splitter::Random,
    })
}

/// Reads `criterion`, `max_depth` and `max_features`, which forests have too.
pub(super) fn common(reader: &ParamReader, defaults: TreeParameters) -> Result<TreeParameters, String> {
    let criterion = match reader.choice("criterion", "gini", &["gini", "entropy"])? {
        "gini" => Criterion::Gini,
        _ => Criterion::Entropy,
    };
    let max_depth = match reader.value("max_depth") {
        None => None,
        Some(_) => Some(reader.integer("max_depth", 1, 1)?),
    };
    let max_features = match reader.value("max_features") {
        None => defaults.max_features,
        Some(Value::String(_)) => {
            reader.choice("max_features", "auto", &["auto", "sqrt"])?;
            // "auto" and "sqrt" mean the same for classifiers in scikit-learn 0.19.
            MaxFeatures::Sqrt
        }
        Some(_) => MaxFeatures::Count(reader.integer("max_features", 1, 1)?),
    };
    Ok(TreeParameters { criterion, max_depth, max_features, ..defaults })
}

//! `DecisionTreeClassifier` and `ExtraTreeClassifier`. Every configuration grows its own tree: a tree of
//! depth 10 costs less than the deeper one whose top it could be read from, and its time should say so.

use serde_json::Value;

use super::unshared::{Scaled, Unshared};
use super::unshared_key;
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::models::tree::{
    Criterion, DecisionTreeClassifier, ExtraTreeClassifier, MaxFeatures, Splitter, TreeParameters,
};

pub static DECISION_TREE: Unshared<DecisionTreeClassifier> = Unshared {
    classifier: "DecisionTreeClassifier",
    read: decision_tree,
    sharing_key: |parameters| unshared_key("DecisionTreeClassifier", parameters),
    scaled: Scaled::Neither,
};

pub static EXTRA_TREE: Unshared<ExtraTreeClassifier> = Unshared {
    classifier: "ExtraTreeClassifier",
    read: extra_tree,
    sharing_key: |parameters| unshared_key("ExtraTreeClassifier", parameters),
    scaled: Scaled::Neither,
};

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

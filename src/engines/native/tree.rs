//! `DecisionTreeClassifier` and `ExtraTreeClassifier`. Every configuration grows its own tree: the top of a
//! deeper tree would give the tree of depth 10 too, but not the time that it costs.

use serde_json::Value;

use super::unshared::{Scaled, Unshared};
use super::unshared_key;
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::models::tree::{
    Criterion, DecisionTreeClassifier, ExtraTreeClassifier, MaxFeatures, Splitter,
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
    Ok(DecisionTreeClassifier {
        criterion: criterion(&reader)?,
        splitter: splitter(&reader, "best")?,
        max_depth: max_depth(&reader)?,
        max_features: max_features(&reader, MaxFeatures::All)?,
    })
}

fn extra_tree(parameters: &Parameters) -> Result<ExtraTreeClassifier, String> {
    let reader = ParamReader::new(parameters, &["criterion", "splitter", "max_depth", "max_features"])?;
    Ok(ExtraTreeClassifier {
        criterion: criterion(&reader)?,
        splitter: splitter(&reader, "random")?,
        max_depth: max_depth(&reader)?,
        max_features: max_features(&reader, MaxFeatures::Sqrt)?,
    })
}

fn splitter(reader: &ParamReader, default: &str) -> Result<Splitter, String> {
    Ok(match reader.choice("splitter", default, &["best", "random"])? {
        "best" => Splitter::Best,
        _ => Splitter::Random,
    })
}

pub(super) fn criterion(reader: &ParamReader) -> Result<Criterion, String> {
    Ok(match reader.choice("criterion", "gini", &["gini", "entropy"])? {
        "gini" => Criterion::Gini,
        _ => Criterion::Entropy,
    })
}

pub(super) fn max_depth(reader: &ParamReader) -> Result<Option<usize>, String> {
    reader.value("max_depth").map(|_| reader.integer("max_depth", 1, 1)).transpose()
}

pub(super) fn max_features(reader: &ParamReader, default: MaxFeatures) -> Result<MaxFeatures, String> {
    Ok(match reader.value("max_features") {
        None => default,
        Some(Value::String(_)) => {
            reader.choice("max_features", "auto", &["auto", "sqrt"])?;
            // "auto" and "sqrt" mean the same for classifiers in scikit-learn 0.19.
            MaxFeatures::Sqrt
        }
        Some(_) => MaxFeatures::Count(reader.integer("max_features", 1, 1)?),
    })
}

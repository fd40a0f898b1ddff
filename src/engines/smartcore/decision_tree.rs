//! DecisionTreeClassifier over smartcore's. There is no random splitter.
//!
//! `max_depth` is passed as it is given. smartcore counts the root as level 1, so that its tree is one level
//! shallower than scikit-learn's of the same `max_depth`; the fact `depth` counts as scikit-learn does.
//! smartcore also skips cuts between equal labels (see docs/FINDINGS.md).

use smartcore::tree::decision_tree_classifier::{
    DecisionTreeClassifier, DecisionTreeClassifierParameters, SplitCriterion,
};

use super::{Data, classes};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct DecisionTree;

fn read(parameters: &Parameters) -> Result<DecisionTreeClassifierParameters, String> {
    let known = ["criterion", "splitter", "max_depth", "min_samples_split", "min_samples_leaf"];
    let reader = ParamReader::new(parameters, &known)?;
    if reader.choice("splitter", "best", &["best", "random"])? == "random" {
        return Err("splitter=\"random\": smartcore's tree has the best splitter only".to_string());
    }
    let mut settings = DecisionTreeClassifierParameters::default()
        .with_criterion(criterion(&reader)?)
        .with_min_samples_split(reader.integer("min_samples_split", 2, 2)?)
        .with_min_samples_leaf(reader.integer("min_samples_leaf", 1, 1)?);
    settings.max_depth = max_depth(&reader)?;
    Ok(settings)
}

/// The parameter `criterion`, which forests have too.
pub(super) fn criterion(reader: &ParamReader) -> Result<SplitCriterion, String> {
    Ok(match reader.choice("criterion", "gini", &["gini", "entropy"])? {
        "gini" => SplitCriterion::Gini,
        _ => SplitCriterion::Entropy,
    })
}

/// The parameter `max_depth` as it is given, `None` for a full tree.
pub(super) fn max_depth(reader: &ParamReader) -> Result<Option<u16>, String> {
    if reader.value("max_depth").is_none() {
        return Ok(None);
    }
    let depth = reader.integer("max_depth", 1, 1)?;
    u16::try_from(depth)
        .map(Some)
        .map_err(|_| format!("max_depth={depth}: smartcore takes at most {}", u16::MAX))
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
        let data = Data::new(work);
        library::each(work, emit, read, |mut settings| {
            let data = data.as_ref().map_err(Failure::clone)?;
            settings.seed = Some(work.seed);
            library::outcome(
                || DecisionTreeClassifier::fit(&data.train, &data.labels, settings).map_err(failed),
                |model| model.predict(&data.test).map(classes).map_err(failed),
                |model| Description::default().with("depth", model.depth().saturating_sub(1)),
            )
        });
    }
}

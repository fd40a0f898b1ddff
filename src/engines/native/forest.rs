//! Ensembles of trees that vote: configurations that differ only in their number of trees share the trees of
//! the largest. Other shared work (transposing the bytes) is charged in full to each.

use super::incremental::{self, Incremental};
use super::tree::{criterion, max_depth, max_features};
use crate::engines::params::ParamReader;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::Training;
use pixel_learn::models::bagging::{BaggingClassifier, SampleSize};
use pixel_learn::models::forest::{ExtraTreesClassifier, Forest, RandomForestClassifier, Votes, facts};
use pixel_learn::models::tree::DecisionTreeClassifier;
use pixel_learn::{Facts, Features, FitError};

/// A family of forests `C`.
pub struct Family<C: 'static> {
    /// scikit-learn's name.
    classifier: &'static str,
    /// Reads the parameters of one configuration, and its number of trees.
    read: fn(&Parameters) -> Result<(C, usize), String>,
    /// A forest without trees.
    begin: for<'a> fn(&C, &Training<'a>, u64) -> Result<Forest<'a>, FitError>,
}

pub static RANDOM_FOREST: Family<RandomForestClassifier> = Family {
    classifier: "RandomForestClassifier",
    read: random_forest,
    begin: |forest, training, seed| forest.begin(training, seed),
};

pub static EXTRA_TREES: Family<ExtraTreesClassifier> = Family {
    classifier: "ExtraTreesClassifier",
    read: extra_trees,
    begin: |forest, training, seed| forest.begin(training, seed),
};

pub static BAGGING: Family<BaggingClassifier> = Family {
    classifier: "BaggingClassifier",
    read: bagging,
    begin: |forest, training, seed| forest.begin(training, seed),
};

impl<C> engines::Family for Family<C> {
    fn classifier(&self) -> &'static str {
        self.classifier
    }

    fn check(&self, parameters: &Parameters, _shape: &Shape) -> Result<(), String> {
        (self.read)(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        let mut shared = parameters.clone();
        shared.remove("n_estimators");
        super::unshared_key(self.classifier, &shared)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        incremental::run(work, emit, self.read, |classifier: &C| {
            let forest = (self.begin)(classifier, &work.training, work.seed)?;
            Ok(Growing { forest, votes: None, voted: 0, classes: work.training.classes })
        });
    }
}

/// A forest with the votes of its first `voted` trees.
struct Growing<'a> {
    forest: Forest<'a>,
    votes: Option<Votes>,
    voted: usize,
    classes: usize,
}

impl Incremental for Growing<'_> {
    fn grow_to(&mut self, size: usize) {
        self.forest.grow_to(size);
    }

    fn predict_so_far(&mut self, x: &Features) -> Vec<u8> {
        let votes = self.votes.get_or_insert_with(|| Votes::new(x.n(), self.classes));
        votes.add(&self.forest.trees()[self.voted..], x);
        self.voted = self.forest.trees().len();
        votes.classes()
    }

    fn facts(&self) -> Facts {
        facts(self.forest.trees())
    }
}

const OF_FORESTS: [&str; 5] = ["n_estimators", "criterion", "max_depth", "max_features", "bootstrap"];

fn random_forest(parameters: &Parameters) -> Result<(RandomForestClassifier, usize), String> {
    let reader = ParamReader::new(parameters, &OF_FORESTS)?;
    let defaults = RandomForestClassifier::default();
    let n_estimators = reader.integer("n_estimators", defaults.n_estimators, 1)?;
    let forest = RandomForestClassifier {
        n_estimators,
        bootstrap: reader.boolean("bootstrap", defaults.bootstrap)?,
        criterion: criterion(&reader)?,
        max_depth: max_depth(&reader)?,
        max_features: max_features(&reader, defaults.max_features)?,
    };
    Ok((forest, n_estimators))
}

fn extra_trees(parameters: &Parameters) -> Result<(ExtraTreesClassifier, usize), String> {
    let reader = ParamReader::new(parameters, &OF_FORESTS)?;
    let defaults = ExtraTreesClassifier::default();
    let n_estimators = reader.integer("n_estimators", defaults.n_estimators, 1)?;
    let forest = ExtraTreesClassifier {
        n_estimators,
        bootstrap: reader.boolean("bootstrap", defaults.bootstrap)?,
        criterion: criterion(&reader)?,
        max_depth: max_depth(&reader)?,
        max_features: max_features(&reader, defaults.max_features)?,
    };
    Ok((forest, n_estimators))
}

fn bagging(parameters: &Parameters) -> Result<(BaggingClassifier, usize), String> {
    let known =
        ["n_estimators", "max_samples", "max_features", "bootstrap", "bootstrap_features", "max_depth"];
    let reader = ParamReader::new(parameters, &known)?;
    let defaults = BaggingClassifier::default();
    let n_estimators = reader.integer("n_estimators", defaults.n_estimators, 1)?;
    let ensemble = BaggingClassifier {
        estimator: DecisionTreeClassifier { max_depth: max_depth(&reader)?, ..defaults.estimator },
        n_estimators,
        max_samples: amount(&reader, "max_samples")?,
        max_features: amount(&reader, "max_features")?,
        bootstrap: reader.boolean("bootstrap", defaults.bootstrap)?,
        bootstrap_features: reader.boolean("bootstrap_features", defaults.bootstrap_features)?,
    };
    Ok((ensemble, n_estimators))
}

/// A number up to 1 is a share, 1 being all of them; a larger one is a count.
fn amount(reader: &ParamReader, name: &str) -> Result<SampleSize, String> {
    let given = reader.positive(name, 1.0)?;
    if given <= 1.0 {
        Ok(SampleSize::Share(given))
    } else {
        Ok(SampleSize::Count(reader.integer(name, 1, 1)?))
    }
}

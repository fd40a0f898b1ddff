//! `RandomForestClassifier`: forests that differ only in their number of trees share the trees of the
//! largest. Other shared work (transposing the bytes) is counted in full for each.

use super::incremental::{self, Incremental};
use super::tree::{criterion, max_depth, max_features};
use crate::engines::params::ParamReader;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::forest::{Forest, RandomForestClassifier, Votes, facts};
use pixel_learn::{Facts, Features};

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "RandomForestClassifier"
    }

    fn check(&self, parameters: &Parameters, _shape: &Shape) -> Result<(), String> {
        read(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        let mut shared = parameters.clone();
        shared.remove("n_estimators");
        super::unshared_key("RandomForestClassifier", &shared)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let sized = |parameters: &Parameters| read(parameters).map(|forest| (forest, forest.n_estimators));
        incremental::run(work, emit, sized, |classifier: &RandomForestClassifier| {
            let forest = classifier.begin(&work.training, work.seed)?;
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

fn read(parameters: &Parameters) -> Result<RandomForestClassifier, String> {
    let known = ["n_estimators", "criterion", "max_depth", "max_features", "bootstrap"];
    let reader = ParamReader::new(parameters, &known)?;
    let defaults = RandomForestClassifier::default();
    Ok(RandomForestClassifier {
        n_estimators: reader.integer("n_estimators", defaults.n_estimators, 1)?,
        bootstrap: reader.boolean("bootstrap", defaults.bootstrap)?,
        criterion: criterion(&reader)?,
        max_depth: max_depth(&reader)?,
        max_features: max_features(&reader, defaults.max_features)?,
    })
}

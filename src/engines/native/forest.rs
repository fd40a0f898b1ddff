//! `RandomForestClassifier`: forests that differ only in their number of trees share the trees of the
//! largest. What is shared beyond that (the transposed bytes) counts in full for each.

use super::facts::to_json;
use super::tree::common;
use crate::engines::params::ParamReader;
use crate::engines::stopwatch::timed;
use crate::engines::{self, Cost, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::forest::{RandomForestClassifier, Votes, facts};

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
        super::own_key("RandomForestClassifier", &shared)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let mut sizes = Vec::new();
        let mut shared = None;
        for (index, configuration) in work.configurations.iter().enumerate() {
            match read(&configuration.parameters) {
                Ok(classifier) => {
                    sizes.push((classifier.n_estimators, index));
                    shared = Some(classifier);
                }
                Err(reason) => emit(index, Err(Failure::Unsupported(reason))),
            }
        }
        let Some(classifier) = shared else { return };
        sizes.sort_unstable();
        let (forest, mut fit) = timed(|| classifier.begin(&work.training, work.seed));
        let mut forest = match forest {
            Ok(forest) => forest,
            Err(error) => {
                let failure = Failure::from(error);
                sizes.iter().for_each(|&(_, index)| emit(index, Err(failure.clone())));
                return;
            }
        };
        let mut votes = Votes::new(work.test.n(), work.training.classes);
        let mut predict = Cost::default();
        for (size, index) in sizes {
            let voted = forest.trees().len();
            fit += timed(|| forest.grow_to(size)).1;
            let (predictions, cost) = timed(|| {
                votes.add(&forest.trees()[voted..], work.test);
                votes.classes()
            });
            predict += cost;
            let facts = to_json(&facts(forest.trees()));
            emit(index, Ok(Outcome { predictions, fit, predict, converged: None, facts }));
        }
    }
}

fn read(parameters: &Parameters) -> Result<RandomForestClassifier, String> {
    let known = ["n_estimators", "criterion", "max_depth", "max_features", "bootstrap"];
    let reader = ParamReader::new(parameters, &known)?;
    let defaults = RandomForestClassifier::default();
    Ok(RandomForestClassifier {
        n_estimators: reader.integer("n_estimators", defaults.n_estimators, 1)?,
        bootstrap: reader.boolean("bootstrap", defaults.bootstrap)?,
        tree: common(&reader, defaults.tree)?,
    })
}

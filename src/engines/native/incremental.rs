//! Ensembles whose configurations differ only in their number of members: one ensemble grows, and each
//! smaller one predicts on the way. Shared work other than growing members is charged in full to each.

use super::facts::to_json;
use crate::engines::stopwatch::timed;
use crate::engines::{Cost, Failure, Outcome, Work};
use crate::grid::Parameters;
use pixel_learn::{Facts, Features, FitError};

/// An ensemble that grows, with what it has predicted so far.
pub trait Incremental {
    /// Adds members until there are `size`.
    fn grow_to(&mut self, size: usize);

    /// The classes that all members predict for the rows of `x`, the same in every call; asks only the
    /// members that are new since the last call.
    fn predict_so_far(&mut self, x: &Features) -> Vec<u8>;

    /// Facts about the ensemble so far.
    fn facts(&self) -> Facts;
}

/// Runs a group of configurations: `read` gives a classifier and its number of members, `begin` an empty
/// ensemble.
pub fn run<C, I: Incremental>(
    work: &Work,
    emit: &mut dyn FnMut(usize, Result<Outcome, Failure>),
    read: impl Fn(&Parameters) -> Result<(C, usize), String>,
    begin: impl FnOnce(&C) -> Result<I, FitError>,
) {
    let mut sizes = Vec::new();
    let mut shared = None;
    for (index, configuration) in work.configurations.iter().enumerate() {
        match read(&configuration.parameters) {
            Ok((classifier, size)) => {
                sizes.push((size, index));
                shared = Some(classifier);
            }
            Err(reason) => emit(index, Err(Failure::Unsupported(reason))),
        }
    }
    let Some(classifier) = shared else { return };
    sizes.sort_unstable();
    let (ensemble, mut fit) = timed(|| begin(&classifier));
    let mut ensemble = match ensemble {
        Ok(ensemble) => ensemble,
        Err(error) => {
            let failure = Failure::from(error);
            sizes.iter().for_each(|&(_, index)| emit(index, Err(failure.clone())));
            return;
        }
    };
    let mut predict = Cost::default();
    for (size, index) in sizes {
        fit += timed(|| ensemble.grow_to(size)).1;
        let (predictions, cost) = timed(|| ensemble.predict_so_far(work.test));
        predict += cost;
        let facts = to_json(&ensemble.facts());
        emit(index, Ok(Outcome { predictions, fit, predict, converged: None, facts }));
    }
}

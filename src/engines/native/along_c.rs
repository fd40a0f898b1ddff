//! Configurations that differ only in C share one regularisation path.

use crate::engines::stopwatch::timed;
use crate::engines::{Cost, Failure, Outcome, Work};
use pixel_learn::models::linear::{LinearModel, RegularisationPath, WarmStart};
use pixel_learn::models::{FitError, Model};

use super::facts::to_json;

/// Fits configurations that differ in C along one path of `settings`, the smallest C first. `wanted` has the
/// index and the C of each.
pub fn run<S: WarmStart>(
    work: &Work,
    settings: &S::Settings,
    mut wanted: Vec<(usize, f64)>,
    emit: &mut dyn FnMut(usize, Result<Outcome, Failure>),
) {
    wanted.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let (path, mut shared) = timed(|| RegularisationPath::<S>::new(settings, &work.training));
    let mut path = match path {
        Ok(path) => path,
        Err(error) => {
            let failure = Failure::from(error);
            wanted.iter().for_each(|(index, _)| emit(*index, Err(failure.clone())));
            return;
        }
    };
    let mut last: Option<(f64, Result<Outcome, Failure>)> = None;
    for (index, c) in wanted {
        let outcome = match last.take() {
            Some((same, outcome)) if same == c => outcome,
            _ => {
                // A single fit would cost the whole path up to its C.
                shared += timed(|| path.advance(c)).1;
                let (model, own) = timed(|| path.fit(c));
                outcome(model, shared + own, work)
            }
        };
        emit(index, outcome.clone());
        last = Some((c, outcome));
    }
}

fn outcome(model: Result<LinearModel, FitError>, fit: Cost, work: &Work) -> Result<Outcome, Failure> {
    let model = model?;
    let (predictions, predict) = timed(|| model.predict(work.test));
    Ok(Outcome { predictions, fit, predict, converged: model.converged(), facts: to_json(&model.facts()) })
}

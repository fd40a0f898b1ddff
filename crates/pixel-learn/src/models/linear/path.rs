//! The regularisation path: fits at rising C, each with a warm start from the solution at the decade below.
//! The stages depend on the target C alone: 1, 10, 100, ... and then the target itself; a target of at most 1
//! is its own first stage. A fit therefore has the same bits whether other targets share its path or not.

use super::LinearModel;
use crate::models::{FitError, Training};

/// The factor of C from one stage to the next. The first stage is C = 1.
const DECADE: f64 = 10.0;

/// A solver that begins at the solution of its last C.
pub trait WarmStart: Clone {
    /// The parameters, of which C is not used.
    type Settings;

    /// A solver without a solution. `Err` for training data that it cannot use.
    fn begin(settings: &Self::Settings, training: &Training) -> Result<Self, FitError>;

    /// The model at `c`, which becomes the warm start.
    fn solve(&mut self, c: f64) -> LinearModel;
}

/// Solver of one configuration at one or several C, which share their stages.
pub struct RegularisationPath<S> {
    solver: S,
    /// The last power of ten that was solved, with its model.
    last_decade: Option<(f64, LinearModel)>,
}

impl<S: WarmStart> RegularisationPath<S> {
    /// `Err` for training data that the solver cannot use. The C of `settings` is not used.
    pub fn new(settings: &S::Settings, training: &Training) -> Result<RegularisationPath<S>, FitError> {
        Ok(RegularisationPath { solver: S::begin(settings, training)?, last_decade: None })
    }

    /// Solves the missing stages of the path to `c`: the powers of ten from 1 up to `c`.
    pub fn advance(&mut self, c: f64) {
        loop {
            let next = self.last_decade.as_ref().map_or(1.0, |(decade, _)| DECADE * decade);
            if next > c {
                break;
            }
            self.last_decade = Some((next, self.solver.solve(next)));
        }
    }

    /// The model at `c`, which must not lie below a power of ten that was solved. `Err` for a C that is not
    /// above 0.
    pub fn fit(&mut self, c: f64) -> Result<LinearModel, FitError> {
        if !(c > 0.0 && c.is_finite()) {
            return Err(FitError::parameter("C", c, "must be above 0"));
        }
        self.advance(c);
        match &self.last_decade {
            Some((decade, model)) if *decade == c => Ok(model.clone()),
            // A `c` that is no power of ten is no stage of other paths: a clone solves it, from the last
            // decade.
            _ => Ok(self.solver.clone().solve(c)),
        }
    }
}

//! The walk along C: a solution at C starts from the one at the decade below. Which C are visited follows
//! from the target alone (1, 10, 100, ... and then the target; a target of 1 or below directly), so that a
//! fit has the same bits whether other targets share its walk or not.

use super::one_vs_rest::OneVsRest;
use super::{LinearSVC, SvcMultiClass, crammer_singer};
use crate::models::linear::LinearModel;
use crate::models::{FitError, Training};

/// What C is multiplied by from one stage of the walk to the next; the first is 1.
const DECADE: f64 = 10.0;

/// Fits of one `LinearSVC` at one or several C, which share the stages of their walks.
pub struct Walk {
    settings: LinearSVC,
    solver: Solver,
    /// The last decade that was solved, with its model.
    decade: Option<(f64, LinearModel)>,
}

/// Where the last stage ended, which the next starts from.
#[derive(Clone)]
enum Solver {
    OneVsRest(OneVsRest),
    CrammerSinger(Box<crammer_singer::Walk>),
}

impl Walk {
    /// `Err` for training data without two classes. The C of `settings` is not used.
    pub fn new(settings: &LinearSVC, training: &Training) -> Result<Walk, FitError> {
        let solver = match settings.multi_class {
            SvcMultiClass::Ovr => Solver::OneVsRest(OneVsRest::new(settings, training)?),
            SvcMultiClass::CrammerSinger => {
                Solver::CrammerSinger(Box::new(crammer_singer::Walk::new(training)?))
            }
        };
        Ok(Walk { settings: *settings, solver, decade: None })
    }

    /// Solves the stages of the walk to `c` that are not solved yet: the decades from 1 up to `c`.
    pub fn advance(&mut self, c: f64) {
        loop {
            let next = self.decade.as_ref().map_or(1.0, |(decade, _)| DECADE * decade);
            if next > c {
                break;
            }
            self.decade = Some((next, self.solver.solve(next, self.settings.tol)));
        }
    }

    /// Fits at `c`, which must not lie below a decade that was solved. `Err` for a C that is not above 0.
    pub fn fit(&mut self, c: f64) -> Result<LinearModel, FitError> {
        if !(c > 0.0 && c.is_finite()) {
            return Err(FitError::parameter("C", c, "must be above 0"));
        }
        self.advance(c);
        match &self.decade {
            Some((decade, model)) if *decade == c => Ok(model.clone()),
            // No stage of another walk: the next decade starts from the last one.
            _ => Ok(self.solver.clone().solve(c, self.settings.tol)),
        }
    }
}

impl Solver {
    fn solve(&mut self, c: f64, tol: f64) -> LinearModel {
        match self {
            Solver::OneVsRest(one_vs_rest) => one_vs_rest.solve(c),
            Solver::CrammerSinger(walk) => {
                let mut model = walk.advance(c, tol).into_model(walk.problems());
                model.facts.insert("stopping_rule", crammer_singer::STOPPING_RULE);
                model
            }
        }
    }
}

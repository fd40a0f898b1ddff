//! The regularisation path: fits at rising C, each with a warm start from the solution at the decade below.
//! The stages depend on the target C alone: 1, 10, 100, ... and then the target itself; a target of at most 1
//! is its own first stage. A fit therefore has the same bits whether other targets share its path or not.

use super::one_vs_rest::OneVsRest;
use super::{LinearSVC, SvcMultiClass, crammer_singer};
use crate::models::linear::LinearModel;
use crate::models::{FitError, Training};

/// The factor of C from one stage to the next. The first stage is C = 1.
const DECADE: f64 = 10.0;

/// Solver of one `LinearSVC` configuration at one or several C, which share their stages.
pub struct RegularisationPath {
    settings: LinearSVC,
    solver: Solver,
    /// The last power of ten that was solved, with its model.
    last_decade: Option<(f64, LinearModel)>,
}

/// The solver of one multi-class strategy, with the solution of the last stage as warm start.
#[derive(Clone)]
enum Solver {
    OneVsRest(OneVsRest),
    CrammerSinger(Box<crammer_singer::Admm>),
}

impl RegularisationPath {
    /// `Err` for training data without two classes. The C of `settings` is not used.
    pub fn new(settings: &LinearSVC, training: &Training) -> Result<RegularisationPath, FitError> {
        let solver = match settings.multi_class {
            SvcMultiClass::Ovr => Solver::OneVsRest(OneVsRest::new(settings, training)?),
            SvcMultiClass::CrammerSinger => {
                Solver::CrammerSinger(Box::new(crammer_singer::Admm::new(training)?))
            }
        };
        Ok(RegularisationPath { settings: *settings, solver, last_decade: None })
    }

    /// Solves the missing stages of the path to `c`: the powers of ten from 1 up to `c`.
    pub fn advance(&mut self, c: f64) {
        loop {
            let next = self.last_decade.as_ref().map_or(1.0, |(decade, _)| DECADE * decade);
            if next > c {
                break;
            }
            self.last_decade = Some((next, self.solver.solve(next, self.settings.tol)));
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
            _ => Ok(self.solver.clone().solve(c, self.settings.tol)),
        }
    }
}

impl Solver {
    /// The model at `c`, from the solution at the last C. `tol` is the relative duality gap of Crammer and
    /// Singer's problem; [`OneVsRest`] holds its own.
    fn solve(&mut self, c: f64, tol: f64) -> LinearModel {
        match self {
            Solver::OneVsRest(one_vs_rest) => one_vs_rest.solve(c),
            Solver::CrammerSinger(admm) => {
                let mut model = admm.advance(c, tol).into_model(admm.data());
                model.facts.insert("stopping_rule", crammer_singer::STOPPING_RULE);
                model
            }
        }
    }
}

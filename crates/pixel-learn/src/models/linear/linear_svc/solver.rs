//! The solver of one multi-class strategy, with the solution of the last C as warm start.

use super::one_vs_rest::OneVsRest;
use super::{LinearSVC, SvcMultiClass, crammer_singer};
use crate::models::linear::LinearModel;
use crate::models::linear::path::WarmStart;
use crate::models::{FitError, Training};

/// The solver of [`LinearSVC`].
#[derive(Clone)]
pub struct Solver(Strategy);

#[derive(Clone)]
enum Strategy {
    OneVsRest(OneVsRest),
    /// With `tol`, the relative duality gap to stop at.
    CrammerSinger(Box<crammer_singer::Admm>, f64),
}

impl WarmStart for Solver {
    type Settings = LinearSVC;

    fn begin(settings: &LinearSVC, training: &Training) -> Result<Solver, FitError> {
        Ok(Solver(match settings.multi_class {
            SvcMultiClass::Ovr => Strategy::OneVsRest(OneVsRest::new(settings, training)?),
            SvcMultiClass::CrammerSinger => {
                let admm = crammer_singer::Admm::new(training)?;
                Strategy::CrammerSinger(Box::new(admm), settings.tol)
            }
        }))
    }

    fn solve(&mut self, c: f64) -> LinearModel {
        match &mut self.0 {
            Strategy::OneVsRest(one_vs_rest) => one_vs_rest.solve(c),
            Strategy::CrammerSinger(admm, tol) => {
                let mut model = admm.advance(c, *tol).into_model(admm.data());
                model.facts.insert("stopping_rule", crammer_singer::STOPPING_RULE);
                model
            }
        }
    }
}

//! The walk along C: a solution at C starts from the one at the decade below. Which C are visited follows from the
//! target alone (1, 10, 100, ... and then the target; a target of 1 or below directly), so that a fit has the same bits
//! whether other targets share its walk or not.

use rayon::prelude::*;
use serde_json::{Map, Value};

use super::design::Design;
use super::objective::Objective;
use super::one_vs_rest::{ClassState, Solution};
use super::{LinearSVC, SvcMultiClass};
use crate::models::linear::convex::{HingeLoss, Interior};
use crate::models::linear::model::targets;
use crate::models::linear::{LinearModel, Problems};
use crate::models::{FitError, Training};

/// What C is multiplied by from one stage of the walk to the next; the first is 1.
const DECADE: f64 = 10.0;

/// Fits of one `LinearSVC` at one or several C, which share the stages of their walks.
pub struct Walk<'a> {
    settings: LinearSVC,
    training: Training<'a>,
    classes: Vec<u8>,
    design: Design,
    /// One state a class, or one for two classes, which are one problem with two signs.
    states: Vec<ClassState>,
    /// The last decade that was solved, with its solutions.
    decade: Option<(f64, Vec<Solution>)>,
}

impl<'a> Walk<'a> {
    /// `Err` for training data without two classes. The C of `settings` is not used.
    pub fn new(settings: &LinearSVC, training: &Training<'a>) -> Result<Walk<'a>, FitError> {
        let (targets, classes) = targets(training)?;
        let design = Design::new(training.features);
        let problems = if classes.len() == 2 { 1 } else { classes.len() };
        let states = (0..problems).map(|class| ClassState::new(&design, &targets, class)).collect();
        Ok(Walk { settings: *settings, training: *training, classes, design, states, decade: None })
    }

    /// Solves the stages of the walk to `c` that are not solved yet: the decades from 1 up to `c`.
    pub fn advance(&mut self, c: f64) {
        loop {
            let next = self.decade.as_ref().map_or(1.0, |(decade, _)| DECADE * decade);
            if next > c {
                break;
            }
            let objective = self.objective();
            let solutions = solve(&mut self.states, &self.design, &objective, next);
            self.decade = Some((next, solutions));
        }
    }

    /// Fits at `c`, which must not lie below a decade that was solved. `Err` for a C that is not above 0.
    pub fn fit(&mut self, c: f64) -> Result<LinearModel, FitError> {
        if !(c > 0.0 && c.is_finite()) {
            return Err(FitError::parameter("C", c, "must be above 0"));
        }
        if self.settings.multi_class == SvcMultiClass::CrammerSinger {
            let problems = Problems::new(&self.training)?;
            let LinearSVC { tol, max_iter, .. } = self.settings;
            let interior = Interior { loss: HingeLoss::CrammerSinger, c, l1: false, tol, max_iter };
            return Ok(interior.minimise(&problems).into_model(&problems));
        }
        self.advance(c);
        match &self.decade {
            Some((decade, solutions)) if *decade == c => Ok(self.model(solutions)),
            _ => {
                let solutions = solve(&mut self.states.clone(), &self.design, &self.objective(), c);
                Ok(self.model(&solutions))
            }
        }
    }

    fn objective(&self) -> Objective {
        let LinearSVC { loss, penalty, tol, max_iter, .. } = self.settings;
        Objective { loss, penalty, tol, max_iter }
    }

    /// The model of all classes' weights, and what is known of their minima.
    fn model(&self, solutions: &[Solution]) -> LinearModel {
        let (mut weights, mut intercepts) = (Vec::new(), Vec::new());
        let mut add = |solution: &Solution, sign: f64| {
            let all = self.design.all_weights(&solution.weights);
            weights.extend(all[..all.len() - 1].iter().map(|w| sign * w));
            intercepts.push(sign * all[all.len() - 1]);
        };
        solutions.iter().for_each(|solution| add(solution, 1.0));
        if let [only] = solutions {
            add(only, -1.0);
        }
        let tol = self.settings.tol;
        let list = |of: fn(&Solution) -> Value| solutions.iter().map(of).collect::<Value>();
        let sum = |of: fn(&Solution) -> f64| solutions.iter().map(of).sum::<f64>();
        let facts = Map::from_iter([
            ("iterations".to_string(), solutions.iter().map(|s| s.iterations).sum::<usize>().into()),
            ("objective".to_string(), sum(|s| s.objective).into()),
            ("duality_gap".to_string(), sum(|s| s.gap).into()),
            ("stopping_rule".to_string(), format!("relative duality gap of every class <= {tol}").into()),
            ("class_iterations".to_string(), list(|s| s.iterations.into())),
            ("class_objectives".to_string(), list(|s| s.objective.into())),
            ("class_duality_gaps".to_string(), list(|s| s.gap.into())),
        ]);
        let converged = solutions.iter().all(|s| s.gap <= tol * s.objective);
        LinearModel { classes: self.classes.clone(), weights, intercepts, converged: Some(converged), facts }
    }
}

/// Solves for all classes, which share nothing but the rows.
fn solve(states: &mut [ClassState], design: &Design, objective: &Objective, c: f64) -> Vec<Solution> {
    states.par_iter_mut().map(|state| state.solve(design, objective, c)).collect()
}

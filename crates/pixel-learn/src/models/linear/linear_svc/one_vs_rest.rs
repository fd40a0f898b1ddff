//! A problem for every class against the rest; they share nothing but the rows.

use std::sync::Arc;

use rayon::prelude::*;

use super::LinearSVC;
use super::class_state::ClassState;
use super::design::Design;
use super::objective::Objective;
use super::one_class::Solution;
use crate::models::linear::LinearModel;
use crate::models::linear::model::targets;
use crate::models::{Fact, Facts, FitError, Training};

/// The problems of all classes, each where its last solution ended.
#[derive(Clone)]
pub struct OneVsRest {
    objective: Objective,
    classes: Vec<u8>,
    design: Arc<Design>,
    /// One state a class; one in all for two classes, which are one problem with two signs.
    states: Vec<ClassState>,
}

impl OneVsRest {
    /// Zero weights. `Err` for training data without two classes.
    pub fn new(settings: &LinearSVC, training: &Training) -> Result<OneVsRest, FitError> {
        let (targets, classes) = targets(training)?;
        let LinearSVC { loss, penalty, tol, max_iter, .. } = *settings;
        let design = Arc::new(Design::new(training.features));
        let problems = if classes.len() == 2 { 1 } else { classes.len() };
        let states = (0..problems).map(|class| ClassState::new(&design, &targets, class)).collect();
        Ok(OneVsRest { objective: Objective { loss, penalty, tol, max_iter }, classes, design, states })
    }

    /// The minimum at `c`, from where the last solution ended.
    pub fn solve(&mut self, c: f64) -> LinearModel {
        let OneVsRest { objective, design, states, .. } = self;
        let solutions: Vec<Solution> =
            states.par_iter_mut().map(|state| state.solve(design, objective, c)).collect();
        self.model(&solutions)
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
        let tol = self.objective.tol;
        let list = |of: fn(&Solution) -> Fact| solutions.iter().map(of).collect::<Fact>();
        let sum = |of: fn(&Solution) -> f64| solutions.iter().map(of).sum::<f64>();
        let facts = Facts::from([
            ("iterations", solutions.iter().map(|s| s.iterations).sum::<usize>().into()),
            ("objective", sum(|s| s.objective).into()),
            ("duality_gap", sum(|s| s.gap).into()),
            ("stopping_rule", format!("relative duality gap of every class <= {tol}").into()),
            ("class_iterations", list(|s| s.iterations.into())),
            ("class_objectives", list(|s| s.objective.into())),
            ("class_duality_gaps", list(|s| s.gap.into())),
        ]);
        let converged = solutions.iter().all(|s| s.gap <= tol * s.objective);
        LinearModel { classes: self.classes.clone(), weights, intercepts, converged: Some(converged), facts }
    }
}

//! One-vs-rest: one binary problem per class. The problems share the rows and nothing else.

use std::sync::Arc;

use rayon::prelude::*;

use super::LinearSVC;
use super::class_state::ClassState;
use super::design::Design;
use super::objective::Objective;
use super::one_class::Solution;
use crate::models::linear::LinearModel;
use crate::models::linear::model::encode_labels;
use crate::models::{Fact, FitError, Training};

/// The binary problems of all classes, each with its warm start.
#[derive(Clone)]
pub struct OneVsRest {
    objective: Objective,
    classes: Vec<u8>,
    design: Arc<Design>,
    /// One state per class. Two classes need a single problem: the second class has the weights of the first
    /// with the opposite sign.
    states: Vec<ClassState>,
}

impl OneVsRest {
    /// Begins at zero weights. `Err` for training data without two classes.
    pub fn new(settings: &LinearSVC, training: &Training) -> Result<OneVsRest, FitError> {
        let (targets, classes) = encode_labels(training)?;
        let LinearSVC { loss, penalty, tol, max_iter, .. } = *settings;
        let design = Arc::new(Design::new(training.features));
        let problems = if classes.len() == 2 { 1 } else { classes.len() };
        let states = (0..problems).map(|class| ClassState::new(&design, &targets, class)).collect();
        Ok(OneVsRest { objective: Objective { loss, penalty, tol, max_iter }, classes, design, states })
    }

    /// The model at `c`, from the warm start of each class, which it replaces. The classes are tasks of their
    /// own.
    pub fn solve(&mut self, c: f64) -> LinearModel {
        let OneVsRest { objective, design, states, .. } = self;
        let solutions: Vec<Solution> =
            states.par_iter_mut().map(|state| state.solve(design, objective, c)).collect();
        self.model(&solutions)
    }

    /// The model of the weights of all classes, with objectives and duality gaps as facts.
    fn model(&self, solutions: &[Solution]) -> LinearModel {
        let mut vectors: Vec<f64> = solutions.iter().flat_map(|s| self.design.expand(&s.weights)).collect();
        if solutions.len() == 1 {
            let opposite: Vec<f64> = vectors.iter().map(|w| -w).collect();
            vectors.extend(opposite);
        }
        let tol = self.objective.tol;
        let list = |of: fn(&Solution) -> Fact| solutions.iter().map(of).collect::<Fact>();
        let sum = |of: fn(&Solution) -> f64| solutions.iter().map(of).sum::<f64>();
        let facts = [
            ("iterations", solutions.iter().map(|s| s.iterations).sum::<usize>().into()),
            ("objective", sum(|s| s.objective).into()),
            ("duality_gap", sum(|s| s.gap).into()),
            ("stopping_rule", format!("relative duality gap of every class <= {tol}").into()),
            ("class_iterations", list(|s| s.iterations.into())),
            ("class_objectives", list(|s| s.objective.into())),
            ("class_duality_gaps", list(|s| s.gap.into())),
        ];
        let converged = solutions.iter().all(|s| s.gap <= tol * s.objective);
        LinearModel::from_vectors(self.classes.clone(), &vectors, converged, facts)
    }
}

//! `LogisticRegression`, one-vs-rest or multinomial (softmax). [`Solver::Liblinear`] minimises the objective
//! until a duality gap certifies the minimum, along a [`RegularisationPath`]; one-vs-rest it regularises the
//! intercept, as LIBLINEAR does.
//! [`Solver::Lbfgs`] and [`Solver::Saga`] stop where scikit-learn's solvers of that name stop; their
//! intercepts are not regularised.

mod lbfgs;
mod loss;
mod minimiser;
mod saga;

pub use minimiser::Minimiser;

use self::loss::Target;
use super::model::encode_labels;
use super::{LinearModel, path};
use crate::models::{Classifier, FitError, Model, Training};

/// The path of one configuration of [`Solver::Liblinear`] along C.
pub type RegularisationPath = path::RegularisationPath<Minimiser>;

/// The regulariser (R).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Penalty {
    /// The l1 norm, sum |w|.
    L1,
    /// Half the squared l2 norm, sum w^2 / 2.
    L2,
}

/// The multi-class strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogisticMultiClass {
    /// One-vs-rest: one binary problem per class.
    Ovr,
    /// Multinomial: one softmax problem for all classes.
    Multinomial,
}

/// The solver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solver {
    /// The minimiser of the objective, to a relative duality gap of `tol`. One-vs-rest the intercept is
    /// regularised, as in LIBLINEAR.
    Liblinear,
    /// scikit-learn's L-BFGS: l2 only, intercepts not regularised. Stops when no entry of the gradient of
    /// (objective / (C n)) exceeds `tol` in absolute value, or after `max_iter` iterations.
    Lbfgs,
    /// scikit-learn's SAGA (Defazio et al. 2014): intercepts not regularised. Stops when a pass changes no
    /// weight by more than `tol` times the largest weight, or after `max_iter` passes.
    Saga,
}

/// Parameters under scikit-learn's names; defaults are those of 0.19, except that `tol` is 1e-3 for
/// [`Solver::Liblinear`], where it is a duality gap.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, LogisticRegression};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = LogisticRegression { c: 10.0, ..LogisticRegression::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogisticRegression {
    /// The inverse regularisation strength (C), above 0: the factor of the losses.
    pub c: f64,
    /// The regulariser.
    pub penalty: Penalty,
    /// The multi-class strategy.
    pub multi_class: LogisticMultiClass,
    /// The solver.
    pub solver: Solver,
    /// The tolerance of the stopping rule of [`LogisticRegression::solver`].
    pub tol: f64,
    /// Maximum number of Newton steps at each C of the path (Liblinear), iterations (Lbfgs) or passes (Saga).
    pub max_iter: usize,
}

impl Default for LogisticRegression {
    fn default() -> LogisticRegression {
        LogisticRegression::of(Solver::Liblinear)
    }
}

impl LogisticRegression {
    /// The defaults with this solver.
    pub fn of(solver: Solver) -> LogisticRegression {
        LogisticRegression {
            c: 1.0,
            penalty: Penalty::L2,
            multi_class: LogisticMultiClass::Ovr,
            solver,
            tol: if solver == Solver::Liblinear { 1e-3 } else { 1e-4 },
            max_iter: 100,
        }
    }

    /// Fits and returns the model with its weights. Only [`Solver::Saga`] draws from `seed`. `Err` for C that
    /// is not above 0, l1 with [`Solver::Lbfgs`], and data that no linear model can use.
    pub fn fit_linear(&self, training: &Training, seed: u64) -> Result<LinearModel, FitError> {
        let c = self.c;
        if !(c > 0.0 && c.is_finite()) {
            return Err(FitError::parameter("C", c, "must be above 0"));
        }
        match self.solver {
            Solver::Liblinear => RegularisationPath::new(self, training)?.fit(c),
            Solver::Lbfgs => self.lbfgs(training),
            Solver::Saga => self.saga(training, seed),
        }
    }

    /// The model of [`Solver::Lbfgs`].
    fn lbfgs(&self, training: &Training) -> Result<LinearModel, FitError> {
        if self.penalty == Penalty::L1 {
            return Err(FitError::parameter("penalty", "l1", "lbfgs needs a smooth norm: l2"));
        }
        let stopped = lbfgs::fit(training, self.c, self.is_softmax(), (self.tol, self.max_iter))?;
        let (endings, n) = (&stopped.endings, training.labels.len() as f64);
        let facts = [
            ("iterations", endings.iter().map(|ending| ending.iterations).max().unwrap_or(0).into()),
            ("passes", endings.iter().map(|ending| ending.evaluations).sum::<usize>().into()),
            ("objective", (self.c * n * endings.iter().map(|ending| ending.value).sum::<f64>()).into()),
        ];
        let converged = endings.iter().all(|ending| ending.converged);
        Ok(LinearModel::from_vectors(stopped.classes, &stopped.weights, converged, facts))
    }

    /// The model of [`Solver::Saga`].
    fn saga(&self, training: &Training, seed: u64) -> Result<LinearModel, FitError> {
        let (targets, classes) = encode_labels(training)?;
        let norm = 1.0 / (self.c * targets.len() as f64);
        let (l1, l2) = if self.penalty == Penalty::L1 { (norm, 0.0) } else { (0.0, norm) };
        let problem = saga::Problem { softmax: self.is_softmax(), l1, l2 };
        let (x, k) = (training.features, classes.len());
        let ending = saga::descend(x, &targets, k, problem, (self.tol, self.max_iter), seed);
        if ending.weights.iter().any(|w| !w.is_finite()) {
            return Err(FitError::Diverged(format!("weights are not finite after {} passes", ending.passes)));
        }
        let facts = [("iterations", ending.passes.into()), ("passes", ending.passes.into())];
        let mut model = LinearModel::from_vectors(classes, &ending.weights, ending.converged, facts);
        let objective = self.objective(&model, training, &targets);
        model.facts.insert("objective", objective);
        Ok(model)
    }

    fn is_softmax(&self) -> bool {
        self.multi_class == LogisticMultiClass::Multinomial
    }

    /// The objective: the regulariser of the weights without intercepts, plus C times the losses. O(n d k).
    fn objective(&self, model: &LinearModel, training: &Training, targets: &[usize]) -> f64 {
        let target = if self.is_softmax() { Target::Softmax } else { Target::OneVsRest { first: 0 } };
        let mut scores = model.decision_function(training.features);
        let rows = scores.chunks_exact_mut(model.classes.len()).zip(targets);
        let losses: f64 = rows.map(|(scores, &class)| target.loss_and_gradient(class, scores)).sum();
        let size = |w: &f64| if self.penalty == Penalty::L1 { w.abs() } else { 0.5 * w * w };
        model.weights.iter().map(size).sum::<f64>() + self.c * losses
    }
}

impl Classifier for LogisticRegression {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_linear(training, seed)?))
    }
}

//! `LogisticRegression`: one-vs-rest with LIBLINEAR's meaning (the intercept is one more weight,
//! regularised), or as the softmax model (the intercept is free, as scikit-learn's other solvers have it). By
//! default it is the minimiser of its objective; as `lbfgs` and `saga` it is where scikit-learn's solvers
//! stop.

mod lbfgs;
mod loss;
mod saga;

use self::loss::Target;
use super::convex::{Logistic, Norm, Settings, Softmax, minimise};
use super::model::targets;
use super::{LinearModel, Problems};
use crate::models::{Classifier, Fact, FitError, Model, Training};

/// The regulariser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Penalty {
    /// The sum of |w|.
    L1,
    /// Half the sum of w^2.
    L2,
}

/// How several classes are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogisticMultiClass {
    /// A problem for every class against the rest.
    Ovr,
    /// One softmax for all classes.
    Multinomial,
}

/// How the weights are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solver {
    /// The minimiser, to `tol` by the duality gap. One-vs-rest the intercept is regularised, as in LIBLINEAR.
    Liblinear,
    /// scikit-learn's L-BFGS, l2 only, intercepts free: ends when no entry of the gradient of the mean loss
    /// and its share of the norm is larger than `tol`, or at `max_iter` iterations.
    Lbfgs,
    /// scikit-learn's SAGA, intercepts free: ends when a pass changes no weight by more than `tol` times the
    /// largest, or after `max_iter` passes.
    Saga,
}

/// Parameters under scikit-learn's names; defaults are those of 0.19 but for `tol` and `max_iter` of
/// [`Solver::Liblinear`].
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
    /// The weight of the losses against the regulariser, above 0.
    pub c: f64,
    /// The norm of the weights.
    pub penalty: Penalty,
    /// How several classes are told apart.
    pub multi_class: LogisticMultiClass,
    /// How the weights are found.
    pub solver: Solver,
    /// Of [`Solver::Liblinear`] the duality gap, in parts of the objective.
    pub tol: f64,
    /// Newton steps, iterations or passes at most.
    pub max_iter: usize,
}

impl Default for LogisticRegression {
    fn default() -> LogisticRegression {
        LogisticRegression::of(Solver::Liblinear)
    }
}

impl LogisticRegression {
    /// Defaults of a solver.
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

    /// Fits and gives the model with its weights. Only [`Solver::Saga`] draws from `seed`. `Err` for C that
    /// is not above 0, l1 with [`Solver::Lbfgs`], and data that [`Problems::new`] refuses.
    pub fn fit_linear(&self, training: &Training, seed: u64) -> Result<LinearModel, FitError> {
        let c = self.c;
        if !(c > 0.0 && c.is_finite()) {
            return Err(FitError::parameter("C", c, "must be above 0"));
        }
        match self.solver {
            Solver::Liblinear => Ok(self.minimise(&Problems::new(training)?)),
            Solver::Lbfgs => self.lbfgs(training),
            Solver::Saga => self.saga(training, seed),
        }
    }

    fn minimise(&self, problems: &Problems) -> LinearModel {
        let c = self.c;
        let norm = match self.penalty {
            Penalty::L2 => Norm::L2,
            Penalty::L1 => Norm::l1(problems.k() * (problems.d() + 1)),
        };
        let settings = Settings {
            norm,
            intercept_regularised: !self.is_softmax(),
            tol: self.tol,
            max_iter: self.max_iter,
        };
        let minimum = match self.multi_class {
            LogisticMultiClass::Ovr => minimise(problems, Logistic::new(c), settings),
            LogisticMultiClass::Multinomial => minimise(problems, Softmax::new(c), settings),
        };
        minimum.into_model(problems)
    }

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
        Ok(model(stopped.classes, &stopped.weights, converged, facts))
    }

    fn saga(&self, training: &Training, seed: u64) -> Result<LinearModel, FitError> {
        let (targets, classes) = targets(training)?;
        let norm = 1.0 / (self.c * targets.len() as f64);
        let (l1, l2) = if self.penalty == Penalty::L1 { (norm, 0.0) } else { (0.0, norm) };
        let problem = saga::Problem { softmax: self.is_softmax(), l1, l2 };
        let (x, k) = (training.features, classes.len());
        let ending = saga::descend(x, &targets, k, problem, (self.tol, self.max_iter), seed);
        if ending.weights.iter().any(|w| !w.is_finite()) {
            return Err(FitError::Diverged(format!("weights are not finite after {} passes", ending.passes)));
        }
        let facts = [("iterations", ending.passes.into()), ("passes", ending.passes.into())];
        let mut model = model(classes, &ending.weights, ending.converged, facts);
        let objective = self.objective(&model, training, &targets);
        model.facts.insert("objective", objective);
        Ok(model)
    }

    fn is_softmax(&self) -> bool {
        self.multi_class == LogisticMultiClass::Multinomial
    }

    /// The norm of the weights without intercepts, and C times the losses. O(n d k).
    fn objective(&self, model: &LinearModel, training: &Training, targets: &[usize]) -> f64 {
        let target = if self.is_softmax() { Target::Softmax } else { Target::OneVsRest { first: 0 } };
        let mut scores = model.decision_function(training.features);
        let rows = scores.chunks_exact_mut(model.classes.len()).zip(targets);
        let losses: f64 = rows.map(|(scores, &class)| target.loss_and_gradient(class, scores)).sum();
        let size = |w: &f64| if self.penalty == Penalty::L1 { w.abs() } else { 0.5 * w * w };
        model.weights.iter().map(size).sum::<f64>() + self.c * losses
    }
}

/// The model of weights with the intercept last in each class.
fn model<const N: usize>(
    classes: Vec<u8>,
    weights: &[f64],
    converged: bool,
    facts: [(&'static str, Fact); N],
) -> LinearModel {
    let width = weights.len() / classes.len();
    LinearModel {
        weights: weights.chunks_exact(width).flat_map(|class| &class[..width - 1]).copied().collect(),
        intercepts: weights.chunks_exact(width).map(|class| class[width - 1]).collect(),
        classes,
        converged: Some(converged),
        facts: facts.into(),
    }
}

impl Classifier for LogisticRegression {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_linear(training, seed)?))
    }
}

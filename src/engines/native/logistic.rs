//! `LogisticRegression`: with `liblinear`, configurations that differ only in C share one regularisation path; with
//! the other solvers every row is a fit of its own.

use super::linear_svc::penalty;
use super::{along_c, run_each, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::linear::LogisticRegression;
use pixel_learn::models::linear::logistic::{LogisticMultiClass, Minimiser, Penalty, Solver};

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "LogisticRegression"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        read(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        match read(parameters) {
            // All C share one path.
            Ok(model) if model.solver == Solver::Liblinear => {
                format!("{:?}", LogisticRegression { c: 1.0, ..model })
            }
            _ => unshared_key("LogisticRegression", parameters),
        }
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        // Scaling is no part of the method.
        work.training.features.scaled();
        work.test.scaled();
        let read_all: Result<Vec<_>, _> =
            work.configurations.iter().map(|configuration| read(&configuration.parameters)).collect();
        match read_all.as_deref() {
            Ok([settings, ..]) if settings.solver == Solver::Liblinear => {
                let wanted = read_all.iter().flatten().map(|model| model.c).enumerate().collect();
                along_c::run::<Minimiser>(work, settings, wanted, emit);
            }
            _ => run_each(work, emit, |parameters| {
                Ok(Box::new(read(parameters)?) as Box<dyn pixel_learn::Classifier>)
            }),
        }
    }
}

fn read(parameters: &Parameters) -> Result<LogisticRegression, String> {
    let known = ["C", "penalty", "multi_class", "solver", "tol", "max_iter"];
    let reader = ParamReader::new(parameters, &known)?;
    let solver = solver(&reader)?;
    let default = LogisticRegression::of(solver);
    let penalty = penalty(&reader)?;
    if solver == Solver::Lbfgs && penalty == Penalty::L1 {
        return Err(
            "penalty=\"l1\": lbfgs needs a smooth norm; take solver \"saga\" or \"liblinear\"".to_string()
        );
    }
    let multi_class = match reader.choice("multi_class", "ovr", &["ovr", "multinomial"])? {
        "multinomial" => LogisticMultiClass::Multinomial,
        _ => LogisticMultiClass::Ovr,
    };
    Ok(LogisticRegression {
        c: reader.positive("C", default.c)?,
        penalty,
        multi_class,
        solver,
        tol: reader.positive("tol", default.tol)?,
        max_iter: reader.integer("max_iter", default.max_iter, 1)?,
    })
}

/// The solver, or why scikit-learn's other two are not here.
fn solver(reader: &ParamReader) -> Result<Solver, String> {
    match reader.choice("solver", "liblinear", &["liblinear", "lbfgs", "saga", "newton-cg", "sag"])? {
        "lbfgs" => Ok(Solver::Lbfgs),
        "saga" => Ok(Solver::Saga),
        other @ ("newton-cg" | "sag") => Err(format!(
            "solver={other:?}: not implemented; \"liblinear\", the default, minimises the objective, \
             \"lbfgs\" and \"saga\" stop where scikit-learn's stop"
        )),
        _ => Ok(Solver::Liblinear),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Result<LogisticRegression, String> {
        read(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn solvers_have_their_own_defaults() {
        assert_eq!(parsed(r#"{"solver": "liblinear"}"#), Ok(LogisticRegression::default()));
        assert_eq!(parsed("{}"), Ok(LogisticRegression::default()));
        let lbfgs = parsed(r#"{"solver": "lbfgs"}"#).unwrap();
        assert_eq!((lbfgs.solver, lbfgs.tol, lbfgs.max_iter), (Solver::Lbfgs, 1e-4, 100));
        let saga = parsed(r#"{"solver": "saga", "penalty": "l1", "max_iter": 7}"#).unwrap();
        assert_eq!((saga.solver, saga.penalty, saga.max_iter), (Solver::Saga, Penalty::L1, 7));
    }

    #[test]
    fn what_is_not_there_says_what_to_take() {
        for (json, expected) in [
            (r#"{"solver": "sag"}"#, "not implemented"),
            (r#"{"solver": "newton-cg"}"#, "liblinear"),
            (r#"{"solver": "lbfgs", "penalty": "l1"}"#, "saga"),
            (r#"{"solver": "lbfsg"}"#, "did you mean \"lbfgs\"?"),
        ] {
            let error = parsed(json).unwrap_err();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }
}

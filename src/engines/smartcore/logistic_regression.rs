//! LogisticRegression over smartcore's: softmax with an l2 penalty. Its loss is the sum over rows plus
//! alpha/2 |w|^2 without the intercept, so that alpha = 1/C is scikit-learn's multinomial objective. The
//! solver is L-BFGS with at most 1000 iterations and a gradient tolerance of 1e-8, neither of which can be
//! set, and it does not say whether it converged.

use smartcore::linear::logistic_regression::{LogisticRegression as Model, LogisticRegressionParameters};

use super::{Data, classes};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct LogisticRegression;

fn read(parameters: &Parameters) -> Result<LogisticRegressionParameters<f64>, String> {
    let reader = ParamReader::new(parameters, &["C", "penalty", "multi_class"])?;
    let c = reader.positive("C", 1.0)?;
    if reader.choice("penalty", "l2", &["l1", "l2"])? == "l1" {
        return Err("penalty=\"l1\": smartcore's logistic regression has an l2 penalty only".to_string());
    }
    if reader.choice("multi_class", "ovr", &["ovr", "multinomial"])? == "ovr" {
        return Err("multi_class=\"ovr\": smartcore's logistic regression is multinomial".to_string());
    }
    Ok(LogisticRegressionParameters::default().with_alpha(1.0 / c))
}

impl Family for LogisticRegression {
    fn classifier(&self) -> &'static str {
        "LogisticRegression"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        read(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let data = Data::new(work);
        library::each(work, emit, read, |settings| {
            let data = data.as_ref().map_err(Failure::clone)?;
            library::outcome(
                || Model::fit(&data.train, &data.labels, settings).map_err(failed),
                |model| model.predict(&data.test).map(classes).map_err(failed),
                |_| Description::default(),
            )
        });
    }
}

//! hessboost as an engine for the boosting rows: XGBoost's algorithm, at the same depth, rounds and learning rate.
//!
//! What is not matched, and stays as the library has it (as XGBoost's does): features are put into at most 256 bins;
//! splits are chosen by gain of Newton's step instead of by squared error; leaf values have an l2 penalty of 1, and a
//! leaf has a hessian of at least 1.

use std::process::ExitCode;

use hessboost::objective::Multiclass;
use hessboost::prelude::*;
use protocol::{Facts, Failure, Images, Job, Model, Parameters, failed, unsupported};

struct Booster {
    parameters: TrainingParams,
    rounds: usize,
    model: Option<BoostedModel>,
}

impl Model for Booster {
    fn fit(&mut self, x: &Images, y: &[u8]) -> Result<(), Failure> {
        let labels: Vec<f32> = y.iter().map(|&label| label.into()).collect();
        let data =
            DMatrix::from_dense(&x.f32(), x.rows, x.columns).and_then(|data| data.with_labels(&labels));
        self.model = Some(train(&self.parameters, &data.map_err(failed)?, self.rounds).map_err(failed)?);
        Ok(())
    }

    fn predict(&mut self, x: &Images) -> Result<Vec<u8>, Failure> {
        let model = self.model.as_ref().ok_or_else(|| failed("not fitted"))?;
        let data = DMatrix::from_dense(&x.f32(), x.rows, x.columns).map_err(failed)?;
        let classes = model.predict_class(&data, Iterations::Best).map_err(failed)?;
        Ok(classes.as_slice().iter().map(|&class| class as u8).collect())
    }

    fn facts(&self) -> Facts {
        Facts::from_iter([("rounds".to_string(), self.rounds.into())])
    }
}

fn model(job: &Job, parameters: &Parameters) -> Result<Box<dyn Model>, Failure> {
    parameters.only("loss", "deviance", "the multinomial loss")?;
    let Some(depth) = parameters.whole("max_depth")?.or(parameters.value("max_depth").is_none().then_some(3))
    else {
        return unsupported("max_depth: only a number");
    };
    let classes = Multiclass::new(job.classes).map_err(failed)?;
    let settings = TrainingParams::builder()
        .objective(Objective::Softprob(classes))
        .tree_method(TreeMethod::Hist)
        .eta(parameters.number("learning_rate", 0.1)?)
        .max_depth(depth)
        .nthread(job.threads)
        .seed(job.seed)
        .build()
        .map_err(failed)?;
    let rounds = parameters.whole("n_estimators")?.unwrap_or(100);
    Ok(Box::new(Booster { parameters: settings, rounds, model: None }))
}

fn main() -> ExitCode {
    protocol::serve(&["hessboost"], model)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(classes: usize, threads: usize) -> Job {
        protocol::Job::example("GradientBoostingClassifier", classes, threads)
    }

    #[test]
    fn boosting_tells_blocks_apart_whatever_the_threads() {
        let values: Vec<f64> = (0..90).flat_map(|i| [f64::from(i / 30), f64::from(i % 7)]).collect();
        let x = Images { values, rows: 90, columns: 2 };
        let y: Vec<u8> = (0..90).map(|i| i / 30).collect();
        let fitted = |threads| {
            let parameters =
                Parameters::example(r#"{"n_estimators": 3, "max_depth": 2, "loss": "deviance"}"#);
            let mut booster = model(&job(3, threads), &parameters).unwrap();
            booster.fit(&x, &y).unwrap();
            booster.predict(&x).unwrap()
        };
        assert_eq!(fitted(1), y);
        assert_eq!(fitted(2), y);
        let other = Parameters::example(r#"{"loss": "exponential"}"#);
        assert!(matches!(model(&job(3, 1), &other), Err(Failure::Unsupported(_))));
    }
}

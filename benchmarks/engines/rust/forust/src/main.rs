//! forust as an engine for the boosting rows: a booster a class against the rest, because it has no multinomial loss.
//!
//! What is not matched: each booster learns its class alone, by the logistic loss, and the class of the highest score
//! is predicted. Features are put into at most 256 bins, leaf values have an l2 penalty of 1, a leaf has a hessian of
//! at least 1, as in XGBoost.

use std::process::ExitCode;

use forust_ml::objective::ObjectiveType;
use forust_ml::{GradientBooster, Matrix};
use protocol::{Facts, Failure, Images, Job, Model, Parameters, failed};

struct OneVersusRest {
    rounds: usize,
    depth: usize,
    learning_rate: f32,
    classes: usize,
    seed: u64,
    threads: usize,
    boosters: Vec<GradientBooster>,
}

impl Model for OneVersusRest {
    fn fit(&mut self, x: &Images, y: &[u8]) -> Result<(), Failure> {
        let columns = x.by_column();
        let data = Matrix::new(&columns, x.rows, x.columns);
        for class in 0..self.classes {
            let labels: Vec<f64> = y.iter().map(|&label| f64::from(usize::from(label) == class)).collect();
            let mut booster = GradientBooster::default()
                .set_objective_type(ObjectiveType::LogLoss)
                .set_iterations(self.rounds)
                .set_learning_rate(self.learning_rate)
                .set_max_depth(self.depth)
                .set_seed(self.seed)
                .set_parallel(self.threads > 1)
                .set_num_threads(Some(self.threads));
            booster.fit_unweighted(&data, &labels, None).map_err(failed)?;
            self.boosters.push(booster);
        }
        Ok(())
    }

    fn predict(&mut self, x: &Images) -> Result<Vec<u8>, Failure> {
        let columns = x.by_column();
        let data = Matrix::new(&columns, x.rows, x.columns);
        let scores: Vec<Vec<f64>> =
            self.boosters.iter().map(|booster| booster.predict(&data, self.threads > 1)).collect();
        Ok(protocol::highest(x.rows, &scores))
    }

    fn facts(&self) -> Facts {
        Facts::from_iter([("multi_class".to_string(), "ovr".into())])
    }
}

fn model(job: &Job, parameters: &Parameters) -> Result<Box<dyn Model>, Failure> {
    parameters.only("loss", "deviance", "here the logistic loss of a class against the rest")?;
    Ok(Box::new(OneVersusRest {
        rounds: parameters.whole("n_estimators")?.unwrap_or(100),
        depth: parameters.whole("max_depth")?.unwrap_or(3),
        learning_rate: parameters.number("learning_rate", 0.1)? as f32,
        classes: job.classes,
        seed: job.seed,
        threads: job.threads,
        boosters: Vec::new(),
    }))
}

fn main() -> ExitCode {
    protocol::serve(&["forust-ml"], model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_booster_a_class_tells_blocks_apart() {
        let values: Vec<f64> = (0..90).flat_map(|i| [f64::from(i / 30), f64::from(i % 7)]).collect();
        let x = Images { values, rows: 90, columns: 2 };
        let y: Vec<u8> = (0..90).map(|i| i / 30).collect();
        let parameters = Parameters::example(r#"{"n_estimators": 5, "max_depth": 2}"#);
        let job = Job::example("GradientBoostingClassifier", 3, 1);
        let mut booster = model(&job, &parameters).unwrap();
        booster.fit(&x, &y).unwrap();
        assert_eq!(booster.predict(&x).unwrap(), y);
    }
}

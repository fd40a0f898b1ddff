//! gbdt as an engine for the boosting rows: a booster a class against the rest, because its multinomial losses are
//! for models of XGBoost that are read, not trained.
//!
//! What is not matched: each booster learns its class alone, by the logistic loss of labels -1 and 1, and the class
//! of the highest probability is predicted. Splits are exact, by squared error. It has one thread.

use std::process::ExitCode;

use gbdt::config::Config;
use gbdt::decision_tree::{Data, DataVec};
use gbdt::gradient_boost::GBDT;
use protocol::{Facts, Failure, Images, Job, Model, Parameters, failed};

struct OneVersusRest {
    config: Config,
    classes: usize,
    boosters: Vec<GBDT>,
}

impl Model for OneVersusRest {
    fn fit(&mut self, x: &Images, y: &[u8]) -> Result<(), Failure> {
        self.config.set_feature_size(x.columns);
        let values = x.f32();
        for class in 0..self.classes {
            let label = |&label: &u8| if usize::from(label) == class { 1.0 } else { -1.0 };
            let images = values.chunks(x.columns).zip(y);
            let mut data: DataVec = images
                .map(|(image, one)| Data::new_training_data(image.to_vec(), 1.0, label(one), None))
                .collect();
            let mut booster = GBDT::new(&self.config);
            booster.fit(&mut data);
            self.boosters.push(booster);
        }
        Ok(())
    }

    fn predict(&mut self, x: &Images) -> Result<Vec<u8>, Failure> {
        let data: DataVec =
            x.f32().chunks(x.columns).map(|image| Data::new_test_data(image.to_vec(), None)).collect();
        let scores: Vec<Vec<f64>> = self
            .boosters
            .iter()
            .map(|booster| booster.predict(&data).into_iter().map(f64::from).collect())
            .collect();
        Ok(protocol::highest(x.rows, &scores))
    }

    fn facts(&self) -> Facts {
        Facts::from_iter([("multi_class".to_string(), "ovr".into())])
    }
}

fn model(job: &Job, parameters: &Parameters) -> Result<Box<dyn Model>, Failure> {
    parameters.only("loss", "deviance", "here the logistic loss of a class against the rest")?;
    let mut config = Config::new();
    config.set_loss("LogLikelyhood");
    config.set_iterations(parameters.whole("n_estimators")?.unwrap_or(100));
    config.set_shrinkage(parameters.number("learning_rate", 0.1)? as f32);
    let depth = parameters.whole("max_depth")?.unwrap_or(3);
    config.set_max_depth(u32::try_from(depth).map_err(failed)?);
    config.set_min_leaf_size(parameters.whole("min_samples_leaf")?.unwrap_or(1));
    config.set_training_optimization_level(2);
    Ok(Box::new(OneVersusRest { config, classes: job.classes, boosters: Vec::new() }))
}

fn main() -> ExitCode {
    protocol::serve(&["gbdt"], model)
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

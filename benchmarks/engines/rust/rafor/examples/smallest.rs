//! A whole engine in thirty lines: rafor's forest with its number of trees, and nothing else.

use std::process::ExitCode;

use protocol::{Failure, Images, Job, Model, Parameters, failed};
use rafor::{prelude::*, rf};

struct Forest {
    trees: usize,
    seed: u64,
    model: Option<rf::Classifier>,
}

impl Model for Forest {
    fn fit(&mut self, x: &Images, y: &[u8]) -> Result<(), Failure> {
        let labels: Vec<i64> = y.iter().map(|&label| label.into()).collect();
        let mut trainer = rf::Classifier::trainer();
        trainer.with_trees(self.trees).with_seed(self.seed);
        self.model = Some(trainer.train(&x.f32(), &labels));
        Ok(())
    }

    fn predict(&mut self, x: &Images) -> Result<Vec<u8>, Failure> {
        let model = self.model.as_ref().ok_or_else(|| failed("not fitted"))?;
        Ok(model.predict_batch(&x.f32(), 1).into_iter().map(|class| class as u8).collect())
    }
}

fn model(job: &Job, parameters: &Parameters) -> Result<Box<dyn Model>, Failure> {
    let trees = parameters.whole("n_estimators")?.unwrap_or(10);
    Ok(Box::new(Forest { trees, seed: job.seed, model: None }))
}

fn main() -> ExitCode {
    protocol::serve(&["rafor"], model)
}

//! rafor as an engine: random forests and single trees.
//!
//! What is not matched, and stays as the library has it: splits are by gini alone; where none of the drawn features
//! can split a node, it draws more. Values are 32-bit floats, labels `i64`.

use std::process::ExitCode;

use protocol::{Facts, Failure, Images, Job, Model, Parameters, unsupported};
use rafor::prelude::*;
use rafor::{MaxFeaturesPolicy, dt, rf};

struct Settings {
    max_depth: Option<usize>,
    max_features: Option<MaxFeaturesPolicy>,
    min_samples_leaf: usize,
    min_samples_split: usize,
    seed: u64,
}

impl Settings {
    fn read(job: &Job, parameters: &Parameters, forest: bool) -> Result<Settings, Failure> {
        parameters.only("criterion", "gini", "rafor's trees know no other")?;
        let default = if forest { "auto" } else { "None" };
        let max_features = match parameters.text("max_features", default)?.as_str() {
            "auto" | "sqrt" => Some(MaxFeaturesPolicy::SQRT),
            "log2" => Some(MaxFeaturesPolicy::LOG),
            "None" => None,
            other => return unsupported(format!("max_features={other}: expected auto, sqrt, log2 or None")),
        };
        Ok(Settings {
            max_depth: parameters.whole("max_depth")?,
            max_features,
            min_samples_leaf: parameters.whole("min_samples_leaf")?.unwrap_or(1),
            min_samples_split: parameters.whole("min_samples_split")?.unwrap_or(2),
            seed: job.seed,
        })
    }

    fn apply(&self, trainer: &mut impl CommonTrainerBuilder) {
        trainer.with_seed(self.seed).with_min_samples_leaf(self.min_samples_leaf);
        trainer.with_min_samples_split(self.min_samples_split);
        if let Some(depth) = self.max_depth {
            trainer.with_max_depth(depth);
        }
        if let Some(features) = &self.max_features {
            trainer.with_max_features(features.clone());
        }
    }
}

struct Forest {
    settings: Settings,
    trees: usize,
    threads: usize,
    model: Option<rf::Classifier>,
}

impl Model for Forest {
    fn fit(&mut self, x: &Images, y: &[u8]) -> Result<(), Failure> {
        let mut trainer = rf::Classifier::trainer();
        trainer.with_trees(self.trees).with_threads(self.threads);
        self.settings.apply(&mut trainer);
        self.model = Some(trainer.train(&x.f32(), &labels(y)));
        Ok(())
    }

    fn predict(&mut self, x: &Images) -> Result<Vec<u8>, Failure> {
        let model = self.model.as_ref().ok_or_else(|| protocol::failed("not fitted"))?;
        Ok(classes(model.predict_batch(&x.f32(), self.threads)))
    }

    fn facts(&self) -> Facts {
        Facts::from_iter([("trees".to_string(), self.trees.into())])
    }
}

struct Tree {
    settings: Settings,
    model: Option<dt::Classifier>,
}

impl Model for Tree {
    fn fit(&mut self, x: &Images, y: &[u8]) -> Result<(), Failure> {
        let mut trainer = dt::Classifier::trainer();
        self.settings.apply(&mut trainer);
        self.model = Some(trainer.train(&x.f32(), &labels(y)));
        Ok(())
    }

    fn predict(&mut self, x: &Images) -> Result<Vec<u8>, Failure> {
        let model = self.model.as_ref().ok_or_else(|| protocol::failed("not fitted"))?;
        Ok(classes(model.predict_batch(&x.f32())))
    }
}

fn labels(y: &[u8]) -> Vec<i64> {
    y.iter().map(|&label| label.into()).collect()
}

fn classes(predictions: Vec<i64>) -> Vec<u8> {
    predictions.into_iter().map(|class| class as u8).collect()
}

fn model(job: &Job, parameters: &Parameters) -> Result<Box<dyn Model>, Failure> {
    if job.classifier == "RandomForestClassifier" {
        parameters.only("bootstrap", true, "rafor always draws the images of a tree")?;
        let settings = Settings::read(job, parameters, true)?;
        let trees = parameters.whole("n_estimators")?.unwrap_or(10);
        return Ok(Box::new(Forest { settings, trees, threads: job.threads, model: None }));
    }
    parameters.only("splitter", "best", "rafor's trees look at every cut")?;
    Ok(Box::new(Tree { settings: Settings::read(job, parameters, false)?, model: None }))
}

fn main() -> ExitCode {
    protocol::serve(&["rafor"], model)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight images of two values, whose classes a tree of depth 2 separates by two nested cuts.
    #[test]
    fn a_tree_finds_nested_cuts() {
        let values: Vec<f64> = (0..8).flat_map(|i| [f64::from(i / 4), f64::from(i % 4 / 2)]).collect();
        let x = Images { values, rows: 8, columns: 2 };
        let y = [0, 0, 1, 1, 2, 2, 1, 1];
        let settings = |max_features| Settings {
            max_depth: Some(2),
            max_features,
            min_samples_leaf: 1,
            min_samples_split: 2,
            seed: 1,
        };
        let mut tree = Tree { settings: settings(None), model: None };
        tree.fit(&x, &y).unwrap();
        assert_eq!(tree.predict(&x).unwrap(), y);
        // The same forest for any number of threads.
        let grow = |threads| {
            let settings = settings(Some(MaxFeaturesPolicy::SQRT));
            let mut forest = Forest { settings, trees: 9, threads, model: None };
            forest.fit(&x, &y).unwrap();
            forest.predict(&x).unwrap()
        };
        assert_eq!(grow(1), grow(2));
    }
}

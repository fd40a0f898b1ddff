//! rustyml as an engine: nearest neighbours by matrix products, linear discriminant analysis, single trees.
//!
//! Values are 64-bit floats, as everywhere in the library. Its discriminant analysis estimates the priors, as
//! scikit-learn's does without `priors`; its trees are CART's by gini.

use std::process::ExitCode;

use ndarray::{Array1, Array2};
use protocol::{Failure, Images, Job, Model, Parameters, failed, unsupported};
use rustyml::prelude::machine_learning::{Algorithm, DecisionTree, KNN, LDA, WeightingStrategy};
use rustyml::prelude::machine_learning::{DiscriminantSolver, DistanceCalculationMetric, Shrinkage};

enum Estimator {
    Neighbours(KNN<i32>),
    Discriminant(LDA),
    Tree(DecisionTree),
}

impl Model for Estimator {
    fn fit(&mut self, x: &Images, y: &[u8]) -> Result<(), Failure> {
        let x = matrix(x)?;
        let labels: Array1<i32> = y.iter().map(|&label| label.into()).collect();
        match self {
            Estimator::Neighbours(model) => model.fit(&x, &labels).map(drop).map_err(failed),
            Estimator::Discriminant(model) => model.fit(&x, &labels).map(drop).map_err(failed),
            Estimator::Tree(model) => model.fit(&x, &labels.mapv(f64::from)).map(drop).map_err(failed),
        }
    }

    fn predict(&mut self, x: &Images) -> Result<Vec<u8>, Failure> {
        let x = matrix(x)?;
        let classes = match self {
            Estimator::Neighbours(model) => model.predict_parallel(&x).map_err(failed)?,
            Estimator::Discriminant(model) => model.predict(&x).map_err(failed)?,
            Estimator::Tree(model) => model.predict(&x).map_err(failed)?.mapv(|class| class as i32),
        };
        Ok(classes.into_iter().map(|class| class as u8).collect())
    }
}

fn matrix(x: &Images) -> Result<Array2<f64>, Failure> {
    Array2::from_shape_vec((x.rows, x.columns), x.values.clone()).map_err(failed)
}

fn neighbours(parameters: &Parameters) -> Result<Estimator, Failure> {
    parameters.only("metric", "minkowski", "the library has the distances of p")?;
    // Accepted and ignored: every exact search gives the same answers.
    parameters.value("algorithm");
    let metric = match parameters.number("p", 2.0)? {
        1.0 => DistanceCalculationMetric::Manhattan,
        2.0 => DistanceCalculationMetric::Euclidean,
        p => DistanceCalculationMetric::Minkowski(p),
    };
    let weights = match parameters.text("weights", "uniform")?.as_str() {
        "uniform" => WeightingStrategy::Uniform,
        "distance" => WeightingStrategy::Distance,
        other => return unsupported(format!("weights={other}: expected uniform or distance")),
    };
    let model = KNN::new(parameters.whole("n_neighbors")?.unwrap_or(5)).map_err(failed)?;
    model.with_weighting_strategy(weights).with_metric(metric).map(Estimator::Neighbours).map_err(failed)
}

fn discriminant(job: &Job, parameters: &Parameters) -> Result<Estimator, Failure> {
    let solver = match parameters.text("solver", "svd")?.as_str() {
        "svd" => DiscriminantSolver::SVD,
        "eigen" => DiscriminantSolver::Eigen,
        "lsqr" => DiscriminantSolver::LSQR,
        other => return unsupported(format!("solver={other}: expected svd, eigen or lsqr")),
    };
    let model = LDA::new(job.classes - 1).map_err(failed)?.with_solver(solver);
    let model = match parameters.value("shrinkage") {
        None => model,
        Some(value) if value == "auto" => model.with_shrinkage(Shrinkage::Auto).map_err(failed)?,
        Some(_) => {
            let share = parameters.number("shrinkage", 0.0)?;
            model.with_shrinkage(Shrinkage::Manual(share)).map_err(failed)?
        }
    };
    Ok(Estimator::Discriminant(model))
}

fn tree(job: &Job, parameters: &Parameters) -> Result<Estimator, Failure> {
    parameters.only("criterion", "gini", "the library's CART knows no other")?;
    parameters.only("splitter", "best", "the library looks at every cut")?;
    let model = DecisionTree::new(Algorithm::CART, true).map_err(failed)?.with_random_state(job.seed);
    let leaf = parameters.whole("min_samples_leaf")?.unwrap_or(1);
    let split = parameters.whole("min_samples_split")?.unwrap_or(2);
    let model = model.with_min_samples_leaf(leaf).map_err(failed)?.with_min_samples_split(split);
    let model = model.map_err(failed)?;
    Ok(Estimator::Tree(match parameters.whole("max_depth")? {
        Some(depth) => model.with_max_depth(depth),
        None => model,
    }))
}

fn model(job: &Job, parameters: &Parameters) -> Result<Box<dyn Model>, Failure> {
    Ok(Box::new(match job.classifier.as_str() {
        "KNeighborsClassifier" => neighbours(parameters)?,
        "LinearDiscriminantAnalysis" => discriminant(job, parameters)?,
        _ => tree(job, parameters)?,
    }))
}

fn main() -> ExitCode {
    protocol::serve(&["rustyml", "gemmkit"], model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_blocks_are_told_apart() {
        let values: Vec<f64> = (0..90).flat_map(|i| [f64::from(i / 30), f64::from(i % 7)]).collect();
        let x = Images { values, rows: 90, columns: 2 };
        let y: Vec<u8> = (0..90).map(|i| i / 30).collect();
        for classifier in ["KNeighborsClassifier", "LinearDiscriminantAnalysis", "DecisionTreeClassifier"] {
            let mut model = model(&Job::example(classifier, 3, 1), &Parameters::example("{}")).unwrap();
            model.fit(&x, &y).unwrap();
            assert_eq!(model.predict(&x).unwrap(), y, "{classifier}");
        }
    }
}

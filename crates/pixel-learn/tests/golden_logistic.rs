//! LogisticRegression's solvers that stop early against scikit-learn's figures
//! (`benchmarks/golden/logistic.py`), through the public API.

use std::sync::Arc;

use pixel_learn::models::Training;
use pixel_learn::models::linear::LogisticRegression;
use pixel_learn::models::linear::logistic::{LogisticMultiClass, Penalty, Solver};
use pixel_learn::{Features, Scaling};
use serde_json::Value;

use crate::dataset;

struct Data {
    golden: Value,
    train: Features,
    labels: Vec<u8>,
}

impl Data {
    /// Images of 7 x 7 pixels, each the mean of 4 x 4, as in the script.
    fn load() -> Data {
        let text = std::fs::read_to_string("tests/fixtures/logistic.json").unwrap();
        let golden: Value = serde_json::from_str(&text).unwrap();
        let n = golden["train_size"].as_u64().unwrap() as usize;
        let dataset = dataset::load("mnist");
        let mean = |image: &[u8], at: usize| {
            let (top, left) = (at / 7 * 4, at % 7 * 4);
            let block = (0..16).map(|k| u32::from(image[(top + k / 4) * 28 + left + k % 4]));
            (block.sum::<u32>() / 16) as u8
        };
        let images = dataset.train.pixels[..n * 784].chunks_exact(784);
        let pixels: Vec<u8> = images.flat_map(|image| (0..49).map(|at| mean(image, at))).collect();
        let scaling = Arc::new(Scaling::standard(&pixels, n, 49));
        Data {
            golden,
            train: Features::new(pixels, n, 49, scaling),
            labels: dataset.train.labels[..n].to_vec(),
        }
    }

    fn training(&self) -> Training<'_> {
        Training { features: &self.train, labels: &self.labels, classes: 10 }
    }
}

fn classifier(row: &Value) -> LogisticRegression {
    let is = |name: &str, value: &str| row[name].as_str() == Some(value);
    LogisticRegression {
        c: row["C"].as_f64().unwrap(),
        penalty: if is("penalty", "l1") { Penalty::L1 } else { Penalty::L2 },
        multi_class: if is("multi_class", "ovr") {
            LogisticMultiClass::Ovr
        } else {
            LogisticMultiClass::Multinomial
        },
        solver: if is("solver", "saga") { Solver::Saga } else { Solver::Lbfgs },
        tol: row["tol"].as_f64().unwrap(),
        max_iter: row["max_iter"].as_u64().unwrap() as usize,
    }
}

/// The solvers stop after as many iterations as scikit-learn's and for the same reason.
#[test]
fn solvers_stop_where_those_of_scikit_learn_stop() {
    let data = Data::load();
    let rows = data.golden["fits"].as_array().unwrap();
    assert_eq!(rows.len(), 28);
    let mut failures = Vec::new();
    for row in rows {
        let seed = data.golden["seed"].as_u64().unwrap();
        let model = classifier(row).fit_linear(&data.training(), seed).unwrap();
        let golden: Vec<f64> = row["scores"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|scores| scores.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()))
            .collect();
        let scores = model.decision_function(&data.train);
        let size = golden.iter().fold(0.0f64, |size, v| size.max(v.abs()));
        // Written so that NaN fails.
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * size;
        let far = scores.iter().zip(&golden).find(|&(&a, &b)| !near(a, b));
        let same_end = model.facts["iterations"].as_f64() == row["iterations"].as_f64()
            && model.converged == row["converged"].as_bool();
        if far.is_some() || !same_end {
            let told = (&model.facts["iterations"], model.converged, far);
            let mut row = row.clone();
            row["scores"] = Value::Null;
            failures.push(format!("{row}: {told:?}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// The same weights for one thread and for two.
#[test]
fn solvers_do_not_depend_on_the_number_of_threads() {
    let data = Data::load();
    for row in data.golden["fits"].as_array().unwrap().iter().filter(|row| row["C"] == 1.0) {
        let fitted = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| classifier(row).fit_linear(&data.training(), 1).unwrap())
        };
        assert_eq!(fitted(1), fitted(2), "{}", row["solver"]);
    }
}

/// The objective of a stopped fit is one that the minimiser lowers further. L-BFGS refuses the l1 penalty.
#[test]
fn a_stopped_fit_stands_above_the_minimum_of_the_same_objective() {
    let data = Data::load();
    let of = |solver: Solver| LogisticRegression {
        multi_class: LogisticMultiClass::Multinomial,
        max_iter: 20,
        ..LogisticRegression::of(solver)
    };
    let objective = |classifier: LogisticRegression| {
        let model = classifier.fit_linear(&data.training(), 1).unwrap();
        model.facts["objective"].as_f64().unwrap()
    };
    let least = objective(LogisticRegression { tol: 1e-6, max_iter: 100, ..of(Solver::Liblinear) });
    for solver in [Solver::Lbfgs, Solver::Saga] {
        let stopped = objective(of(solver));
        assert!(stopped > least * (1.0 - 1e-6) && stopped < 2.0 * least, "{solver:?}: {stopped}, {least}");
    }
    let lasso = LogisticRegression { penalty: Penalty::L1, ..of(Solver::Lbfgs) };
    assert!(lasso.fit_linear(&data.training(), 1).is_err());
}

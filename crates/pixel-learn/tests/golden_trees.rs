//! Trees, forests and boosting against scikit-learn's figures (`benchmarks/golden/trees.py`), through the
//! public API.

use std::sync::Arc;

use pixel_learn::models::boosting::{GradientBoostingClassifier, Order};
use pixel_learn::models::forest::RandomForestClassifier;
use pixel_learn::models::tree::{
    Criterion, DecisionTreeClassifier, ExtraTreeClassifier, MaxFeatures, Splitter,
};
use pixel_learn::models::{Classifier, Training};
use pixel_learn::{Features, Scaling};
use serde_json::Value;

use crate::dataset;

fn golden() -> Value {
    serde_json::from_str(&std::fs::read_to_string("tests/fixtures/trees.json").unwrap()).unwrap()
}

/// The first rows of MNIST.
struct Data {
    train: Features,
    labels: Vec<u8>,
    test: Features,
    truth: Vec<u8>,
}

impl Data {
    fn load(n: &Value, m: usize) -> Data {
        let n = n.as_u64().unwrap() as usize;
        let dataset = dataset::load("mnist");
        let pixels = dataset.train.pixels[..n * 784].to_vec();
        let scaling = Arc::new(Scaling::standard(&pixels, n, 784));
        Data {
            train: Features::new(pixels, n, 784, scaling.clone()),
            labels: dataset.train.labels[..n].to_vec(),
            test: Features::new(dataset.test.pixels[..m * 784].to_vec(), m, 784, scaling),
            truth: dataset.test.labels[..m].to_vec(),
        }
    }

    fn training(&self) -> Training<'_> {
        Training { features: &self.train, labels: &self.labels, classes: 10 }
    }

    fn accuracy(&self, classifier: &dyn Classifier, seed: u64) -> f64 {
        let predictions = classifier.fit(&self.training(), seed).unwrap().predict(&self.test);
        let right = predictions.iter().zip(&self.truth).filter(|(a, b)| a == b).count();
        right as f64 / self.truth.len() as f64
    }
}

fn numbers(value: &Value) -> Vec<Option<f64>> {
    value.as_array().unwrap().iter().map(Value::as_f64).collect()
}

fn close(ours: f64, golden: Option<f64>, tolerance: f64) {
    let golden = golden.unwrap();
    assert!((ours - golden).abs() <= tolerance * golden.abs().max(1.0), "{ours} against {golden}");
}

fn criterion(name: &Value) -> Criterion {
    if name == "gini" { Criterion::Gini } else { Criterion::Entropy }
}

/// Where the best splits are unique, every node is scikit-learn's, whatever the seed.
#[test]
fn best_split_trees_have_the_structure_of_scikit_learn() {
    let golden = golden();
    let data = Data::load(&golden["trees"]["train"], 1);
    for case in golden["trees"]["cases"].as_array().unwrap() {
        for seed in 0..3 {
            let classifier = DecisionTreeClassifier {
                criterion: criterion(&case["criterion"]),
                max_depth: case["max_depth"].as_u64().map(|depth| depth as usize),
                ..Default::default()
            };
            let tree = classifier.grow(&data.training(), seed).unwrap();
            let [features, thresholds, rights, impurities, samples] =
                ["feature", "threshold", "right", "impurity", "samples"].map(|name| numbers(&case[name]));
            assert_eq!(tree.nodes(), features.len());
            for node in 0..tree.nodes() {
                let facts = tree.facts(node);
                assert_eq!(tree.feature(node).map(|f| f as f64), features[node]);
                assert_eq!(tree.children(node).map(|(_, right)| right as f64), rights[node]);
                assert_eq!(Some(f64::from(facts.samples)), samples[node]);
                close(facts.threshold, thresholds[node], 1e-6);
                close(facts.impurity, impurities[node], 1e-12);
            }
            let leaves = case["leaf_probabilities"].as_array().unwrap();
            assert_eq!(tree.leaves(), leaves.len());
            // Every training row falls into a leaf with scikit-learn's probabilities for it.
            for row in (0..data.train.n()).step_by(37) {
                let ours = tree.probabilities(data.train.pixel_row(row));
                assert!(leaves.iter().any(|leaf| {
                    numbers(leaf).iter().zip(ours).all(|(a, b)| (a.unwrap() - b).abs() < 1e-12)
                }));
            }
        }
    }
}

/// If all residuals of a round are computed before its trees, as in scikit-learn since 0.21, boosting makes the same
/// trees, Newton steps and losses.
#[test]
fn boosting_has_the_trees_and_losses_of_scikit_learn() {
    let golden = golden();
    let golden = &golden["boosting"];
    let data = Data::load(&golden["train"], 1);
    let classifier = GradientBoostingClassifier {
        n_estimators: 3,
        max_depth: Some(3),
        learning_rate: 0.1,
        order: Order::Simultaneous,
    };
    let mut boosting = classifier.begin(&data.training(), 0).unwrap();
    let mut trees = Vec::new();
    for class in 0..10 {
        boosting.boost_trees(class + 1);
        let (facts, values) = boosting.last_tree().unwrap();
        trees.push((facts.to_vec(), values.to_vec()));
    }
    let mut compared = 0;
    for ((facts, values), tree) in trees.iter().zip(golden["first_round"].as_array().unwrap()) {
        let [features, thresholds, impurities, samples, steps] =
            ["feature", "threshold", "impurity", "samples", "leaf_steps"].map(|name| numbers(&tree[name]));
        let mut leaves = values.iter();
        for (node, facts) in facts.iter().enumerate() {
            let value = if facts.feature.is_none() { leaves.next() } else { None };
            // Several cuts may be equally good, and then one is drawn.
            if tree["certain"][node] == false {
                continue;
            }
            assert_eq!(Some(facts.samples as f64), samples[node]);
            close(facts.impurity, impurities[node], 1e-7);
            if tree["drawn"][node] == false {
                assert_eq!(facts.feature.map(|f| f as f64), features[node]);
                close(facts.threshold, thresholds[node], 1e-6);
            }
            if let Some(value) = value {
                close(value / 0.1, steps[node], 1e-9);
            }
        }
        compared += facts.iter().enumerate().filter(|(node, _)| tree["drawn"][*node] == false).count();
    }
    assert!(compared > 90, "most cuts are unique: {compared} nodes were compared in full");
    for round in 0..3 {
        boosting.boost_to(round + 1);
        // Among equally good cuts one is drawn, so losses differ a little by seed.
        let theirs: Vec<f64> = golden["stage_deviances"]
            .as_array()
            .unwrap()
            .iter()
            .map(|losses| losses[round].as_f64().unwrap())
            .collect();
        let deviance = boosting.deviance();
        assert!(theirs.iter().any(|loss| (deviance / loss - 1.0).abs() < 2e-4), "{deviance} {theirs:?}");
    }
}

/// The seeded families cannot repeat scikit-learn's draws, but share its distribution of accuracies.
#[test]
fn seeded_families_have_the_accuracies_of_scikit_learn() {
    let golden = golden();
    let data = Data::load(&golden["train"], golden["test"].as_u64().unwrap() as usize);
    let tree = DecisionTreeClassifier::default();
    let random = DecisionTreeClassifier { splitter: Splitter::Random, ..tree };
    let extra = ExtraTreeClassifier::default();
    let forest = RandomForestClassifier::default();
    let entropy = Criterion::Entropy;
    assert_eq!(extra.max_features, MaxFeatures::Sqrt);
    let families: [(&str, Box<dyn Classifier>); 7] = [
        ("DecisionTree best", Box::new(tree)),
        ("DecisionTree random", Box::new(random)),
        (
            "DecisionTree random entropy 10",
            Box::new(DecisionTreeClassifier { max_depth: Some(10), criterion: entropy, ..random }),
        ),
        ("ExtraTree random", Box::new(extra)),
        (
            "ExtraTree best entropy",
            Box::new(ExtraTreeClassifier { splitter: Splitter::Best, criterion: entropy, ..extra }),
        ),
        ("RandomForest 10", Box::new(forest)),
        (
            "RandomForest 10 entropy depth 6",
            Box::new(RandomForestClassifier { max_depth: Some(6), criterion: entropy, ..forest }),
        ),
    ];
    for (name, classifier) in families {
        let golden = &golden["accuracy"][name];
        let seeds = golden["seeds"].as_u64().unwrap();
        let accuracies: Vec<f64> = (0..seeds).map(|seed| data.accuracy(classifier.as_ref(), seed)).collect();
        let mean = accuracies.iter().sum::<f64>() / seeds as f64;
        let spread = golden["sd"].as_f64().unwrap();
        let expected = golden["mean"].as_f64().unwrap();
        // Two means over `seeds` runs each: four standard errors of their difference.
        let allowed = 4.0 * spread * (2.0 / seeds as f64).sqrt();
        assert!((mean - expected).abs() < allowed, "{name}: {mean} against {expected} (+- {allowed})");
    }
}

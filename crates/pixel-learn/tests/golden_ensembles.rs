//! Extra trees, bagging and AdaBoost against scikit-learn's figures (`benchmarks/golden/ensembles.py`), through the public API.

use std::sync::Arc;

use pixel_learn::models::ada_boost::AdaBoostClassifier;
use pixel_learn::models::bagging::{BaggingClassifier, SampleSize};
use pixel_learn::models::forest::ExtraTreesClassifier;
use pixel_learn::models::tree::{Criterion, DecisionTreeClassifier, Splitter};
use pixel_learn::{Classifier, Features, FitError, Scaling, Training};
use serde_json::Value;

use crate::dataset;

fn golden() -> Value {
    serde_json::from_str(&std::fs::read_to_string("tests/fixtures/ensembles.json").unwrap()).unwrap()
}

/// The first rows of MNIST.
struct Data {
    train: Features,
    labels: Vec<u8>,
    test: Features,
    truth: Vec<u8>,
}

impl Data {
    fn load(golden: &Value) -> Data {
        let [n, m] = ["train", "test"].map(|name| golden[name].as_u64().unwrap() as usize);
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

/// The seeded families cannot repeat scikit-learn's draws, but share its distribution of accuracies.
#[test]
fn seeded_families_have_the_accuracies_of_scikit_learn() {
    let golden = golden();
    let data = Data::load(&golden);
    let extra = ExtraTreesClassifier { n_estimators: 10, ..Default::default() };
    let bagging = BaggingClassifier::default();
    let random =
        DecisionTreeClassifier { max_depth: Some(8), splitter: Splitter::Random, ..Default::default() };
    let families: [(&str, Box<dyn Classifier>); 5] = [
        ("ExtraTrees 10", Box::new(extra)),
        (
            "ExtraTrees 10 bootstrap entropy depth 6",
            Box::new(ExtraTreesClassifier {
                bootstrap: true,
                criterion: Criterion::Entropy,
                max_depth: Some(6),
                ..extra
            }),
        ),
        ("Bagging 10", Box::new(bagging)),
        (
            "Bagging 10 of half the rows and 100 features",
            Box::new(BaggingClassifier {
                max_samples: SampleSize::Share(0.5),
                max_features: SampleSize::Count(100),
                bootstrap: false,
                ..bagging
            }),
        ),
        (
            "Bagging 10 of a fifth of the features drawn again",
            Box::new(BaggingClassifier {
                estimator: random,
                max_features: SampleSize::Share(0.2),
                bootstrap_features: true,
                ..bagging
            }),
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

/// As long as the best splits are unique, every tree, its error and its vote are scikit-learn's, whatever the seed.
#[test]
fn ada_boost_has_the_trees_errors_and_votes_of_scikit_learn() {
    let golden = golden();
    let data = Data::load(&golden);
    for case in golden["ada_boost"].as_array().unwrap() {
        let count = case["alike"].as_u64().unwrap() as usize;
        let classifier = AdaBoostClassifier {
            estimator: DecisionTreeClassifier {
                max_depth: case["max_depth"].as_u64().map(|depth| depth as usize),
                criterion: if case["criterion"] == "gini" { Criterion::Gini } else { Criterion::Entropy },
                ..Default::default()
            },
            n_estimators: count,
            learning_rate: case["learning_rate"].as_f64().unwrap(),
        };
        for seed in 0..2 {
            let mut boosting = classifier.begin(&data.training(), seed).unwrap();
            boosting.boost_to(1).unwrap();
            boosting.boost_to(count).unwrap();
            let fitted = boosting.fitted();
            assert_eq!(fitted.members().len(), count);
            for (number, member) in fitted.members().iter().enumerate() {
                assert_eq!(
                    member.tree.feature(0).map(|f| f as u64),
                    case["roots"][number].as_u64(),
                    "{number}"
                );
                for (ours, name) in [(member.error, "errors"), (member.weight, "weights")] {
                    let golden = case[name][number].as_f64().unwrap();
                    assert!((ours - golden).abs() < 1e-9, "tree {number}: {name} {ours} against {golden}");
                }
            }
            let mut votes = fitted.begin(data.test.n());
            fitted.update_to(1, &mut votes, &data.test);
            fitted.update_to(count, &mut votes, &data.test);
            let theirs = case["answers"].as_array().unwrap();
            let answers = fitted.classes(&votes);
            let alike =
                answers.iter().zip(theirs).filter(|(a, b)| Some(u64::from(**a)) == b.as_u64()).count();
            assert_eq!(alike, answers.len());
        }
    }
}

#[test]
fn ada_boost_ends_with_a_perfect_tree_and_refuses_a_useless_one() {
    // One pixel tells the two classes apart; the other is the same everywhere.
    let train = Features::standardised([0, 5, 9, 5, 0, 5, 9, 5], 2).unwrap();
    let mut boosting = AdaBoostClassifier::default()
        .begin(&Training { features: &train, labels: &[0, 1, 0, 1], classes: 2 }, 1)
        .unwrap();
    boosting.boost_to(50).unwrap();
    assert_eq!(boosting.fitted().members().len(), 1);
    assert_eq!((boosting.fitted().members()[0].error, boosting.fitted().members()[0].weight), (0.0, 1.0));
    // No pixel tells anything: half of the rows are wrong.
    let useless = Training { features: &train, labels: &[0, 0, 1, 1], classes: 2 };
    assert!(matches!(AdaBoostClassifier::default().fit(&useless, 1), Err(FitError::UnusableData(_))));
    let refused = |classifier: AdaBoostClassifier| match classifier.fit(&useless, 1) {
        Err(FitError::InvalidParameter { name, .. }) => name,
        _ => "none",
    };
    assert_eq!(refused(AdaBoostClassifier { n_estimators: 0, ..Default::default() }), "n_estimators");
    let rate = AdaBoostClassifier { learning_rate: f64::NAN, ..Default::default() };
    assert_eq!(refused(rate), "learning_rate");
}

/// The first ten trees of twenty are the ensemble of ten.
#[test]
fn an_ensemble_grows_in_steps() {
    let data = Data::load(&golden());
    let bagging = BaggingClassifier { max_samples: SampleSize::Count(300), ..Default::default() };
    let mut steps = bagging.begin(&data.training(), 5).unwrap();
    steps.grow_to(3);
    steps.grow_to(6);
    let mut once = bagging.begin(&data.training(), 5).unwrap();
    once.grow_to(6);
    for (a, b) in steps.trees().iter().zip(once.trees()) {
        assert_eq!(a.nodes(), b.nodes());
        assert!((0..a.nodes()).all(|node| a.facts(node) == b.facts(node)));
    }
}

#[test]
fn sizes_that_cannot_be_drawn_are_refused() {
    let train = Features::standardised([0, 10, 20, 30, 40, 50], 2).unwrap();
    let labels = [0, 1, 0];
    let training = Training::new(&train, &labels).unwrap();
    let refused = |bagging: BaggingClassifier| match bagging.fit(&training, 1) {
        Err(FitError::InvalidParameter { name, .. }) => name,
        _ => "none",
    };
    let bagging = BaggingClassifier::default();
    for size in
        [SampleSize::Share(0.0), SampleSize::Share(1.5), SampleSize::Share(f64::NAN), SampleSize::Count(0)]
    {
        assert_eq!(refused(BaggingClassifier { max_samples: size, ..bagging }), "max_samples");
        assert_eq!(refused(BaggingClassifier { max_features: size, ..bagging }), "max_features");
    }
    assert_eq!(refused(BaggingClassifier { max_features: SampleSize::Count(3), ..bagging }), "max_features");
    let without = BaggingClassifier { bootstrap: false, ..bagging };
    assert_eq!(refused(BaggingClassifier { max_samples: SampleSize::Count(4), ..without }), "max_samples");
    assert_eq!(refused(BaggingClassifier { max_samples: SampleSize::Count(4), ..bagging }), "none");
    // More draws than a row can be counted for.
    let many = |draws| BaggingClassifier { max_samples: SampleSize::Count(draws), ..bagging };
    assert_eq!(refused(many(3 * 4096)), "none");
    assert_eq!(refused(many(3 * 4096 + 1)), "max_samples");
    assert_eq!(refused(BaggingClassifier { n_estimators: 0, ..bagging }), "n_estimators");
}

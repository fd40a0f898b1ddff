//! The tree families on parameters and data that leave nothing to learn: each gives an error or a sane model.

use std::sync::Arc;

use pixel_learn::models::ada_boost::AdaBoostClassifier;
use pixel_learn::models::bagging::BaggingClassifier;
use pixel_learn::models::boosting::GradientBoostingClassifier;
use pixel_learn::models::forest::{ExtraTreesClassifier, RandomForestClassifier};
use pixel_learn::models::hist_gradient_boosting::HistGradientBoostingClassifier;
use pixel_learn::models::tree::{DecisionTreeClassifier, ExtraTreeClassifier, MaxFeatures, Splitter};
use pixel_learn::models::{Classifier, FitError, Training};
use pixel_learn::{Features, Scaling};

fn features(pixels: Vec<u8>, n: usize, d: usize) -> Features {
    let scaling = Arc::new(Scaling::standard(&pixels, n, d));
    Features::new(pixels, n, d, scaling)
}

fn classification() -> Vec<Box<dyn Classifier + Sync>> {
    let best = ExtraTreeClassifier { splitter: Splitter::Best, ..Default::default() };
    let random = DecisionTreeClassifier { splitter: Splitter::Random, ..Default::default() };
    vec![
        Box::new(DecisionTreeClassifier::default()),
        Box::new(ExtraTreeClassifier::default()),
        Box::new(best),
        Box::new(random),
        Box::new(RandomForestClassifier::default()),
        Box::new(ExtraTreesClassifier { n_estimators: 10, ..Default::default() }),
        Box::new(BaggingClassifier::default()),
    ]
}

fn histograms() -> HistGradientBoostingClassifier {
    HistGradientBoostingClassifier { max_iter: 3, min_samples_leaf: 1, ..Default::default() }
}

#[test]
fn impossible_parameters_are_refused_by_name() {
    let x = features(vec![1, 2, 3, 4], 4, 1);
    let training = Training { features: &x, labels: &[0, 1, 2, 0], classes: 3 };
    let tree = DecisionTreeClassifier { max_depth: Some(0), ..Default::default() };
    let none_drawn = ExtraTreeClassifier { max_features: MaxFeatures::Count(0), ..Default::default() };
    let boosting = GradientBoostingClassifier::default();
    let refused: [(&str, Box<dyn Classifier>); 6] = [
        ("max_depth", Box::new(tree)),
        ("max_features", Box::new(none_drawn)),
        ("n_estimators", Box::new(RandomForestClassifier { n_estimators: 0, ..Default::default() })),
        ("n_estimators", Box::new(GradientBoostingClassifier { n_estimators: 0, ..boosting })),
        ("max_depth", Box::new(GradientBoostingClassifier { max_depth: Some(0), ..boosting })),
        ("learning_rate", Box::new(GradientBoostingClassifier { learning_rate: -1.0, ..boosting })),
    ];
    for (parameter, classifier) in refused {
        match classifier.fit(&training, 1).err() {
            Some(FitError::InvalidParameter { name, .. }) => assert_eq!(name, parameter),
            other => panic!("{parameter}: {other:?}"),
        }
    }
}

#[test]
fn no_rows_and_labels_out_of_range_are_errors() {
    let empty = features(Vec::new(), 0, 5);
    let x = features(vec![1, 2, 3], 3, 1);
    let mut all = classification();
    all.push(Box::new(GradientBoostingClassifier::default()));
    all.push(Box::new(histograms()));
    all.push(Box::new(AdaBoostClassifier::default()));
    for classifier in all {
        let no_rows = Training { features: &empty, labels: &[], classes: 3 };
        assert!(matches!(classifier.fit(&no_rows, 1).err(), Some(FitError::UnusableData(_))));
        let beyond = Training { features: &x, labels: &[0, 1, 3], classes: 3 };
        assert!(matches!(classifier.fit(&beyond, 1).err(), Some(FitError::UnusableData(_))));
    }
}

#[test]
fn one_class_is_predicted_always_and_boosting_says_that_it_needs_two() {
    let x = features((0..60).collect(), 20, 3);
    let training = Training { features: &x, labels: &[4; 20], classes: 10 };
    for classifier in classification() {
        assert_eq!(classifier.fit(&training, 1).unwrap().predict(&x), [4; 20]);
    }
    let error = GradientBoostingClassifier::default().fit(&training, 1).err().unwrap();
    assert!(matches!(error, FitError::TooFewClasses { needed: 2, found: 1 }), "{error}");
    let error = histograms().fit(&training, 1).err().unwrap();
    assert!(matches!(error, FitError::TooFewClasses { needed: 2, found: 1 }), "{error}");
    assert_eq!(AdaBoostClassifier::default().fit(&training, 1).unwrap().predict(&x), [4; 20]);
}

#[test]
fn constant_features_give_the_most_frequent_class() {
    let x = features(vec![9; 40], 10, 4);
    let training = Training { features: &x, labels: &[0, 1, 2, 1, 1, 1, 1, 1, 2, 1], classes: 3 };
    for classifier in classification() {
        assert_eq!(classifier.fit(&training, 1).unwrap().predict(&x), [1; 10]);
    }
    let boosting = GradientBoostingClassifier::default();
    assert_eq!(boosting.fit(&training, 1).unwrap().predict(&x), [1; 10]);
    assert_eq!(histograms().fit(&training, 1).unwrap().predict(&x), [1; 10]);
}

#[test]
fn many_classes_and_one_feature_are_learnt() {
    let pixels: Vec<u8> = (0..=255).collect();
    let labels = pixels.clone();
    let x = features(pixels, 256, 1);
    let training = Training { features: &x, labels: &labels, classes: 256 };
    assert_eq!(DecisionTreeClassifier::default().fit(&training, 1).unwrap().predict(&x), labels);
    assert_eq!(ExtraTreeClassifier::default().fit(&training, 1).unwrap().predict(&x), labels);
    let deep = AdaBoostClassifier { estimator: DecisionTreeClassifier::default(), ..Default::default() };
    assert_eq!(deep.fit(&training, 1).unwrap().predict(&x), labels);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let pixels: Vec<u8> = (0..6000u64 * 20).map(|i| ((i * i % 65521 * 40503) >> 9) as u8 / 9 * 9).collect();
    let labels: Vec<u8> = pixels.chunks(20).map(|row| (row[3] / 64 + row[7] / 200) % 5).collect();
    let x = features(pixels, 6000, 20);
    let training = Training { features: &x, labels: &labels, classes: 5 };
    let mut all = classification();
    all.push(Box::new(GradientBoostingClassifier {
        n_estimators: 3,
        max_depth: Some(9),
        ..Default::default()
    }));
    all.push(Box::new(HistGradientBoostingClassifier { early_stopping: Some(true), ..histograms() }));
    all.push(Box::new(AdaBoostClassifier::default()));
    for classifier in all {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let model = classifier.fit(&training, 7).unwrap();
                (model.predict(&x), model.facts())
            })
        };
        assert_eq!(with(1), with(3));
    }
}

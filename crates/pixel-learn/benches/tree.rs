//! Fitting and predicting with whole tree models on the first 5,000 training images of MNIST:
//! `cargo bench --bench tree`.

#[path = "../tests/dataset/mod.rs"]
mod dataset;

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use pixel_learn::{
    AdaBoostClassifier, BaggingClassifier, Classifier, DecisionTreeClassifier, ExtraTreeClassifier,
    ExtraTreesClassifier, Features, GradientBoostingClassifier, HistGradientBoostingClassifier,
    RandomForestClassifier, Scaling, Training,
};

const ROWS: usize = 5000;

fn models(criterion: &mut Criterion) {
    let data = dataset::load("mnist");
    let pixels = data.train.pixels[..ROWS * 784].to_vec();
    let x = Features::new(pixels.clone(), ROWS, 784, Arc::new(Scaling::standard(&pixels, ROWS, 784)));
    let training = Training { features: &x, labels: &data.train.labels[..ROWS], classes: 10 };
    let boosting = GradientBoostingClassifier { n_estimators: 1, max_depth: Some(10), ..Default::default() };
    let histograms =
        HistGradientBoostingClassifier { max_iter: 1, early_stopping: Some(false), ..Default::default() };
    let deep = HistGradientBoostingClassifier { max_leaf_nodes: None, max_depth: Some(10), ..histograms };
    let extra = ExtraTreesClassifier { n_estimators: 10, ..Default::default() };
    let stumps = AdaBoostClassifier { n_estimators: 10, ..Default::default() };
    let classifiers: [(&str, Box<dyn Classifier>); 9] = [
        ("DecisionTreeClassifier", Box::new(DecisionTreeClassifier::default())),
        ("ExtraTreeClassifier", Box::new(ExtraTreeClassifier::default())),
        ("RandomForestClassifier, 10 trees", Box::new(RandomForestClassifier::default())),
        ("ExtraTreesClassifier, 10 trees", Box::new(extra)),
        ("BaggingClassifier, 10 trees", Box::new(BaggingClassifier::default())),
        ("AdaBoostClassifier, 10 stumps", Box::new(stumps)),
        ("GradientBoostingClassifier, 1 round of depth 10", Box::new(boosting)),
        ("HistGradientBoostingClassifier, 1 round of 31 leaves", Box::new(histograms)),
        ("HistGradientBoostingClassifier, 1 round of depth 10", Box::new(deep)),
    ];
    for (name, classifier) in classifiers {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10);
        group.bench_function("fit", |bencher| bencher.iter(|| classifier.fit(&training, 1)));
        let model = classifier.fit(&training, 1).expect("the data can be learnt");
        group.bench_function("predict", |bencher| bencher.iter(|| model.predict(&x)));
        group.finish();
    }
}

criterion_group!(benches, models);
criterion_main!(benches);

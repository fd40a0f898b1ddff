//! Growing and asking whole models on the first 5,000 training images of MNIST: `cargo bench --bench tree`.

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use mnist_bench::dataset::{self, Features, Scaling};
use mnist_bench::models::boosting::GradientBoostingClassifier;
use mnist_bench::models::forest::RandomForestClassifier;
use mnist_bench::models::tree::{DecisionTreeClassifier, ExtraTreeClassifier};
use mnist_bench::models::{Classifier, Training};

const ROWS: usize = 5000;

fn models(criterion: &mut Criterion) {
    let data = dataset::load("mnist").expect("the data set stands in data/");
    let pixels = data.train.images.pixels[..ROWS * 784].to_vec();
    let x = Features::new(pixels.clone(), ROWS, 784, Arc::new(Scaling::standard(&pixels, ROWS, 784)));
    let training = Training { features: &x, labels: &data.train.labels[..ROWS], classes: 10 };
    let boosting = GradientBoostingClassifier { n_estimators: 1, max_depth: Some(10), ..Default::default() };
    let classifiers: [(&str, Box<dyn Classifier>); 4] = [
        ("DecisionTreeClassifier", Box::new(DecisionTreeClassifier::default())),
        ("ExtraTreeClassifier", Box::new(ExtraTreeClassifier::default())),
        ("RandomForestClassifier, 10 trees", Box::new(RandomForestClassifier::default())),
        ("GradientBoostingClassifier, 1 round of depth 10", Box::new(boosting)),
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

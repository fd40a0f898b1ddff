//! Fits and predicts at full size and prints the seconds of user CPU time; the tables of speeds are made with it.
//!
//! `RAYON_NUM_THREADS=1 cargo run --release -p pixel-learn --example fit_predict -- MODEL DATASET [REPETITIONS]`
//! runs one of the models below on `mnist` or `fashion-mnist` of the repository's `data/`.

#[path = "../tests/dataset/mod.rs"]
mod dataset;

use std::sync::Arc;

use pixel_learn::models::discriminant::{LdaSolver, Shrinkage};
use pixel_learn::models::nearest_centroid::CentroidMetric;
use pixel_learn::{
    BernoulliNB, ComplementNB, GaussianNB, MultinomialNB, NearestCentroid, NuSVC, RidgeClassifier,
};
use pixel_learn::{Classifier, Features, Scaling, Training};
use pixel_learn::{LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis};

const D: usize = 784;

fn classifier(name: &str) -> Option<(Box<dyn Classifier>, Scaling)> {
    let raw = || Scaling { offset: vec![0.0; D], scale: vec![1.0; D] };
    let unit = || Scaling::unit(D);
    let centroid = NearestCentroid::default();
    let lda = LinearDiscriminantAnalysis::default;
    let lsqr = |amount| LinearDiscriminantAnalysis {
        solver: LdaSolver::Lsqr,
        shrinkage: Some(amount),
        ..LinearDiscriminantAnalysis::default()
    };
    let (classifier, scaling): (Box<dyn Classifier>, Scaling) = match name {
        "nc" => (Box::new(centroid), unit()),
        "ncm" => (Box::new(NearestCentroid { metric: CentroidMetric::Manhattan, ..centroid }), unit()),
        "ncs" => (Box::new(NearestCentroid { shrink_threshold: Some(0.5), ..centroid }), unit()),
        "bern" => (Box::new(BernoulliNB { binarize: Some(127.0), ..BernoulliNB::default() }), raw()),
        "multi" => (Box::new(MultinomialNB::default()), raw()),
        "comp" => (Box::new(ComplementNB::default()), raw()),
        "ridge" => (Box::new(RidgeClassifier::default()), unit()),
        "lda" => (Box::new(lda()), unit()),
        "ldas" => (Box::new(lsqr(Shrinkage::Value(0.1))), unit()),
        "ldaa" => (Box::new(lsqr(Shrinkage::Auto)), unit()),
        "qda" => (Box::new(QuadraticDiscriminantAnalysis { reg_param: 0.01, ..Default::default() }), unit()),
        "nu" => (Box::new(NuSVC::default()), unit()),
        "gnb" => (Box::new(GaussianNB::default()), unit()),
        _ => return None,
    };
    Some((classifier, scaling))
}

/// User CPU seconds of this process so far, with a resolution of 0.01 s.
fn user_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    after_name.split(' ').nth(11).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(f64::NAN) / 100.0
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, set, rest @ ..] = &arguments[..] else {
        eprintln!("expected MODEL DATASET [REPETITIONS]");
        std::process::exit(2);
    };
    let repetitions = rest.first().and_then(|count| count.parse().ok()).unwrap_or(1u32);
    let Some((classifier, scaling)) = classifier(model) else {
        eprintln!("there is no model {model}");
        std::process::exit(2);
    };
    let data = dataset::load(set);
    let scaling = Arc::new(scaling);
    let features = |pixels: &[u8]| Features::new(pixels.to_vec(), pixels.len() / D, D, scaling.clone());
    let mut times = [0.0, 0.0];
    let mut answers = Vec::new();
    for _ in 0..repetitions {
        let (train, test) = (features(&data.train.pixels), features(&data.test.pixels));
        let start = user_seconds();
        let training = Training { features: &train, labels: &data.train.labels, classes: 10 };
        let fitted = match classifier.fit(&training, 1) {
            Ok(fitted) => fitted,
            Err(error) => {
                eprintln!("{error}");
                std::process::exit(1);
            }
        };
        let middle = user_seconds();
        answers = fitted.predict(&test);
        times[0] += middle - start;
        times[1] += user_seconds() - middle;
    }
    let right = answers.iter().zip(&data.test.labels).filter(|(a, b)| a == b).count();
    let [fit, predict] = times.map(|seconds| seconds / f64::from(repetitions));
    let accuracy = right as f64 / answers.len() as f64;
    eprintln!("{model} {set}: fit {fit:.4} s, predict {predict:.4} s, accuracy {accuracy:.4}");
    println!("{}", answers.iter().map(|class| char::from(b'0' + class)).collect::<String>());
}

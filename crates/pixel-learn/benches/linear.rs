//! Whole fits of the convex linear models on a small problem, one line for each kind of loss:
//! `cargo bench --bench linear`, and again with MNIST_BENCH_SIMD=scalar or avx2 to compare.

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use pixel_learn::models::Training;
use pixel_learn::models::linear::linear_svc::{SvcLoss, SvcMultiClass};
use pixel_learn::models::linear::logistic::{LogisticMultiClass, Penalty};
use pixel_learn::models::linear::{LinearSVC, LogisticRegression};
use pixel_learn::{Features, Scaling};

const ROWS: usize = 2000;
const FEATURES: usize = 196;
const CLASSES: usize = 5;

/// Overlapping clouds of bytes from a formula, half of them at the background's 0, as in images.
fn clouds() -> (Features, Vec<u8>) {
    let noise = |i: usize| ((i as f64 * 12.9898).sin() * 43758.5453).fract().abs();
    let labels: Vec<u8> = (0..ROWS).map(|i| (i % CLASSES) as u8).collect();
    let lit = |i: usize| noise(i + 7) < 0.5;
    let lift = |i: usize| if i % CLASSES == usize::from(labels[i / FEATURES]) { 20.0 } else { 0.0 };
    let pixel = |i: usize| if lit(i) { (noise(i) * 200.0 + lift(i)) as u8 } else { 0 };
    let pixels: Vec<u8> = (0..ROWS * FEATURES).map(pixel).collect();
    let scaling = Arc::new(Scaling::standard(&pixels, ROWS, FEATURES));
    (Features::new(pixels, ROWS, FEATURES, scaling), labels)
}

fn convex(criterion: &mut Criterion) {
    let (features, labels) = clouds();
    features.scaled();
    let training = Training { features: &features, labels: &labels, classes: CLASSES };
    let mut group = criterion.benchmark_group(format!("linear {ROWS}x{FEATURES}, {CLASSES} classes"));
    group.sample_size(10);
    for multi_class in [LogisticMultiClass::Ovr, LogisticMultiClass::Multinomial] {
        for penalty in [Penalty::L2, Penalty::L1] {
            let model = LogisticRegression { penalty, multi_class, ..LogisticRegression::default() };
            group.bench_function(format!("LogisticRegression {multi_class:?} {penalty:?}"), |bencher| {
                bencher.iter(|| model.fit_linear(&training, 1).map(|fitted| fitted.weights.len()));
            });
        }
    }
    let kinds = [
        ("hinge", SvcLoss::Hinge, SvcMultiClass::Ovr),
        ("squared hinge", SvcLoss::SquaredHinge, SvcMultiClass::Ovr),
        ("Crammer and Singer", SvcLoss::Hinge, SvcMultiClass::CrammerSinger),
    ];
    for (name, loss, multi_class) in kinds {
        let model = LinearSVC { loss, multi_class, ..LinearSVC::default() };
        group.bench_function(format!("LinearSVC {name}"), |bencher| {
            bencher.iter(|| model.fit_linear(&training).map(|fitted| fitted.weights.len()));
        });
    }
    group.finish();
}

criterion_group!(benches, convex);
criterion_main!(benches);

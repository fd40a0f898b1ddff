//! The costly parts of SVC: exponentials, fits of two classes by decomposition (SMO) and by Newton's method (with
//! more rows than features, and with fewer), and prediction: `cargo bench --bench smo`, and again with
//! MNIST_BENCH_SIMD=scalar or avx2 to compare.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pixel_learn::linalg::exp::{exp, exp_in_place};
use pixel_learn::models::Training;
use pixel_learn::models::svm::{Kernel, SVC, fit_all, predict_all};
use pixel_learn::{Features, Scaling};

const ROWS: usize = 1000;
const FEATURES: usize = 196;
/// As many rows as two classes have in 1,000 MNIST images.
const FEW_ROWS: usize = 200;
const MANY_FEATURES: usize = 784;

/// Two overlapping clouds of bytes from a formula.
fn clouds(rows: usize, features: usize) -> (Features, Vec<u8>) {
    let noise = |i: usize| ((i as f64 * 12.9898).sin() * 43758.5453).fract().abs();
    let labels: Vec<u8> = (0..rows).map(|i| (i % 2) as u8).collect();
    let pixels: Vec<u8> = (0..rows * features)
        .map(|i| (noise(i) * 200.0 + f64::from(labels[i / features]) * 25.0) as u8)
        .collect();
    let scaling = Arc::new(Scaling::standard(&pixels, rows, features));
    (Features::new(pixels, rows, features, scaling), labels)
}

fn exponentials(criterion: &mut Criterion) {
    let source: Vec<f32> = (0..4096).map(|i| -(i as f32) * 0.004).collect();
    let mut values = source.clone();
    let mut group = criterion.benchmark_group("exp of 4096 values");
    group.throughput(Throughput::Elements(4096));
    group.bench_function("one by one", |bencher| {
        bencher.iter(|| values.iter_mut().zip(&source).for_each(|(v, &x)| *v = exp(black_box(x))));
    });
    group.bench_function("std", |bencher| {
        bencher.iter(|| values.iter_mut().zip(&source).for_each(|(v, &x)| *v = black_box(x).exp()));
    });
    group.bench_function("in place", |bencher| {
        bencher.iter(|| {
            values.copy_from_slice(&source);
            exp_in_place(black_box(&mut values));
        });
    });
    group.finish();
}

fn two_classes(criterion: &mut Criterion) {
    let (features, labels) = clouds(ROWS, FEATURES);
    features.scaled();
    let training = Training { features: &features, labels: &labels, classes: 2 };
    let mut group = criterion.benchmark_group(format!("SVC {ROWS}x{FEATURES}"));
    group.sample_size(10);
    for kernel in [Kernel::Rbf, Kernel::Poly, Kernel::Linear] {
        let svc = SVC { kernel, c: 10.0, ..SVC::default() };
        group.bench_function(format!("fit {kernel:?}"), |bencher| {
            bencher.iter(|| fit_all(&[svc], &training).map(|fitted| fitted.models.len()));
        });
        if let Ok(fitted) = fit_all(&[svc], &training) {
            let models: Vec<_> = fitted.models.iter().collect();
            let rows = features.scaled();
            group.bench_function(format!("predict {kernel:?}"), |bencher| {
                bencher.iter(|| predict_all(&models, rows, rows).len());
            });
        }
    }
    group.finish();
}

fn few_rows(criterion: &mut Criterion) {
    let (features, labels) = clouds(FEW_ROWS, MANY_FEATURES);
    features.scaled();
    let training = Training { features: &features, labels: &labels, classes: 2 };
    let svc = SVC { kernel: Kernel::Linear, ..SVC::default() };
    criterion.bench_function(&format!("SVC {FEW_ROWS}x{MANY_FEATURES} fit Linear"), |bencher| {
        bencher.iter(|| fit_all(&[svc], &training).map(|fitted| fitted.models.len()));
    });
}

criterion_group!(benches, exponentials, two_classes, few_rows);
criterion_main!(benches);

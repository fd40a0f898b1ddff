//! Kernels of the tree families at each instruction level, the scalar definition among them:
//! `cargo bench --bench histogram`. Throughput is in bytes of pixels, one a row and feature.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pixel_learn::linalg::histogram::gradient_histogram::Rules;
use pixel_learn::linalg::histogram::residual_histogram::{ResidualCell, Scratch, best_cuts_of_rows};
use pixel_learn::linalg::histogram::{
    BinnedRows, Bins, ByteWords, ClassHistogram, Entropy, FeatureCuts, Gini, GradientHistogram,
    QuantisedGradients, ResidualHistogram, Sample, Sums, WeightHistogram, small_node,
};
use pixel_learn::linalg::simd::{Level, supported};

const FEATURES: usize = 784;

/// Four fifths zeros, as MNIST has.
fn pixels(n: usize) -> Vec<u8> {
    (0..n * FEATURES)
        .map(|i| i.wrapping_mul(2654435761) >> 13)
        .map(|h| if h % 5 == 0 { h as u8 } else { 0 })
        .collect()
}

fn levels() -> impl Iterator<Item = Level> {
    [Level::Scalar, Level::Avx2, Level::Avx512].into_iter().filter(|&level| level <= supported())
}

fn class_counts(criterion: &mut Criterion) {
    for n in [64, 1000, 60_000] {
        let column: Vec<u8> =
            (0..n).map(|i: usize| (i.wrapping_mul(2654435761) >> 13) as u8 & 0x7f).collect();
        let samples: Vec<Sample> =
            (0..n).map(|row| Sample { row: row as u32, class: (row * 7 % 10) as u16, weight: 1 }).collect();
        let mut total = [0u32; 16];
        samples.iter().for_each(|sample| total[usize::from(sample.class)] += 1);
        let mut group = criterion.benchmark_group(format!("best cut of one feature, {n} rows"));
        group.throughput(Throughput::Bytes(n as u64));
        let mut histogram = ClassHistogram::<16>::default();
        let entropy = Entropy::up_to(n);
        for level in levels() {
            group.bench_function(format!("gini {}", level.name()), |bencher| {
                bencher.iter(|| histogram.best_cut(level, &column, &samples, &total, &Gini));
            });
            group.bench_function(format!("entropy {}", level.name()), |bencher| {
                bencher.iter(|| histogram.best_cut(level, &column, &samples, &total, &entropy));
            });
        }
        group.finish();
    }
}

fn residual_sums(criterion: &mut Criterion) {
    let n = 8192;
    let pixels = pixels(n);
    let x = ByteWords::new(&pixels, n, FEATURES);
    let all: Vec<u32> = (0..n as u32).collect();
    let bins = Bins::exact(&pixels, FEATURES, &all);
    let binned = BinnedRows::new(&pixels, FEATURES, &all, &bins);
    let residuals: Vec<i32> = (0..n as i32).map(|i| i.wrapping_mul(48271) >> 7).collect();
    let summands: Vec<ResidualCell> = residuals.iter().map(|&residual| ResidualCell::row(residual)).collect();
    let mut cuts = FeatureCuts::default();
    for count in [16, 40, 256, 8192] {
        let rows: Vec<u32> = (0..count).map(|k| (k * (n / count)) as u32).collect();
        let sum = rows.iter().map(|&row| i64::from(residuals[row as usize])).sum();
        let mut group = criterion.benchmark_group(format!("best cuts of {FEATURES} features, {count} rows"));
        group.sample_size(10);
        group.throughput(Throughput::Bytes((count * FEATURES) as u64));
        let mut scratch = Scratch::default();
        let mut histogram = ResidualHistogram::new(&binned);
        group.bench_function("build a histogram", |bencher| {
            bencher.iter(|| histogram.set(&binned, &rows, &summands));
        });
        for level in levels() {
            group.bench_function(format!("scan a histogram {}", level.name()), |bencher| {
                bencher.iter(|| histogram.best_cuts(level, &binned, &bins, count, sum, &mut cuts));
            });
            group.bench_function(format!("of rows {}", level.name()), |bencher| {
                bencher
                    .iter(|| best_cuts_of_rows(level, &x, &rows, &residuals, sum, &mut scratch, &mut cuts));
            });
            if count <= small_node::MOST_ROWS {
                group.bench_function(format!("all pairs {}", level.name()), |bencher| {
                    bencher.iter(|| small_node::best_cuts(level, &x, &rows, &residuals, sum, &mut cuts));
                });
            }
        }
        group.finish();
    }
}

fn residual_histogram(criterion: &mut Criterion) {
    let n = 8192;
    let pixels = pixels(n);
    let all: Vec<u32> = (0..n as u32).collect();
    let x = BinnedRows::new(&pixels, FEATURES, &all, &Bins::new(&pixels, FEATURES, &all, 255));
    let mut gradients = QuantisedGradients::default();
    gradients.set(n, |row| ((row as f64).sin(), 0.2 + 0.1 * (row as f64).cos()));
    let rules = Rules { min_rows: 20, min_hessian: 1, regularisation: 1e-3 };
    for count in [256, 8192] {
        let rows: Vec<u32> = (0..count).map(|k| (k * (n / count)) as u32).collect();
        let mut group = criterion.benchmark_group(format!("gradients of {FEATURES} features, {count} rows"));
        group.sample_size(10);
        group.throughput(Throughput::Bytes((count * FEATURES) as u64));
        let mut histogram = GradientHistogram::new(&x);
        group.bench_function("count", |bencher| bencher.iter(|| histogram.set(&x, &rows, &gradients.rows)));
        let other = GradientHistogram::new(&x);
        group.bench_function("subtract", |bencher| bencher.iter(|| histogram.subtract(&other)));
        let mut total = gradients.rows[0];
        total.subtract(total);
        rows.iter().for_each(|&row| total.add(gradients.rows[row as usize]));
        for level in levels() {
            group.bench_function(format!("best split {}", level.name()), |bencher| {
                bencher.iter(|| histogram.best_split(level, &x, total, &rules));
            });
        }
        group.finish();
    }
}

fn weighted_class_counts(criterion: &mut Criterion) {
    let n = 60_000;
    let column: Vec<u8> = (0..n).map(|i: usize| (i.wrapping_mul(2654435761) >> 13) as u8 & 0x7f).collect();
    let samples: Vec<Sample> = (0..n)
        .map(|row| Sample { row: row as u32, class: (row * 7 % 10) as u16, weight: row as u16 })
        .collect();
    let weights: Vec<u64> = (0..n as u64).map(|row| 1 + row * 48271 % 65_537).collect();
    let mut total = [0u64; 16];
    samples.iter().zip(&weights).for_each(|(sample, weight)| total[usize::from(sample.class)] += weight);
    let mut group = criterion.benchmark_group(format!("best cut of one feature, {n} weighted rows"));
    group.throughput(Throughput::Bytes(n as u64));
    let mut histogram = WeightHistogram::<16>::default();
    for level in levels() {
        group.bench_function(format!("gini {}", level.name()), |bencher| {
            bencher.iter(|| {
                histogram.best_cut(
                    level,
                    &column,
                    &samples,
                    &weights,
                    &total,
                    pixel_learn::models::tree::Criterion::Gini,
                )
            });
        });
    }
    group.finish();
}

criterion_group!(benches, class_counts, residual_sums, residual_histogram, weighted_class_counts);
criterion_main!(benches);

//! Dot products and Manhattan distances of all pairs of rows at each instruction level, the scalar
//! definition among them, and dot products in 16-bit fixed point: `cargo bench --bench distance`. Throughput is in
//! feature steps.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pixel_learn::linalg::pairwise::{Measure, Panels, all_pairs_at};
use pixel_learn::linalg::simd::{Level, supported};
use pixel_learn::linalg::word_pairs::{LeftRows, RightRows, dots_at};

const FEATURES: usize = 784;

fn rows(count: usize) -> Vec<f32> {
    (0..count * FEATURES).map(|i| (i * 7919 % 1009) as f32 / 300.0 - 1.5).collect()
}

fn all_pairs(criterion: &mut Criterion) {
    let (a, b) = (rows(192), rows(512));
    let left = Panels::left(a.chunks_exact(FEATURES), FEATURES);
    let right = Panels::right(b.chunks_exact(FEATURES), FEATURES);
    let mut out = vec![0.0; 192 * 512];
    for measure in [Measure::Dot, Measure::Manhattan] {
        let mut group = criterion.benchmark_group(format!("all_pairs {measure:?} 192x512x{FEATURES}"));
        group.sample_size(10);
        group.throughput(Throughput::Elements((192 * 512 * FEATURES) as u64));
        for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
            if level <= supported() {
                group.bench_function(level.name(), |bencher| {
                    bencher.iter(|| all_pairs_at(level, measure, &left, &right, 0..512, &mut out, 512));
                });
            }
        }
        group.finish();
    }
}

fn fixed_point(criterion: &mut Criterion) {
    let (left, right) = (LeftRows::new(&rows(192), FEATURES), RightRows::new(&rows(512), FEATURES));
    let mut group = criterion.benchmark_group(format!("word_pairs 192x512x{FEATURES}"));
    group.sample_size(10);
    group.throughput(Throughput::Elements((192 * 512 * FEATURES) as u64));
    for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
        if level <= supported() {
            group.bench_function(level.name(), |bencher| {
                bencher.iter(|| dots_at(level, &left, &right, |_, _, tile| _ = black_box(tile)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, all_pairs, fixed_point);
criterion_main!(benches);

//! The kernels of trees and linear models, most at every instruction level from the scalar definition up, and the
//! growth of a whole tree: `cargo bench --bench kernels`.

mod common;
#[path = "../tests/dataset/mod.rs"]
mod dataset;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pixel_learn::linalg::base_delta::{
    LANES, Lanes, SparseRows, accumulate, accumulate_at, project, project_at,
};
use pixel_learn::linalg::dot::dots_at;
use pixel_learn::linalg::histogram::{ClassHistogram, Columns, Gini, Sample};
use pixel_learn::linalg::simd::{Level, supported};
use pixel_learn::linalg::sparse_bytes::{self, Row};
use pixel_learn::linalg::truncated_l1::{self, Affine, Aligned};
use pixel_learn::models::Training;
use pixel_learn::models::tree::DecisionTreeClassifier;

fn levels() -> impl Iterator<Item = Level> {
    [Level::Scalar, Level::Avx2, Level::Avx512].into_iter().filter(|&level| level <= supported())
}

/// The best cut of one column among the rows of a node.
fn histogram(criterion: &mut Criterion) {
    for rows in [100usize, 10_000] {
        let (pixels, labels) = common::images(rows, 8, 10);
        let columns = Columns::from_rows(&pixels, rows, 64);
        let samples: Vec<Sample> = (0..rows)
            .map(|row| Sample { row: row as u32, class: u16::from(labels[row]), weight: 1 })
            .collect();
        let mut total = [0u32; 16];
        labels.iter().for_each(|&label| total[usize::from(label)] += 1);
        let mut counts = ClassHistogram::<16>::default();
        let mut group = criterion.benchmark_group(format!("best cut of a column, {rows} rows"));
        group.throughput(Throughput::Elements(rows as u64));
        for level in levels() {
            group.bench_function(level.name(), |bencher| {
                bencher
                    .iter(|| counts.best_cut(level, black_box(columns.column(20)), &samples, &total, &Gini));
            });
        }
        group.finish();
    }
}

/// One image against ten weight vectors.
fn dots(criterion: &mut Criterion) {
    let row = common::numbers(784);
    let weights: Vec<f64> = common::numbers(10 * 784).into_iter().map(f64::from).collect();
    let mut out = [0.0; 10];
    let mut group = criterion.benchmark_group("dots 10x784");
    group.throughput(Throughput::Elements(7840));
    for level in levels() {
        group.bench_function(level.name(), |bencher| {
            bencher.iter(|| dots_at(level, black_box(&row), &weights, &mut out));
        });
    }
    group.finish();
}

/// 128 images, mostly background, against sixteen weight vectors side by side, and their combination with sixteen
/// factors each: what the linear minimisers do to every row.
fn sparse(criterion: &mut Criterion) {
    let (pixels, _) = common::images(128, 28, 10);
    let list: Vec<u32> = (0..128).collect();
    let x = SparseRows::from_bytes(&pixels, 784, &list, |_, byte| f64::from(byte) / 255.0);
    let side_by_side = |count: usize| -> Vec<Lanes> {
        let values = common::numbers(count * LANES);
        values.as_chunks::<LANES>().0.iter().map(|values| Lanes(*values)).collect()
    };
    let (vectors, factors) = (side_by_side(784), side_by_side(128));
    let mut products = factors.clone();
    let mut sums = vectors.clone();
    for (name, accumulated) in [("project 128x784", false), ("accumulate 128x784", true)] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(128 * 784));
        for level in levels() {
            group.bench_function(level.name(), |bencher| {
                bencher.iter(|| {
                    if accumulated {
                        accumulate_at(level, black_box(&x), &list, &factors, &mut sums);
                    } else {
                        project_at(level, black_box(&x), &list, &Lanes::ZERO, &vectors, &mut products);
                    }
                });
            });
        }
        group.finish();
    }
}

/// A pass over all training images of a data set, class by class: products with sixteen weight vectors and combinations,
/// 256 rows at a time. The data exceed the caches, so the pass also shows how well prefetching works.
fn passes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pass over 60000x784");
    group.sample_size(10);
    for name in ["mnist", "fashion-mnist"] {
        let train = dataset::load(name).train;
        let mut order: Vec<u32> = (0..train.labels.len() as u32).collect();
        order.sort_by_key(|&row| train.labels[row as usize]);
        let d = 784;
        let x = SparseRows::from_bytes(&train.pixels, d, &order, |_, byte| f64::from(byte) / 255.0);
        let list: Vec<u32> = (0..x.rows() as u32).collect();
        let vectors = vec![Lanes([0.01; LANES]); d];
        let (mut products, mut sums) = (vec![Lanes::ZERO; 256], vectors.clone());
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for rows in list.chunks(256) {
                    project(black_box(&x), rows, &Lanes::ZERO, &vectors, &mut products);
                    accumulate(&x, rows, &products, &mut sums);
                }
            });
        });
    }
    group.finish();
}

/// One image and the weights of one class, as in every step of stochastic descent: the product without the image's zero
/// blocks, and, at the machine's level, product and step under an l1 penalty.
fn descent(criterion: &mut Criterion) {
    let (pixels, _) = common::images(1, 28, 10);
    let weights: Vec<f64> = common::numbers(784).into_iter().map(f64::from).collect();
    let blocks = sparse_bytes::blocks(&weights);
    let lit = |&(_, block): &(usize, &[u8; 8])| block != &[0; 8];
    let (places, lit): (Vec<u16>, Vec<[u8; 8]>) =
        pixels.as_chunks().0.iter().enumerate().filter(lit).map(|(at, block)| (at as u16, *block)).unzip();
    let row = Row { pixels: &lit, places: &places };
    let mut group = criterion.benchmark_group("lit blocks of an image, product");
    group.throughput(Throughput::Elements(784));
    for level in levels() {
        group.bench_function(level.name(), |bencher| {
            bencher.iter(|| sparse_bytes::dot_at(level, black_box(row), &blocks));
        });
    }
    group.finish();
    let (mut y, mut x) = (Aligned::from_values(&weights), Aligned::from_values(&weights));
    let affine = Affine { offset: y.clone(), unit: y.clone() };
    let (pixels, _) = pixels.as_chunks();
    let mut group = criterion.benchmark_group("image under an l1 penalty");
    group.throughput(Throughput::Elements(784));
    group.bench_function("product", |bencher| {
        bencher.iter(|| truncated_l1::dot_truncated(black_box(pixels), &affine, &y, 0.5, &mut x));
    });
    group.bench_function("step", |bencher| {
        bencher.iter(|| truncated_l1::add_truncated(black_box(1e-9), &x, 0.0, 0.5, &mut y));
    });
    group.finish();
}

/// A full tree on 3,000 small images, at the machine's level.
fn tree(criterion: &mut Criterion) {
    let (features, labels) = common::features(3000, 14, 10);
    let training = Training { features: &features, labels: &labels, classes: 10 };
    let mut group = criterion.benchmark_group("tree growth");
    group.sample_size(10);
    group.bench_function("gini, full depth, 3000x196", |bencher| {
        bencher.iter(|| DecisionTreeClassifier::default().grow(&training, 1));
    });
    group.finish();
}

criterion_group!(benches, histogram, dots, sparse, passes, descent, tree);
criterion_main!(benches);

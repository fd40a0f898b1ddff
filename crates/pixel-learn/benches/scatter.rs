//! The matrix kernels of ridge regression and discriminants: Gram matrices, beside plain code, and factorisations.
//! `cargo bench --bench scatter`. Lower the instruction level with MNIST_BENCH_SIMD=scalar or avx2.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pixel_learn::linalg::Matrix;
use pixel_learn::linalg::byte_gram::{ByteGram, Change};
use pixel_learn::linalg::cholesky::Cholesky;
use pixel_learn::linalg::gram::add_gram;
use pixel_learn::linalg::symmetric_eigen::largest;

const ROWS: usize = 4000;

/// Small numbers of both signs.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i * 7919 % 1009) as f32 / 300.0 - 1.5).collect()
}

/// The definition, the innermost loop over a row of the result so that it vectorises.
fn plain(matrix: &Matrix, products: &mut [f64]) {
    let d = matrix.columns();
    for row in matrix.as_slice().chunks_exact(d) {
        for (j, products) in products.chunks_exact_mut(d).enumerate() {
            let factor = f64::from(row[j]);
            products[..=j].iter_mut().zip(row).for_each(|(sum, &x)| *sum += factor * f64::from(x));
        }
    }
}

fn gram(criterion: &mut Criterion) {
    for d in [48, 784] {
        let matrix = Matrix::from_slice(&numbers(ROWS * d), ROWS, d);
        let rows: Vec<u32> = (0..ROWS as u32).collect();
        let columns: Vec<u32> = (0..d as u32).collect();
        let mut group = criterion.benchmark_group(format!("gram {ROWS}x{d}"));
        group.sample_size(10);
        group.throughput(Throughput::Elements((ROWS * d * (d + 1) / 2) as u64));
        let mut products = vec![0.0; d * d];
        group.bench_function("f32", |bencher| {
            bencher.iter(|| add_gram(&matrix, &rows, &columns, &vec![0.0; d], &mut products));
        });
        group.bench_function("plain", |bencher| bencher.iter(|| plain(&matrix, &mut products)));
        let bytes: Vec<u8> = (0..ROWS * d).map(|at| (at * 7919 % 256) as u8).collect();
        group.bench_function("bytes", |bencher| {
            bencher.iter(|| {
                let mut gram = ByteGram::new(d);
                gram.update(&bytes, &rows, Change::Add);
                gram.products(d - 1)[0]
            });
        });
        group.finish();
    }
}

fn factors(criterion: &mut Criterion) {
    let n = 960;
    let value = |at: usize| {
        (if at / n == at % n { 2.0 } else { 0.0 }) + 1.0 / (1.0 + (at / n).abs_diff(at % n) as f64)
    };
    let matrix: Vec<f64> = (0..n * n).map(value).collect();
    let mut group = criterion.benchmark_group(format!("factors of {n}x{n}"));
    group.sample_size(10);
    group.bench_function("Cholesky", |bencher| bencher.iter(|| Cholesky::new(matrix.clone(), n).is_some()));
    group.bench_function("Cholesky in wide blocks", |bencher| {
        bencher.iter(|| Cholesky::wide(matrix.clone(), n).is_some());
    });
    group.bench_function("all eigenvectors", |bencher| {
        bencher.iter(|| largest(matrix.clone(), n, n).values[0])
    });
    group.finish();
}

criterion_group!(benches, gram, factors);
criterion_main!(benches);

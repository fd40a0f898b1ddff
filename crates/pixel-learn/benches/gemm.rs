//! The products, activations and updates of an MLP step (batch of 200), products and tanh beside plain code:
//! `cargo bench --bench gemm`. Lower the instruction level with MNIST_BENCH_SIMD=scalar or avx2.

use criterion::{Criterion, Throughput, criterion_group};
use pixel_learn::linalg::adam::{AdamStep, adam_step};
use pixel_learn::linalg::dense_gemm::{add_forward, weights_gradient};
use pixel_learn::linalg::gemm::{View, sgemm};
use pixel_learn::linalg::tanh::tanh;

fn values(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i * 7919 % 1009) as f32 / 500.0 - 1.0).collect()
}

/// The definition: three loops, the innermost over the rows of C so that it vectorises.
fn plain(a: View<f32>, b: &[f32], n: usize, c: &mut [f32]) {
    c.fill(0.0);
    for (i, row) in c.chunks_exact_mut(n).enumerate() {
        for k in 0..a.columns {
            let factor = a.data[i * a.row_stride + k * a.column_stride];
            row.iter_mut().zip(&b[k * n..(k + 1) * n]).for_each(|(c, b)| *c += factor * b);
        }
    }
}

fn products(criterion: &mut Criterion) {
    for (name, m, k, n, transposed) in [
        ("forward 200x784x100", 200, 784, 100, false),
        ("weights 784x200x100", 784, 200, 100, true),
        ("forward 200x784x10", 200, 784, 10, false),
        ("weights 784x200x10", 784, 200, 10, true),
    ] {
        let (a, b) = (values(m * k), values(k * n));
        let a = if transposed { View::row_major(&a, k, m).t() } else { View::row_major(&a, m, k) };
        let mut c = vec![0.0; m * n];
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20);
        group.throughput(Throughput::Elements((m * k * n) as u64));
        // The products of a dense layer, as training calls them.
        group.bench_function("dense", |bencher| match transposed {
            true => bencher.iter(|| weights_gradient(a.data, &b, [m, n], &mut c)),
            false => bencher.iter(|| add_forward(a.data, &b, [k, n], &mut c)),
        });
        group.bench_function("sgemm", |bencher| {
            bencher.iter(|| sgemm(1.0, a, View::row_major(&b, k, n), 0.0, &mut c, n));
        });
        group.bench_function("plain", |bencher| bencher.iter(|| plain(a, &b, n, &mut c)));
        group.finish();
    }
}

fn elementwise(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tanh 20000");
    group.throughput(Throughput::Elements(20_000));
    let mut x = values(20_000);
    group.bench_function("vectorised", |bencher| bencher.iter(|| tanh(&mut x)));
    let mut x = values(20_000);
    group.bench_function("std", |bencher| bencher.iter(|| x.iter_mut().for_each(|x| *x = x.tanh())));
    group.finish();

    let mut group = criterion.benchmark_group("adam 79510");
    group.throughput(Throughput::Elements(79_510));
    let step = AdamStep { rate: 1e-3, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, decay: 5e-7 };
    let (mut value, gradient) = (values(79_510), values(79_510));
    let (mut m, mut v) = (vec![0.0; 79_510], vec![0.0; 79_510]);
    group.bench_function("step", |bencher| {
        bencher.iter(|| adam_step(step, &mut value, &gradient, &mut m, &mut v));
    });
    group.finish();
}

criterion_group!(benches, products, elementwise);
fn main() {
    // As in a job of the sweep. Outside of a pool, rayon hands each parallel loop to another thread and
    // waits.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    pool.install(|| {
        benches();
        Criterion::default().configure_from_args().final_summary();
    });
}

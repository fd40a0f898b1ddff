//! The fixed workload of one kernel, named on the command line, for counting instructions under callgrind:
//! noise hides a small regression in a time, but not in a count. `benchmarks/instructions/run` runs all
//! kernels and compares with the committed counts. Only instructions inside [`measured`] are counted.

mod common;

use std::hint::black_box;

use pixel_learn::linalg::dot::dots;
use pixel_learn::linalg::gemm::{View, sgemm};
use pixel_learn::linalg::histogram::{ClassHistogram, Columns, Gini, Sample};
use pixel_learn::linalg::pairwise::{Measure, Panels, all_pairs};
use pixel_learn::linalg::simd::level;
use pixel_learn::models::linear::SGDClassifier;
use pixel_learn::models::tree::DecisionTreeClassifier;
use pixel_learn::models::{Classifier, Training};

const KERNELS: [&str; 6] = ["histogram", "manhattan", "dots", "gemm", "tree", "sgd"];

/// What callgrind counts: the script names this function to it.
#[inline(never)]
fn measured(work: &mut dyn FnMut()) {
    work();
}

fn main() {
    let kernel = std::env::args().nth(1).unwrap_or_default();
    if !KERNELS.contains(&kernel.as_str()) {
        println!(
            "instructions are counted by benchmarks/instructions/run, a kernel at a time: {}",
            KERNELS.join(" ")
        );
        return;
    }
    // A pool of one thread, so that parallel work runs on this thread, inside `measured`.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    pool.install(|| run(&kernel));
    println!("{kernel} {}", level().name());
}

fn run(kernel: &str) {
    match kernel {
        "histogram" => {
            let (pixels, labels) = common::images(1000, 14, 10);
            let columns = Columns::from_rows(&pixels, 1000, 196);
            let samples: Vec<Sample> = (0..1000)
                .map(|row| Sample { row: row as u32, class: u16::from(labels[row]), weight: 1 })
                .collect();
            let mut total = [0u32; 16];
            labels.iter().for_each(|&label| total[usize::from(label)] += 1);
            let mut histogram = ClassHistogram::<16>::default();
            measured(&mut || {
                for feature in 0..196 {
                    black_box(histogram.best_cut(level(), columns.column(feature), &samples, &total, &Gini));
                }
            });
        }
        "manhattan" => {
            let (a, b) = (common::numbers(96 * 784), common::numbers(128 * 784));
            let left = Panels::left(a.chunks_exact(784), 784);
            let right = Panels::right(b.chunks_exact(784), 784);
            let mut out = vec![0.0; 96 * 128];
            measured(&mut || all_pairs(Measure::Manhattan, &left, &right, 0..128, &mut out, 128));
        }
        "dots" => {
            let rows = common::numbers(500 * 784);
            let weights: Vec<f64> = common::numbers(10 * 784).into_iter().map(f64::from).collect();
            let mut out = [0.0; 10];
            measured(&mut || rows.chunks_exact(784).for_each(|row| dots(row, &weights, black_box(&mut out))));
        }
        "gemm" => {
            let (a, b) = (common::numbers(128 * 784), common::numbers(784 * 128));
            let mut c = vec![0.0; 128 * 128];
            measured(&mut || {
                let (a, b) = (View::row_major(&a, 128, 784), View::row_major(&b, 784, 128));
                sgemm(1.0, a, b, 0.0, &mut c, 128);
            });
        }
        "tree" => {
            let (features, labels) = common::features(1500, 14, 10);
            let training = Training { features: &features, labels: &labels, classes: 10 };
            measured(&mut || drop(black_box(DecisionTreeClassifier::default().grow(&training, 1))));
        }
        _ => {
            let (features, labels) = common::features(500, 28, 10);
            features.scaled();
            let training = Training { features: &features, labels: &labels, classes: 10 };
            measured(&mut || drop(black_box(SGDClassifier::default().fit(&training, 1))));
        }
    }
}

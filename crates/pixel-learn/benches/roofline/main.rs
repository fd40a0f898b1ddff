//! Models beside the limits of the machine (Williams, Waterman and Patterson: Roofline, 2009): what each computes
//! on MNIST at full size with one thread, and the least time that this work takes here:
//! `cargo bench -p pixel-learn --bench roofline`, or `-- PART` for the rows whose names have this part. Lower the
//! instruction level with MNIST_BENCH_SIMD=avx2.
//!
//! Work and bytes are counted by formula from the method, so that what a model does beyond them lowers its share. The
//! least time is that of the work or that of reading the bytes once, whichever is longer.

mod limits;
mod models;

#[path = "../../tests/dataset/mod.rs"]
mod dataset;

use limits::{Limits, Work};

/// Runs of each row, of which the fastest counts.
const RUNS: usize = 3;

/// One line of the table.
struct Measured {
    /// Operations of each kind.
    work: Vec<(Work, f64)>,
    /// Bytes that must come from the memory, because no cache holds them from one use to the next.
    bytes: f64,
    seconds: f64,
}

fn main() {
    // Cargo adds `--bench`.
    let part = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    pool.install(|| {
        let limits = Limits::measure();
        println!(
            "| one thread, level {} | 10^9 a second |\n|---|---:|",
            pixel_learn::linalg::simd::level().name()
        );
        for work in Work::ALL {
            println!("| {} | {:.1} |", work.name(), limits.rate(work) / 1e9);
        }
        println!("| bytes read from memory | {:.1} |", limits.memory / 1e9);
        println!(
            "\n| row | work, 10^9 | GB | seconds | at the limit | share |\n|---|---|---:|---:|---:|---:|"
        );
        let data = dataset::load("mnist");
        for (name, measure) in models::ALL.into_iter().filter(|(name, _)| name.contains(&part)) {
            let runs = std::iter::repeat_with(|| measure(&data)).take(RUNS);
            let best = runs.min_by(|a, b| a.seconds.total_cmp(&b.seconds));
            let Measured { work, bytes, seconds } = best.expect("at least one run");
            let computing: f64 = work.iter().map(|&(kind, count)| count / limits.rate(kind)).sum();
            let least = computing.max(bytes / limits.memory);
            let text: Vec<String> =
                work.iter().map(|(kind, count)| format!("{:.1} {}", count / 1e9, kind.name())).collect();
            println!(
                "| {name} | {} | {:.1} | {seconds:.2} | {least:.2} | {:.0} % |",
                text.join(" + "),
                bytes / 1e9,
                100.0 * least / seconds
            );
        }
    });
}

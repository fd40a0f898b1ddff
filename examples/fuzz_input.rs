//! Gives randomly changed files to the reader of predictions, of pictures or of IDX files, for the given number of
//! seconds:
//!
//!     cargo run --release --example fuzz_input -- predictions 600 [first seed]
//!
//! A panic ends the run, prints the seed and keeps the file; the last line says how much was tried, for the record in
//! docs/RELIABILITY.md.

#[path = "../tests/results/inputs.rs"]
mod inputs;
#[path = "../tests/results/mutate.rs"]
#[allow(dead_code)]
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let target = arguments.first().map_or("", String::as_str);
    if !inputs::TARGETS.contains(&target) {
        eprintln!("name what to fuzz: {}, then for how many seconds", inputs::TARGETS.join(", "));
        std::process::exit(2);
    }
    let number =
        |at: usize, default: u64| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (seconds, first) = (Duration::from_secs(number(1, 600)), number(2, 0));
    let samples = inputs::Samples::new();
    let (since, mut count, mut accepted) = (Instant::now(), 0u64, 0u64);
    while since.elapsed() < seconds {
        let seed = first + count;
        let bytes = samples.changed(target, seed);
        match catch_unwind(AssertUnwindSafe(|| inputs::read(target, &bytes, seed))) {
            Ok(read) => accepted += u64::from(read),
            Err(_) => {
                let kept = std::env::temp_dir().join(format!("fuzz-{target}-{seed}"));
                let _ = std::fs::write(&kept, &bytes);
                eprintln!("seed {seed} failed; the file is {}", kept.display());
                std::process::exit(1);
            }
        }
        count += 1;
    }
    let seconds = since.elapsed().as_secs();
    println!(
        "{target}: seeds {first} to {}: {count} files in {seconds} s without a panic, {accepted} accepted",
        first + count.saturating_sub(1)
    );
}

//! Gives random files to the readers and validators, for the given number of seconds:
//!
//!     cargo run --release --example fuzz -- 3600 [first seed]
//!
//! Every file must be judged without a panic, in under two seconds of CPU time, and the process must stay below 200 MB,
//! most of which making the files takes. A failure prints the seed and keeps the file; the last line says how much was
//! tried, for the record in docs/RELIABILITY.md.

#[path = "../tests/results/bed.rs"]
#[allow(dead_code)]
mod bed;
#[allow(dead_code)]
#[path = "../tests/common"]
mod common {
    pub mod files;
    pub mod rng;
}
#[path = "../tests/results/mutate.rs"]
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use mnist_bench::check::file;
use mnist_bench::engines::Stopwatch;
use mnist_bench::prediction_file;
use mnist_bench::results::limits::MAX_SUBMISSION_BYTES;

/// A limit of CPU time: wall-clock time would include other work of the machine.
const SLOW_SECONDS: f64 = 2.0;
const MOST_KILOBYTES: u64 = 200_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let seconds = Duration::from_secs(arguments.next().unwrap_or(60));
    let first = arguments.next().unwrap_or(0);
    let bed = bed::Bed::new();
    let class_names = ["0", "1", "2", "3"].map(String::from);
    let expected = prediction_file::Expected {
        images: bed::TEST,
        class_names: &class_names,
        column: None,
        no_header: false,
    };
    let samples = [
        (Path::new("/results").join(bed::PLACE), bed::sample()),
        (
            Path::new("/results/r/tiny/native/SVC.json").to_path_buf(),
            bed::result("SVC", &bed::with_errors(9)),
        ),
    ];
    let (since, mut count, mut accepted, mut slowest) = (Instant::now(), 0u64, 0u64, 0f64);
    let mut told = 0;
    while since.elapsed() < seconds {
        let seed = first + count;
        let (path, good) = &samples[(seed % 2) as usize];
        let mut bytes = mutate::mutate(good, &mut mutate::Chance::new(seed));
        // Longer files are refused before they are read.
        bytes.truncate(MAX_SUBMISSION_BYTES);
        let watch = Stopwatch::start();
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let _ = prediction_file::parse(&bytes, seed.is_multiple_of(3), &expected);
            let array = [b"\x93NUMPY\x01\x00".as_slice(), &bytes].concat();
            let _ = prediction_file::parse(&array, false, &expected);
            file::parse(path, &bytes, &bed.outlines).map_or_else(|problems| problems.len(), |_| 0)
        }));
        let took = watch.read().cpu_seconds;
        slowest = slowest.max(took);
        match judged {
            Ok(problems) if took < SLOW_SECONDS && kilobytes().unwrap_or(0) < MOST_KILOBYTES => {
                accepted += u64::from(problems == 0)
            }
            _ => {
                let kept = std::env::temp_dir().join(format!("fuzz-{seed}.json"));
                let _ = std::fs::write(&kept, &bytes);
                eprintln!(
                    "seed {seed} failed after {took:.3} s, {}; the file is {}",
                    memory(),
                    kept.display()
                );
                std::process::exit(1);
            }
        }
        count += 1;
        if since.elapsed().as_secs() / 60 > told {
            told += 1;
            eprintln!("{told} min: {count} files, {accepted} accepted, slowest {slowest:.3} s, {}", memory());
        }
    }
    println!(
        "seeds {first} to {}: {count} files in {} s without a crash or a hang, {accepted} accepted, slowest {slowest:.3} s of \
         CPU time, {}",
        first + count.saturating_sub(1),
        since.elapsed().as_secs(),
        memory()
    );
}

/// The highest resident memory so far, where the system tells.
fn kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

fn memory() -> String {
    kilobytes().map_or("memory unknown".to_string(), |peak| {
        format!("{:.0} MB of memory at the most", peak as f64 / 1024.0)
    })
}

//! Hands files made by chance to the readers and validators, for as many seconds as asked:
//!
//!     cargo run --release --example fuzz -- 3600 [first seed]
//!
//! Every file must be judged without a panic, in under two seconds. A failure prints the seed and keeps the file.
//! The memory printed is mostly that of making files, which are cut to the length that the reader accepts only
//! afterwards; `validate` itself needs under 40 MB for the worst files of 1 MB.

#[path = "../tests/validate/bed.rs"]
#[allow(dead_code)]
mod bed;
#[path = "../tests/validate/mutate.rs"]
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use mnist_bench::check::entry::{MAX_BYTES, judge_bytes};
use mnist_bench::results::predictions;

const SLOW: Duration = Duration::from_secs(2);

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let seconds = Duration::from_secs(arguments.next().unwrap_or(60));
    let first = arguments.next().unwrap_or(0);
    let bed = bed::Bed::new();
    let samples = [
        (Path::new("/results").join(bed::PLACE), bed::sample()),
        (
            Path::new("/results/r/tiny/native/SVC.json").to_path_buf(),
            bed::result("SVC", &bed::with_errors(9)),
        ),
    ];
    let (since, mut count, mut accepted, mut slowest) = (Instant::now(), 0u64, 0u64, Duration::ZERO);
    let mut told = 0;
    while since.elapsed() < seconds {
        let seed = first + count;
        let (path, good) = &samples[(seed % 2) as usize];
        let mut bytes = mutate::mutate(good, &mut mutate::Chance::new(seed));
        // What is longer is refused before it is read.
        bytes.truncate(MAX_BYTES as usize);
        let start = Instant::now();
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let _ = predictions::parse(&bytes, seed.is_multiple_of(3), bed::TEST, 4);
            let array = [b"\x93NUMPY\x01\x00".as_slice(), &bytes].concat();
            let _ = predictions::parse(&array, false, bed::TEST, 4);
            judge_bytes(path, &bytes, &bed.truths).1.len()
        }));
        let took = start.elapsed();
        slowest = slowest.max(took);
        match judged {
            Ok(problems) if took < SLOW => accepted += u64::from(problems == 0),
            _ => {
                let kept = std::env::temp_dir().join(format!("fuzz-{seed}.json"));
                let _ = std::fs::write(&kept, &bytes);
                eprintln!("seed {seed} failed after {took:?}; the file is {}", kept.display());
                std::process::exit(1);
            }
        }
        count += 1;
        if since.elapsed().as_secs() / 60 > told {
            told += 1;
            eprintln!("{told} min: {count} files, {accepted} accepted, slowest {slowest:?}, {}", memory());
        }
    }
    println!("{count} files, {accepted} accepted, slowest {slowest:?}, {}", memory());
}

/// The highest resident memory so far, where the system tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM unknown");
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! An engine for tests of the sweep, with families that misbehave on request. It exists only where the
//! environment variable [`VARIABLE`] is set, and its results say `faults`.
//!
//! The variable holds a JSON list such as
//! `[{"classifier": "Perceptron", "parameters": {"penalty": "l1"}, "fault": "sleep"}]`; a configuration has
//! the fault of the first entry of its classifier whose parameters it contains. Without such an entry it
//! predicts, at once, classes that depend on the seed and on the order of the rows.

use std::io::Write;
use std::time::Duration;

use serde::Deserialize;

use crate::engines::{Cost, Engine, Failure, Family, Outcome, Shape, Work, stopwatch};
use crate::grid::{Configuration, Parameters};

/// The environment variable that makes the engine exist.
pub const VARIABLE: &str = "MNIST_BENCH_TEST_ENGINE";

/// The engine; reachable through [`super::plan::find_engine`] only where [`VARIABLE`] is set.
pub static FAULTS: Engine = Engine {
    name: "faults",
    version: env!("CARGO_PKG_VERSION"),
    families: &[
        &Faulty("GaussianNB"),
        &Faulty("Perceptron"),
        &Faulty("PassiveAggressiveClassifier"),
        &Faulty("KNeighborsClassifier"),
        &Faulty("SGDClassifier"),
    ],
    transforms: false,
};

/// A family of the engine, by its classifier.
struct Faulty(&'static str);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    classifier: String,
    #[serde(default)]
    parameters: Parameters,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fault {
    /// Takes a fifth of a second, and predicts.
    Work,
    /// Never ends.
    Sleep,
    /// Touches ever more memory.
    Allocate,
    /// Asks for more memory than any machine has.
    AllocateTooMuch,
    /// Writes rubbish to standard output and standard error, and predicts.
    NoisyLog,
    /// Writes without end to standard output.
    FloodLog,
    /// Writes rubbish to every descriptor from 3 upwards, among them that of the results.
    Garbage,
    /// Writes a result line without end.
    EndlessLine,
    /// One prediction too few.
    WrongLength,
    /// A class that does not exist.
    OutOfRange,
    /// Exits with code 0 and without a reply.
    Vanish,
    Panic,
    Abort,
    /// Kills itself, as the kernel or an operator would.
    Kill,
    /// Starts a child in its group that never ends, and predicts.
    ChildLives,
    /// Starts a child in its group, and never ends either.
    ChildHangs,
    /// Cannot be ended by SIGTERM, and never ends.
    IgnoreTerminate,
    Diverge,
    Unsupported,
}

impl Family for Faulty {
    fn classifier(&self) -> &'static str {
        self.0
    }

    fn check(&self, _: &Parameters, _: &Shape) -> Result<(), String> {
        Ok(())
    }

    fn sharing_key(&self, _: &Parameters) -> String {
        "all".to_string()
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        for (index, configuration) in work.configurations.iter().enumerate() {
            let (result, cost) = stopwatch::timed(|| {
                let predictions = predict(work, configuration);
                match fault_of(configuration) {
                    None => Ok(predictions),
                    Some(fault) => misbehave(fault, predictions),
                }
            });
            emit(index, result.map(|predictions| outcome(predictions, cost)));
        }
    }
}

fn outcome(predictions: Vec<u8>, cost: Cost) -> Outcome {
    Outcome { predictions, fit: cost, predict: Cost::default(), converged: None, facts: Parameters::new() }
}

/// The fault that the environment variable asks for with this configuration.
fn fault_of(configuration: &Configuration) -> Option<Fault> {
    let entries: Vec<Entry> = match serde_json::from_str(&std::env::var(VARIABLE).ok()?) {
        Ok(entries) => entries,
        Err(error) => {
            // A test that spells its faults wrongly must not pass.
            let _ = writeln!(std::io::stderr(), "{VARIABLE}: {error}");
            std::process::exit(3);
        }
    };
    let stands =
        |(name, value): (&String, &serde_json::Value)| configuration.parameters.get(name) == Some(value);
    let mut entries = entries.into_iter();
    entries
        .find(|entry| entry.classifier == configuration.classifier && entry.parameters.iter().all(stands))
        .map(|entry| entry.fault)
}

/// Predictions that follow from seed, row order and parameters, by any number of threads.
fn predict(work: &Work, configuration: &Configuration) -> Vec<u8> {
    use rayon::prelude::*;
    let text = serde_json::to_string(&configuration.parameters).unwrap_or_default();
    let mut key = mix(work.seed);
    for byte in text.bytes().chain(work.training.labels.iter().copied()) {
        key = mix(key ^ u64::from(byte));
    }
    // Deterministic where the configuration says so: KNeighborsClassifier does not see the seed.
    if configuration.classifier == "KNeighborsClassifier" {
        key = 0;
    }
    let rows: Vec<usize> = (0..work.test.n()).collect();
    let classes = work.training.classes.max(1) as u64;
    rows.par_iter()
        .map(|&row| {
            let pixels = work.test.pixel_row(row).iter().map(|&p| u64::from(p)).sum::<u64>();
            (mix(key ^ pixels ^ row as u64) % classes) as u8
        })
        .collect()
}

/// SplitMix64.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn misbehave(fault: Fault, mut predictions: Vec<u8>) -> Result<Vec<u8>, Failure> {
    match fault {
        Fault::Work => std::thread::sleep(Duration::from_millis(200)),
        Fault::Sleep => sleep_for_ever(),
        Fault::Allocate => {
            let mut held = Vec::new();
            loop {
                held.push(vec![1u8; 8 << 20]);
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        Fault::AllocateTooMuch => {
            // An optimised build would otherwise remove the allocation.
            let huge: Vec<u8> = std::hint::black_box(Vec::with_capacity(isize::MAX as usize));
            predictions.push(huge.len() as u8);
        }
        Fault::NoisyLog => {
            print_raw("{\"reply\":\"ready\",\"train_size\":1}\n\u{1b}[31mrubbish\n");
            let _ = std::io::stderr().write_all(&[0xff, 0xfe, b'\n']);
        }
        Fault::FloodLog => loop {
            print_raw(&"flood ".repeat(10_000));
        },
        Fault::Garbage => write_to_descriptors(b"garbage\n"),
        Fault::EndlessLine => loop {
            write_to_descriptors(&[b'1'; 10_000]);
        },
        Fault::WrongLength => drop(predictions.pop()),
        Fault::OutOfRange => predictions[0] = 99,
        Fault::Vanish => std::process::exit(0),
        Fault::Panic => panic!("a fault on purpose"),
        Fault::Abort => std::process::abort(),
        Fault::Kill => {
            let _ = shell("kill -9 $PPID").and_then(|mut child| child.wait());
            sleep_for_ever();
        }
        Fault::ChildLives => drop(shell("sleep 300")),
        Fault::ChildHangs => {
            drop(shell("sleep 300"));
            sleep_for_ever();
        }
        Fault::IgnoreTerminate => {
            // A signal handler that does nothing but note the signal: this process lives on.
            let _ = ctrlc::set_handler(|| {});
            let _ = shell("kill -15 $PPID").and_then(|mut child| child.wait());
            sleep_for_ever();
        }
        Fault::Diverge => return Err(Failure::Diverged("a fault on purpose".into())),
        Fault::Unsupported => return Err(Failure::Unsupported("a fault on purpose".into())),
    }
    Ok(predictions)
}

fn sleep_for_ever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

fn print_raw(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn shell(command: &str) -> std::io::Result<std::process::Child> {
    std::process::Command::new("/bin/sh").args(["-c", command]).stdin(std::process::Stdio::null()).spawn()
}

/// Writes to whatever is open from 3 to 63, as a library that mixes up its files would.
fn write_to_descriptors(bytes: &[u8]) {
    for descriptor in 3..64 {
        if let Ok(mut file) =
            std::fs::OpenOptions::new().write(true).open(format!("/proc/self/fd/{descriptor}"))
        {
            let _ = file.write_all(bytes);
        }
    }
}

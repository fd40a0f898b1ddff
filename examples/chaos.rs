//! Kills a sweep again and again, supervisor and workers, at random moments, and checks that nothing is lost:
//!
//!     cargo build --release && cargo run --release --example chaos -- [faults] [seed] [--record]
//!
//! First an undisturbed sweep gives the expected predictions of every row. Then rounds follow, each in its own folder:
//! the same sweep is started, something is killed with SIGKILL, and the sweep resumes, until the round has had its
//! faults; a last sweep then runs to its end. After every fault each result file must be complete and valid. After every
//! round each row must have a file with the expected predictions, and nothing else may be left: no half-written file, no
//! process. Rows that a killed worker left as `crashed` run again by `--retry-failed`. The summary is Markdown;
//! `--record`, from the project's folder, puts it into docs/RELIABILITY.md.

#[path = "record/mod.rs"]
mod record;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mnist_bench::check;
use mnist_bench::dataset::{Outline, Outlines};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// Families that take little time at the train size below, and share work in different ways.
const ARGUMENTS: [&str; 16] = [
    "sweep",
    "--suite",
    "classic",
    "--train-size",
    "300",
    "-d",
    "mnist",
    "-c",
    "GaussianNB",
    "-c",
    "ExtraTreeClassifier",
    "-c",
    "Perceptron",
    "-c",
    "PassiveAggressiveClassifier",
    "--jobs=2",
];
/// The environment variable that identifies the processes of this example's sweeps.
const MARK: &str = "MNIST_BENCH_CHAOS";
/// Faults in a round, at most.
const IN_A_ROUND: usize = 12;
/// The longest that a sweep is left alone before it is hit.
const LONGEST: Duration = Duration::from_millis(2500);
/// A sweep that takes longer counts as hanging.
const HANGS: Duration = Duration::from_secs(300);

/// The processes that one fault kills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Supervisor,
    Worker,
    /// All workers that run.
    Workers,
    /// The supervisor, and its workers a moment later.
    All,
}

impl Target {
    const ALL: [Target; 4] = [Target::Supervisor, Target::Worker, Target::Workers, Target::All];

    fn name(self) -> &'static str {
        match self {
            Target::Supervisor => "SIGKILL of the supervisor",
            Target::Worker => "SIGKILL of one worker",
            Target::Workers => "SIGKILL of all workers",
            Target::All => "SIGKILL of the supervisor and then of its workers",
        }
    }
}

/// The counts of the summary.
#[derive(Default)]
struct Tally {
    faults: BTreeMap<Target, usize>,
    rounds: usize,
    /// Result files read and judged.
    judged: usize,
    /// Faults after which a half-written temporary file lay there.
    interrupted_writes: usize,
    /// Rows compared with the undisturbed sweep at the end of their round.
    compared: usize,
    /// Rows without a file, rows with other predictions, invalid result files, and leftovers (unknown files or living
    /// processes). Each has a line on standard error.
    lost: usize,
    different: usize,
    corrupt: usize,
    left_over: usize,
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let wanted = arguments.next().unwrap_or(200) as usize;
    let seed = arguments.next().unwrap_or(1);
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let mut chaos = Chaos::new(scratch.path(), seed);
    let begin = Instant::now();
    chaos.undisturbed();
    while chaos.hits() < wanted {
        chaos.round(IN_A_ROUND.min(wanted - chaos.hits()));
        eprintln!("{} faults in {:?}", chaos.hits(), begin.elapsed());
    }
    let summary = chaos.summary(seed, begin.elapsed());
    print!("{summary}");
    if std::env::args().any(|argument| argument == "--record") {
        record::between(Path::new("docs/RELIABILITY.md"), "chaos", &summary)
            .expect("the summary is recorded");
    }
    let tally = &chaos.tally;
    let bad = tally.lost + tally.different + tally.corrupt + tally.left_over;
    std::process::exit(i32::from(bad > 0));
}

struct Chaos<'a> {
    program: PathBuf,
    scratch: &'a Path,
    random: Pcg64,
    outlines: Outlines,
    /// By file name, the predictions of the undisturbed sweep.
    expected: BTreeMap<String, String>,
    /// The duration of the undisturbed sweep.
    took: Duration,
    tally: Tally,
}

impl<'a> Chaos<'a> {
    fn new(scratch: &'a Path, seed: u64) -> Chaos<'a> {
        let own = std::env::current_exe().expect("the path of this example");
        let program = own.ancestors().nth(2).expect("target/<profile>").join("mnist-bench");
        assert!(program.exists(), "{} is not there: build it first", program.display());
        Chaos {
            program,
            scratch,
            random: Pcg64::seed_from_u64(seed),
            outlines: Outline::load_all(Path::new("data")).expect("the data sets").0,
            expected: BTreeMap::new(),
            took: Duration::ZERO,
            tally: Tally::default(),
        }
    }

    fn hits(&self) -> usize {
        self.tally.faults.values().sum()
    }

    fn start(&self, results: &Path, more: &[&str]) -> Child {
        Command::new(&self.program)
            .args(ARGUMENTS)
            .args(more)
            // Child processes inherit the variable; `alive` finds them by it.
            .env(MARK, self.scratch)
            .arg("--results-dir")
            .arg(results)
            .arg("--reports-dir")
            .arg(self.scratch.join("reports"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the sweep starts")
    }

    /// Runs the undisturbed sweep and keeps its predictions.
    fn undisturbed(&mut self) {
        let results = self.scratch.join("undisturbed");
        let begin = Instant::now();
        let status = self.start(&results, &[]).wait().expect("the sweep ends");
        assert!(status.success(), "the undisturbed sweep ended with {status}");
        self.took = begin.elapsed();
        self.expected = files(&results).into_iter().map(|path| (name(&path), predictions(&path))).collect();
        assert!(!self.expected.is_empty(), "the undisturbed sweep left no file");
    }

    /// One round: a folder whose sweep is hit this many times and then runs to its end.
    fn round(&mut self, faults: usize) {
        let results = self.scratch.join(format!("round-{}", self.tally.rounds));
        let mut done = 0;
        while done < faults {
            // A killed worker leaves a `crashed` row, which runs again.
            let mut child = self.start(&results, &["--retry-failed"]);
            loop {
                std::thread::sleep(self.moment());
                if child.try_wait().expect("the sweep's state").is_some() {
                    break;
                }
                let target = Target::ALL[self.random.random_range(0..Target::ALL.len())];
                if !hit(target, &mut child) {
                    continue;
                }
                *self.tally.faults.entry(target).or_default() += 1;
                done += 1;
                let ended = matches!(target, Target::Supervisor | Target::All);
                if ended {
                    child.wait().expect("the sweep ends");
                    self.look_for_processes(&results);
                    self.tally.interrupted_writes += usize::from(!temporaries(&results).is_empty());
                }
                self.judge(&results);
                if ended || done >= faults {
                    break;
                }
            }
            self.wait(child, &results);
            // With all rows done there is nothing left to lose; a new round begins in a new folder.
            if done < faults && self.is_complete(&results) {
                break;
            }
        }
        self.finish(&results);
        fs::remove_dir_all(&results).expect("the round's folder goes");
        self.tally.rounds += 1;
    }

    /// A random time. Short times are likelier, because most happens when a sweep begins.
    fn moment(&mut self) -> Duration {
        let longest = LONGEST.min(self.took);
        longest.mul_f64(self.random.random_range(0.0f64..1.0).powi(2))
    }

    /// Waits for a sweep that may have been left running.
    fn wait(&mut self, mut child: Child, results: &Path) {
        let begin = Instant::now();
        while child.try_wait().expect("the sweep's state").is_none() {
            if begin.elapsed() > HANGS {
                self.complain("a sweep hangs", results);
                self.tally.left_over += 1;
                child.kill().and_then(|()| child.wait()).expect("it can be killed");
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Every file in a result's place must be a valid result.
    fn judge(&mut self, results: &Path) {
        for path in files(results) {
            self.tally.judged += 1;
            if let Err(problems) = check::file::load(&path, &self.outlines)
                && let Some(problem) = problems.first()
            {
                self.tally.corrupt += 1;
                self.complain(&problem.to_string(), &path);
            }
        }
    }

    fn is_complete(&self, results: &Path) -> bool {
        let ok = |path: &PathBuf| self.expected.get(&name(path)) == Some(&predictions(path));
        files(results).iter().filter(|path| ok(path)).count() == self.expected.len()
    }

    /// Lets the sweep end, and compares everything.
    fn finish(&mut self, results: &Path) {
        let child = self.start(results, &["--retry-failed"]);
        self.wait(child, results);
        self.judge(results);
        self.look_for_processes(results);
        let found: BTreeMap<String, PathBuf> =
            files(results).into_iter().map(|path| (name(&path), path)).collect();
        for (file, expected) in self.expected.clone() {
            self.tally.compared += 1;
            match found.get(&file) {
                None => {
                    self.tally.lost += 1;
                    self.complain("no result", Path::new(&file));
                }
                Some(path) if predictions(path) != expected => {
                    self.tally.different += 1;
                    self.complain("other predictions", path);
                }
                Some(_) => {}
            }
        }
        let odd =
            found.into_iter().filter(|(file, _)| !self.expected.contains_key(file)).map(|(_, path)| path);
        for path in odd.chain(temporaries(results)).collect::<Vec<_>>() {
            self.tally.left_over += 1;
            self.complain("a file that belongs nowhere", &path);
        }
    }

    /// No process of a sweep may outlive it by more than 5 s.
    fn look_for_processes(&mut self, results: &Path) {
        let begin = Instant::now();
        let mut left = self.alive();
        while !left.is_empty() && begin.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(10));
            left = self.alive();
        }
        if !left.is_empty() {
            self.tally.left_over += left.len();
            self.complain(&format!("processes {left:?} live on"), results);
        }
    }

    /// Processes that a sweep of this example started and that live.
    fn alive(&self) -> Vec<u32> {
        let mark = format!("{MARK}={}", self.scratch.display());
        let marked = |process: &u32| {
            let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
            environment.split(|&byte| byte == 0).any(|entry| entry == mark.as_bytes())
        };
        processes().into_iter().filter(marked).collect()
    }

    fn complain(&self, what: &str, path: &Path) {
        eprintln!("after {} faults: {what}: {}", self.hits(), path.display());
    }

    fn summary(&self, seed: u64, took: Duration) -> String {
        let tally = &self.tally;
        let mut text = String::from("| counted | |\n|---|---:|\n");
        let mut line = |what: &str, count: usize| text += &format!("| {what} | {count} |\n");
        for (target, count) in &tally.faults {
            line(target.name(), *count);
        }
        line("faults in all", self.hits());
        line("folders", tally.rounds);
        line(
            "faults that left a temporary file half written (removed by the next sweep)",
            tally.interrupted_writes,
        );
        line("result files judged after faults", tally.judged);
        line("rows compared with the undisturbed sweep", tally.compared);
        line("rows lost", tally.lost);
        line("rows with other predictions", tally.different);
        line("files corrupt", tally.corrupt);
        line("files or processes left over", tally.left_over);
        text += &format!(
            "\nWritten by `cargo run --release --example chaos -- {} {seed} --record` in {} s, {} rows a folder, by {}.\n",
            self.hits(),
            took.as_secs(),
            self.expected.len(),
            mnist_bench::results::provenance::BINARY_VERSION
        );
        text
    }
}

/// Kills the target; `false` if it does not exist at the moment.
fn hit(target: Target, supervisor: &mut Child) -> bool {
    let workers = workers(supervisor.id());
    match target {
        Target::Supervisor => supervisor.kill().is_ok(),
        Target::Worker => workers.first().is_some_and(|&worker| kill(worker)),
        Target::Workers => {
            let killed = workers.iter().filter(|&&worker| kill(worker)).count();
            killed > 0
        }
        Target::All => {
            let killed = supervisor.kill().is_ok();
            // They may be gone already: they die with it.
            for worker in workers {
                kill(worker);
            }
            killed
        }
    }
}

fn kill(process: u32) -> bool {
    let kill = Command::new("kill").args(["-KILL", &process.to_string()]).stderr(Stdio::null()).status();
    kill.is_ok_and(|status| status.success())
}

/// The workers of a sweep that runs now.
fn workers(supervisor: u32) -> Vec<u32> {
    let is_worker = |process: &u32| {
        let read = |file: &str| fs::read(format!("/proc/{process}/{file}")).unwrap_or_default();
        let stat = String::from_utf8_lossy(&read("stat")).into_owned();
        // After the program's name in brackets come the state and the parent.
        let parent = stat.rsplit_once(") ").and_then(|(_, fields)| fields.split(' ').nth(1)?.parse().ok());
        parent == Some(supervisor) && read("cmdline") == b"mnist-bench\0worker\0"
    };
    processes().into_iter().filter(is_worker).collect()
}

fn processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The files in the places of results.
fn files(results: &Path) -> Vec<PathBuf> {
    let mut found = below(results);
    found.retain(|path| path.extension() == Some(OsStr::new("json")) && !name(path).starts_with('.'));
    found
}

/// The files of writes that were cut short.
fn temporaries(results: &Path) -> Vec<PathBuf> {
    let mut found = below(results);
    found.retain(|path| name(path).starts_with(".writing-") || name(path).contains(".garbled"));
    found
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Status and predictions of a result, as they stand in the file.
fn predictions(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let result: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let repeats = result["repeats"].as_array().map(Vec::as_slice).unwrap_or_default();
    let all: Vec<&str> = repeats.iter().filter_map(|repeat| repeat["predictions"].as_str()).collect();
    format!("{} {}", result["status"].as_str().unwrap_or_default(), all.join(" "))
}

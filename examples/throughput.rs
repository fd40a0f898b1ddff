//! The program's speed on large sweeps: the time to list and divide 100,000 rows, to report 20,000 result files, and to
//! supervise a job.
//!
//!     cargo build --release && cargo run --release --example throughput -- [--record]
//!
//! Run it from the project's folder. Everything is made up in a temporary folder (some 300 MB): a grid of 25,000
//! values, result files made from the committed ones with some predictions changed, and a tiny data set whose rows
//! take no time. `--record` puts the table into docs/RELIABILITY.md.

#[path = "record/mod.rs"]
mod record;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mnist_bench::dataset::{Outline, Outlines};
use mnist_bench::results::record::{accuracy, file_stem};
use mnist_bench::results::wire::WireRecord;
use mnist_bench::results::{Checked, Record, Status, Store, load, provenance};
use mnist_bench::sweep::memory;

const FILES: usize = 20_000;
/// Rows whose jobs are supervised.
const JOBS: usize = 200;

fn main() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let folder = scratch.path();
    let grid = folder.join("grid.toml");
    fs::write(&grid, large_grid()).expect("the grid");
    let mut table =
        String::from("| | seconds | CPU seconds | MB at most | promised |\n|---|---:|---:|---:|---|\n");
    let mut line = |what: &str, taken: Taken, promised: &str| {
        let Taken { wall, cpu, bytes } = taken;
        table += &format!(
            "| {what} | {:.1} | {:.1} | {} | {promised} |\n",
            wall.as_secs_f64(),
            cpu,
            bytes / 1_000_000
        );
        eprintln!("{what}: {:.1} s", wall.as_secs_f64());
    };
    let planned = ["--grid", text(&grid), "-d", "mnist", "-d", "fashion-mnist"];
    let with = |before: &[&'static str], after: &[&str]| -> Vec<String> {
        before.iter().copied().chain(planned).chain(after.iter().copied()).map(String::from).collect()
    };
    line("`grid` lists 100,000 rows", measure(&with(&["grid"], &[])), "2 s");
    line("`plan --shards 8` divides them", measure(&with(&["plan"], &["--shards", "8"])), "");
    let nowhere = folder.join("nowhere");
    let dry = with(&["sweep", "--dry-run"], &["--results-dir", text(&nowhere)]);
    line("`sweep --dry-run` lists them with what each waits for", measure(&dry), "2 s");
    let (outlines, _) = Outline::load_all(Path::new("data")).expect("the data sets");
    let committed = committed(&outlines);
    for (name, kind) in [("60 train sizes and more", Layout::Sizes), ("one view", Layout::OneView)] {
        let results = folder.join("results");
        make_results(&results, kind, &committed, &outlines);
        let reports = folder.join("reports");
        let report =
            ["report", "--run", "large", "--results-dir", text(&results), "--reports-dir", text(&reports)];
        let taken = measure(&report.map(String::from));
        line(&format!("`report` of {FILES} result files in {name}"), taken, "30 s, 1000 MB");
        fs::remove_dir_all(&results).expect("the results go");
    }
    let (start, supervised) = supervising(folder);
    table += &format!(
        "\nA job of a row that takes no time: {supervised:.1} ms, of which starting the process takes {start:.1} ms; \
         supervising adds {:.1} ms (promised: less than 20). {JOBS} jobs, one at a time.\n\n\
         Written by `cargo run --release --example throughput -- --record`, by {}, on {}, with a load of {} from \
         whatever else ran.\n",
        supervised - start,
        provenance::BINARY_VERSION,
        provenance::Provenance::here().cpu_model,
        fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or_default(),
    );
    print!("{table}");
    if std::env::args().any(|argument| argument == "--record") {
        record::between(Path::new("docs/RELIABILITY.md"), "throughput", &table)
            .expect("the table is recorded");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn program() -> Command {
    let own = std::env::current_exe().expect("the path of this example");
    let program = own.ancestors().nth(2).expect("target/<profile>").join("mnist-bench");
    assert!(program.exists(), "{} is not there: build it first", program.display());
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A worker without a job ends with an error, and its backtrace would take longer than starting the worker.
    command.env_remove("RUST_BACKTRACE");
    command
}

/// The time, CPU time and memory of a command.
struct Taken {
    wall: Duration,
    cpu: f64,
    bytes: u64,
}

/// Runs the program to its end, and looks at its memory and CPU time as it goes.
fn measure(arguments: &[String]) -> Taken {
    let begin = Instant::now();
    let mut child = program().args(arguments).spawn().expect("the program starts");
    let (mut bytes, mut cpu) = (0, 0.0f64);
    let status = loop {
        if let Some(status) = child.try_wait().expect("its state") {
            break status;
        }
        bytes = memory::peak_of(child.id()).max(bytes);
        cpu = cpu_seconds(child.id()).unwrap_or(0.0).max(cpu);
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{arguments:?} ended with {status}");
    Taken { wall: begin.elapsed(), cpu, bytes }
}

/// User and system time of a process, from ticks of a hundredth of a second.
fn cpu_seconds(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // After the program's name in brackets: the times are the twelfth and thirteenth field.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let ticks = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

fn large_grid() -> String {
    let values: Vec<String> = (1..=25_000).map(|value| format!("{:.3}", f64::from(value) * 0.001)).collect();
    format!(
        "description = \"many rows\"\nengines = [\"native\"]\n[[family]]\nclassifier = \"LinearSVC\"\n\
         [family.parameters]\npenalty = [\"l1\", \"l2\"]\nC = [{}]\n",
        values.join(", ")
    )
}

/// The committed results of whole training sets that have predictions.
fn committed(outlines: &Outlines) -> Vec<Record> {
    let store = Store::new("results", "reference").expect("the run");
    let scan = load::run(&store, |name| outlines.get(name)).expect("the committed results");
    let records = scan.records.into_iter().map(Checked::into_inner);
    let fits = |record: &Record| {
        let outline = &outlines[&record.dataset];
        record.status == Status::Ok
            && record.train_size == outline.shape.train_size
            && !record.repeats.is_empty()
    };
    records.filter(fits).collect()
}

/// How the many results are spread.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    /// Each committed result at many train sizes: a view holds a few hundred.
    Sizes,
    /// As many configurations on the whole set, all in one view.
    OneView,
}

/// Result files as a sweep leaves them, with some predictions changed so that no two are the same.
fn make_results(results: &Path, layout: Layout, committed: &[Record], outlines: &Outlines) {
    let mut state = 1u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    for number in 0..FILES {
        let mut record = committed[number % committed.len()].clone();
        let outline = &outlines[&record.dataset];
        match layout {
            Layout::Sizes => record.train_size = 100 + 700 * (number / committed.len()),
            Layout::OneView => {
                record.configuration.classifier = "LinearSVC".to_string();
                record.configuration.parameters =
                    [("C".to_string(), (number as f64 / 1000.0 + 2.0).into())].into_iter().collect();
            }
        }
        let subset = (layout == Layout::Sizes).then_some(record.train_size);
        record.id = file_stem(&record.configuration.id(), subset);
        record.repeats.truncate(1);
        let repeat = &mut record.repeats[0];
        let mut classes = Vec::from(repeat.predictions.clone());
        for _ in 0..1 + draw(300) {
            classes[draw(outline.test_labels.len())] = draw(outline.shape.classes) as u8;
        }
        repeat.predictions = classes.try_into().expect("classes of the data set");
        repeat.accuracy = accuracy(&repeat.predictions, &outline.test_labels);
        let folder = results.join("large").join(&record.dataset).join(&record.engine);
        fs::create_dir_all(&folder).expect("a folder");
        let bytes = WireRecord::from(&record).to_bytes();
        fs::write(folder.join(format!("{}.json", record.id)), bytes).expect("a result file");
    }
}

/// Milliseconds that a process takes to start and to end, and that a supervised job takes.
fn supervising(folder: &Path) -> (f64, f64) {
    let data = folder.join("data/tiny");
    fs::create_dir_all(&data).expect("a folder");
    for prefix in ["train", "t10k"] {
        let header = |sizes: &[u32]| {
            let mut bytes = vec![0, 0, 8, sizes.len() as u8];
            sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
            bytes
        };
        let images = [header(&[40, 6, 6]), (0..40 * 36).map(|pixel| (pixel % 251) as u8).collect()].concat();
        let labels = [header(&[40]), (0..40).map(|row| row % 4).collect()].concat();
        fs::write(data.join(format!("{prefix}-images-idx3-ubyte")), images).expect("images");
        fs::write(data.join(format!("{prefix}-labels-idx1-ubyte")), labels).expect("labels");
    }
    let values: Vec<String> = (1..=JOBS).map(|value| value.to_string()).collect();
    let grid = format!(
        "description = \"no work\"\nengines = [\"faults\"]\n[[family]]\nclassifier = \"KNeighborsClassifier\"\n\
         [family.parameters]\nn_neighbors = [{}]\n",
        values.join(", ")
    );
    fs::write(folder.join("tiny.toml"), grid).expect("the grid");
    let sweep = || {
        let begin = Instant::now();
        let mut command = program();
        // The hidden engine of the fault tests, told to do nothing wrong: its rows take no time.
        command.current_dir(folder).env("MNIST_BENCH_TEST_ENGINE", "[]");
        command.args(["sweep", "--grid", "tiny.toml", "--no-sharing", "--jobs", "1"]);
        assert!(command.status().expect("the sweep starts").success());
        begin.elapsed()
    };
    let all = sweep();
    // The same sweep with all results there: the time that no job needs.
    let none = sweep();
    let begin = Instant::now();
    for _ in 0..JOBS {
        // Without a job on its standard input a worker ends at once.
        program().arg("worker").status().expect("the worker starts");
    }
    let each = |took: Duration| took.as_secs_f64() * 1000.0 / JOBS as f64;
    (each(begin.elapsed()), each(all.saturating_sub(none)))
}

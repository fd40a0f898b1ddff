//! The installed program outside the repository: it sweeps in an empty folder, and says where it looked for data.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::sandbox::{Run, Sandbox};

/// The program in a folder, without the variables of whoever runs the tests.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mnist-bench"));
    command
        .current_dir(folder)
        .env_remove("RUST_BACKTRACE")
        .env_remove("MNIST_BENCH_DATA")
        .stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &str) -> Run {
    Run::of(program(folder).args(arguments.split(' ')).output().unwrap())
}

/// Every kind of command, from nothing but the program and a folder of data sets.
#[test]
fn an_empty_folder_and_data_are_enough() {
    let (data, here) = (Sandbox::new(""), TempDir::new().unwrap());
    let data = data.path().join("data");
    let with_data = |arguments: &str| {
        let mut command = program(here.path());
        Run::of(command.args(arguments.split(' ')).arg("--data-dir").arg(&data).output().unwrap())
    };
    with_data("sweep -c GaussianNB -c ExtraTreeClassifier --engine native")
        .code(0)
        .says("no folder benchmarks with suites here: this program's own are used (classic, ")
        .says("the page: reports/benchmark.html");
    let page = std::fs::read_to_string(here.path().join("reports/benchmark.html")).unwrap();
    assert!(
        page.contains("<html data-documents=\"none\"") && !page.contains("href=\"../docs/"),
        "dead links"
    );
    let results = here.path().join("results/local/tiny/native");
    assert_eq!(std::fs::read_dir(&results).unwrap().count(), 13);
    for file in ["benchmark.html", "side-by-side.csv", "side-by-side.parquet", "families.md"] {
        assert!(here.path().join("reports").join(file).is_file(), "{file}");
    }
    let result = std::fs::read(results.join("GaussianNB,priors=uniform.json")).unwrap();
    let suite = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks/classic.toml")).unwrap();
    use sha2::Digest;
    let digest: String = sha2::Sha256::digest(suite).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(String::from_utf8_lossy(&result).contains(&digest), "the result names the suite's content");

    with_data("validate").code(0).prints("13 files: 0 errors, 0 warnings");
    with_data("report --check").code(0).prints("files are up to date");
    with_data("rank").code(0).prints("GaussianNB");
    with_data("verify results/local/tiny/native/GaussianNB,priors=uniform.json")
        .code(0)
        .prints("reproduced, every prediction");
    with_data("grid -c GaussianNB").code(0).prints("on tiny");
    with_data("plan -c GaussianNB").code(0).prints("share");
    with_data("summary dense-128 -d tiny").code(0).prints("dense");
    with_data("train dense-128 -d tiny --epochs 1 --save net").code(0);
    with_data("predict --model net 0 1").code(0).prints("class");
    with_data("sweep --suite peers").code(2).says("unknown suite \"peers\"").says("--benchmarks-dir");
    with_data("summary dense-12 -d tiny").code(2).says("did you mean dense-128?");

    // The variable replaces the option; the option wins over the variable.
    let from_variable = |arguments: &str, folder: &Path| {
        let mut command = program(here.path());
        command.env("MNIST_BENCH_DATA", folder);
        Run::of(command.args(arguments.split(' ')).output().unwrap())
    };
    from_variable("validate", &data).code(0);
    from_variable("sweep --engine native -c GaussianNB", &data).code(0).says("0 rows run");
    from_variable("validate", Path::new("")).code(2).says("/data: cannot be read");
    from_variable("validate", Path::new("nowhere")).code(2).says("/nowhere: cannot be read");
    from_variable(&format!("validate --data-dir {}", data.display()), Path::new("nowhere")).code(0);
}

#[track_caller]
fn says_where_it_looked(arguments: &str, stderr: &str, missing: &Path) {
    let is_notice = |line: &&str| line.starts_with("notice: there is no folder benchmarks");
    let lines: Vec<&str> = stderr.lines().filter(|line| !is_notice(line)).collect();
    let [line] = lines[..] else { panic!("{arguments}: expected one line, found {lines:#?}") };
    let missing = missing.to_string_lossy();
    for part in [&*missing, "--data-dir", "MNIST_BENCH_DATA", "the repository of mnist-bench"] {
        assert!(line.contains(part), "{arguments}: no {part:?} in {line:?}");
    }
}

/// Without data every command that needs them ends with one line, which says where they were looked for, how to name
/// another folder and where data are.
#[test]
fn without_data_every_command_says_where_it_looked() {
    let (sandbox, here) = (Sandbox::new(""), TempDir::new().unwrap());
    let data = sandbox.path().join("data");
    for arguments in ["sweep -e native -c GaussianNB", "train dense-128 -d tiny --epochs 1 --save net"] {
        let mut command = program(here.path());
        Run::of(command.args(arguments.split(' ')).arg("--data-dir").arg(&data).output().unwrap()).code(0);
    }
    std::fs::write(here.path().join("p.txt"), "0\n".repeat(60)).unwrap();
    let missing = here.path().canonicalize().unwrap().join("data");
    let file = "results/local/tiny/native/GaussianNB,priors=uniform.json";
    for arguments in [
        "data",
        "data tiny",
        "grid",
        "plan",
        "sweep",
        "sweep --dry-run",
        "merge results/local --into both",
        "summary dense-128",
        "train dense-128 -d tiny",
        "predict --model net 0",
        &format!("evaluate {file}"),
        "evaluate p.txt --dataset tiny",
        "explore",
        "rank",
        "cmp local/native local/native",
        "diff local local",
        "validate",
        "submit p.txt --name jane --dataset tiny -c Guess",
        &format!("verify {file}"),
    ] {
        let run = run(here.path(), arguments);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments}: {}", run.stderr);
        says_where_it_looked(arguments, &run.stderr, &missing);
    }
    // A report is still made, with the accuracies that the results contain.
    let report = run(here.path(), "report").code(0).says("accuracies on tiny are as reported");
    says_where_it_looked("report", &report.stderr, &missing);
    run(here.path(), "report --check").code(0);
}

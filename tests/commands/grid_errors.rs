//! Bad grids, suites and filters on the command line: one line, exit code 2; what `grid` lists; and the version.

use std::fs;

use assert_cmd::Command;
use tempfile::TempDir;

fn grid(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("mnist-bench").unwrap();
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("RUST_BACKTRACE")
        .env_remove("MNIST_BENCH_DATA")
        .arg("grid")
        .args(arguments);
    command
}

#[track_caller]
fn error(arguments: &[&str]) -> String {
    let output = grid(arguments).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(output.stdout.is_empty());
    stderr
}

fn rows(arguments: &[&str]) -> Vec<serde_json::Value> {
    let output = grid(&[arguments, &["--json"]].concat()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_classic_suite_on_both_data_sets() {
    let rows = rows(&["--suite", "classic"]);
    assert_eq!(rows.len(), 2 * 143);
    assert!(rows.iter().all(|row| row["engine"] == "native" && row["state"] != "unsupported"));
    let neighbors: Vec<_> = rows
        .iter()
        .filter(|row| row["classifier"] == "KNeighborsClassifier" && row["parameters"]["p"] == 2)
        .collect();
    assert!(neighbors.len() == 12 && neighbors.iter().all(|row| row["group"] == neighbors[0]["group"]));
}

#[test]
fn filters_and_their_mistakes() {
    assert_eq!(rows(&["--suite", "classic", "-d", "mnist", "-c", "SVC", "-x", "linear"]).len(), 9);
    assert!(error(&["-d", "minst"]).contains("unknown data set \"minst\": did you mean mnist?"));
    assert!(error(&["-c", "RandomForest"]).contains("did you mean RandomForestClassifier?"));
    assert!(error(&["-e", "natve"]).contains("did you mean native?"));
    assert!(error(&["--suite", "clasic"]).contains("unknown suite \"clasic\": did you mean classic?"));
    assert!(error(&["--suite", "classic", "-f", "kernel=rfb"]).contains("did you mean kernel=rbf?"));
    assert!(
        error(&["--benchmarks-dir", "nowhere"]).contains("name the folder of the suites by --benchmarks-dir")
    );
    assert!(error(&["--benchmarks-dir", "src"]).contains("no suites"));
    assert_eq!(grid(&["-f", "("]).output().unwrap().status.code(), Some(2));
}

#[test]
fn bad_grid_files() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("a.toml", "[[family]]\nclassifier = 'SVC'\nparameters = { kernel = ['rfb'] }");
    let message = error(&["--grid", &path("a.toml")]);
    assert!(
        message.contains("a.toml: line 2: SVC: kernel = \"rfb\"") && message.contains("did you mean rbf?")
    );
    write("b.json", "{\"classifiers\": {\"SVC\": [{\"C\": [0]}]}}");
    assert!(
        error(&["--grid", &path("b.json")]).contains("b.json: SVC: C = 0: expected a number greater than 0")
    );
    write("c.yaml", "");
    assert!(error(&["--grid", &path("c.yaml")]).contains("expected a .toml file"));
    assert!(error(&["--grid", &path("none.toml")]).contains("cannot read the grid"));
    fs::create_dir(folder.path().join("d.toml")).unwrap();
    assert!(error(&["--grid", &path("d.toml")]).contains("not a file"));
    fs::write(folder.path().join("e.toml"), [0xff]).unwrap();
    assert!(error(&["--grid", &path("e.toml")]).contains("not UTF-8"));
}

#[test]
fn what_cannot_run_says_why() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.toml");
    fs::write(&path, "engines = ['nobody']\n[[family]]\nclassifier = 'SVC'\n").unwrap();
    let output = grid(&["--grid", &path.to_string_lossy(), "-d", "mnist"]).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("unsupported: engine nobody is not part of this binary"), "{stdout}");
    assert!(stdout.contains("1 configurations on mnist: 1 rows, 1 unsupported"), "{stdout}");
}

/// A result names the build that made it; `--version` must name the same build.
#[test]
fn the_version_is_the_one_that_results_carry() {
    let output = Command::cargo_bin("mnist-bench").unwrap().arg("--version").output().unwrap();
    let expected = format!("mnist-bench {}\n", mnist_bench::results::provenance::BINARY_VERSION);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

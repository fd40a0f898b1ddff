//! What a sweep shows while it runs: the first results, the time left, the page.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::PERCEPTRONS_AND_SGD as FAMILIES;
use crate::common::sandbox::{Run, Sandbox, signal, wait_until};

/// Overrides the interval of progress lines and pages, in seconds.
const MINUTE: &str = "MNIST_BENCH_TEST_MINUTE";
const PAGE: &str = "reports/benchmark.html";

/// Three quick rows, and one that never ends.
const SLEEPS: &str = r#"[{"classifier": "SGDClassifier", "fault": "sleep"}]"#;

#[test]
fn results_and_a_page_that_is_marked_come_while_it_runs() {
    let sandbox = Sandbox::with_faults(FAMILIES, SLEEPS);
    let started = Instant::now();
    let child = sandbox.command().args(["--jobs", "2"]).env(MINUTE, "0.5").spawn().unwrap();
    let first = sandbox.result_path("faults", "Perceptron,penalty=l1");
    wait_until("the first result is there", || first.exists());
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let page = || fs::read_to_string(sandbox.path().join(PAGE)).unwrap_or_default();
    wait_until("the page is written", || page().contains("This sweep is not finished: "));
    assert!(page().contains("http-equiv=\"refresh\""));
    wait_until("the page has the news", || page().contains("not finished: 3/4 rows"));
    // Stopped at once by two signals: the page shows the results so far and is a normal page again.
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "-TERM");
    let run = Run::of(child.wait_with_output().unwrap()).code(130);
    assert!(!page().contains("http-equiv=\"refresh\"") && !page().contains("not finished"), "{}", run.stderr);
    let told: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("3/4 rows")).collect();
    assert!(
        told.len() > 1 && told.iter().all(|line| line.contains("| tiny SGDClassifier ")),
        "{}",
        run.stderr
    );
}

#[test]
fn the_time_left_is_right_on_a_machine_that_is_slower_than_the_recorded_one() {
    let alphas: Vec<String> = (1..=40).map(|n| format!("{n}e-5")).collect();
    let family = format!(
        "[[family]]\nclassifier = \"SGDClassifier\"\n[family.parameters]\nalpha = [{}]\n",
        alphas.join(", ")
    );
    let mut sandbox = Sandbox::new(&family);
    sandbox.sweep(&["--run", "recorded", "--no-sharing"]).code(0);
    // The recorded rows took 0.1 s each; now each takes twice as long.
    for entry in fs::read_dir(sandbox.path().join("results/recorded/tiny/faults")).unwrap().flatten() {
        let mut row: serde_json::Value = serde_json::from_slice(&fs::read(entry.path()).unwrap()).unwrap();
        row["repeats"][0]["fit_seconds"] = 0.1.into();
        fs::write(entry.path(), row.to_string()).unwrap();
    }
    sandbox.faults = r#"[{"classifier": "SGDClassifier", "fault": "work"}]"#.to_string();
    let mut command = sandbox.command();
    command.args(["--no-sharing", "--jobs", "1", "--costs", "results/recorded"]).env(MINUTE, "1");
    let mut child = command.spawn().unwrap();
    let (mut said, mut end) = (Vec::new(), None);
    for line in BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok) {
        if let Some((_, rest)) = line.split_once(" rows, about ") {
            let seconds: f64 = rest.split(' ').next().unwrap().parse().unwrap();
            assert!(rest.contains(" s left"), "{line}");
            said.push((Instant::now(), seconds));
        }
        // The end of the rows, because the page is written after this line.
        if line.contains("40 rows run") {
            end = Some(Instant::now());
        }
    }
    let end = end.unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(said.len() > 4, "{said:?}");
    for (at, seconds) in said.into_iter().skip(2) {
        let real = (end - at).as_secs_f64();
        // Other tests run beside this one, and the line has whole seconds.
        assert!((seconds - real).abs() <= 0.3 * real + 2.5, "{seconds} s left, {real} in truth");
    }
}

#[test]
fn the_page_is_opened_by_the_platforms_program() {
    let sandbox = Sandbox::new(FAMILIES);
    let tools = sandbox.path().join("tools");
    fs::create_dir(&tools).unwrap();
    let opener = tools.join("xdg-open");
    fs::write(&opener, "#!/bin/sh\necho \"$1\" >> opened\n").unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let opened = || fs::read_to_string(sandbox.path().join("opened")).unwrap_or_default();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let with = |path: &str, arguments: &[&str]| {
        let mut command = sandbox.program();
        Run::of(command.env("PATH", path).args(arguments).output().unwrap()).code(0)
    };
    with(&path, &["sweep", "--grid", "grid.toml", "--open"]);
    wait_until("the page is opened", || opened() == "reports/benchmark.html\n");
    with(&path, &["report", "--open"]);
    wait_until("the page is opened", || opened() == "reports/benchmark.html\nreports/benchmark.html\n");
    let told = with("/nowhere", &["report", "--open"]);
    assert!(told.stderr.contains("xdg-open cannot be started"), "{}", told.stderr);
    assert!(told.stderr.contains("open reports/benchmark.html in a browser yourself"), "{}", told.stderr);
}

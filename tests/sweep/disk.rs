//! A full disk, a read-only folder, and a clock that jumps: a sweep ends cleanly, or goes on unaffected.

use std::fs::{self, File};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::common::sandbox::{Run, Sandbox, predictions, status};

const FAMILIES: &str = "
[[family]]
classifier = \"Perceptron\"
[family.parameters]
penalty = [\"l1\", \"l2\", \"elasticnet\"]
[[family]]
classifier = \"KNeighborsClassifier\"
[family.parameters]
n_neighbors = [1, 3, 5, 7, 9]
";

/// Runs a script in the sandbox with the right to mount; `$BENCH` is the program. `None`, with a note on standard
/// error, where the system does not allow such mounts.
fn with_mounts(sandbox: &Sandbox, script: &str) -> Option<Run> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
            .current_dir(sandbox.path());
        command.env("BENCH", env!("CARGO_BIN_EXE_mnist-bench")).env("MNIST_BENCH_TEST_ENGINE", "[]");
        // With a backtrace an error would have several lines.
        command.env("RUST_BACKTRACE", "0");
        command.output()
    };
    let possible = unshare("mkdir -p probe && mount -t tmpfs -o size=16k none probe");
    if !possible.is_ok_and(|output| output.status.success()) {
        eprintln!("NOT RUN: this test needs unshare(1) and mounts in a namespace of one's own");
        return None;
    }
    Some(Run::of(unshare(script).unwrap()))
}

#[test]
fn full_disk_ends_the_sweep_which_resumes() {
    let sandbox = Sandbox::new(FAMILIES);
    let script = "
        mkdir results && mount -t tmpfs -o size=20k none results || exit 90
        $BENCH sweep --grid grid.toml --no-sharing --jobs 1 2>full.log
        test $? = 2 || exit 91
        find results -name '*.tmp' | grep . && exit 92
        ls results/local/tiny/faults >written
        $BENCH validate results --results-dir results >valid.log || exit 93
        mount -o remount,size=10m results || exit 94
        $BENCH sweep --grid grid.toml --no-sharing --jobs 1 2>room.log || exit 95
        cp -r results kept
    ";
    let Some(run) = with_mounts(&sandbox, script) else { return };
    run.code(0);
    let read = |name: &str| fs::read_to_string(sandbox.path().join(name)).unwrap();
    let log = read("full.log");
    let last = log.lines().last().unwrap_or_default();
    assert!(last.starts_with("error: cannot write") && last.contains("results/local"), "{log}");
    let written = read("written").lines().count();
    assert!((1..8).contains(&written), "{written} files on the full disk");
    assert!(read("room.log").contains(&format!("{} rows run", 8 - written)), "{}", read("room.log"));
    let kept = fs::read_dir(sandbox.path().join("kept/local/tiny/faults")).unwrap();
    assert_eq!(kept.count(), 8);
}

#[test]
fn read_only_folder_is_named() {
    let sandbox = Sandbox::new(FAMILIES);
    let script = "
        mkdir results && mount -t tmpfs -o ro none results || exit 90
        $BENCH sweep --grid grid.toml
    ";
    let Some(run) = with_mounts(&sandbox, script) else { return };
    run.code(2).says("cannot make the results folder results/local");
}

#[test]
fn folder_that_turns_read_only_keeps_results() {
    let sandbox = Sandbox::new(FAMILIES);
    let script = "
        mkdir results && mount -t tmpfs none results || exit 90
        $BENCH sweep --grid grid.toml -c Perceptron || exit 91
        mount -o remount,ro results || exit 92
        $BENCH sweep --grid grid.toml 2>log
        test $? = 2 || exit 93
        cat log >&2
        $BENCH validate results --results-dir results
    ";
    let Some(run) = with_mounts(&sandbox, script) else { return };
    run.code(0).says("cannot write to the results folder results/local").prints("3 files: 0 errors");
}

/// A library that makes the system clock jump by 40 years at every call, and leaves the monotonic clock alone.
const JUMPING: &str = r#"
#define _GNU_SOURCE
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
int clock_gettime(clockid_t clock, struct timespec *time) {
    static long looks;
    int code = syscall(SYS_clock_gettime, clock, time);
    if (clock == CLOCK_REALTIME)
        time->tv_sec += (++looks % 2 ? -1 : 1) * 40L * 365 * 86400;
    return code;
}
"#;

#[cfg(target_os = "linux")]
#[test]
fn clock_jumps_change_nothing() {
    let still = Sandbox::new(FAMILIES);
    still.sweep(&["--timeout", "30s"]).code(0);
    let sandbox = Sandbox::new(FAMILIES);
    fs::write(sandbox.path().join("jump.c"), JUMPING).unwrap();
    // A machine that builds Rust programs has a C compiler, which links them.
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o", "jump.so", "jump.c"])
        .current_dir(sandbox.path())
        .status();
    assert!(built.unwrap().success());
    let sweep = || {
        let mut command = sandbox.command();
        command.env("LD_PRELOAD", sandbox.path().join("jump.so")).args(["--timeout", "30s"]);
        Run::of(command.output().unwrap())
    };
    sweep().code(0).says("8 rows run, 8 ok");
    let (before, after) = (still.result("Perceptron,penalty=l1"), sandbox.result("Perceptron,penalty=l1"));
    assert_eq!((status(&after), predictions(&after, 0)), ("ok", predictions(&before, 0)));
    let year = |result: &serde_json::Value| {
        result["provenance"]["started_utc"].as_str().unwrap()[..4].parse::<i32>().unwrap()
    };
    assert!((year(&before) - year(&after)).abs() >= 39, "the clock did not jump");
    sweep().code(0).says("0 rows run, 8 already done");
}

#[test]
fn file_dates_are_ignored() {
    let sandbox = Sandbox::new(FAMILIES);
    sandbox.sweep(&[]).code(0);
    let day = Duration::from_secs(86_400);
    for (index, (path, _)) in sandbox.files().into_iter().enumerate() {
        let date = SystemTime::now();
        let date = if index % 2 == 0 { date + 3650 * day } else { date - 3650 * day };
        File::options().append(true).open(path).unwrap().set_modified(date).unwrap();
    }
    sandbox.sweep(&[]).code(0).says("0 rows run, 8 already done");
}

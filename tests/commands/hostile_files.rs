//! No file among results makes `report` or `validate` read or write outside the results: neither by names inside the
//! file nor as a link. (`merge` has the same test in `tests/sweep/shards.rs`.)

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::sandbox::Sandbox;

const FAMILIES: &str = "
[[family]]
classifier = \"SGDClassifier\"
";
/// A text in a file outside of the results; output that contains the text has read that file.
const SECRET: &str = "secret-of-another";

/// A sweep's result, and beside it a run `hostile` that holds what `prepare` puts there.
fn attacked(prepare: &dyn Fn(&Path, &str)) -> Sandbox {
    let sandbox = Sandbox::new(FAMILIES);
    sandbox.sweep(&[]).code(0);
    let good = fs::read_to_string(sandbox.result_path("faults", "SGDClassifier")).unwrap();
    let outside = sandbox.path().join("outside/faults");
    fs::create_dir_all(&outside).unwrap();
    // A valid result in the wrong place, with a text that a page would show.
    let told = good.replace("\"engine_version\": \"", &format!("\"engine_version\": \"{SECRET}"));
    assert_ne!(told, good);
    fs::write(outside.join("SGDClassifier.json"), told).unwrap();
    let hostile = sandbox.path().join("results/hostile");
    fs::create_dir_all(&hostile).unwrap();
    prepare(&hostile, &good);
    sandbox
}

/// Everything in the sandbox but the reports, by path with content.
fn all(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() && !path.ends_with("reports") {
            all(&path, found);
        } else if kind.is_file() {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
}

/// `report` leaves the file out and `validate` names it; neither shows anything from outside or writes there.
#[track_caller]
fn is_kept_in(prepare: &dyn Fn(&Path, &str)) {
    let sandbox = attacked(prepare);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    all(sandbox.path(), &mut before);
    let report = sandbox.run(&["report", "--run", "local"]).code(0).says("left out: hostile/");
    let validate = sandbox.run(&["validate"]).code(1).prints("error: results/hostile/");
    for run in [&report, &validate] {
        assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{}{}", run.stdout, run.stderr);
    }
    for entry in fs::read_dir(sandbox.path().join("reports")).unwrap().flatten() {
        let bytes = fs::read(entry.path()).unwrap();
        let told = bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
        assert!(!told, "{} tells it", entry.path().display());
    }
    all(sandbox.path(), &mut after);
    assert_eq!(before.len(), after.len());
    assert!(before == after, "a file outside of the reports has changed");
}

#[test]
fn dot_dot_as_data_set_is_rejected() {
    is_kept_in(&|hostile, good| {
        let folder = hostile.join("tiny/faults");
        fs::create_dir_all(&folder).unwrap();
        let text = good.replace("\"dataset\": \"tiny\"", "\"dataset\": \"../../outside\"");
        assert_ne!(text, good);
        fs::write(folder.join("SGDClassifier.json"), text).unwrap();
    });
}

#[test]
fn absolute_path_as_engine_is_rejected() {
    is_kept_in(&|hostile, good| {
        let folder = hostile.join("tiny/faults");
        fs::create_dir_all(&folder).unwrap();
        let text = good.replace("\"engine\": \"faults\"", "\"engine\": \"/tmp/mnist-bench-escaped\"");
        assert_ne!(text, good);
        fs::write(folder.join("SGDClassifier.json"), text).unwrap();
    });
    assert!(!Path::new("/tmp/mnist-bench-escaped").exists());
}

#[test]
fn a_link_to_a_file_is_not_followed() {
    is_kept_in(&|hostile, _| {
        fs::create_dir_all(hostile.join("tiny/faults")).unwrap();
        symlink(
            "../../../../outside/faults/SGDClassifier.json",
            hostile.join("tiny/faults/SGDClassifier.json"),
        )
        .unwrap();
    });
}

#[test]
fn a_link_to_a_folder_is_not_followed() {
    is_kept_in(&|hostile, _| symlink("../../outside", hostile.join("tiny")).unwrap());
}

#[test]
fn a_pipe_is_not_waited_for() {
    is_kept_in(&|hostile, _| {
        let folder = hostile.join("tiny/faults");
        fs::create_dir_all(&folder).unwrap();
        let made = Command::new("mkfifo").arg(folder.join("SGDClassifier.json")).status();
        assert!(made.unwrap().success());
    });
}

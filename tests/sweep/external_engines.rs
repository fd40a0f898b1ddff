//! External engines, from the file that lists them to the result file: a real engine in Perl, and one that
//! misbehaves as told. Without Perl, which every Debian has, these tests fail.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::sandbox::{Run, Sandbox, TEST, error, predictions, processes_in, status};

const GAUSSIAN: &str = "[[family]]\nclassifier = \"GaussianNB\"\n";

/// A sandbox with an `engines.toml` of one engine, `mine`, started with these arguments.
fn with_engine(families: &str, arguments: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new(families);
    let engines = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engines");
    let list: Vec<String> =
        arguments.iter().map(|a| format!("{:?}", a.replace("ENGINES", engines))).collect();
    let text = format!(
        "[[engine]]\nname = \"mine\"\ncommand = [{}]\nclassifiers = [\"GaussianNB\"]\ninstall = \"make mine\"\n",
        list.join(", ")
    );
    std::fs::write(sandbox.path().join("engines.toml"), text).unwrap();
    sandbox
}

fn sweep(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.sweep(&[&["--engines", "engines.toml", "-e", "mine"], arguments].concat())
}

/// Sweeps the one row with the engine that misbehaves.
#[track_caller]
fn misbehaving(fault: &str, arguments: &[&str]) -> serde_json::Value {
    let sandbox = with_engine(GAUSSIAN, &["perl", "ENGINES/misbehave.pl", fault]);
    // The engine and its child processes run in folders below this one.
    let scratch = sandbox.path().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let mut command = sandbox.command();
    command.args(["--engines", "engines.toml", "-e", "mine"]).args(arguments).env("TMPDIR", &scratch);
    Run::of(command.output().unwrap()).code(0);
    let left = processes_in(sandbox.path());
    assert!(left.is_empty(), "{left:?} still run");
    // The result file is valid.
    sandbox.run(&["validate", "results"]).code(0);
    sweep(&sandbox, arguments).code(0).says("0 rows run");
    sandbox.result_of("mine", "GaussianNB")
}

#[test]
fn perl_engine_predicts_as_native() {
    let families = "[[family]]\nclassifier = \"GaussianNB\"\n[family.parameters]\n\
                    priors = [\"uniform\", [0.7, 0.1, 0.1, 0.1]]\n";
    let sandbox = with_engine(families, &["perl", "ENGINES/gaussian_nb.pl"]);
    sweep(&sandbox, &["-e", "native"]).code(0);
    let (mine, ours) = (
        sandbox.result_of("mine", "GaussianNB,priors=uniform"),
        sandbox.result_of("native", "GaussianNB,priors=uniform"),
    );
    assert_eq!(status(&mine), "ok");
    assert_eq!(predictions(&mine, 0), predictions(&ours, 0));
    assert_eq!((&mine["accuracy"], &mine["engine_version"]), (&ours["accuracy"], &"1.0".into()));
    assert_eq!(mine["repeats"][0]["facts"]["classes"], 4);
    let environment = &mine["provenance"]["engine_environment"];
    assert!(environment["perl"].as_str().unwrap().starts_with('5'), "{environment}");
    // Perl itself takes more than 1 MiB, and the data set hardly anything.
    assert!(mine["peak_memory_bytes"].as_u64().unwrap() > 1 << 20);
    let unsupported = sandbox.result_of("mine", "GaussianNB,priors=0.7x0.1x0.1x0.1");
    assert_eq!((status(&unsupported), error(&unsupported)), ("unsupported", "priors: only equal ones"));

    sweep(&sandbox, &[]).code(0).says("0 rows run, 2 already done");
    sandbox.run(&["validate", "results"]).code(0);
    let verify = ["verify", "results/local/tiny/mine", "--engines", "engines.toml"];
    sandbox.run(&verify).code(0).prints("1 of 1 reproduced");
    let grid = ["grid", "--grid", "grid.toml", "--engines", "engines.toml", "-e", "mine"];
    sandbox.run(&grid).code(0).prints("mine");
}

#[test]
fn another_version_runs_again() {
    let sandbox = with_engine(GAUSSIAN, &["perl", "./engine.pl"]);
    let engine = include_str!("../engines/gaussian_nb.pl");
    let place = sandbox.path().join("engine.pl");
    std::fs::write(&place, engine).unwrap();
    let file = sandbox.path().join("engines.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("./engine.pl", "{here}/engine.pl");
    std::fs::write(&file, text).unwrap();
    sweep(&sandbox, &[]).code(0);
    std::fs::write(&place, engine.replace("\\\"1.0\\\"", "\\\"1.1\\\"")).unwrap();
    sweep(&sandbox, &[]).code(0).says("1 rows run again: made by another version of the engine");
    let result = sandbox.result_of("mine", "GaussianNB");
    assert_eq!(result["engine_version"], "1.1");
    let digest = result["provenance"]["engine_environment"]["program_sha256"].as_str().unwrap();
    assert_eq!(digest.len(), 64);
}

#[test]
fn engine_without_version_is_refused() {
    for (command, reason) in [
        (&["perl", "ENGINES/misbehave.pl", "no_version"][..], "a version on purpose withheld"),
        (&["perl", "ENGINES/misbehave.pl", "bare_version"], "and printed \"1.0\""),
        (&["ENGINES/no-such-program"], "cannot start"),
    ] {
        let sandbox = with_engine(GAUSSIAN, command);
        let run = sweep(&sandbox, &["-e", "native"]).code(2).says(reason);
        assert!(run.stderr.contains("to install it: make mine"), "{}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(sandbox.files().is_empty(), "something was written");
        // Planning does not need the engine's program.
        for subcommand in ["grid", "plan"] {
            let list = [subcommand, "--grid", "grid.toml", "--engines", "engines.toml", "-e", "mine"];
            sandbox.run(&list).code(0);
        }
    }
}

#[test]
fn engine_crash_keeps_its_last_output() {
    for (fault, first, word) in [
        ("early_crash", "mine ended before it was ready: exit code", "it died before it was ready"),
        ("crash", "mine ended without giving a result: exit code 3", "the last words"),
        ("signal", "mine ended without giving a result: signal 9", ""),
        ("vanish", "mine ended without giving a result: exit code 0", ""),
    ] {
        let row = misbehaving(fault, &[]);
        assert_eq!(status(&row), "crashed", "{fault}");
        assert!(error(&row).starts_with(first) && error(&row).contains(word), "{fault}: {}", error(&row));
    }
}

#[test]
fn invalid_reply_is_a_failed_row() {
    for (fault, reason) in [
        ("short", format!("predictions: found {} predictions; expected {TEST}", TEST - 1)),
        ("long", format!("predictions: found {} predictions; expected {TEST}", TEST + 1)),
        ("out_of_range", "does not exist; expected 0 to 3".into()),
        ("no_class", "character '!' at position".into()),
        ("garbage", "mine sent an invalid reply: expected".into()),
        ("own_accuracy", "unknown field `accuracy`".into()),
        ("other_index", "index is 7; the job has 1 configurations".into()),
        ("no_time", "fit_seconds is".into()),
        ("long_time", "fit_seconds is".into()),
        ("hidden_fact", "/facts/note has the control character '\\t'".into()),
        ("hidden_reason", "[31mred".into()),
        ("endless", "a line of more than".into()),
    ] {
        let row = misbehaving(fault, &[]);
        assert_eq!(status(&row), "crashed", "{fault}");
        assert!(error(&row).contains(&reason), "{fault}: {}", error(&row));
        assert!(row.get("accuracy").is_none());
    }
    let row = misbehaving("diverge", &[]);
    assert_eq!((status(&row), error(&row)), ("diverged", "not a number"));
    let row = misbehaving("blank_reason", &[]);
    assert_eq!((status(&row), error(&row)), ("diverged", "no reason was given"));
    let row = misbehaving("no_memory", &[]);
    assert_eq!((status(&row), error(&row)), ("out_of_memory", "wanted 27 GiB"));
}

#[test]
fn other_output_is_log() {
    let row = misbehaving("chatter", &[]);
    assert_eq!(status(&row), "ok", "{}", error(&row));
    assert_eq!((&row["fit_seconds"], &row["predict_seconds"]), (&0.5.into(), &0.25.into()));
    assert_eq!(row["repeats"][0]["fit_cpu_seconds"], 0.5);
}

#[test]
fn the_limits_hold_for_the_program() {
    for fault in ["hang", "child_hangs"] {
        let row = misbehaving(fault, &["--timeout", "1s"]);
        assert_eq!((status(&row), error(&row)), ("timeout", "no result after 1 s"), "{fault}");
    }
    let row = misbehaving("grow", &["--memory-limit", "300MiB", "--timeout", "60s"]);
    assert_eq!(status(&row), "out_of_memory", "{}", error(&row));
    assert!(error(&row).contains("the limit is 300 MiB"), "{}", error(&row));
}

#[test]
fn engine_sees_no_secrets_or_test_labels() {
    let sandbox = with_engine(GAUSSIAN, &["perl", "ENGINES/misbehave.pl", "tell"]);
    let mut command = sandbox.command();
    command.args(["--engines", "engines.toml", "-e", "mine", "--threads", "2", "--jobs", "1"]);
    command.env("SECRET_TOKEN", "hunter2").env("OPENBLAS_CORETYPE", "Prescott").env("OPENBLAS_L2_SIZE", "1");
    Run::of(command.output().unwrap()).code(0);
    let row = sandbox.result_of("mine", "GaussianNB");
    let facts = &row["repeats"][0]["facts"];
    let (environment, keys) = (facts["environment"].as_str().unwrap(), facts["keys"].as_str().unwrap());
    assert_eq!(
        environment,
        "BLIS_NUM_THREADS=2 GOMAXPROCS=2 JULIA_NUM_THREADS=2 LANG=C.UTF-8 LC_ALL=C.UTF-8 MKL_NUM_THREADS=2 \
         NUMEXPR_NUM_THREADS=2 OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 RAYON_NUM_THREADS=2 \
         VECLIB_MAXIMUM_THREADS=2"
    );
    assert_eq!(
        keys,
        "protocol results X_train y_train X_test dataset train_size test_size features classes image \
         classifier parameters seed seed_31 threads"
    );
    let files: Vec<&str> = facts["files"].as_str().unwrap().split(' ').collect();
    let ends = |end: &str| files.iter().filter(|file| file.ends_with(end)).count();
    assert_eq!((ends("X_train.npy"), ends("y_train.npy"), ends("X_test.npy")), (1, 1, 1), "{files:?}");
    // The only other thing is the engine's own folder.
    assert_eq!(files.len(), 4, "{files:?}");
    let text = std::fs::read_to_string(sandbox.result_path("mine", "GaussianNB")).unwrap();
    assert!(!text.contains("hunter2"));
}

#[test]
fn invalid_engine_list_is_named() {
    let sandbox = Sandbox::new(GAUSSIAN);
    let list = |text: &str| {
        std::fs::write(sandbox.path().join("engines.toml"), text).unwrap();
        sweep(&sandbox, &[]).code(2)
    };
    list("[[engine]]\nname = 3\n").says("engines.toml: line 2");
    list("[[engine]]\nname = 'mine'\ncommand = ['x']\nclassifiers = ['NoSuch']\ninstall = 'y'\n")
        .says("unknown classifier \"NoSuch\"");
    let run = sandbox.sweep(&["--engines", "none.toml"]).code(2);
    assert!(run.stderr.contains("none.toml"), "{}", run.stderr);
}

#[test]
fn scikit_learn_runs_the_whole_classic_grid() {
    let ids = |suite: &str, engine: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_mnist-bench"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["grid", "--suite", suite, "-e", engine, "-d", "mnist", "--json"])
            .output()
            .unwrap();
        let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
        let mut ids: Vec<String> = rows.iter().map(|row| row["id"].as_str().unwrap().to_string()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids("peers", "scikit-learn"), ids("classic", "native"));
    assert_eq!(ids("peers", "xgboost").len(), 9);
}

/// A `.npy` file of version 1.0.
fn npy(path: &Path, kind: &str, shape: &str, bytes: &[u8]) {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut file = File::create(path).unwrap();
    file.write_all(b"\x93NUMPY\x01\x00").unwrap();
    file.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.write_all(bytes).unwrap();
}

/// The steps that docs/CONTRIBUTING.md describes, with the job line of docs/FORMAT.md.
#[test]
fn documented_job_and_replies_work() {
    let format = include_str!("../../docs/FORMAT.md");
    let start = format.find("    {\"protocol\":1,").unwrap();
    let job: String = format[start..].lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let (rows, test, features) = (240, 60, 36);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let pixels = |rows: usize| -> Vec<u8> {
        let value = |index: usize| (index / features % 4) as f64 + (index * 7 % 11) as f64 / 20.0;
        (0..rows * features).flat_map(|index| value(index).to_le_bytes()).collect()
    };
    npy(&at("x_train.npy"), "<f8", "240, 36", &pixels(rows));
    npy(&at("x_test.npy"), "<f8", "60, 36", &pixels(test));
    npy(&at("y_train.npy"), "|u1", "240,", &(0..rows).map(|row| (row % 4) as u8).collect::<Vec<u8>>());
    let job = job.replace("/tmp/job/replies", "/dev/stdout");
    let job = job.replace("/tmp/job", folder.path().to_str().unwrap());
    let mut engine = Command::new("perl")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engines/gaussian_nb.pl"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("perl");
    writeln!(engine.stdin.take().unwrap(), "{job}").unwrap();
    let output = engine.wait_with_output().unwrap();
    let replies: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let documented: Vec<serde_json::Value> = format[start..]
        .lines()
        .filter_map(|line| line.strip_prefix("    {\"reply\": ").map(|rest| format!("{{\"reply\": {rest}")))
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect();
    let keys = |replies: &[serde_json::Value]| -> Vec<Vec<String>> {
        let keys = |reply: &serde_json::Value| reply.as_object().unwrap().keys().cloned().collect();
        replies.iter().map(keys).collect()
    };
    assert_eq!(keys(&documented).len(), 2);
    assert_eq!(replies[0], documented[0]);
    // An engine's reply may have more keys than the documented one: facts.
    let (said, told) = (&keys(&replies)[1], &keys(&documented)[1]);
    assert!(told.iter().all(|key| said.contains(key)), "{said:?}");
    let right: String = (0..test).map(|row| char::from(b'0' + (row % 4) as u8)).collect();
    assert_eq!(replies[1]["predictions"], right.as_str());
}

#[test]
fn an_engine_runs_the_steps_that_it_has_and_is_handed_what_the_others_made() {
    let families = "[[family]]\nclassifier = \"GaussianNB\"\npreprocessing = [\"deskew\", \"unit\"]\n";
    let script = "case $0 in --version) exec perl ENGINES/gaussian_nb.pl --version;; esac; \
                  read -r job; echo \"$job\" > SANDBOX/job.json; echo \"$job\" | perl ENGINES/gaussian_nb.pl";
    let sandbox = with_engine(families, &["sh", "-c", script]);
    let path = sandbox.path().join("engines.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("SANDBOX", sandbox.path().to_str().unwrap()) + "preprocessing = [\"unit\"]\n";
    std::fs::write(&path, text).unwrap();
    sweep(&sandbox, &["-e", "native"]).code(0);
    let [mine, ours] =
        ["mine", "native"].map(|engine| sandbox.result_of(engine, "GaussianNB,preprocessing=deskew+unit"));
    // The steps do not change what Gaussian naive Bayes predicts unless one of them is left out: deskew.
    assert_eq!(predictions(&mine, 0), predictions(&ours, 0));
    let job: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(sandbox.path().join("job.json")).unwrap()).unwrap();
    assert_eq!(job["preprocessing"], serde_json::json!(["unit"]));
    // The CPU time of steps that the harness ran for the engine is recorded, but not counted as the engine's.
    let facts = &mine["repeats"][0]["facts"];
    assert!(facts["uncounted_preprocessing_cpu_seconds"].as_f64().unwrap() > 0.0, "{mine}");
}

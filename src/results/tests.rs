//! Round trips, the store, and what validation rejects.

use std::path::Path;

use serde_json::json;

use super::limits;
use super::load::{self, Checked};
use super::problem::Problem;
use super::record::{Record, Repeat, Status, file_stem};
use super::store::{self, Store};
use super::wire::WireRecord;
use crate::dataset::{Outline, Shape};
use crate::grid::Configuration;

const PLACE: &str = "results/r/mnist/native/SVC,C=10.json";
const LABELS: [u8; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

fn outline() -> Outline {
    Outline {
        name: "mnist".into(),
        title: "MNIST".into(),
        class_names: (0..10).map(|class| class.to_string()).collect(),
        shape: Shape { train_size: 60, test_size: 8, features: 4, image: [2, 2], classes: 10 },
        test_labels: LABELS.to_vec(),
        digests: Default::default(),
    }
}

/// What the gate says of bytes at a path.
fn load_bytes(path: &str, bytes: &[u8]) -> Result<Record, Vec<Problem>> {
    let outline = outline();
    load::parse_record(Path::new(path), bytes, |_| Some(&outline))
        .map(Checked::into_inner)
        .map_err(|refused| refused.problems)
}

fn repeat(seed: u64, predictions: [u8; 8], accuracy: f64) -> Repeat {
    Repeat {
        seed,
        predictions: predictions.to_vec().try_into().unwrap(),
        accuracy,
        fit_seconds: 31.2,
        predict_seconds: 4.000001,
        fit_cpu_seconds: Some(31.0),
        predict_cpu_seconds: None,
        converged: Some(seed != 2),
        facts: serde_json::from_value(json!({"support_vectors": 812, "loss": [0.25, 1e-17]})).unwrap(),
    }
}

fn sample() -> Record {
    Record {
        id: file_stem("SVC,C=10", None),
        status: Status::Ok,
        error: None,
        forecast: None,
        engine: "native".into(),
        engine_version: Some("0.1.0".into()),
        configuration: Configuration::new(
            "SVC",
            serde_json::from_value(json!({"kernel": "rbf", "C": 10})).unwrap(),
        ),
        dataset: "mnist".into(),
        train_size: 60,
        test_size: 8,
        threads: 1,
        jobs_in_flight: Some(2),
        quiet: false,
        peak_memory_bytes: Some(812_000_000),
        shared_with: vec!["SVC,C=1".into()],
        repeats: vec![
            repeat(1, [0, 1, 2, 3, 4, 5, 6, 0], 0.875),
            repeat(u64::MAX, [0, 1, 2, 3, 4, 5, 0, 0], 0.75),
        ],
        reported: None,
        provenance: Some(super::Provenance::here()),
    }
}

#[test]
fn a_record_survives_the_file_and_keeps_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), "local").unwrap();
    let path = store.write(&sample()).unwrap();
    assert_eq!(path, folder.path().join("local/mnist/native/SVC,C=10.json"));
    let bytes = std::fs::read(&path).unwrap();
    let outline = outline();
    let find = |name: &str| (name == "mnist").then_some(&outline);
    let read = load::record(&path, find).unwrap();
    assert!(read.is_scored() && read.path() == path);
    assert!(!load::record(&path, |_| None).unwrap().is_scored());
    let read = read.into_inner();
    assert_eq!(read, sample());
    assert_eq!(WireRecord::from(&read).to_bytes(), bytes);
    assert!(String::from_utf8(bytes).unwrap().contains("\"predictions\": \"01234560\"\n"));
    store.write(&read).unwrap();
    let names: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 1, "no temporary file stays");
}

#[test]
fn means_and_deviation_follow_from_the_repeats() {
    let record = sample();
    assert_eq!(record.accuracy(), Some(0.8125));
    assert!((record.accuracy_deviation().unwrap() - 0.125 / 2f64.sqrt()).abs() < 1e-15);
    assert_eq!(record.predict_seconds(), Some(4.000001));
    assert_eq!(record.converged(), Some(true));
    assert_eq!(record.subset(), None);
    assert_eq!(Record { id: "SVC,C=10@n=5".into(), ..record }.configuration_id(), "SVC,C=10");
}

#[test]
fn a_run_is_read_in_order_and_what_is_refused_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), "local").unwrap();
    let outline = outline();
    let run = || load::run(&store, |_| Some(&outline)).unwrap();
    assert!(run().records.is_empty(), "a run that is not there is empty");
    for c in [2, 1] {
        let mut record = sample();
        record.id = format!("SVC,C={c}0");
        record.configuration.parameters["C"] = json!(c * 10);
        store.write(&record).unwrap();
    }
    let damaged = store.path("mnist", "native", "c");
    std::fs::write(&damaged, b"{\"schema_version\": 1").unwrap();
    std::fs::write(store.path("mnist", "native", ".hidden"), b"").unwrap();
    let scan = run();
    let ids: Vec<&str> = scan.records.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["SVC,C=10", "SVC,C=20"]);
    assert_eq!(scan.problems.len(), 1);
    assert_eq!(scan.problems[0].file, damaged);
    let aside = store::set_aside(&damaged).unwrap();
    assert!(aside.ends_with("c.json.garbled"));
    assert!(run().problems.is_empty());
    assert_eq!(Store::runs(folder.path()).unwrap(), ["local"]);
}

#[test]
fn a_result_of_other_data_is_told_apart_from_a_damaged_one() {
    let mut record = sample();
    let mut provenance = super::Provenance::here();
    provenance.dataset_digests.insert("t10k-labels-idx1-ubyte".into(), "00".repeat(32));
    record.provenance = Some(provenance);
    record.repeats[0].accuracy = 0.5;
    let mut outline = outline();
    outline.digests.insert("t10k-labels-idx1-ubyte".into(), "11".repeat(32));
    let bytes = WireRecord::from(&record).to_bytes();
    let refused = load::parse_record(Path::new(PLACE), &bytes, |_| Some(&outline)).unwrap_err();
    assert!(refused.made_from_other_data && refused.problems.len() == 1, "{refused:?}");
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for run in ["", "..", "a/b", ".hidden", "a:b", "a|b"] {
        assert!(Store::new(folder.path(), run).is_err(), "{run:?}");
    }
    let store = Store::new(folder.path(), "local").unwrap();
    assert!(store.write(&Record { dataset: "../../etc".into(), ..sample() }).is_err());
    assert!(store.write(&Record { id: "a/b".into(), ..sample() }).is_err());
}

#[test]
fn a_file_longer_than_any_result_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.json");
    std::fs::File::create(&path).unwrap().set_len(limits::MAX_FILE_BYTES + 1).unwrap();
    let refused = load::record(&path, |_| None).unwrap_err();
    assert!(refused.problems[0].message.contains("longer than 16 MiB"));
}

/// Problems of the sample's file after `change`, as `pointer: message`.
fn problems(change: impl FnOnce(&mut serde_json::Value)) -> Vec<String> {
    problems_at(PLACE, change)
}

fn problems_at(path: &str, change: impl FnOnce(&mut serde_json::Value)) -> Vec<String> {
    let mut value = serde_json::to_value(WireRecord::from(&sample())).unwrap();
    change(&mut value);
    let found = load_bytes(path, value.to_string().as_bytes()).err().unwrap_or_default();
    found.iter().map(|problem| format!("{}: {}", problem.pointer, problem.message)).collect()
}

#[test]
fn the_sample_is_valid() {
    assert_eq!(problems(|_| ()), Vec::<String>::new());
}

#[test]
fn every_single_fault_is_named() {
    type Change = fn(&mut serde_json::Value);
    let faults: Vec<(&str, Change)> = vec![
        ("/schema_version: is 2", |v| v["schema_version"] = json!(2)),
        ("/acuracy: unknown key: did you mean accuracy?", |v| v["acuracy"] = json!(0.5)),
        ("/repeats/0/note: unknown key", |v| v["repeats"][0]["note"] = json!("x")),
        ("/status: is missing", |v| drop(v.as_object_mut().unwrap().remove("status"))),
        ("/status: is \"fine\"; expected one of", |v| v["status"] = json!("fine")),
        ("/accuracy: is \"0.8125\"; expected a number", |v| v["accuracy"] = json!("0.8125")),
        ("/train_size: is the boolean true; expected a non-negative integer", |v| {
            v["train_size"] = json!(true)
        }),
        ("/repeats/0/fit_seconds: is the boolean false; expected a number", |v| {
            v["repeats"][0]["fit_seconds"] = json!(false)
        }),
        ("/accuracy: is null; expected a number", |v| v["accuracy"] = json!(null)),
        ("/error: is null; expected a text", |v| v["error"] = json!(null)),
        ("/threads: is 1.5; expected a non-negative integer", |v| v["threads"] = json!(1.5)),
        ("/test_size: is -3; expected a non-negative integer", |v| v["test_size"] = json!(-3)),
        ("/parameters: is a list; expected an object", |v| v["parameters"] = json!(["C", 10])),
        ("/accuracy: is 0.9", |v| v["accuracy"] = json!(0.9)),
        ("/accuracy: is missing", |v| drop(v.as_object_mut().unwrap().remove("accuracy"))),
        ("/fit_seconds: is 31", |v| v["fit_seconds"] = json!(31.0)),
        ("/repeats/1/accuracy: is 0.875; the predictions give 0.75", |v| {
            v["repeats"][1]["accuracy"] = json!(0.875);
            v["accuracy"] = json!(0.875);
        }),
        ("/repeats/0/accuracy: is 1.5", |v| v["repeats"][0]["accuracy"] = json!(1.5)),
        ("/repeats/0/fit_seconds: is negative", |v| v["repeats"][0]["fit_seconds"] = json!(-1.0)),
        ("/repeats/0/predictions: found 7 predictions; expected 8", |v| {
            v["repeats"][0]["predictions"] = json!("0123456")
        }),
        ("/repeats/0/predictions: character 'X' at position 1", |v| {
            v["repeats"][0]["predictions"] = json!("0X234560")
        }),
        ("/repeats/0/predictions: class 35 at position 7", |v| {
            v["repeats"][0]["predictions"] = json!("0123456z")
        }),
        ("/repeats/1/seed: is the same as that of repeat 0", |v| v["repeats"][1]["seed"] = json!(1)),
        ("/test_size: is 9; the test set has 8", |v| v["test_size"] = json!(9)),
        ("/train_size: is 59; the training set has 60", |v| v["train_size"] = json!(59)),
        ("/dataset: is \"fashion-mnist\"", |v| v["dataset"] = json!("fashion-mnist")),
        ("/engine: \"../native\" cannot be", |v| v["engine"] = json!("../native")),
        ("/engine: is \"linfa\", but the file lies under", |v| v["engine"] = json!("linfa")),
        ("/id: is \"SVC\"", |v| v["id"] = json!("SVC")),
        ("/parameters: give the id \"SVC,C=2\"", |v| v["parameters"]["C"] = json!(2)),
        ("/error: is missing", |v| v["status"] = json!("timeout")),
        ("/error: must be absent", |v| v["error"] = json!("why")),
        ("/repeats: is empty", |v| v["repeats"] = json!([])),
        ("/accuracy: must be absent: no repeat", |v| {
            v["repeats"] = json!([]);
            v["status"] = json!("crashed");
            v["error"] = json!("killed by signal 11");
        }),
        ("/repeats: must be empty: the status is reported", |v| v["status"] = json!("reported")),
        ("/threads: is 0", |v| v["threads"] = json!(0)),
        ("/jobs_in_flight: is 0", |v| v["jobs_in_flight"] = json!(0)),
        ("/quiet: is true, but", |v| v["quiet"] = json!(true)),
        ("/converged: does not follow", |v| v["converged"] = json!(false)),
    ];
    for (expected, change) in faults {
        let found = problems(change);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected:?} not in {found:?}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let found = problems(|v| {
        v["accuracy"] = json!(0.9);
        v["threads"] = json!(0);
        v["repeats"][1]["predictions"] = json!("");
    });
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn a_cut_training_set_stands_in_the_name() {
    let cut = |size: u64| {
        move |v: &mut serde_json::Value| {
            v["id"] = json!("SVC,C=10@n=30");
            v["train_size"] = json!(size);
        }
    };
    let path = "results/r/mnist/native/SVC,C=10@n=30.json";
    assert_eq!(problems_at(path, cut(30)), Vec::<String>::new());
    assert!(problems_at(path, cut(31))[0].contains("says n=30"));
    let whole = problems_at("results/r/mnist/native/SVC,C=10@n=60.json", |v| {
        v["id"] = json!("SVC,C=10@n=60");
    });
    assert!(whole[0].contains("expected fewer than the 60 images"), "{whole:?}");
}

#[test]
fn invalid_json_is_named_with_its_place() {
    let parse = |text: &str| load_bytes(PLACE, text.as_bytes()).unwrap_err()[0].to_string();
    assert!(parse("").contains("invalid JSON: EOF"));
    assert!(parse("{\"accuracy\": NaN}").contains("line 1"));
    assert!(parse("{\"accuracy\": 1e999}").contains("out of range"));
    assert!(parse("{} trailing").contains("trailing"));
    assert!(parse("{\"a\": {\"b\": 1, \"b\": 2}}").contains("/a/b: duplicate key"));
    assert!(parse("[{\"b\": 1}, {\"b\": 1, \"b\": 2}]").contains("/1/b: duplicate key"));
    assert!(parse(&"[".repeat(100_000)).contains("recursion"));
    assert!(load_bytes(PLACE, b"\xff\xfe{}").is_err());
}

#[test]
fn a_file_that_is_not_there_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let refused = load::record(&folder.path().join("missing.json"), |_| None).unwrap_err();
    assert_eq!(refused.problems.len(), 1);
}

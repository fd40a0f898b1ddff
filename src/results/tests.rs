//! Round trips, the store, and what validation rejects.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::limits;
use super::record::{Record, Repeat, Status, file_stem};
use super::store::{self, Store};
use super::validate;
use super::wire::{WireRecord, decode, encode};
use crate::dataset::{Outline, Shape};
use crate::grid::Configuration;

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

fn configuration_id(configuration: &Configuration) -> String {
    format!("{}-C={}", configuration.classifier, configuration.parameters["C"])
}

fn repeat(seed: u64, predictions: [u8; 8], accuracy: f64) -> Repeat {
    Repeat {
        seed,
        predictions: predictions.to_vec(),
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
        id: file_stem("SVC-C=10", None),
        status: Status::Ok,
        error: None,
        engine: "native".into(),
        engine_version: Some("0.1.0".into()),
        configuration: Configuration {
            classifier: "SVC".into(),
            parameters: serde_json::from_value(json!({"kernel": "rbf", "C": 10})).unwrap(),
        },
        dataset: "mnist".into(),
        train_size: 60,
        test_size: 8,
        threads: 1,
        jobs_in_flight: Some(2),
        quiet: false,
        peak_memory_bytes: Some(812_000_000),
        shared_with: vec!["SVC-C=1".into()],
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
    assert_eq!(path, folder.path().join("local/mnist/native/SVC-C=10.json"));
    let bytes = std::fs::read(&path).unwrap();
    let read = store.read("mnist", "native", "SVC-C=10").unwrap();
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
    assert_eq!(Record { id: "SVC-C=10@n=5".into(), ..record }.configuration_id(), "SVC-C=10");
}

#[test]
fn a_scan_is_sorted_and_names_what_it_cannot_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), "local").unwrap();
    assert!(store.scan().unwrap().records.is_empty(), "a run that is not there is empty");
    for id in ["b", "a"] {
        store.write(&Record { id: id.into(), ..sample() }).unwrap();
    }
    let garbage = store.path("mnist", "native", "c");
    std::fs::write(&garbage, b"{\"schema_version\": 1").unwrap();
    std::fs::write(store.path("mnist", "native", ".hidden"), b"").unwrap();
    let scan = store.scan().unwrap();
    let ids: Vec<&str> = scan.records.iter().map(|(_, record)| record.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(scan.problems.len(), 1);
    assert_eq!(scan.problems[0].file, garbage);
    let aside = store::set_aside(&garbage).unwrap();
    assert!(aside.ends_with("c.json.garbled"));
    assert!(store.scan().unwrap().problems.is_empty());
    assert_eq!(Store::runs(folder.path()).unwrap(), ["local"]);
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
    assert!(store::read(&path).unwrap_err().message.contains("longer than 16 MiB"));
}

#[test]
fn predictions_are_one_character_a_class() {
    let classes: Vec<u8> = (0..36).collect();
    assert_eq!(encode(&classes), "0123456789abcdefghijklmnopqrstuvwxyz");
    assert_eq!(decode(&encode(&classes)).unwrap(), classes);
    assert!(decode("01A").unwrap_err().contains("'A' at 2"));
}

/// Problems of the sample's file after `change`, as `pointer: message`.
fn problems(change: impl FnOnce(&mut serde_json::Value)) -> Vec<String> {
    problems_at("results/r/mnist/native/SVC-C=10.json", change)
}

fn problems_at(path: &str, change: impl FnOnce(&mut serde_json::Value)) -> Vec<String> {
    let mut value = serde_json::to_value(WireRecord::from(&sample())).unwrap();
    change(&mut value);
    match WireRecord::parse(value.to_string().as_bytes()) {
        Ok(wire) => {
            let path = PathBuf::from(path);
            let found = validate::record(&path, &wire, Some(&outline()), configuration_id);
            found.iter().map(|problem| format!("{}: {}", problem.pointer, problem.message)).collect()
        }
        Err(message) => vec![message],
    }
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
        ("unknown field `acuracy`", |v| v["acuracy"] = json!(0.5)),
        ("unknown field `note`", |v| v["repeats"][0]["note"] = json!("x")),
        ("missing field `status`", |v| drop(v.as_object_mut().unwrap().remove("status"))),
        ("unknown variant `fine`", |v| v["status"] = json!("fine")),
        ("invalid type: string", |v| v["accuracy"] = json!("0.8125")),
        ("invalid type: boolean", |v| v["train_size"] = json!(true)),
        ("invalid type: boolean", |v| v["repeats"][0]["fit_seconds"] = json!(false)),
        ("invalid type: null", |v| v["accuracy"] = json!(null)),
        ("invalid type: null", |v| v["error"] = json!(null)),
        ("invalid type: floating point", |v| v["threads"] = json!(1.5)),
        ("invalid value: integer `-3`", |v| v["test_size"] = json!(-3)),
        ("invalid type", |v| v["parameters"] = json!(["C", 10])),
        ("/accuracy: is 0.9", |v| v["accuracy"] = json!(0.9)),
        ("/accuracy: is missing", |v| drop(v.as_object_mut().unwrap().remove("accuracy"))),
        ("/fit_seconds: is 31", |v| v["fit_seconds"] = json!(31.0)),
        ("/repeats/1/accuracy: is 0.875; the predictions make it 0.75", |v| {
            v["repeats"][1]["accuracy"] = json!(0.875);
            v["accuracy"] = json!(0.875);
        }),
        ("/repeats/0/accuracy: is 1.5", |v| v["repeats"][0]["accuracy"] = json!(1.5)),
        ("/repeats/0/fit_seconds: is negative", |v| v["repeats"][0]["fit_seconds"] = json!(-1.0)),
        ("/repeats/0/predictions: has 7 characters for 8", |v| {
            v["repeats"][0]["predictions"] = json!("0123456")
        }),
        ("/repeats/0/predictions: character 'X' at 1", |v| {
            v["repeats"][0]["predictions"] = json!("0X234560")
        }),
        ("/repeats/0/predictions: names class 35 at 7", |v| {
            v["repeats"][0]["predictions"] = json!("0123456z")
        }),
        ("/repeats/1/seed: is that of repeat 0", |v| v["repeats"][1]["seed"] = json!(1)),
        ("/test_size: is 9; the test set has 8", |v| v["test_size"] = json!(9)),
        ("/train_size: is 59; the whole set has 60", |v| v["train_size"] = json!(59)),
        ("/dataset: is \"fashion-mnist\"", |v| v["dataset"] = json!("fashion-mnist")),
        ("/engine: \"../native\" cannot be", |v| v["engine"] = json!("../native")),
        ("/engine: is \"linfa\", but the file lies under", |v| v["engine"] = json!("linfa")),
        ("/id: is \"SVC\"", |v| v["id"] = json!("SVC")),
        ("/parameters: make the id \"SVC-C=1\"", |v| v["parameters"]["C"] = json!(1)),
        ("/error: is missing", |v| v["status"] = json!("timeout")),
        ("/error: stands there", |v| v["error"] = json!("why")),
        ("/repeats: is empty", |v| v["repeats"] = json!([])),
        ("/accuracy: stands there although no repeat", |v| {
            v["repeats"] = json!([]);
            v["status"] = json!("crashed");
            v["error"] = json!("killed by signal 11");
        }),
        ("/repeats: stands there although the figure is reported", |v| v["status"] = json!("reported")),
        ("/threads: is 0", |v| v["threads"] = json!(0)),
        ("/jobs_in_flight: is 0", |v| v["jobs_in_flight"] = json!(0)),
        ("/quiet: is true with other jobs", |v| v["quiet"] = json!(true)),
        ("/converged: is not what", |v| v["converged"] = json!(false)),
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
            v["id"] = json!("SVC-C=10@n=30");
            v["train_size"] = json!(size);
        }
    };
    let path = "results/r/mnist/native/SVC-C=10@n=30.json";
    assert_eq!(problems_at(path, cut(30)), Vec::<String>::new());
    assert!(problems_at(path, cut(31))[0].contains("says n=30"));
    let whole = problems_at("results/r/mnist/native/SVC-C=10@n=60.json", |v| {
        v["id"] = json!("SVC-C=10@n=60");
    });
    assert!(whole[0].contains("not below the 60 rows"), "{whole:?}");
}

#[test]
fn what_is_no_json_is_named_with_its_place() {
    let parse = |text: &str| WireRecord::parse(text.as_bytes()).unwrap_err();
    assert!(parse("").contains("EOF"));
    assert!(parse("{\"accuracy\": NaN}").contains("line 1"));
    assert!(parse("{\"accuracy\": 1e999}").contains("out of range"));
    assert!(parse("{} trailing").contains("trailing"));
    assert!(parse("{\"a\": {\"b\": 1, \"b\": 2}}").contains("/a/b stands there twice"));
    assert!(parse("[{\"b\": 1}, {\"b\": 1, \"b\": 2}]").contains("/1/b stands"));
    assert!(parse(&"[".repeat(100_000)).contains("recursion"));
    assert!(WireRecord::parse(b"\xff\xfe{}").is_err());
}

#[test]
fn a_file_is_checked_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), "r").unwrap();
    let path = store.write(&sample()).unwrap();
    let outline = outline();
    let check = |path: &Path| validate::file(path, |_| Some(&outline), configuration_id);
    assert_eq!(check(&path), []);
    assert_eq!(check(&folder.path().join("missing.json")).len(), 1);
}

//! Submissions and results that must be refused, each with the right words; and those that must not be.

use std::time::Instant;

use crate::bed::{Bed, PLACE, TEST, labels, other_labels, result, sample, sample_of, with_errors};
use mnist_bench::check;
use mnist_bench::dataset::Predictions;
use mnist_bench::results::{load, schema};
use serde_json::{Value, json};

/// Problems of the sample after `change`.
fn after(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut value = sample();
    change(&mut value);
    raw(value.to_string())
}

/// Problems of these bytes in the sample's place.
fn raw(bytes: impl AsRef<[u8]>) -> Vec<String> {
    at(PLACE, bytes)
}

fn at(place: &str, bytes: impl AsRef<[u8]>) -> Vec<String> {
    let bed = Bed::new();
    bed.put(place, bytes);
    bed.problems()
}

/// Exactly one problem, which says this.
#[track_caller]
fn only(problems: Vec<String>, text: &str) {
    assert!(problems.len() == 1 && problems[0].contains(text), "wanted only {text:?}: {problems:#?}");
}

#[test]
fn the_samples_are_accepted() {
    let bed = Bed::new();
    bed.put_json(PLACE, &sample());
    bed.put_json("r/tiny/native/SVC.json", &result("SVC", &with_errors(9)));
    let mut grid = sample();
    grid["classifier"] = json!("SVC");
    grid["parameters"] = json!({"C": 10, "kernel": "rbf"});
    grid.as_object_mut().unwrap().remove("method");
    bed.put_json("submitted/jane/tiny/SVC,C=10.json", &grid);
    let mut reported = sample();
    reported["status"] = json!("reported");
    reported["source"] = json!("a paper");
    for key in ["repeats", "train_size", "fit_seconds", "hardware"] {
        reported.as_object_mut().unwrap().remove(key);
    }
    reported["classifier"] = json!("2 Conv Layers <100K (Keras)");
    reported["parameters"] = json!({});
    bed.put_json("submitted/jane/tiny/2%20Conv%20Layers%20%3C100K%20%28Keras%29.json", &reported);
    let mut cut = sample();
    cut["train_size"] = json!(100);
    bed.put_json("submitted/jane/tiny/Ridge,alpha=1@n=100.json", &cut);
    let found = bed.check();
    assert_eq!((found.files, found.problems), (5, Vec::new()));
}

/// `bad_submissions` has a file for every other rule.
#[test]
fn repeats_are_few_and_have_seeds_of_their_own() {
    let twin = after(|v| {
        let again = v["repeats"][0].clone();
        v["repeats"].as_array_mut().unwrap().push(again);
    });
    only(twin, "/repeats/1/seed: is the same as that of repeat 0");
    let many = after(|v| {
        let mut one = v["repeats"][0].clone();
        one.as_object_mut().unwrap().remove("seed");
        v["repeats"] = json!(vec![one; 51]);
    });
    only(many, "/repeats: has 51 elements; expected at most 50");
    let slash = after(|v| v["dataset_digests"] = json!({"a/b": "00"}));
    only(slash, "/dataset_digests/a~1b: tiny has no such file");
}

#[test]
fn all_broken_rules_are_reported() {
    let says = |problems: Vec<String>, expected: &[&str]| {
        for text in expected {
            assert!(problems.iter().any(|problem| problem.contains(text)), "no {text:?} in {problems:#?}");
        }
        assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    };
    says(
        after(|v| {
            v["acuracy"] = json!(1);
            v["accuracy"] = json!(75.0);
            v["fit_seconds"] = json!(-1);
            v["repeats"][0]["accuracy"] = json!(0.5);
        }),
        &[
            "/acuracy: unknown key",
            "/accuracy: is 75; expected a share between 0 and 1; divide percent by 100",
            "/accuracy: is 75; the mean of the repeats is 0.75",
            "/fit_seconds: is -1",
            "/repeats/0/accuracy: is 0.5; the predictions give 0.75",
        ],
    );
    says(
        after(|v| v["submitter"] = json!("../../etc")),
        &["/submitter: \"../../etc\" cannot be used as a folder name", "its content belongs at"],
    );
    says(
        after(|v| v["submitter"] = json!("a\u{0}b")),
        &[
            "/submitter: \"a\\0b\" cannot be used as a folder name",
            "/submitter: has the control",
            "its content belongs at",
        ],
    );
    says(
        after(|v| v["dataset"] = json!("../tiny")),
        &[
            "/dataset: \"../tiny\" cannot be used as a folder name",
            "there is no data set \"../tiny\"",
            "its content belongs at",
        ],
    );
    says(
        after(|v| v["dataset"] = json!("tinny")),
        &["there is no data set \"tinny\" to check it against: did you mean tiny?", "its content belongs at"],
    );
    says(
        after(|v| v["test_size"] = json!(59)),
        &["/test_size: is 59; the test set has 60", "found 60 predictions; expected 59"],
    );
    says(
        after(|v| drop(v.as_object_mut().unwrap().remove("method"))),
        &[
            "/classifier: unknown classifier \"Ridge\": did you mean RidgeClassifier? (a method of your own needs the key method)",
        ],
    );
    says(
        after(|v| {
            v["classifier"] = json!("SVC");
            v["parameters"] = json!({"C": -1});
            v.as_object_mut().unwrap().remove("method");
        }),
        &["/parameters: SVC: C = -1: expected", "its content belongs at"],
    );
    says(
        after(|v| v["classifier"] = json!("SVC")),
        &["/method: must be absent: SVC is a classifier of the grid", "its content belongs at"],
    );
    says(
        after(|v| v["status"] = json!("reported")),
        &["/repeats: must be empty: the status is reported", "/source: is missing"],
    );
    says(
        after(|v| {
            v["accuracy"] = json!(null);
            v["train_size"] = json!("all");
            v["repeats"][0]["predictions"] = json!(7);
        }),
        &["/accuracy: is null", "/train_size: is \"all\"", "/repeats/0/predictions: is 7"],
    );
}

#[test]
fn invalid_json_names_the_line() {
    let good = sample().to_string();
    only(raw(""), "invalid JSON: EOF");
    only(raw("[]"), "is a list; expected an object {...}");
    only(raw("null"), "is null; expected an object");
    only(raw(&good[..good.len() - 2]), "invalid JSON: EOF");
    only(raw(format!("{good} more")), "invalid JSON: trailing characters at line 1");
    only(raw(good.replace("0.75", "NaN")), "JSON has no NaN and no Infinity");
    only(raw(good.replace("1.5", "-Infinity")), "JSON has no NaN and no Infinity");
    only(raw(good.replace("1.5", "1e999")), "number out of range");
    only(raw(good.replace("1.5", "+1.5")), "invalid JSON");
    only(raw(good.replace("1.5", "1.5,")), "invalid JSON");
    only(raw(good.replace("\"jane\"", "'jane'")), "invalid JSON: expected value at line 1");
    only(raw([b"\xef\xbb\xbf", good.as_bytes()].concat()), "without a byte order mark");
    only(raw(good.replace("a laptop", "a l\u{1}aptop")), "control character");
    only(raw([&good.as_bytes()[..good.len() - 1], b", \"engine\": \"\xff\"}"].concat()), "save it as UTF-8");
    only(raw("[".repeat(100_000)), "recursion limit");
    let twice = good.replacen("\"status\"", "\"submitter\": \"jane\", \"status\"", 1);
    only(raw(&twice), "/submitter: duplicate key");
    let deep = good.replacen("\"alpha\":1.0", "\"alpha\":1.0,\"alpha\":1.0", 1);
    only(raw(&deep), "/parameters/alpha: duplicate key");
    only(raw(good.replace("a laptop", &"x".repeat(1_000_000))), "is longer than 1 MB");
}

#[test]
fn path_must_match_content() {
    let good = sample().to_string();
    let belongs = "belongs at results/submitted/jane/tiny/Ridge,alpha=1.json";
    only(at("submitted/jane/other/Ridge,alpha=1.json", &good), belongs);
    only(at("submitted/jane/tiny/ridge.json", &good), belongs);
    only(at("submitted/jane/Ridge,alpha=1.json", &good), belongs);
    only(at("submitted/jane/tiny/deeper/Ridge,alpha=1.json", &good), belongs);
    only(at("reference/tiny/native/Ridge,alpha=1.json", &good), belongs);
    for (place, text) in [
        ("submitted/jane/tiny/model.bin", "is not a .json file"),
        ("submitted/jane/.hidden", "is hidden"),
        ("a/b/c/d/e/f/g/h/i.json", "is nested too deeply"),
    ] {
        let bed = Bed::new();
        bed.put_json(PLACE, &sample());
        bed.put(place, b"x");
        only(bed.problems(), text);
    }
}

#[test]
fn parent_folder_called_submitted_is_allowed() {
    let bed = Bed::new();
    let results = bed.path().join("submitted/project/results");
    let native = results.join("r/tiny/native");
    std::fs::create_dir_all(&native).unwrap();
    std::fs::write(native.join("SVC.json"), result("SVC", &with_errors(9)).to_string()).unwrap();
    std::fs::write(results.join("README.md"), "what is here").unwrap();
    let found = check::tree(std::slice::from_ref(&results), &results, &bed.outlines);
    assert_eq!((found.files, found.problems), (1, Vec::new()));
    // In the results' own `submitted` folder a file that is not a submission is still refused.
    std::fs::create_dir_all(results.join("submitted/jane")).unwrap();
    std::fs::write(results.join("submitted/jane/notes.txt"), "x").unwrap();
    for path in [&results, &results.join("submitted/jane")] {
        let found = check::tree(std::slice::from_ref(path), &results, &bed.outlines);
        assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
    }
}

#[test]
fn a_result_may_be_longer_than_a_submission() {
    let bed = Bed::new();
    let mut long = result("SVC", &with_errors(9));
    long["repeats"][0]["facts"] = json!({"history": "x".repeat(1_500_000)});
    bed.put_json("r/tiny/native/SVC.json", &long);
    assert_eq!(bed.problems(), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_refused() {
    use std::os::unix::fs::symlink;
    let bed = Bed::new();
    let path = bed.put_json(PLACE, &sample());
    let file = path.with_file_name("Ridge,alpha=2.json");
    symlink("/etc/passwd", &file).unwrap();
    only(bed.problems(), "Ridge,alpha=2.json: is a symbolic link");
    std::fs::remove_file(&file).unwrap();
    symlink(bed.path(), path.with_file_name("up")).unwrap();
    only(bed.problems(), "up: is a symbolic link");
    std::fs::remove_file(path.with_file_name("up")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(&file).status().unwrap();
    assert!(pipe.success());
    only(bed.problems(), "is not a regular file");
}

#[test]
fn duplicates_are_refused() {
    let bed = Bed::new();
    bed.put_json(PLACE, &sample());
    let mut again = sample();
    again["submitter"] = json!("Jane");
    bed.put_json(&PLACE.replace("jane", "Jane"), &again);
    only(bed.problems(), "is the same entry as");
    // A refused file is not compared with others.
    bed.put_json("submitted/jane/tiny/Ridge-again.json", &sample());
    let problems = bed.problems();
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems.iter().any(|problem| problem.contains("Ridge-again.json: its content belongs")));
}

#[test]
fn results_of_a_sweep_obey_the_same_rules() {
    let place = "r/tiny/native/SVC.json";
    let with = |change: fn(&mut Value)| {
        let mut value = result("SVC", &with_errors(9));
        change(&mut value);
        at(place, value.to_string())
    };
    only(with(|v| v["note"] = json!(1)), "/note: unknown key");
    only(with(|v| v["threads"] = json!(0)), "/threads: is 0");
    only(with(|v| v["quiet"] = json!("no")), "/quiet: is \"no\"; expected true or false");
    only(with(|v| v["error"] = json!("why")), "/error: must be absent: the status is ok");
    only(with(|v| v["status"] = json!("time_out")), "did you mean timeout?");
    let both = with(|v| {
        v["repeats"][0]["accuracy"] = json!(0.5);
        v["accuracy"] = json!(0.5);
    });
    only(both, "/repeats/0/accuracy: is 0.5; the predictions give 0.85");
    only(with(|v| v["engine"] = json!("linfa")), "/engine: is \"linfa\", but the file lies under");
    only(with(|v| v["parameters"] = json!({"C": 2})), "/parameters: give the id \"SVC,C=2\"");
    only(with(|v| v["accuracy"] = json!(0.9)), "/accuracy: is 0.9; the mean of the repeats");
    only(
        with(|v| v["repeats"][0]["fit_cpu_seconds"] = json!(4e7)),
        "/repeats/0/fit_cpu_seconds: is more than a year; expected seconds",
    );
    let provenance = |v: &mut Value| {
        let mut here = serde_json::to_value(mnist_bench::results::Provenance::here()).unwrap();
        here["dataset_digests"] = json!({"t10k-labels-idx1-ubyte": "ab"});
        v["provenance"] = here;
    };
    only(with(provenance), "/provenance/dataset_digests/t10k-labels-idx1-ubyte: is the digest of other data");
}

/// Warnings for predictions submitted beside 24 results that err on the same 6 images and one of their own.
fn warnings(classes: &[u8]) -> Vec<String> {
    let bed = Bed::new();
    bed.put_json(PLACE, &sample_of(classes));
    for number in 0..24 {
        let mut predictions = with_errors(6);
        predictions[20 + number] = (predictions[20 + number] + 1) % 4;
        let value = result("SVC", &predictions);
        let mut value = value;
        value["parameters"] = json!({"C": number + 2});
        value["id"] = json!(format!("SVC,C={}", number + 2));
        bed.put_json(&format!("r/tiny/native/SVC,C={}.json", number + 2), &value);
    }
    let found = bed.check();
    assert_eq!(found.problems, [], "suspicions are no errors");
    bed.warnings()
}

#[test]
fn suspicious_entries_are_warnings() {
    assert_eq!(warnings(&with_errors(15)), Vec::<String>::new(), "an honest entry raises none");
    let says = |classes: &[u8], text: &str| {
        let warnings = warnings(classes);
        assert!(warnings.iter().any(|warning| warning.contains(text)), "no {text:?} in {warnings:#?}");
    };
    says(&labels(), "is above the best checked result");
    let mut same = with_errors(6);
    same[20] = (same[20] + 1) % 4;
    says(&same, "exactly the predictions of");
    let mut shifted = labels();
    shifted.rotate_left(1);
    says(&shifted, "agree with the labels 1 images earlier");
    let mut shifted = labels();
    shifted.rotate_right(3);
    says(&shifted, "agree with the labels 3 images later");
    let mut reversed = labels();
    reversed.reverse();
    says(&reversed, "agree with the labels in reverse order");
    let renamed: Vec<u8> = labels().iter().map(|label| (label + 1) % 4).collect();
    says(&renamed, "with the classes renamed");
    says(&other_labels(), "agree with the labels of other, submitted as tiny");
}

/// On the real data beside the committed results: every kind of copy of the labels is seen, and what real models
/// of ours predict, submitted by somebody with a few changes, is not.
#[test]
fn copied_test_labels_are_noticed() {
    use mnist_bench::check;
    use mnist_bench::results::record::accuracy;
    let (outlines, _) = mnist_bench::dataset::Outline::load_all(std::path::Path::new("data")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let labels = &outlines["fashion-mnist"].test_labels;
    let strewn = |every: usize, classes: &[u8]| -> Vec<u8> {
        classes
            .iter()
            .enumerate()
            .map(|(i, &c)| if (i * 7919) % every == 0 { (c + 3) % 10 } else { c })
            .collect()
    };
    let forest =
        "results/reference/fashion-mnist/native/RandomForestClassifier,max_depth=10,n_estimators=100.json";
    let forest = load::record(std::path::Path::new(forest), |name| outlines.get(name)).unwrap();
    let mut shuffled = labels.clone();
    shuffled.chunks_mut(97).for_each(|chunk| chunk.reverse());
    let cases = [
        (strewn(10, labels), "labels with random errors"),
        (strewn(100, labels), "above the best checked"),
        (shuffled, "exactly as often as the labels"),
        (outlines["mnist"].test_labels.clone(), "the labels of mnist, submitted as fashion-mnist"),
        (labels.iter().map(|label| (label * 3 + 1) % 10).collect(), "with the classes renamed"),
        (strewn(50, &forest.repeats[0].predictions), ""),
    ];
    for (classes, text) in cases {
        let mut value = sample();
        let share = accuracy(&classes, labels);
        value["dataset"] = json!("fashion-mnist");
        value["train_size"] = json!(60_000);
        value["test_size"] = json!(10_000);
        value["accuracy"] = json!(share);
        value["repeats"] =
            json!([{"accuracy": share, "predictions": Predictions::try_from(classes.clone()).unwrap()}]);
        let path = folder.path().join("submitted/jane/fashion-mnist/Ridge,alpha=1.json");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, value.to_string()).unwrap();
        let found = check::tree(&[path], std::path::Path::new("results"), &outlines);
        assert_eq!(found.problems, []);
        let seen = found.warnings.iter().any(|warning| warning.message.contains(text));
        assert!(
            if text.is_empty() { found.warnings.is_empty() } else { seen },
            "{text:?}: {:#?}",
            found.warnings
        );
    }
}

#[test]
fn the_committed_schemas_are_current() {
    for (name, schema) in [("submission", &*schema::SUBMISSION), ("result", &*schema::RESULT)] {
        let path = format!("docs/schema/{name}.schema.json");
        let committed = std::fs::read_to_string(&path).unwrap();
        let now = format!("{schema:#}\n");
        assert!(committed == now, "{path} is not current: `mnist-bench validate --schema {name} > {path}`");
    }
}

#[test]
fn ten_thousand_files_take_less_than_ten_seconds() {
    let bed = Bed::new();
    let predictions = with_errors(15);
    for number in 0..10_000 {
        let mut value = result("SVC", &predictions);
        value["parameters"] = json!({"C": number + 2});
        value["id"] = json!(format!("SVC,C={}", number + 2));
        // As long as a real file: 10,000 predictions are most of it.
        value["repeats"][0]["facts"] = json!({"padding": "0".repeat(10_000 - TEST)});
        bed.put_json(&format!("r/tiny/native/SVC,C={}.json", number + 2), &value);
    }
    let since = Instant::now();
    let found = bed.check();
    assert_eq!((found.files, found.problems), (10_000, Vec::new()));
    assert!(since.elapsed().as_secs() < 10, "{:?}", since.elapsed());
}

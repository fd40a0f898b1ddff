//! Shares of a sweep, run side by side or on separate machines, and the merge of their results.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::common::sandbox::{Run, Sandbox, status};
use serde_json::Value;

/// Four groups that share work: three, one, two and one row.
const FAMILIES: &str = "
[[family]]
classifier = \"Perceptron\"
[family.parameters]
penalty = [\"l1\", \"l2\", \"elasticnet\"]
[[family]]
classifier = \"SGDClassifier\"
[[family]]
classifier = \"KNeighborsClassifier\"
[family.parameters]
n_neighbors = [1, 9]
[[family]]
classifier = \"PassiveAggressiveClassifier\"
";
const ROWS: usize = 7;

/// Status, seeds and predictions by path: these must not depend on how the rows came into the folder.
fn bits(folder: &Path) -> BTreeMap<PathBuf, Value> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "json") {
                let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                let repeats = file["repeats"].as_array().unwrap().iter();
                let said: Vec<Value> =
                    repeats.map(|one| serde_json::json!([one["seed"], one["predictions"]])).collect();
                let name = path.strip_prefix(folder).unwrap().to_path_buf();
                found.insert(name, serde_json::json!([file["status"], said]));
            }
        }
    }
    found
}

/// The digest of a plan for this number of shares.
fn digest(sandbox: &Sandbox, shares: &str) -> String {
    let run = sandbox.run(&["plan", "--grid", "grid.toml", "--shards", shares, "--json"]).code(0);
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(plan["rows"].as_array().unwrap().len(), ROWS);
    plan["digest"].as_str().unwrap().to_string()
}

#[test]
fn parallel_shards_equal_one_sweep() {
    let whole = Sandbox::new(FAMILIES);
    whole.sweep(&[]).code(0);
    let works = r#"[{"classifier": "Perceptron", "fault": "work"}, {"classifier": "SGDClassifier", "fault": "work"}]"#;
    let sandbox = Sandbox::with_faults(FAMILIES, works);
    let digest = digest(&sandbox, "3");
    let share = |number: usize| format!("{number}/3@{digest}");
    let running: Vec<_> = (1..=3)
        .map(|number| sandbox.command().args(["--jobs", "1", "--shard", &share(number)]).spawn().unwrap())
        .collect();
    for child in running {
        Run::of(child.wait_with_output().unwrap())
            .code(0)
            .says("when all shares are done: report --run local");
    }
    let results = |sandbox: &Sandbox| bits(&sandbox.path().join("results/local"));
    assert_eq!(results(&sandbox).len(), ROWS);
    assert_eq!(results(&sandbox), results(&whole));
    // Finished rows do not change the shares, and no share has anything left to do.
    assert_eq!(self::digest(&sandbox, "3"), digest);
    for number in 1..=3 {
        sandbox.sweep(&["--shard", &share(number)]).code(0).says("0 rows run");
    }
    sandbox.sweep(&[]).code(0).says("0 rows run, 7 already done");
}

#[test]
fn work_groups_stay_in_one_shard() {
    let sandbox = Sandbox::new(FAMILIES);
    let run = sandbox.run(&["plan", "--grid", "grid.toml", "--shards", "4", "--json"]).code(0);
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    let mut shares: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for row in plan["rows"].as_array().unwrap() {
        let classifier = row["id"].as_str().unwrap().split(',').next().unwrap().to_string();
        shares.entry(classifier).or_default().push(row["share"].as_u64().unwrap());
    }
    for (classifier, shares) in &mut shares {
        shares.dedup();
        assert_eq!(shares.len(), 1, "{classifier}");
    }
    let mut used: Vec<u64> = shares.into_values().flatten().collect();
    used.sort();
    assert_eq!(used, [1, 2, 3, 4]);
    sandbox.run(&["plan", "--grid", "grid.toml", "--shards", "2"]).code(0).prints("sweep --shard 1/2@");
    // The plan names the recipes for clusters, and each file exists.
    let plan = sandbox.run(&["plan", "--grid", "grid.toml", "--shards", "2"]).code(0);
    for file in ["slurm/submit", "hyperqueue/submit.py", "kubernetes/sweep.yaml"] {
        assert!(plan.stdout.contains(&format!("benchmarks/{file} ")), "{}", plan.stdout);
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks").join(file).is_file(), "{file}");
    }
    let whole = sandbox.run(&["plan", "--grid", "grid.toml"]).code(0);
    assert!(!whole.stdout.contains("Slurm"), "{}", whole.stdout);
}

#[test]
fn shard_of_another_plan_is_refused() {
    let sandbox = Sandbox::new(FAMILIES);
    let share = format!("1/2@{}", digest(&sandbox, "2"));
    sandbox.sweep(&["--shard", &share, "-c", "Perceptron"]).code(2).says("plan --shards 2");
    sandbox.sweep(&["--shard", "3/2"]).code(2).says("is not a share");
    assert!(sandbox.files().is_empty());
    // More shares than groups: the last ones have nothing to do.
    sandbox.sweep(&["--shard", "9/9"]).code(0).says("this share is empty");
}

#[test]
fn whole_sweep_waits_for_shards() {
    let sleeps = r#"[{"classifier": "SGDClassifier", "fault": "sleep"}]"#;
    let sandbox = Sandbox::with_faults(FAMILIES, sleeps);
    let mut child = sandbox.command().args(["--jobs", "2", "--shard", "1/1"]).spawn().unwrap();
    let done = sandbox.result_path("faults", "PassiveAggressiveClassifier");
    let begin = std::time::Instant::now();
    while !done.exists() {
        assert!(begin.elapsed().as_secs() < 60, "no result came");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    sandbox.sweep(&[]).code(2).says("another sweep writes to");
    sandbox.sweep(&["--shard", "1/1"]).code(2).says(&format!("another sweep (process {})", child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Two shares in folders of their own, `one` and `two`.
fn two_machines() -> Sandbox {
    let sandbox = Sandbox::new(FAMILIES);
    for (number, folder) in [("1/2", "one"), ("2/2", "two")] {
        sandbox.sweep(&["--shard", number, "--results-dir", folder]).code(0);
    }
    sandbox
}

#[test]
fn merged_shards_equal_one_sweep() {
    let sandbox = two_machines();
    let merge = ["merge", "one/local", "two/local", "--into", "joined"];
    sandbox.run(&merge).code(0).prints("7 new, 0 already in the run, 0 conflicts, 0 errors");
    let whole = Sandbox::new(FAMILIES);
    whole.sweep(&[]).code(0);
    assert_eq!(bits(&sandbox.path().join("results/joined")), bits(&whole.path().join("results/local")));
    // Files come over byte for byte, so that merging again finds nothing to do.
    sandbox.run(&merge).code(0).prints("0 new, 7 already in the run");
    sandbox.sweep(&["--run", "joined"]).code(0).says("0 rows run, 7 already done");
}

/// The file of a row, from the share that has it.
fn file_of(sandbox: &Sandbox, id: &str) -> PathBuf {
    let paths = ["one", "two"]
        .map(|folder| sandbox.path().join(folder).join("local/tiny/faults").join(format!("{id}.json")));
    paths.into_iter().find(|path| path.exists()).unwrap()
}

#[test]
fn merge_conflict_writes_nothing() {
    let sandbox = two_machines();
    // One of the rows again, with another seed.
    sandbox.sweep(&["--seed", "2", "-c", "SGDClassifier", "--results-dir", "three"]).code(0);
    let merge = ["merge", "one/local", "two/local", "three/local", "--into", "joined"];
    let run = sandbox.run(&merge).code(1).prints("conflict: tiny faults SGDClassifier: ");
    assert!(run.stdout.contains("three/local/tiny/faults/SGDClassifier.json"), "{}", run.stdout);
    assert!(run.stdout.contains("seeds") && run.stdout.contains("nothing was written"), "{}", run.stdout);
    assert!(bits(&sandbox.path().join("results/joined")).is_empty());
    // The same conflict with a row that the run already has.
    sandbox.run(&["merge", "one/local", "two/local", "--into", "joined"]).code(0);
    let before = bits(&sandbox.path().join("results/joined"));
    sandbox.run(&["merge", "three/local", "--into", "joined"]).code(1).prints("1 conflicts");
    assert_eq!(bits(&sandbox.path().join("results/joined")), before);
    // The same predictions with another number of threads are a conflict too: one file was changed.
    let file = file_of(&sandbox, "SGDClassifier");
    let text = fs::read_to_string(&file).unwrap();
    let mut result: Value = serde_json::from_str(&text).unwrap();
    result["threads"] = 7.into();
    fs::write(&file, serde_json::to_string_pretty(&result).unwrap()).unwrap();
    let from = file.ancestors().nth(3).unwrap().to_str().unwrap();
    sandbox.run(&["merge", from, "--into", "joined"]).code(1).prints("times or provenance differ");
}

#[test]
fn merge_stays_inside_its_folders() {
    let sandbox = two_machines();
    let secret = sandbox.path().join("secret.json");
    fs::write(&secret, "{\"status\": \"secret\"}").unwrap();
    let good = fs::read_to_string(file_of(&sandbox, "SGDClassifier")).unwrap();
    let attack = |name: &str, prepare: &dyn Fn(&Path)| {
        let folder = sandbox.path().join("hostile").join(name);
        fs::create_dir_all(&folder).unwrap();
        prepare(&folder);
        let from = folder.to_str().unwrap().to_string();
        let before = fs::read_dir(sandbox.path()).unwrap().count();
        let run = sandbox.run(&["merge", &from, "--into", "joined"]).code(1).prints("error: ");
        assert!(!run.stdout.contains("secret\""), "{}", run.stdout);
        assert!(bits(&sandbox.path().join("results/joined")).is_empty(), "{name}");
        assert!(fs::read_dir(sandbox.path()).unwrap().count() <= before + 1, "{name}");
        assert!(!Path::new("/tmp/mnist-bench-escaped").exists());
    };
    attack("climbs", &|folder| {
        let place = folder.join("tiny/faults");
        fs::create_dir_all(&place).unwrap();
        let text = good.replace("\"dataset\": \"tiny\"", "\"dataset\": \"../../../tmp/mnist-bench-escaped\"");
        assert_ne!(text, good);
        fs::write(place.join("SGDClassifier.json"), text).unwrap();
    });
    attack("other-place", &|folder| {
        let place = folder.join("tiny/native");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("SGDClassifier.json"), &good).unwrap();
    });
    attack("too-shallow", &|folder| fs::write(folder.join("SGDClassifier.json"), &good).unwrap());
    attack("links-to-a-file", &|folder| {
        fs::create_dir_all(folder.join("tiny/faults")).unwrap();
        symlink(&secret, folder.join("tiny/faults/SGDClassifier.json")).unwrap();
    });
    attack("links-to-a-folder", &|folder| {
        symlink(sandbox.path().join("one/local/tiny"), folder.join("tiny")).unwrap();
    });
    attack("changed-predictions", &|folder| {
        let place = folder.join("tiny/faults");
        fs::create_dir_all(&place).unwrap();
        let mut result: Value = serde_json::from_str(&good).unwrap();
        result["accuracy"] = 1.0.into();
        fs::write(place.join("SGDClassifier.json"), result.to_string()).unwrap();
    });
    // Nothing is merged into a run whose data set folder is a symbolic link.
    let elsewhere = sandbox.path().join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::create_dir_all(sandbox.path().join("results/linked")).unwrap();
    symlink(&elsewhere, sandbox.path().join("results/linked/tiny")).unwrap();
    sandbox.run(&["merge", "one/local", "--into", "linked"]).code(2).says("symbolic link");
    assert!(bits(&elsewhere).is_empty());
}

#[test]
fn merge_names_an_invalid_folder() {
    let sandbox = two_machines();
    sandbox
        .run(&["merge", "nowhere", "--into", "joined"])
        .code(1)
        .prints("nowhere: is not a folder of results");
    sandbox
        .run(&["merge", "one/local", "--into", "local", "--results-dir", "one"])
        .code(1)
        .prints("leave it out");
    sandbox.run(&["merge", "one/local", "--into", "../up"]).code(2).says("cannot be used");
    sandbox.run(&["merge", "one/local", "--into", "submitted"]).code(2).says("submissions");
}

#[test]
fn recorded_memory_delays_jobs() {
    let works = r#"[{"classifier": "Perceptron", "fault": "work"}, {"classifier": "SGDClassifier", "fault": "work"}]"#;
    let sandbox = Sandbox::with_faults(FAMILIES, works);
    let arguments = ["--jobs", "2", "-c", "Perceptron", "-c", "SGDClassifier"];
    sandbox.sweep(&arguments).code(0);
    let in_flight = |run: &str| {
        let path = sandbox.path().join("results").join(run).join("tiny/faults/SGDClassifier.json");
        let result: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert_eq!(status(&result), "ok");
        result["jobs_in_flight"].as_u64().unwrap()
    };
    assert_eq!(in_flight("local"), 2);
    // The recorded memory of each row is set to more than any machine has.
    for (path, bytes) in sandbox.files() {
        if path.extension().is_some_and(|ending| ending == "json") {
            let mut result: Value = serde_json::from_slice(&bytes).unwrap();
            result["peak_memory_bytes"] = (1u64 << 50).into();
            fs::write(path, result.to_string()).unwrap();
        }
    }
    sandbox.sweep(&[&arguments[..], &["--run", "held", "--costs", "results/local"]].concat()).code(0);
    assert_eq!(in_flight("held"), 1);
    sandbox.sweep(&["--costs", "results/nowhere"]).code(2).says("--costs results/nowhere");
}

#[test]
fn plan_shows_its_sources_and_errors() {
    let sandbox = Sandbox::new(FAMILIES);
    let plan = ["plan", "--grid", "grid.toml"];
    sandbox.run(&plan).code(0).prints("expected: 7 from a guess").prints("1/1");
    sandbox.sweep(&[]).code(0);
    let with = |more: &[&'static str]| [&plan[..], &["--costs", "results/local"], more].concat();
    sandbox.run(&with(&[])).code(0).prints("expected: 7 from its own result");
    sandbox.run(&with(&["--train-size", "100"])).code(0).prints("expected: 7 from another train size");
    sandbox.run(&with(&["--check"])).code(0).prints("7 results of results/local").prints("its configuration");
    let run = sandbox.run(&with(&["--check", "--json"])).code(0);
    let errors: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(errors.as_array().unwrap().len(), 3);
    sandbox.run(&with(&["--check", "--shards", "2"])).code(2);
}

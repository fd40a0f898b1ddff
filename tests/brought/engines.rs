//! External engines with a beginner's mistakes: user packages, seeds, boxed scalars, JSON over several lines.

use std::fs;

use serde_json::Value;

use crate::bed::{Bed, run};

/// An engine in Python; its first argument selects the mistake.
const PROGRAM: &str = r#"
import json, sys
kind = sys.argv[1]
if "--version" in sys.argv:
    if kind == "packages":
        import userlib
        print(json.dumps({"version": userlib.__version__})); sys.exit()
    print(json.dumps({"version": "1"})); sys.exit()
job = json.loads(sys.stdin.readline())
if kind == "seed" and not 0 <= job["seed"] < 2**32:
    raise ValueError("Seed must be between 0 and 2**32 - 1")
if kind == "small-seed":
    assert 0 <= job["seed_31"] < 2**31 and job["seed_31"] == job["seed"] % 2**31
answer = {"reply": "ok", "index": 0, "predictions": "0" * job["test_size"], "fit_seconds": 0.1, "predict_seconds": 0.1,
          "fit_cpu_seconds": 0.1, "predict_cpu_seconds": 0.1}
if kind == "long":
    answer["facts"] = {"text": "x" * 100000}
if kind == "silent":
    sys.exit()
if kind == "list":
    answer["predictions"] = [0] * job["test_size"]
if kind == "text":
    answer["fit_seconds"] = "0.1"
if kind == "not-a-number":
    answer["fit_seconds"] = float("nan")
with open(job["results"], "w", encoding="utf-16" if kind == "utf-16" else "utf-8") as out:
    if kind == "python":
        out.write(str({"reply": "ready"}) + chr(10))
    if kind == "log":
        out.write("Epoch 1/5" + chr(10))
    if kind == "marked":
        out.write(chr(0xFEFF))
    for line in ({"reply": "ready"}, answer):
        if kind == "boxed":
            line = {key: [value] for key, value in line.items()}
        out.write(json.dumps(line, indent=1 if kind == "pretty" else None) + chr(10))
        if kind == "marked":
            out.write(chr(13) + chr(10))
"#;

fn bed(kinds: &[&str], more: &str) -> Bed {
    let bed = Bed::new();
    bed.data_set("eight", 8);
    bed.put("mine.py", PROGRAM);
    let engine = |kind: &&str| {
        format!(
            "[[engine]]\nname = '{kind}'\ncommand = ['python3', '{{here}}/mine.py', '{kind}']\n\
             classifiers = ['GaussianNB']\ninstall = 'nothing'\n{more}"
        )
    };
    bed.put("engines.toml", kinds.iter().map(engine).collect::<String>());
    bed.put("grid.toml", "[[family]]\nclassifier = 'GaussianNB'\n");
    bed
}

fn sweep<'a>(engine: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "sweep",
        "--grid",
        "grid.toml",
        "--engines",
        "engines.toml",
        "--jobs",
        "1",
        "--seed",
        "9876543210123",
    ];
    [&fixed[..], &["-e", engine], more].concat()
}

/// The row of an engine.
fn row(bed: &Bed, engine: &str) -> Value {
    let path = bed.path().join("results/local/eight").join(engine).join("GaussianNB.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_failing_engine_has_its_own_last_line_and_a_hint() {
    let failing = [
        "seed",
        "boxed",
        "pretty",
        "long",
        "silent",
        "list",
        "text",
        "not-a-number",
        "utf-16",
        "python",
        "log",
    ];
    let fine = ["small-seed", "marked"];
    let bed = bed(&[&failing[..], &fine].concat(), "");
    for (engine, told) in [
        ("seed", "ValueError: Seed must be between 0 and 2**32 - 1"),
        ("boxed", "a text, not a list (R: toJSON(..., auto_unbox = TRUE))"),
        ("pretty", "one line a reply"),
        ("long", "bytes, the most that a reply may have"),
        ("silent", "its replies belong into the file that"),
        ("list", "is one text (Python: "),
        ("text", "is a number"),
        ("not-a-number", "JSON has no NaN"),
        ("utf-16", "write UTF-8"),
        ("python", "JSON has double quotes"),
        ("log", "takes replies alone: print all else"),
    ] {
        bed.run(&sweep(engine, &[])).says(told);
        let row = row(&bed, engine);
        assert_ne!(row["status"], "ok", "{engine}");
        let text = row.to_string();
        assert!(text.contains(told), "{engine}: no {told:?} in {text}");
    }
    for engine in fine {
        bed.run(&sweep(engine, &[]));
        assert_eq!(row(&bed, engine)["status"], "ok", "{}", row(&bed, engine));
    }
}

#[test]
fn packages_of_the_user_are_reached_by_env() {
    let home = |bed: &Bed| bed.put("user/site/userlib.py", "__version__ = '1.2'\n");
    let without = bed(&["packages"], "");
    home(&without);
    let mut command = without.command(&sweep("packages", &[]));
    command.env("HOME", without.path().join("user")).env("PYTHONPATH", without.path().join("user/site"));
    let told = run(command).code(2).one_line().says("No module named 'userlib'");
    told.says("HOME is another; env in engines.toml passes more, such as PYTHONPATH, R_LIBS_USER or JULIA_DEPOT_PATH");
    for value in ["{home}/site", "{here}/user/site"] {
        let with = bed(&["packages"], &format!("env = {{ PYTHONPATH = '{value}' }}\n"));
        home(&with);
        let mut command = with.command(&sweep("packages", &[]));
        command.env("HOME", with.path().join("user"));
        run(command).code(0);
        assert_eq!(row(&with, "packages")["engine_version"], "1.2");
    }
}

//! The built-in networks from the command line: shapes and parameters, training that survives a kill, prediction,
//! evaluation, and models that do not fit.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pixel_learn::nn::checkpoint::Saved;

use crate::common::sandbox::{Run, Sandbox, status};

/// A grid with a small network that has every kind of layer.
const GRID: &str = r#"
[[family]]
classifier = "Network"
engines = ["native"]
parameters = { model = "small" }

[model.small]
layers = [
    { type = "conv", filters = 8, kernel = 3, padding = "same", activation = "relu" },
    { type = "batch_norm" },
    { type = "max_pool", size = 2 },
    { type = "dropout", rate = 0.25 },
    { type = "flatten" },
    { type = "dense", units = 12, activation = "tanh" },
    { type = "dense", units = "classes", activation = "softmax" },
]
optimizer = { type = "adam", learning_rate = 1e-2 }
schedule = { type = "cosine", warmup = 1 }
epochs = 6
batch = 16
validation = 0.2
early_stopping = { patience = 100 }
augmentation = { shift = 1, flip = 0.5, erase = 0.2 }
"#;

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mnist-bench"));
    command.env_remove("RUST_BACKTRACE").env_remove("MNIST_BENCH_DATA");
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Run {
    Run::of(program(folder, arguments).output().unwrap())
}

fn project(arguments: &[&str]) -> Run {
    run(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

/// All weights and statistics of a saved network.
fn weights(path: &Path) -> Vec<Vec<f32>> {
    let saved = Saved::from_bytes(&std::fs::read(path).unwrap()).unwrap();
    let network = &saved.trainer.network;
    network.parameters().map(|p| p.value.clone()).chain(network.statistics().cloned()).collect()
}

#[test]
fn a_summary_has_the_figures_of_the_sources() {
    let dense = project(&["summary", "dense-128"]).code(0).stdout;
    assert!(dense.contains("100,480") && dense.contains("total 101,770"), "{dense}");
    let deep = project(&["summary", "deep-mnist-cnn", "-d", "mnist"]).code(0).stdout;
    assert!(deep.contains("14 x 14 x 64") && deep.contains("7 x 7 x 64"), "{deep}");
    assert!(deep.lines().any(|line| line.contains("flatten") && line.contains("3136")), "{deep}");
    assert!(deep.contains("total 3,274,634"), "{deep}");
    // Batch normalisation has two running statistics a channel, as many as gamma and beta.
    let vgg = project(&["summary", "minivggnet"]).code(0).stdout;
    assert!(vgg.contains("1,679,082: 1,677,674 trained, 1,408 running statistics"), "{vgg}");
    assert!(project(&["summary", "dens-128"]).code(2).stderr.contains("did you mean dense-128?"));
}

#[test]
fn killed_training_resumes_to_the_same_weights() {
    let sandbox = Sandbox::new(GRID);
    let folder = sandbox.path();
    let train = |file: &'static str, threads: &'static str| {
        [
            "train",
            "small",
            "--grid",
            "grid.toml",
            "-d",
            "tiny",
            "--epochs",
            "400",
            "--threads",
            threads,
            "--save",
            file,
        ]
    };
    run(folder, &train("through.safetensors", "2")).code(0);
    let expected = weights(&folder.join("through.safetensors"));
    assert!(!folder.join("through.safetensors.checkpoint").exists());
    // Killed three times by SIGKILL, wherever the training is.
    let checkpoint = folder.join("killed.safetensors.checkpoint");
    let epochs = |path: &Path| {
        std::fs::read(path).map_or(0, |bytes| Saved::from_bytes(&bytes).unwrap().trainer.history.len())
    };
    let mut kills = 0;
    for _ in 0..3 {
        let before = epochs(&checkpoint);
        let mut child =
            program(folder, &train("killed.safetensors", "1")).stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        while epochs(&checkpoint) <= before + 2 && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let after = epochs(&checkpoint);
        assert!(after > before, "{before} {after}");
        kills += usize::from(after < 400);
    }
    assert!(kills > 0, "it was over before it could be killed");
    run(folder, &train("killed.safetensors", "1"))
        .code(0)
        .says("resuming from killed.safetensors.checkpoint");
    assert!(weights(&folder.join("killed.safetensors")) == expected);
    // A checkpoint of another training is not resumed.
    std::fs::write(&checkpoint, b"rubbish").unwrap();
    assert!(
        run(folder, &train("killed.safetensors", "1")).code(2).stderr.contains("start again with --force")
    );
}

#[test]
fn sweep_trains_a_network_with_history() {
    let sandbox = Sandbox::new(GRID);
    let run = || sandbox.sweep(&["-e", "native", "-d", "tiny"]).code(0);
    run();
    let files = sandbox.files();
    let (path, _) = files.iter().find(|(path, _)| path.extension().is_some_and(|end| end == "json")).unwrap();
    let id = path.file_stem().unwrap().to_str().unwrap();
    assert!(id.starts_with("Network,definition=") && id.ends_with(",epochs=6,model=small"), "{id}");
    let result = sandbox.result_of("native", id);
    assert_eq!(status(&result), "ok");
    let history = result["repeats"][0]["facts"]["history"].as_array().unwrap();
    assert_eq!(history.len(), 6);
    assert!(history.iter().all(|epoch| epoch["validation_accuracy"].as_f64().is_some()));
    // The result file has the definition of the network.
    assert_eq!(result["parameters"]["definition"]["batch"], 16);
    let text = run_evaluate(&sandbox, path);
    assert!(
        text.contains("weighted avg") && text.lines().any(|line| line.trim().starts_with("6 ")),
        "{text}"
    );
    // Again there is nothing to do; another definition is another row.
    run().says("1 rows are already done");
    let grid = sandbox.path().join("grid.toml");
    let changed = std::fs::read_to_string(&grid).unwrap().replace("filters = 8", "filters = 9");
    std::fs::write(&grid, changed).unwrap();
    run();
    assert_eq!(
        sandbox.files().iter().filter(|(path, _)| path.to_string_lossy().contains("Network")).count(),
        2
    );
}

fn run_evaluate(sandbox: &Sandbox, path: &Path) -> String {
    run(sandbox.path(), &["evaluate", "--history", path.to_str().unwrap()]).code(0).stdout
}

#[test]
fn evaluate_reads_the_results_of_classic_models() {
    let path = "results/reference/fashion-mnist/native/GaussianNB,priors=uniform.json";
    let text = project(&["evaluate", path]).code(0).stdout;
    assert!(text.contains("  Ankle boot  ") && text.contains("    accuracy   "), "{text}");
    assert!(project(&["evaluate", "Cargo.toml"]).code(2).stderr.starts_with("error: Cargo.toml"));
}

#[test]
fn a_saved_network_answers() {
    let sandbox = Sandbox::new(GRID);
    let folder = sandbox.path();
    run(folder, &["train", "small", "--grid", "grid.toml", "-d", "tiny", "--epochs", "30", "--save", "m"])
        .code(0);
    let text = run(folder, &["predict", "--model", "m", "0", "1"]).code(0).stdout;
    assert_eq!(text.lines().count(), 2);
    assert!(text.starts_with("test image 0: class "), "{text}");
    assert!(
        run(folder, &["predict", "--model", "m", "60"])
            .code(2)
            .stderr
            .contains("no test image 60: there are 60")
    );
    assert!(run(folder, &["predict", "--model", "m", "x.png"]).code(2).stderr.contains("cannot read x.png"));
    assert!(
        run(folder, &["predict", "--model", "grid.toml", "0"]).code(2).stderr.contains("no safetensors file")
    );
    let json: serde_json::Value =
        serde_json::from_str(&run(folder, &["predict", "--json", "--model", "m", "5"]).code(0).stdout)
            .unwrap();
    let softmax = json[0]["softmax"].as_array().unwrap();
    assert!((softmax.iter().map(|value| value.as_f64().unwrap()).sum::<f64>() - 1.0).abs() < 1e-6);
}

#[test]
fn shape_mismatch_names_the_layer() {
    let head = "optimizer = { type = \"adam\", learning_rate = 0.1 }\nepochs = 1\nbatch = 4\n";
    for (layers, expected) in [
        (
            "{ type = 'conv', filters = 2, kernel = 7 }",
            "layer 1 (conv): a kernel of 7 x 7 does not fit into 6 x 6 x 1",
        ),
        (
            "{ type = 'flatten' }, { type = 'max_pool', size = 2 }",
            "layer 2 (max_pool): needs an image, but gets 36",
        ),
        ("{ type = 'max_pool', size = 7 }", "layer 1 (max_pool): squares of 7 do not fit"),
        (
            "{ type = 'dense', units = 3 }",
            "layer 1 (dense): needs a row of values, but gets 6 x 6 x 1: put flatten",
        ),
        (
            "{ type = 'flatten' }, { type = 'dense', units = 3, activation = 'softmax' }",
            "but there are 4 classes",
        ),
        (
            "{ type = 'flatten' }, { type = 'dense', units = 4 }",
            "the last layer needs activation = \"softmax\"",
        ),
        ("{ type = 'dropout', rate = 1.0 }", "layer 1 (dropout): rate = 1: expected at least 0 and below 1"),
        ("{ type = 'conv', filters = 2, kernel = 3, stride = 2 }", "layer 1 (conv): unknown field `stride`"),
        ("{ type = 'lstm' }", "layer 1 (lstm): unknown variant `lstm`"),
        ("{ filters = 2 }", "layer 1 (without type): missing field `type`"),
    ] {
        let sandbox = Sandbox::new(&format!("[model.odd]\n{head}layers = [{layers}]"));
        let run = run(sandbox.path(), &["summary", "odd", "--grid", "grid.toml", "-d", "tiny"]).code(2);
        assert!(run.stderr.contains(expected) && run.stderr.lines().count() == 1, "{}", run.stderr);
    }
    // A sweep writes a row that says why.
    let grid = format!(
        "[[family]]\nclassifier = 'Network'\nengines = ['native']\nparameters = {{ model = 'odd' }}\n\
         [model.odd]\n{head}layers = [{{ type = 'max_pool', size = 9 }}]"
    );
    let sandbox = Sandbox::new(&grid);
    sandbox.sweep(&["-e", "native"]).code(0).says("unsupported: layer 1 (max_pool)");
    // A model that nobody defines is an error before anything runs.
    let sandbox = Sandbox::new("[[family]]\nclassifier = 'Network'\nparameters = { model = 'none' }");
    sandbox.sweep(&["--benchmarks-dir", "."]).code(2).says("unknown model \"none\"");
}

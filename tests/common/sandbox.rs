//! A folder with a tiny data set and a grid, in which the real program sweeps.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::files::idx;
use super::rng::Lcg;

pub struct Sandbox {
    folder: TempDir,
    /// The faults that the hidden test engine is told to make, in JSON.
    pub faults: String,
}

/// Rows of the tiny data set.
pub const TRAIN: usize = 240;
pub const TEST: usize = 60;
const SIDE: usize = 6;
const CLASSES: usize = 4;

impl Sandbox {
    /// A data set `tiny` and a grid with these families (TOML).
    pub fn new(families: &str) -> Sandbox {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data/tiny");
        std::fs::create_dir_all(&data).unwrap();
        for (prefix, count, salt) in [("train", TRAIN, 1u64), ("t10k", TEST, 2)] {
            let (mut images, mut labels) = (Vec::new(), Vec::new());
            let mut random = Lcg(salt);
            for row in 0..count {
                let class = row % CLASSES;
                labels.push(class as u8);
                for pixel in 0..SIDE * SIDE {
                    let noise = random.bits(6) as u8;
                    images.push(noise + if pixel % CLASSES == class { 60 } else { 30 });
                }
            }
            let (images, labels) = (idx(&[count, SIDE, SIDE], &images), idx(&[count], &labels));
            std::fs::write(data.join(format!("{prefix}-images-idx3-ubyte")), images).unwrap();
            std::fs::write(data.join(format!("{prefix}-labels-idx1-ubyte")), labels).unwrap();
        }
        let grid = format!("description = \"test\"\nengines = [\"faults\"]\n{families}");
        std::fs::write(folder.path().join("grid.toml"), grid).unwrap();
        Sandbox { folder, faults: "[]".to_string() }
    }

    /// A sandbox whose test engine makes these faults.
    pub fn with_faults(families: &str, faults: &str) -> Sandbox {
        Sandbox { faults: faults.to_string(), ..Sandbox::new(families) }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The sweep's command, ready for more arguments.
    pub fn command(&self) -> Command {
        let mut command = self.program();
        command.args(["sweep", "--grid", "grid.toml"]);
        command
    }

    /// The program in the sandbox, ready for a subcommand.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mnist-bench"));
        command
            .current_dir(self.path())
            .env_remove("RUST_BACKTRACE")
            .env_remove("MNIST_BENCH_DATA")
            .env("MNIST_BENCH_TEST_ENGINE", &self.faults)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a subcommand to its end.
    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.program().args(arguments).output().unwrap())
    }

    pub fn sweep(&self, arguments: &[&str]) -> Run {
        Run::of(self.command().args(arguments).output().unwrap())
    }

    pub fn result_path(&self, engine: &str, id: &str) -> PathBuf {
        self.path().join("results/local/tiny").join(engine).join(format!("{id}.json"))
    }

    /// A result file of the test engine.
    pub fn result(&self, id: &str) -> Value {
        self.result_of("faults", id)
    }

    pub fn result_of(&self, engine: &str, id: &str) -> Value {
        let path = self.result_path(engine, id);
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap()
    }

    /// All files below `results/`, by path with content.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.path().join("results"), &mut files);
        files.sort();
        files
    }
}

/// How a sweep ended.
pub struct Run {
    pub code: Option<i32>,
    pub stderr: String,
    pub stdout: String,
}

impl Run {
    pub fn of(output: Output) -> Run {
        Run {
            code: output.status.code(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        }
    }

    /// Fails the test when the exit code is another.
    #[track_caller]
    pub fn code(self, expected: i32) -> Run {
        assert_eq!(self.code, Some(expected), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test when standard output does not hold the text.
    #[track_caller]
    pub fn prints(self, text: &str) -> Run {
        assert!(self.stdout.contains(text), "no {text:?} in:\n{}{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Run {
        assert!(self.stderr.contains(text), "no {text:?} in:\n{}", self.stderr);
        self
    }
}

pub fn status(result: &Value) -> &str {
    result["status"].as_str().unwrap()
}

pub fn error(result: &Value) -> &str {
    result["error"].as_str().unwrap_or_default()
}

pub fn predictions(result: &Value, repeat: usize) -> &str {
    result["repeats"][repeat]["predictions"].as_str().unwrap()
}

/// Ids of the processes whose working folder is this one or below it; killed processes get 5 s to end.
pub fn processes_in(folder: &Path) -> Vec<u32> {
    let folder = folder.canonicalize().unwrap();
    let running = || -> Vec<u32> {
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let below = |entry: &std::fs::DirEntry| {
            std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&folder))
        };
        entries.filter(below).filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    };
    // One that was killed takes a moment to go.
    for _ in 0..100 {
        if running().is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    running()
}

/// Sends a process a signal by its option of `kill`, such as `-INT`.
pub fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(status.unwrap().success());
}

/// Waits for at most a minute.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push((entry.path(), std::fs::read(entry.path()).unwrap()));
        }
    }
}

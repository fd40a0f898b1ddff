//! Small data sets as people have them, and the real program on them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;

pub const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];
pub const TRAIN: usize = 200;
pub const TEST: usize = 60;
const SIDE: usize = 8;

pub struct Bed {
    folder: TempDir,
}

/// What a command printed, and how it ended.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    #[track_caller]
    pub fn code(self, wanted: i32) -> Run {
        assert_eq!(self.code, Some(wanted), "{}{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn says(self, part: &str) -> Run {
        assert!(self.stderr.contains(part), "no {part:?} in:\n{}{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn prints(self, part: &str) -> Run {
        assert!(self.stdout.contains(part), "no {part:?} in:\n{}{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test unless standard error is exactly one line.
    #[track_caller]
    pub fn one_line(self) -> Run {
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        self
    }
}

impl Bed {
    pub fn new() -> Bed {
        Bed { folder: TempDir::new().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A data set with labels 0 to `classes - 1`: four gzipped files.
    pub fn data_set(&self, name: &str, classes: usize) -> PathBuf {
        let folder = self.path().join("data").join(name);
        write_files(&folder, &files(classes), &NAMES.map(String::from), true);
        folder
    }

    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mnist-bench"));
        command
            .current_dir(self.path())
            .args(arguments)
            .env_remove("RUST_BACKTRACE")
            .env_remove("MNIST_BENCH_DATA")
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        run(self.command(arguments))
    }

    /// Submits a file of predictions of the data set `eight`.
    pub fn submit(&self, file: &str, more: &[&str]) -> Run {
        let fixed = [
            "submit",
            file,
            "--dataset",
            "eight",
            "--name",
            "jane",
            "-c",
            "Guess",
            "--description",
            "A guess.",
        ];
        self.run(&[&fixed[..], &["--force"], more].concat())
    }
}

pub fn run(mut command: Command) -> Run {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub fn idx(sizes: &[usize], data: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|&size| file.extend((size as u32).to_be_bytes()));
    file.extend(data);
    file
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The four files of a data set that is easy to learn, in the order of [`NAMES`]: noise, and one bright row of pixels,
/// whose place depends on the class.
pub fn files(classes: usize) -> [Vec<u8>; 4] {
    let images = |count: usize, salt: u64| {
        let mut state = salt;
        let mut pixels = Vec::new();
        for place in 0..count * SIDE * SIDE {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let (image, row) = (place / (SIDE * SIDE), place / SIDE % SIDE);
            let bright = row == image % classes % SIDE;
            pixels.push((state >> 58) as u8 + if bright { 190 } else { 0 });
        }
        idx(&[count, SIDE, SIDE], &pixels)
    };
    let labels =
        |count: usize| idx(&[count], &(0..count).map(|image| (image % classes) as u8).collect::<Vec<_>>());
    [images(TRAIN, 1), labels(TRAIN), images(TEST, 2), labels(TEST)]
}

pub fn write_files(folder: &Path, contents: &[Vec<u8>; 4], names: &[String; 4], zipped: bool) {
    fs::create_dir_all(folder).unwrap();
    for (content, name) in contents.iter().zip(names) {
        if zipped {
            fs::write(folder.join(format!("{name}.gz")), gzip(content)).unwrap();
        } else {
            fs::write(folder.join(name), content).unwrap();
        }
    }
}

/// The right class of test image `image` of a data set of 8 classes.
pub fn class(image: usize) -> usize {
    image % 8
}

/// One line for each test image, made from its index and its class.
pub fn lines(line: impl Fn(usize, usize) -> String) -> String {
    (0..TEST).map(|image| line(image, class(image)) + "\n").collect()
}

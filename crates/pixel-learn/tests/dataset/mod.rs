//! Images for the tests and benchmarks: MNIST and Fashion-MNIST from the repository's `data/`, which the published
//! crate does not contain.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

/// Pixels row-major, one byte each, and one label an image.
pub struct Split {
    pub pixels: Vec<u8>,
    #[allow(dead_code, reason = "steps before a model need no labels")]
    pub labels: Vec<u8>,
}

pub struct Dataset {
    pub train: Split,
    #[allow(dead_code, reason = "the benchmarks need no test images")]
    pub test: Split,
}

/// Loads `mnist` or `fashion-mnist`. Panics when a file is missing or damaged.
pub fn load(name: &str) -> Dataset {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(name);
    let read = |file: String| {
        let path = folder.join(file);
        let mut bytes = Vec::new();
        let opened = File::open(&path).and_then(|file| GzDecoder::new(file).read_to_end(&mut bytes));
        opened.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        bytes
    };
    // An IDX file: a magic number whose last byte is the number of dimensions, the dimensions, one byte a value.
    let content = |bytes: Vec<u8>| bytes[4 + 4 * usize::from(bytes[3])..].to_vec();
    let split = |part: &str| Split {
        pixels: content(read(format!("{part}-images-idx3-ubyte.gz"))),
        labels: content(read(format!("{part}-labels-idx1-ubyte.gz"))),
    };
    Dataset { train: split("train"), test: split("t10k") }
}

//! Data sets: images and labels read from IDX files, found by name, scaled for the models.
//!
//! [`Dataset`] is what a file holds; [`Features`] is what a model sees: the bytes with their scaling.

pub mod features;
pub mod scaling;

pub use features::Features;
pub use scaling::Scaling;

/// Images as they stand in the file: `count` images of `rows` x `columns` pixels, one byte each, row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    pub pixels: Vec<u8>,
    pub count: usize,
    pub rows: usize,
    pub columns: usize,
}

/// Images with one label each (0 to classes - 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub images: Images,
    pub labels: Vec<u8>,
}

/// A data set: a training and a test split of images of one size, and the names of the classes.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The name of its folder, such as `fashion-mnist`.
    pub name: String,
    pub train: Split,
    pub test: Split,
    /// One name a class; the number of classes is its length.
    pub class_names: Vec<String>,
}

impl Dataset {
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }
}

/// Loads a data set by name from `data/` (provisional: the reader with its checks replaces this).
pub fn load(name: &str) -> std::io::Result<Dataset> {
    load_from(std::path::Path::new("data"), name)
}

/// Loads a data set by name from another folder than `data/`.
pub fn load_from(data_dir: &std::path::Path, name: &str) -> std::io::Result<Dataset> {
    use std::io::Read;
    let read = |file: &str| -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(data_dir.join(name).join(file))?;
        flate2::read::GzDecoder::new(file).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let split = |prefix: &str| -> std::io::Result<Split> {
        let images = read(&format!("{prefix}-images-idx3-ubyte.gz"))?;
        let labels = read(&format!("{prefix}-labels-idx1-ubyte.gz"))?;
        let pixels = images[16..].to_vec();
        let count = pixels.len() / 784;
        Ok(Split { images: Images { pixels, count, rows: 28, columns: 28 }, labels: labels[8..].to_vec() })
    };
    let class_names = (0..10).map(|class: usize| class.to_string()).collect();
    Ok(Dataset { name: name.to_string(), train: split("train")?, test: split("t10k")?, class_names })
}

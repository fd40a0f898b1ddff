//! Data sets: images and labels read from IDX files, found by name.
//!
//! [`Dataset`] is the content of the files, [`Outline`] all of it but the images. [`Features`] is the input
//! of a model: the bytes with their scaling.

pub mod catalogue;
pub mod error;
pub mod idx;
pub mod known;
pub mod layout;
pub mod manifest;
pub mod outline;
pub mod picture;
pub mod predictions;
pub mod shape;
pub mod split;
mod turn;
pub mod unpacked;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use catalogue::{load, load_from};
pub use error::DatasetError;
pub use outline::{Outline, Outlines};
use pixel_learn::{Features, Scaling};
pub use predictions::{Predictions, PredictionsError};
pub use shape::Shape;

/// The most classes in a result file, where predictions are one character an image, `0` to `9` and `a` to
/// `z`.
pub const MAX_CLASSES: usize = 36;

/// The most classes of a data set, whose labels are one byte an image.
pub const MAX_LABELS: usize = 256;

/// The four files of a data set: training images and labels, test images and labels. Each may end in `.gz`.
pub const FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// Images as they stand in the file: `count` images of `rows` x `columns` pixels, one byte each, row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    pub pixels: Vec<u8>,
    pub count: usize,
    pub rows: usize,
    pub columns: usize,
}

impl Images {
    /// The images as rows of features under a scaling; the pixels are copied. Panics when the scaling is for
    /// images of another size.
    pub fn features(&self, scaling: Arc<Scaling>) -> Features {
        Features::new(self.pixels.clone(), self.count, self.rows * self.columns, scaling)
    }
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
    /// The name for people, such as `Fashion-MNIST`: that of `dataset.toml`, else the folder's.
    pub title: String,
    pub train: Split,
    pub test: Split,
    /// One name a class; the number of classes is its length.
    pub class_names: Vec<String>,
    /// SHA-256 of the content of each of the four files, in hexadecimal, by file name without `.gz`.
    pub digests: BTreeMap<String, String>,
}

impl Dataset {
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }

    /// The sizes with the whole training set.
    pub fn shape(&self) -> Shape {
        let image = [self.train.images.rows, self.train.images.columns];
        Shape {
            train_size: self.train.images.count,
            test_size: self.test.images.count,
            features: image[0] * image[1],
            image,
            classes: self.classes(),
        }
    }
}

//! What the supervisor knows of a data set: sizes, test labels and digests, but no images.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context;
use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};

use crate::dataset::{catalogue, idx};
use crate::engines::Shape;
use crate::results::validate;

/// A data set without its images.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    pub dataset: String,
    /// Rows of the whole training set.
    pub train_size: usize,
    /// Rows and columns of the images.
    pub image: [usize; 2],
    pub classes: usize,
    pub test_labels: Vec<u8>,
    /// SHA-256 of the content of each file, by name, as `Dataset` has them.
    pub digests: BTreeMap<String, String>,
}

impl Truth {
    /// Reads the labels and the heads of the image files, and passes the images by to digest them.
    pub fn load(data_dir: &Path, dataset: &str) -> anyhow::Result<Truth> {
        let outline = catalogue::outline(data_dir, dataset)?;
        let folder = data_dir.join(dataset);
        let mut digests = BTreeMap::new();
        for file in catalogue::FILES {
            let path = catalogue::find_file(&folder, file)?;
            let digest = digest(&path).with_context(|| format!("cannot read {}", path.display()))?;
            digests.insert(file.to_string(), digest);
        }
        let test_labels = idx::read(&catalogue::find_file(&folder, catalogue::FILES[3])?, 1)?.bytes;
        Ok(Truth {
            dataset: dataset.to_string(),
            train_size: outline.train_size,
            image: [outline.rows, outline.columns],
            classes: outline.class_names.len(),
            test_labels,
            digests,
        })
    }

    /// Rows that a sweep with this `--train-size` trains on; `None` is all of them.
    pub fn subset(&self, train_size: Option<usize>) -> Option<usize> {
        train_size.filter(|&size| size < self.train_size)
    }

    /// The shape of the data for an engine's check.
    pub fn shape(&self, subset: Option<usize>) -> Shape {
        Shape {
            train_size: subset.unwrap_or(self.train_size),
            test_size: self.test_labels.len(),
            features: self.image[0] * self.image[1],
            image: self.image,
            classes: self.classes,
        }
    }

    /// What result files are held against.
    pub fn of_results(&self) -> validate::Truth<'_> {
        validate::Truth {
            dataset: &self.dataset,
            test_labels: &self.test_labels,
            classes: self.classes,
            train_size: self.train_size,
        }
    }
}

/// SHA-256 of a file's content, unzipped where it is zipped, without holding it.
fn digest(path: &Path) -> io::Result<String> {
    let mut file = BufReader::new(File::open(path)?);
    let zipped = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let mut content: Box<dyn Read> = if zipped { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match content.read(&mut buffer)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            length => hash.update(&buffer[..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_data_set_as_loaded() {
        let truth = Truth::load(Path::new("data"), "fashion-mnist").unwrap();
        let dataset = crate::dataset::load("fashion-mnist").unwrap();
        assert_eq!(truth.digests, dataset.digests);
        assert_eq!(truth.test_labels, dataset.test.labels);
        let shape = truth.shape(None);
        assert_eq!(
            (shape.train_size, shape.test_size, shape.features, shape.classes),
            (60_000, 10_000, 784, 10)
        );
        assert_eq!(truth.subset(Some(60_000)), None);
        assert_eq!(truth.subset(Some(5000)), Some(5000));
    }
}

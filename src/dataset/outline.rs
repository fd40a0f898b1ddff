//! What is known of a data set without its images: names, sizes, test labels and digests. Planning a sweep,
//! checking result files and scoring predictions need no more.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Dataset, DatasetError, FILES, MAX_CLASSES, MAX_LABELS, Shape, catalogue, idx, manifest};
use crate::hex::hex;

/// A data set without its images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The name of its folder, such as `fashion-mnist`.
    pub name: String,
    /// The name for people, such as `Fashion-MNIST`.
    pub title: String,
    /// One name a class.
    pub class_names: Vec<String>,
    /// Sizes with the whole training set.
    pub shape: Shape,
    /// One class a test image, in test order.
    pub test_labels: Vec<u8>,
    /// SHA-256 of the content of each file, in hexadecimal, by file name without `.gz`.
    pub digests: BTreeMap<String, String>,
}

/// Outlines by the name of the data set.
pub type Outlines = BTreeMap<String, Outline>;

impl Outline {
    /// Reads the labels and the headers of the image files, and digests all four files. The images are read
    /// once and never held: time grows with the files, memory does not.
    ///
    /// Refuses a data set of more than [`MAX_CLASSES`] classes, which a result file cannot hold.
    pub fn load(data_dir: &Path, name: &str) -> Result<Outline, DatasetError> {
        let shape = catalogue::shape(data_dir, name)?;
        if shape.classes > MAX_CLASSES {
            return Err(DatasetError::new(
                &data_dir.join(name),
                format!(
                    "{} classes: this program's result files hold at most {MAX_CLASSES} classes, as one character \
                     an image (0-9, a-z)",
                    shape.classes
                ),
                format!(
                    "train, predict, data and evaluate --dataset take up to {MAX_LABELS}; here, take a data set of \
                     fewer classes, or join some"
                ),
            ));
        }
        Outline::read(data_dir, name, shape)
    }

    /// [`Outline::load`] for commands without result files: any number of classes.
    pub fn load_any(data_dir: &Path, name: &str) -> Result<Outline, DatasetError> {
        Outline::read(data_dir, name, catalogue::shape(data_dir, name)?)
    }

    fn read(data_dir: &Path, name: &str, shape: Shape) -> Result<Outline, DatasetError> {
        let folder = data_dir.join(name);
        let mut digests = BTreeMap::new();
        for file in FILES {
            let path = catalogue::find_file(&folder, file)?;
            let digest = digest(&path).map_err(|error| {
                DatasetError::new(&path, format!("cannot be read: {error}"), "check that you may read it")
            })?;
            digests.insert(file.to_string(), digest);
        }
        let manifest = manifest::read(&folder)?;
        let labels = idx::read(&catalogue::find_file(&folder, FILES[3])?, 1)?.bytes;
        Ok(Outline {
            name: name.to_string(),
            title: manifest.title.unwrap_or_else(|| name.to_string()),
            class_names: manifest
                .class_names
                .unwrap_or_else(|| (0..shape.classes).map(|class| class.to_string()).collect()),
            shape,
            test_labels: labels,
            digests,
        })
    }

    /// The outline of every data set of a folder, and the errors of those that cannot be loaded. `Err` if the
    /// folder cannot be read or has no data set.
    pub fn load_all(data_dir: &Path) -> Result<(Outlines, Vec<DatasetError>), DatasetError> {
        let (mut outlines, mut bad) = (Outlines::new(), Vec::new());
        for name in catalogue::available(data_dir)? {
            match Outline::load(data_dir, &name) {
                Ok(outline) => drop(outlines.insert(name, outline)),
                Err(error) => bad.push(error),
            }
        }
        Ok((outlines, bad))
    }

    /// The train size of a subset; `None` for the whole training set.
    pub fn subset(&self, train_size: Option<usize>) -> Option<usize> {
        train_size.filter(|&size| size < self.shape.train_size)
    }
}

impl From<&Dataset> for Outline {
    fn from(dataset: &Dataset) -> Outline {
        Outline {
            name: dataset.name.clone(),
            title: dataset.title.clone(),
            class_names: dataset.class_names.clone(),
            shape: dataset.shape(),
            test_labels: dataset.test.labels.clone(),
            digests: dataset.digests.clone(),
        }
    }
}

/// SHA-256 of a file's content, unzipped where it is zipped, without holding it.
fn digest(path: &Path) -> io::Result<String> {
    let mut content = idx::open_content(BufReader::new(File::open(path)?))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match content.read(&mut buffer)? {
            0 => return Ok(hex(hash.finalize())),
            length => hash.update(&buffer[..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_loaded_data_set() {
        let outline = Outline::load(Path::new("data"), "fashion-mnist").unwrap();
        let dataset = crate::dataset::load("fashion-mnist").unwrap();
        assert_eq!(outline, Outline::from(&dataset));
        assert_eq!(outline.title, "Fashion-MNIST");
        assert_eq!(outline.class_names[9], "Ankle boot");
        let shape = outline.shape;
        assert_eq!(
            (shape.train_size, shape.test_size, shape.features, shape.classes),
            (60_000, 10_000, 784, 10)
        );
        assert_eq!(outline.subset(Some(60_000)), None);
        assert_eq!(outline.subset(Some(5000)), Some(5000));
        assert_eq!(shape.with_subset(Some(5000)).train_size, 5000);
    }
}

//! Finds data sets by name: a data set is a folder with four IDX files (images and labels, training and
//! test), and optionally a `dataset.toml`. A further data set is added by dropping its folder in.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub use super::layout::{VARIABLE, find_file};
use super::{Dataset, DatasetError, FILES, Images, Shape, Split, idx, known, layout, manifest, turn};
use crate::file_name::{RULE, is_name};
use crate::nearest::{did_you_mean, list};

/// Loads a data set from its folder `data/NAME`.
pub fn load(name: &str) -> Result<Dataset, DatasetError> {
    load_from(Path::new("data"), name)
}

/// Loads a data set from its folder `NAME` in another folder than `data`.
pub fn load_from(data_dir: &Path, name: &str) -> Result<Dataset, DatasetError> {
    let folder = find(data_dir, name)?;
    let manifest = manifest::read(&folder)?;
    let mut digests = BTreeMap::new();
    let mut read = |file: &'static str, rank: usize| -> Result<(PathBuf, idx::Idx), DatasetError> {
        let path = find_file(&folder, file)?;
        let content = idx::read(&path, rank)?;
        let declared = manifest.files.get(file).and_then(|digests| digests.sha256.as_deref());
        check_digest(&path, name, file, &content.sha256, declared)?;
        digests.insert(file.to_string(), content.sha256.clone());
        Ok((path, content))
    };
    let mut split = |images: &'static str,
                     labels: &'static str|
     -> Result<(PathBuf, PathBuf, Split), DatasetError> {
        let (images_path, images) = read(images, 3)?;
        let (labels_path, labels) = read(labels, 1)?;
        check_pair(&images_path, &images, &labels_path, &labels)?;
        let [count, rows, columns] = images.dimensions[..] else {
            return Err(DatasetError::new(&images_path, "does not hold images", "put images in its place"));
        };
        let images = Images { pixels: images.bytes, count, rows, columns };
        let images = if manifest.transposed { turn::transpose(images) } else { images };
        Ok((images_path, labels_path, Split { images, labels: labels.bytes }))
    };
    let (train_path, train_labels, train) = split(FILES[0], FILES[1])?;
    let (test_path, test_labels, test) = split(FILES[2], FILES[3])?;
    let (train_shape, test_shape) =
        ((train.images.rows, train.images.columns), (test.images.rows, test.images.columns));
    check_same_size(&train_path, train_shape, &test_path, test_shape)?;
    let class_names =
        class_names(&manifest, [(&train_labels, &train.labels[..]), (&test_labels, &test.labels[..])])?;
    let title = manifest.title.unwrap_or_else(|| name.to_string());
    Ok(Dataset { name: name.into(), title, train, test, class_names, digests })
}

/// The sizes of a data set, from the headers of its images and from its labels. Reads no pixels, so that
/// loading may still fail.
pub fn shape(data_dir: &Path, name: &str) -> Result<Shape, DatasetError> {
    let folder = find(data_dir, name)?;
    let paths: Vec<PathBuf> = FILES.iter().map(|file| find_file(&folder, file)).collect::<Result<_, _>>()?;
    let train = idx::read_dimensions(&paths[0], 3)?;
    let test = idx::read_dimensions(&paths[2], 3)?;
    check_same_size(&paths[0], (train[1], train[2]), &paths[2], (test[1], test[2]))?;
    let labels = [idx::read(&paths[1], 1)?, idx::read(&paths[3], 1)?];
    let manifest = manifest::read(&folder)?;
    let class_names =
        class_names(&manifest, [(&paths[1], &labels[0].bytes[..]), (&paths[3], &labels[1].bytes[..])])?;
    let image = if manifest.transposed { [train[2], train[1]] } else { [train[1], train[2]] };
    Ok(Shape {
        train_size: train[0],
        test_size: test[0],
        features: image[0] * image[1],
        image,
        classes: class_names.len(),
    })
}

/// The data sets of a folder: MNIST and Fashion-MNIST first, the others in alphabetical order.
pub fn available(data_dir: &Path) -> Result<Vec<String>, DatasetError> {
    let entries = fs::read_dir(data_dir).map_err(|error| {
        // The whole path: the current folder may be another than the user thinks.
        let place = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.into());
        DatasetError::new(&place, format!("cannot be read: {error}"), layout::other_folder())
    })?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            let folder = data_dir.join(name);
            is_visible(name)
                && (is_closed(&folder) || FILES.iter().any(|file| find_file(&folder, file).is_ok()))
        })
        .collect();
    if names.is_empty() {
        return Err(layout::no_data_set(data_dir));
    }
    names.sort_by_key(|name| {
        (["mnist", "fashion-mnist"].iter().position(|known| known == name).unwrap_or(2), name.clone())
    });
    Ok(names)
}

/// Whether a folder may not be read. It may be a data set, so it is listed. `lost+found` in the root of a
/// file system is not.
fn is_closed(folder: &Path) -> bool {
    let is_denied = fs::read_dir(folder).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
    is_denied && !folder.ends_with("lost+found")
}

/// Hidden folders are those of other programs, such as `.ipynb_checkpoints`.
fn is_visible(name: &str) -> bool {
    !name.starts_with('.')
}

fn find(data_dir: &Path, name: &str) -> Result<PathBuf, DatasetError> {
    let folder = data_dir.join(name);
    let is_plain = !name.is_empty() && !name.contains(['/', '\0']);
    if is_plain && is_visible(name) && folder.is_dir() {
        if !is_name(name) {
            let problem = format!("the data set's name {name:?} cannot be used");
            return Err(DatasetError::new(&folder, problem, format!("rename the folder: {RULE}")));
        }
        return Ok(folder);
    }
    let names = available(data_dir)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Err(DatasetError::new(
        data_dir,
        format!("there is no data set {name:?} in it{}", did_you_mean(name.trim_end_matches('/'), &names)),
        format!(
            "there are {}; add another as a folder with its four IDX files",
            list(&names).replace(" or ", " and ")
        ),
    ))
}

/// Checks the SHA-256 of a file against the one published for it and the one in `dataset.toml`, if there are
/// any.
fn check_digest(
    path: &Path,
    dataset: &str,
    file: &str,
    sha256: &str,
    declared: Option<&str>,
) -> Result<(), DatasetError> {
    let published = known::by_name(dataset, file).map(|known| known.sha256);
    for (expected, whose) in [(published, "published"), (declared, "declared in dataset.toml")] {
        let Some(expected) = expected.filter(|expected| !expected.eq_ignore_ascii_case(sha256)) else {
            continue;
        };
        return Err(match known::by_digest(sha256) {
            Some(really) => DatasetError::new(
                path,
                format!("this is {} of {}, not {file} of {dataset}", really.file, really.dataset),
                "put the right file in its place",
            ),
            None => DatasetError::new(
                path,
                format!("its content is not the one {whose} (SHA-256 {sha256}, expected {expected})"),
                "download it again, or give your own data set another name",
            ),
        });
    }
    Ok(())
}

/// Checks that there are as many labels as images, and that two published files are of the same data set.
fn check_pair(
    images_path: &Path,
    images: &idx::Idx,
    labels_path: &Path,
    labels: &idx::Idx,
) -> Result<(), DatasetError> {
    let (images_count, labels_count) = (images.dimensions[0], labels.dimensions[0]);
    if images_count != labels_count {
        return Err(DatasetError::new(
            labels_path,
            format!("{labels_count} labels for the {images_count} images of {}", images_path.display()),
            "use images and labels of one data set",
        ));
    }
    if let (Some(a), Some(b)) = (known::by_digest(&images.sha256), known::by_digest(&labels.sha256))
        && a.dataset != b.dataset
    {
        return Err(DatasetError::new(
            labels_path,
            format!("these are the labels of {} and the images are those of {}", b.dataset, a.dataset),
            "use images and labels of one data set",
        ));
    }
    Ok(())
}

fn check_same_size(
    train_path: &Path,
    train: (usize, usize),
    test_path: &Path,
    test: (usize, usize),
) -> Result<(), DatasetError> {
    if train == test {
        return Ok(());
    }
    let problem = format!(
        "test images of {} x {} for the training images of {} x {} in {}",
        test.0,
        test.1,
        train.0,
        train.1,
        train_path.display()
    );
    Err(DatasetError::new(test_path, problem, "use training and test files of one data set"))
}

/// The class names of the manifest, or else the numbers from 0 to the largest label. A label without a name
/// is an error.
fn class_names(
    manifest: &manifest::Manifest,
    labels: [(&PathBuf, &[u8]); 2],
) -> Result<Vec<String>, DatasetError> {
    for (path, labels) in labels {
        let Some(names) = &manifest.class_names else { break };
        let wrong = labels.iter().enumerate().find(|(_, label)| usize::from(**label) >= names.len());
        if let Some((at, label)) = wrong {
            return Err(DatasetError::new(
                path,
                format!(
                    "label {label} of image {at}: dataset.toml names {} classes, 0 to {}",
                    names.len(),
                    names.len() - 1
                ),
                "correct the labels, which count from 0, or the class names",
            ));
        }
    }
    Ok(manifest.class_names.clone().unwrap_or_else(|| {
        let most = labels.iter().flat_map(|(_, labels)| labels.iter().copied()).max().unwrap_or(0);
        (0..=most).map(|label| label.to_string()).collect()
    }))
}

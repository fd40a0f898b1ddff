//! The prepared arrays as files that every language reads: NumPy's `.npy`, version 1.0, row-major and
//! little-endian. The name of a file is a digest of its content, so that jobs with the same rows share it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::engines::Work;
use pixel_learn::{Bytes, Features, Scaling};

/// The paths of a job's arrays.
pub struct Arrays {
    pub x_train: PathBuf,
    pub y_train: PathBuf,
    pub x_test: PathBuf,
}

impl Arrays {
    /// Writes the arrays that `folder` does not have yet. `work` has no test labels, so no array has them.
    /// `pixels`: values from 0 to 255 instead of standardised ones.
    pub fn write(work: &Work, folder: &Path, pixels: bool) -> io::Result<Arrays> {
        fs::create_dir_all(folder)?;
        let labels = work.training.labels;
        let [as_they_are_train, as_they_are_test] = [work.training.features, work.test]
            .map(|features| pixels.then(|| as_they_are(features)).flatten());
        let train = as_they_are_train.as_ref().unwrap_or(work.training.features);
        let test = as_they_are_test.as_ref().unwrap_or(work.test);
        let x_train = scaled(train, &folder.join(format!("{}.X_train.npy", digest(train))))?;
        let x_test = scaled(test, &folder.join(format!("{}.X_test.npy", digest(test))))?;
        let y_train = folder.join(format!("{}.y_train.npy", first_digits(Sha256::digest(labels))));
        once(&y_train, |file| {
            file.write_all(&header("|u1", &format!("({},)", labels.len())))?;
            file.write_all(labels)
        })?;
        Ok(Arrays { x_train, y_train, x_test })
    }
}

/// The features as pixels from 0 to 255; `None` if steps have made other features of them.
fn as_they_are(features: &Features) -> Option<Features> {
    let (n, d) = (features.n(), features.d());
    let scaling = Scaling { offset: vec![0.0; d], scale: vec![1.0; d] };
    features.bytes().map(|bytes| Features::new(bytes.pixels.to_vec(), n, d, Arc::new(scaling)))
}

/// Writes the values of `features` in f64: scaled bytes as scikit-learn's `StandardScaler` gives them.
fn scaled(features: &Features, path: &Path) -> io::Result<PathBuf> {
    once(path, |file| {
        let (n, d) = (features.n(), features.d());
        file.write_all(&header("<f8", &format!("({n}, {d})")))?;
        let Some(Bytes { scaling, .. }) = features.bytes() else {
            let values = features.scaled().as_slice();
            return values.iter().try_for_each(|&value| file.write_all(&f64::from(value).to_le_bytes()));
        };
        let table: Vec<[u8; 8]> = (0..d)
            .flat_map(|j| (0..=255u8).map(move |pixel| (j, pixel)))
            .map(|(j, pixel)| scaling.value(j, pixel).to_le_bytes())
            .collect();
        for row in 0..n {
            for (j, &pixel) in features.pixel_row(row).iter().enumerate() {
                file.write_all(&table[j * 256 + usize::from(pixel)])?;
            }
        }
        Ok(())
    })?;
    Ok(path.to_path_buf())
}

/// Writes a read-only file atomically, unless it exists.
fn once(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let temporary = tempfile::NamedTempFile::new_in(folder)?;
    let mut file = BufWriter::with_capacity(1 << 20, temporary.reopen()?);
    write(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    crate::file_systems::best_effort(file.set_permissions(permissions))?;
    // Another worker may have written the same bytes meanwhile.
    temporary.persist(path).map(drop).map_err(|error| error.error)
}

/// Magic, version, and a dictionary padded so that the data begin at a multiple of 64.
fn header(descr: &str, shape: &str) -> Vec<u8> {
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    const BEFORE: usize = 10;
    let length = (BEFORE + text.len() + 1).next_multiple_of(64) - BEFORE;
    text += &" ".repeat(length - text.len() - 1);
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

/// Digest of the pixels and their scaling, or of the values that steps have made; 32 hexadecimal digits.
fn digest(features: &Features) -> String {
    let mut hash = Sha256::new();
    hash.update((features.n() as u64).to_le_bytes());
    let Some(Bytes { pixels, scaling }) = features.bytes() else {
        features.scaled().as_slice().iter().for_each(|value| hash.update(value.to_le_bytes()));
        return first_digits(hash.finalize());
    };
    for value in scaling.offset.iter().chain(&scaling.scale) {
        hash.update(value.to_le_bytes());
    }
    hash.update(pixels);
    first_digits(hash.finalize())
}

fn first_digits(digest: impl AsRef<[u8]>) -> String {
    crate::hex::hex(&digest.as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixel_learn::models::Training;

    #[test]
    fn arrays_hold_what_the_models_see() {
        let pixels = vec![0, 7, 10, 7, 20, 7];
        let scaling = Arc::new(Scaling::standard(&pixels, 3, 2));
        let features = Features::new(pixels, 3, 2, scaling.clone());
        let test = Features::new(vec![255, 0], 1, 2, scaling.clone());
        let folder = tempfile::tempdir().unwrap();
        let work = Work {
            configurations: &[],
            training: Training { features: &features, labels: &[2, 0, 1], classes: 3 },
            test: &test,
            dataset: "tiny",
            image: [1, 2],
            seed: 1,
        };
        let values = |path: &Path| -> Vec<f64> {
            let bytes = fs::read(path).unwrap();
            let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
            assert_eq!(start % 64, 0);
            assert!(bytes[..start].ends_with(b" \n") && bytes.starts_with(b"\x93NUMPY\x01\x00"));
            bytes[start..].chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
        };
        let arrays = Arrays::write(&work, folder.path(), false).unwrap();
        let expected: Vec<f64> = [(0, 0), (1, 7), (0, 10), (1, 7), (0, 20), (1, 7)]
            .map(|(j, pixel)| scaling.value(j, pixel))
            .to_vec();
        assert_eq!(values(&arrays.x_train), expected);
        assert!(fs::read(&arrays.y_train).unwrap().ends_with(&[2, 0, 1]));
        let files = fs::read_dir(folder.path()).unwrap().count();
        Arrays::write(&work, folder.path(), false).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), files);
        let arrays = Arrays::write(&work, folder.path(), true).unwrap();
        assert_eq!(values(&arrays.x_train), [0.0, 7.0, 10.0, 7.0, 20.0, 7.0]);
        assert_eq!(values(&arrays.x_test), [255.0, 0.0]);
    }
}

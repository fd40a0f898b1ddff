//! Arrays in NumPy's `.npy`, version 1.0, row-major and little-endian, as the harness writes them.

use std::fs;
use std::path::Path;

/// Images, one a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    /// Row after row.
    pub values: Vec<f64>,
    pub rows: usize,
    pub columns: usize,
}

impl Images {
    /// Reads 64-bit floats of two dimensions.
    pub fn read(path: &Path) -> Result<Images, String> {
        let (bytes, start, header) = open(path, "<f8")?;
        let values: Vec<f64> = bytes[start..]
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes(b.try_into().unwrap_or_default()))
            .collect();
        match shape(&header)[..] {
            [rows, columns] if values.len() == rows * columns => Ok(Images { values, rows, columns }),
            _ => Err(format!(
                "{}: found {} numbers, the shape says otherwise: {header}",
                path.display(),
                values.len()
            )),
        }
    }

    /// The values in 32 bits, in the same order.
    pub fn f32(&self) -> Vec<f32> {
        self.values.iter().map(|&value| value as f32).collect()
    }

    /// The values feature after feature instead of image after image.
    pub fn by_column(&self) -> Vec<f64> {
        let mut transposed = Vec::with_capacity(self.values.len());
        for column in 0..self.columns {
            transposed.extend(self.values[column..].iter().step_by(self.columns));
        }
        transposed
    }
}

/// Reads labels: unsigned bytes of one dimension.
pub fn read_labels(path: &Path) -> Result<Vec<u8>, String> {
    let (mut bytes, start, header) = open(path, "|u1")?;
    let labels = bytes.split_off(start);
    if shape(&header)[..] == [labels.len()] {
        Ok(labels)
    } else {
        Err(format!("{}: found {} labels, the shape says otherwise: {header}", path.display(), labels.len()))
    }
}

/// The whole file, where its numbers begin, and its header as text.
fn open(path: &Path, kind: &str) -> Result<(Vec<u8>, usize, String), String> {
    let wrong = |what: String| format!("{}: {what}", path.display());
    let bytes = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    if !bytes.starts_with(b"\x93NUMPY\x01\x00") || bytes.len() < 10 {
        return Err(wrong("not a .npy file of version 1.0".into()));
    }
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = bytes.get(10..start).ok_or_else(|| wrong("the header is cut off".into()))?;
    let header = String::from_utf8_lossy(header).trim().to_string();
    if header.contains(kind) && header.contains("'fortran_order': False") {
        Ok((bytes, start, header))
    } else {
        Err(wrong(format!("expected row-major {kind}, found {header}")))
    }
}

/// The dimensions in the header.
fn shape(header: &str) -> Vec<usize> {
    let inside = header.split('(').nth(1).and_then(|rest| rest.split(')').next()).unwrap_or_default();
    inside.split(',').filter_map(|part| part.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, header: &str, data: &[u8]) -> std::path::PathBuf {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        let path = std::env::temp_dir().join(format!("{}-{name}.npy", std::process::id()));
        fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn arrays_are_read_as_they_were_written() {
        let numbers: Vec<u8> =
            [1.0, 2.0, 3.0, 4.0, 5.0, -6.5f64].iter().flat_map(|v| v.to_le_bytes()).collect();
        let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n";
        let path = file("x", header, &numbers);
        let images = Images::read(&path).unwrap();
        assert_eq!((images.rows, images.columns), (2, 3));
        assert_eq!(images.by_column(), [1.0, 4.0, 2.0, 5.0, 3.0, -6.5]);
        assert!(read_labels(&path).unwrap_err().contains("expected row-major |u1"));
        let path = file("y", "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n", &[2, 0, 1]);
        assert_eq!(read_labels(&path).unwrap(), [2, 0, 1]);
        let path = file("short", header, &numbers[8..]);
        assert!(Images::read(&path).unwrap_err().contains("the shape says otherwise"));
    }
}

//! What a model sees of a set of images: the raw bytes, their scaling, and the scaled values on demand.

use std::sync::{Arc, OnceLock};

use crate::Scaling;
use crate::linalg::Matrix;

/// `n` rows of `d` features. The bytes are the truth (tree families count them directly); the scaled
/// values are made when first asked for, and follow from bytes and scaling alone.
pub struct Features {
    pixels: Vec<u8>,
    n: usize,
    d: usize,
    scaling: Arc<Scaling>,
    scaled: OnceLock<Matrix>,
}

/// Pixels that are not whole images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pixels} pixels do not fill images of {d} pixels")]
pub struct ShapeError {
    /// Pixels that were given.
    pub pixels: usize,
    /// Pixels of an image.
    pub d: usize,
}

impl Features {
    /// Images of `d` pixels each, standardised by their own mean and deviation (scikit-learn's `StandardScaler`).
    /// `Err` when the pixels, row-major, one image after the other, do not fill whole images.
    pub fn standardised(pixels: impl Into<Vec<u8>>, d: usize) -> Result<Features, ShapeError> {
        let pixels = pixels.into();
        let n = whole_images(&pixels, d)?;
        let scaling = Arc::new(Scaling::standard(&pixels, n, d));
        Ok(Features::new(pixels, n, d, scaling))
    }

    /// Other images of the same size under the scaling of these: what a model that was fitted on these predicts.
    pub fn transform(&self, pixels: impl Into<Vec<u8>>) -> Result<Features, ShapeError> {
        let pixels = pixels.into();
        let n = whole_images(&pixels, self.d)?;
        Ok(Features::new(pixels, n, self.d, self.scaling.clone()))
    }

    /// Panics when `pixels.len() != n * d` or the scaling is for another number of features.
    pub fn new(pixels: Vec<u8>, n: usize, d: usize, scaling: Arc<Scaling>) -> Features {
        assert_eq!(pixels.len(), n * d, "pixels do not fill n x d");
        assert_eq!(scaling.offset.len(), d, "scaling is for another number of features");
        Features { pixels, n, d, scaling, scaled: OnceLock::new() }
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of features.
    pub fn d(&self) -> usize {
        self.d
    }

    /// The raw bytes, row-major.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The raw bytes of one row.
    pub fn pixel_row(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.d..(index + 1) * self.d]
    }

    /// The scaling of the features.
    pub fn scaling(&self) -> &Arc<Scaling> {
        &self.scaling
    }

    /// The scaled values as an n x d matrix, computed in f64 and rounded to f32 once.
    pub fn scaled(&self) -> &Matrix {
        self.scaled.get_or_init(|| {
            let table: Vec<f32> = (0..self.d)
                .flat_map(|j| (0..=255u8).map(move |p| (j, p)))
                .map(|(j, p)| self.scaling.value(j, p) as f32)
                .collect();
            let mut matrix = Matrix::zeros(self.n, self.d);
            for (out, row) in matrix
                .as_mut_slice()
                .chunks_exact_mut(self.d.max(1))
                .zip(self.pixels.chunks_exact(self.d.max(1)))
            {
                for (j, (value, &pixel)) in out.iter_mut().zip(row).enumerate() {
                    *value = table[j * 256 + usize::from(pixel)];
                }
            }
            matrix
        })
    }
}

/// The number of images.
fn whole_images(pixels: &[u8], d: usize) -> Result<usize, ShapeError> {
    match pixels.len().checked_div(d) {
        Some(n) if n * d == pixels.len() => Ok(n),
        _ => Err(ShapeError { pixels: pixels.len(), d }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_that_are_not_whole_images_are_an_error() {
        let train = Features::standardised([0, 10, 20, 30], 2).unwrap();
        assert_eq!((train.n(), train.d()), (2, 2));
        assert_eq!(train.scaled().as_slice(), [-1.0, -1.0, 1.0, 1.0]);
        assert_eq!(train.transform([10, 20]).unwrap().scaled().as_slice(), [0.0, 0.0]);
        assert_eq!(train.transform([10, 20, 30]).err(), Some(ShapeError { pixels: 3, d: 2 }));
        assert_eq!(Features::standardised([1], 0).err(), Some(ShapeError { pixels: 1, d: 0 }));
    }
}

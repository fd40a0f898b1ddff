//! What a model sees of a set of images: their bytes with a scaling, or values computed from them.

use std::sync::{Arc, OnceLock};

use crate::Scaling;
use crate::linalg::Matrix;
use crate::linalg::prefetch::prefetch;
use crate::scaling::ByteScaler;

/// `n` rows of `d` features: bytes with an affine scaling, or computed values.
///
/// Byte features keep the raw bytes, which tree families count directly; the scaled values are computed from
/// bytes and scaling on first use. Computed values (principal components, histograms of gradients, kernel
/// features) have no bytes behind them.
pub struct Features {
    n: usize,
    d: usize,
    values: Values,
}

enum Values {
    Bytes { pixels: Vec<u8>, scaling: Arc<Scaling>, scaled: OnceLock<Matrix> },
    Computed(Matrix),
}

/// The rows of features as f32 values, made when they are read: see [`Features::scaled_rows`].
pub struct ScaledRows<'a>(Rows<'a>);

enum Rows<'a> {
    Bytes { features: &'a Features, scaler: ByteScaler },
    Computed(&'a Matrix),
}

/// The distance of the prefetch, in rows: two to eight take the same time.
const AHEAD: usize = 4;

impl ScaledRows<'_> {
    /// Writes the values of these rows one after the other. Panics when `out` is not as long as they are.
    pub fn copy(&self, rows: &[u32], out: &mut [f32]) {
        let d = match &self.0 {
            Rows::Bytes { features, .. } => features.d,
            Rows::Computed(values) => values.columns(),
        };
        assert_eq!(out.len(), rows.len() * d, "the output has another length than the rows");
        for (k, (&row, out)) in rows.iter().zip(out.chunks_exact_mut(d.max(1))).enumerate() {
            let (row, soon) = (row as usize, rows[(k + AHEAD).min(rows.len() - 1)] as usize);
            match &self.0 {
                Rows::Bytes { features, scaler } => {
                    prefetch(features.pixel_row(soon));
                    scaler.scale(features.pixel_row(row), out);
                }
                Rows::Computed(values) => {
                    prefetch(values.row(soon));
                    out.copy_from_slice(values.row(row));
                }
            }
        }
    }
}

/// The bytes of features, row-major, with their scaling.
#[derive(Clone, Copy)]
pub struct Bytes<'a> {
    /// n x d bytes, one image after the other.
    pub pixels: &'a [u8],
    /// The affine map from a byte to its value, one per feature.
    pub scaling: &'a Arc<Scaling>,
}

/// The number of pixels is not a multiple of the pixels of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pixels} pixels do not fill images of {d} pixels")]
pub struct ShapeError {
    /// Pixels that were given.
    pub pixels: usize,
    /// Pixels of an image.
    pub d: usize,
}

impl Features {
    /// Images of `d` pixels each, row-major. Every pixel position is standardised by its mean and standard
    /// deviation over these images (scikit-learn's `StandardScaler`). `Err` when the pixels do not fill whole
    /// images.
    pub fn standardised(pixels: impl Into<Vec<u8>>, d: usize) -> Result<Features, ShapeError> {
        let pixels = pixels.into();
        let n = whole_images(&pixels, d)?;
        let scaling = Arc::new(Scaling::standard(&pixels, n, d));
        Ok(Features::new(pixels, n, d, scaling))
    }

    /// Other images of the same size with the scaling of `self`: test images for a model fitted on `self`.
    /// `Err` when the pixels do not fill whole images. Panics for computed values, which have no scaling.
    pub fn transform(&self, pixels: impl Into<Vec<u8>>) -> Result<Features, ShapeError> {
        let pixels = pixels.into();
        let n = whole_images(&pixels, self.d)?;
        Ok(Features::new(pixels, n, self.d, self.scaling().clone()))
    }

    /// `n` images of `d` bytes each, row-major, with a scaling. Panics when `pixels.len() != n * d` or the
    /// scaling is for another number of features.
    pub fn new(pixels: Vec<u8>, n: usize, d: usize, scaling: Arc<Scaling>) -> Features {
        assert_eq!(pixels.len(), n * d, "pixels do not fill n x d");
        assert_eq!(scaling.offset.len(), d, "scaling is for another number of features");
        Features { n, d, values: Values::Bytes { pixels, scaling, scaled: OnceLock::new() } }
    }

    /// Values that were computed from images, one row an image. Classifiers that count bytes refuse them with
    /// [`FitError::NeedsBytes`](crate::FitError::NeedsBytes).
    pub fn computed(values: Matrix) -> Features {
        Features { n: values.rows(), d: values.columns(), values: Values::Computed(values) }
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of features.
    pub fn d(&self) -> usize {
        self.d
    }

    /// The bytes with their scaling; `None` for computed values.
    pub fn bytes(&self) -> Option<Bytes<'_>> {
        match &self.values {
            Values::Bytes { pixels, scaling, .. } => Some(Bytes { pixels, scaling }),
            Values::Computed(_) => None,
        }
    }

    /// The raw bytes, row-major. Panics for computed values.
    pub fn pixels(&self) -> &[u8] {
        self.expect_bytes().pixels
    }

    /// The raw bytes of one row. Panics for computed values.
    pub fn pixel_row(&self, index: usize) -> &[u8] {
        &self.pixels()[index * self.d..(index + 1) * self.d]
    }

    /// The scaling of the features. Panics for computed values.
    pub fn scaling(&self) -> &Arc<Scaling> {
        self.expect_bytes().scaling
    }

    fn expect_bytes(&self) -> Bytes<'_> {
        self.bytes().expect("a method that counts bytes was given computed values")
    }

    /// The values as an n x d matrix: scaled bytes, computed in f64 and rounded to f32 once, or the computed
    /// values.
    pub fn scaled(&self) -> &Matrix {
        match &self.values {
            Values::Computed(values) => values,
            Values::Bytes { pixels, scaling, scaled } => scaled.get_or_init(|| {
                let mut matrix = Matrix::zeros(self.n, self.d);
                ByteScaler::new(scaling).scale(pixels, matrix.as_mut_slice());
                matrix
            }),
        }
    }

    /// The rows of [`Features::scaled`], bit for bit, made when they are read. This suits a method that reads
    /// all rows often, in another order each time: the bytes are a quarter of the memory that their values
    /// would fill.
    pub fn scaled_rows(&self) -> ScaledRows<'_> {
        ScaledRows(match &self.values {
            Values::Bytes { scaling, .. } => Rows::Bytes { features: self, scaler: ByteScaler::new(scaling) },
            Values::Computed(values) => Rows::Computed(values),
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

    #[test]
    fn computed_values_have_no_bytes() {
        let x = Features::computed(Matrix::from_slice(&[0.5, 1.5, 2.5, 3.5], 2, 2));
        assert_eq!((x.n(), x.d()), (2, 2));
        assert_eq!(x.scaled().as_slice(), [0.5, 1.5, 2.5, 3.5]);
        assert!(x.bytes().is_none());
    }

    #[test]
    fn rows_are_copied_in_any_order_from_both_kinds_of_features() {
        let pixels: Vec<u8> = (0..60).map(|i| (i * i % 251) as u8).collect();
        let bytes = Features::standardised(pixels, 6).unwrap();
        let computed = Features::computed(bytes.scaled().clone());
        let rows = [7, 0, 9, 3, 3, 1, 8];
        let expected: Vec<f32> =
            rows.iter().flat_map(|&row| bytes.scaled().row(row as usize).to_vec()).collect();
        for features in [&bytes, &computed] {
            let mut out = vec![0.0; expected.len()];
            features.scaled_rows().copy(&rows, &mut out);
            assert_eq!(out, expected);
        }
    }
}

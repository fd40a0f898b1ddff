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

impl Features {
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

//! Rows between the steps of a chain.

use std::ops::Range;
use std::sync::Arc;

use crate::linalg::Matrix;
use crate::{Features, Scaling};

/// Rows of the same length: bytes with a scaling, or values.
pub(super) enum Rows {
    Bytes(Bytes),
    Values(Matrix),
}

/// `n` rows of `d` bytes under a scaling.
pub(super) struct Bytes {
    pub pixels: Vec<u8>,
    pub n: usize,
    pub d: usize,
    pub scaling: Arc<Scaling>,
}

impl Rows {
    /// The bytes of `features` as their own values. Panics for computed features.
    pub fn raw(features: &Features) -> Rows {
        Rows::of_bytes(features.pixels().to_vec(), features.n(), features.d())
    }

    /// `n` rows of `d` bytes as their own values.
    pub fn of_bytes(pixels: Vec<u8>, n: usize, d: usize) -> Rows {
        let scaling = Arc::new(Scaling { offset: vec![0.0; d], scale: vec![1.0; d] });
        Rows::Bytes(Bytes { pixels, n, d, scaling })
    }

    pub fn n(&self) -> usize {
        match self {
            Rows::Bytes(bytes) => bytes.n,
            Rows::Values(values) => values.rows(),
        }
    }

    pub fn d(&self) -> usize {
        match self {
            Rows::Bytes(bytes) => bytes.d,
            Rows::Values(values) => values.columns(),
        }
    }

    /// The bytes. Panics for values, which the plan rules out for steps on bytes.
    pub fn into_bytes(self) -> Bytes {
        match self {
            Rows::Bytes(bytes) => bytes,
            Rows::Values(_) => panic!("a step on bytes was given values"),
        }
    }

    /// Some of the rows before any scaling: bytes as numbers, or the values.
    pub fn unscaled(&self, rows: Range<usize>) -> Vec<f32> {
        let range = rows.start * self.d()..rows.end * self.d();
        match self {
            Rows::Bytes(bytes) => bytes.pixels[range].iter().map(|&pixel| f32::from(pixel)).collect(),
            Rows::Values(values) => values.as_slice()[range].to_vec(),
        }
    }

    /// Some of the rows with their scaling.
    pub fn scaled(&self, rows: Range<usize>) -> Vec<f32> {
        let range = rows.start * self.d()..rows.end * self.d();
        match self {
            Rows::Bytes(Bytes { pixels, d, scaling, .. }) => pixels[range]
                .chunks_exact(*d)
                .flat_map(|row| (0..*d).map(|j| scaling.value(j, row[j]) as f32))
                .collect(),
            Rows::Values(values) => values.as_slice()[range].to_vec(),
        }
    }

    /// The scaling of bytes.
    pub fn scaling(&self) -> Option<&Scaling> {
        match self {
            Rows::Bytes(bytes) => Some(&bytes.scaling),
            Rows::Values(_) => None,
        }
    }

    pub fn into_features(self) -> Features {
        match self {
            Rows::Bytes(Bytes { pixels, n, d, scaling }) => Features::new(pixels, n, d, scaling),
            Rows::Values(values) => Features::computed(values),
        }
    }
}

impl Bytes {
    /// Other bytes in the place of these.
    pub fn with_pixels(self, pixels: Vec<u8>) -> Rows {
        Rows::Bytes(Bytes { pixels, ..self })
    }

    /// The same bytes under another scaling.
    pub fn with_scaling(self, scaling: Arc<Scaling>) -> Rows {
        Rows::Bytes(Bytes { scaling, ..self })
    }
}

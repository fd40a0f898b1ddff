//! Exhaustive search for nearest rows, in exact integers where the features are bytes with one scale for all of them.

use super::Metric;
use super::byte_search::{ByteIndex, Order};
use super::float_search::FloatIndex;
use super::lists::Neighbors;
use crate::Features;
use crate::linalg::Matrix;
use crate::models::FitError;

/// Training rows prepared for search.
pub struct Index {
    d: usize,
    method: Method,
}

enum Method {
    /// Integer dot products of bytes.
    Bytes(ByteIndex),
    /// Bytes as f32 values, whose distances are divided by the scale.
    Unscaled(FloatIndex, f64),
    /// Scaled values.
    Scaled(FloatIndex),
}

impl Index {
    /// Packs the training rows. O(n d) time. Memory: that of the bytes where dot products are integers, else
    /// at most twice that of the scaled features. `Err` for a `n_neighbors` outside 1 to n and for rows
    /// without features.
    pub fn new(features: &Features, metric: Metric, n_neighbors: usize) -> Result<Index, FitError> {
        check_k(n_neighbors, features.n())?;
        let d = features.d();
        if d == 0 {
            return Err(FitError::UnusableData("there are no features".into()));
        }
        let scale = shared_scale(features);
        let method = match (metric, scale) {
            (Metric::Euclidean, Some(shared)) if ByteIndex::fits(d) => {
                Method::Bytes(ByteIndex::new(features.pixels(), d, Order::Euclidean, shared.scale))
            }
            // The cosine is that of the angle at the origin, so the byte 0 must stand for the value 0.
            (Metric::Cosine, Some(shared)) if ByteIndex::fits(d) && shared.zero => {
                Method::Bytes(ByteIndex::new(features.pixels(), d, Order::Cosine, shared.scale))
            }
            (Metric::Manhattan | Metric::Chebyshev, Some(shared)) => {
                Method::Unscaled(FloatIndex::new(unscaled(features), metric, true), shared.scale)
            }
            _ => Method::Scaled(FloatIndex::new(features.scaled().clone(), metric, false)),
        };
        Ok(Index { d, method })
    }

    /// The `k` nearest training rows of every row of `test`, which has the scaling of the training rows.
    /// O(n_train n_test d). Panics when `k` is not from 1 to the number of training rows, or the number of
    /// features differs.
    pub fn search(&self, test: &Features, k: usize) -> Neighbors {
        assert_eq!(test.d(), self.d, "rows of another number of features");
        let rows = match &self.method {
            Method::Bytes(index) => index.rows(),
            Method::Unscaled(index, _) | Method::Scaled(index) => index.rows(),
        };
        assert!(check_k(k, rows).is_ok(), "k={k} of {rows} rows");
        match &self.method {
            Method::Bytes(index) => index.search(test.pixels(), k),
            Method::Scaled(index) => index.search(test.scaled(), k),
            Method::Unscaled(index, scale) => {
                let mut neighbors = index.search(&unscaled(test), k);
                neighbors.divide(*scale);
                neighbors
            }
        }
    }
}

/// A scaling that is the same for every feature.
struct Shared {
    /// The divisor of a byte.
    scale: f64,
    /// Whether the byte 0 stands for 0.
    zero: bool,
}

/// The scaling of bytes if all features have the same.
fn shared_scale(features: &Features) -> Option<Shared> {
    let scaling = features.bytes()?.scaling;
    let scale = *scaling.scale.first()?;
    let same = scaling.scale.iter().all(|&other| other == scale);
    same.then(|| Shared { scale, zero: scaling.offset.iter().all(|&offset| offset == 0.0) })
}

/// The bytes as values.
fn unscaled(features: &Features) -> Matrix {
    let mut values = Matrix::zeros(features.n(), features.d());
    values
        .as_mut_slice()
        .iter_mut()
        .zip(features.pixels())
        .for_each(|(value, &byte)| *value = f32::from(byte));
    values
}

fn check_k(k: usize, n: usize) -> Result<(), FitError> {
    match k {
        0 => Err(FitError::parameter("n_neighbors", k, "must be at least 1")),
        _ if k > n => Err(FitError::parameter("n_neighbors", k, format!("there are {n} training rows"))),
        _ => Ok(()),
    }
}

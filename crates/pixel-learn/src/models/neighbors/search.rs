//! Exhaustive search for nearest rows: a fast pass in f32 that keeps every row that could be among the k
//! nearest given its rounding error, then the exact order of those few in f64.
//!
//! The answer is that of f64 distances between the f32 features, equal distances in the order of the
//! training rows, and so depends on neither the instruction set nor the number of threads.

use rayon::prelude::*;

use super::Metric;
use crate::Features;
use crate::linalg::Matrix;
use crate::linalg::pairwise::{Measure, Panels, all_pairs};
use crate::linalg::screen::{relative_error, squared_distance_bounds, squared_norm};
use crate::models::FitError;

/// A training row at a distance from a test row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor {
    pub distance: f64,
    pub index: u32,
}

/// The k nearest training rows of each test row, nearest first, equal distances by index.
pub struct Neighbors {
    k: usize,
    all: Vec<Neighbor>,
}

impl Neighbors {
    /// Number of test rows.
    pub fn rows(&self) -> usize {
        self.all.len() / self.k
    }

    /// The neighbours of one test row.
    pub fn row(&self, index: usize) -> &[Neighbor] {
        &self.all[index * self.k..(index + 1) * self.k]
    }
}

/// Test rows in one task, a multiple of the tile: packed they take 600 KB of the second-level cache.
const TEST_ROWS: usize = 192;
/// Training rows between two looks at the results, a multiple of the tile.
const TRAIN_ROWS: usize = 512;

/// Training rows prepared for search.
pub struct Index {
    metric: Metric,
    rows: Matrix,
    panels: Panels,
    /// Squared lengths for the Euclidean metric, empty for the other.
    squares: Vec<f32>,
}

impl Index {
    /// Packs the training rows. O(n d) time, twice the memory of the scaled features.
    pub fn new(features: &Features, metric: Metric, n_neighbors: usize) -> Result<Index, FitError> {
        check_k(n_neighbors, features.n())?;
        if features.d() == 0 {
            return Err(FitError::UnusableData("there are no features".into()));
        }
        let rows = features.scaled().clone();
        let panels = Panels::right((0..rows.rows()).map(|i| rows.row(i)), rows.columns());
        let squares = match metric {
            Metric::Manhattan => Vec::new(),
            Metric::Euclidean => (0..rows.rows()).map(|i| squared_norm(rows.row(i))).collect(),
        };
        Ok(Index { metric, rows, panels, squares })
    }

    /// The `k` nearest training rows of every row of `test`. O(n_train n_test d). Panics when `k` is 0 or
    /// beyond the training rows, or the number of features differs.
    pub fn search(&self, test: &Features, k: usize) -> Neighbors {
        assert!(check_k(k, self.rows.rows()).is_ok(), "k={k} of {} rows", self.rows.rows());
        let test = test.scaled();
        let blocks: Vec<Vec<Neighbor>> = (0..test.rows().div_ceil(TEST_ROWS))
            .into_par_iter()
            .map(|block| {
                let start = block * TEST_ROWS;
                self.search_block(test, start..(start + TEST_ROWS).min(test.rows()), k)
            })
            .collect();
        Neighbors { k, all: blocks.concat() }
    }

    fn search_block(&self, test: &Matrix, block: std::ops::Range<usize>, k: usize) -> Vec<Neighbor> {
        let (n, d) = (self.rows.rows(), self.rows.columns());
        let left = Panels::left(block.clone().map(|i| test.row(i)), d);
        let mut shortlists: Vec<Shortlist> =
            block.clone().map(|i| Shortlist::new(Bounds::new(self.metric, test.row(i)), k)).collect();
        let mut values = vec![0.0f32; block.len() * TRAIN_ROWS];
        let measure = match self.metric {
            Metric::Manhattan => Measure::Manhattan,
            Metric::Euclidean => Measure::Dot,
        };
        for start in (0..n).step_by(TRAIN_ROWS) {
            let columns = start..(start + TRAIN_ROWS).min(n);
            all_pairs(measure, &left, &self.panels, columns.clone(), &mut values, TRAIN_ROWS);
            for (shortlist, values) in shortlists.iter_mut().zip(values.chunks_exact(TRAIN_ROWS)) {
                let squares = self.squares.get(columns.clone()).unwrap_or_default();
                shortlist.scan(&values[..columns.len()], squares, start);
            }
        }
        let rows = block.zip(shortlists);
        rows.flat_map(|(i, shortlist)| self.rank(test.row(i), shortlist.survivors(), k)).collect()
    }

    /// The exact order of the rows that the fast pass left over.
    fn rank(&self, x: &[f32], candidates: impl Iterator<Item = u32>, k: usize) -> Vec<Neighbor> {
        let mut exact: Vec<Neighbor> = candidates
            .map(|index| {
                let pairs = x.iter().zip(self.rows.row(index as usize));
                let differences = pairs.map(|(&a, &b)| f64::from(a) - f64::from(b));
                let distance = match self.metric {
                    Metric::Manhattan => differences.map(f64::abs).sum::<f64>(),
                    Metric::Euclidean => differences.map(|d| d * d).sum::<f64>().sqrt(),
                };
                Neighbor { distance, index }
            })
            .collect();
        exact.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance).then(a.index.cmp(&b.index)));
        exact.truncate(k);
        exact
    }
}

fn check_k(k: usize, n: usize) -> Result<(), FitError> {
    match k {
        0 => Err(FitError::parameter("n_neighbors", k, "must be at least 1")),
        _ if k > n => Err(FitError::parameter("n_neighbors", k, format!("there are {n} training rows"))),
        _ => Ok(()),
    }
}

/// What the f32 pass proves about the distance (squared for the Euclidean metric) of a pair.
///
/// For the Euclidean metric see [`screen`](crate::linalg::screen). A sum of d absolute differences is off by at most
/// gamma(d + 2) times itself.
struct Bounds {
    /// The test row's squared length (0 for the Manhattan metric).
    square: f32,
    /// The largest error, as a part of value (Manhattan) or of |a|^2 + |b|^2 (Euclidean).
    error: f32,
    metric: Metric,
}

impl Bounds {
    fn new(metric: Metric, x: &[f32]) -> Bounds {
        let error = relative_error(x.len());
        let square = match metric {
            Metric::Manhattan => 0.0,
            Metric::Euclidean => squared_norm(x),
        };
        Bounds { square, error, metric }
    }
}

/// Training rows that may be among the k nearest of one test row.
struct Shortlist {
    bounds: Bounds,
    /// Upper bounds of the k rows with the smallest ones, ascending; infinite until k were seen.
    upper: Vec<f32>,
    /// Lower bound and index of what might belong.
    candidates: Vec<(f32, u32)>,
}

impl Shortlist {
    fn new(bounds: Bounds, k: usize) -> Shortlist {
        Shortlist { bounds, upper: vec![f32::INFINITY; k], candidates: Vec::new() }
    }

    /// Looks at the results of training rows from `start` on.
    fn scan(&mut self, values: &[f32], squares: &[f32], start: usize) {
        let Bounds { square, error, metric } = self.bounds;
        let mut lower = [0.0f32; 16];
        let mut spread = [0.0f32; 16];
        for offset in (0..values.len()).step_by(16) {
            let values = &values[offset..values.len().min(offset + 16)];
            match metric {
                Metric::Manhattan => {
                    for (i, &value) in values.iter().enumerate() {
                        spread[i] = value * error;
                        lower[i] = value - spread[i];
                    }
                }
                Metric::Euclidean => {
                    for (i, (&value, &other)) in values.iter().zip(&squares[offset..]).enumerate() {
                        (lower[i], spread[i]) = squared_distance_bounds(square + other, value, error);
                    }
                }
            }
            let limit = self.upper[self.upper.len() - 1];
            // A NaN (from features beyond f32) fails no comparison, so nothing is lost to it.
            if lower[..values.len()].iter().all(|&bound| bound > limit) {
                continue;
            }
            for i in 0..values.len() {
                self.offer(lower[i], lower[i] + 2.0 * spread[i], (start + offset + i) as u32);
            }
        }
    }

    fn offer(&mut self, lower: f32, upper: f32, index: u32) {
        let last = self.upper.len() - 1;
        if lower > self.upper[last] {
            return;
        }
        self.candidates.push((lower, index));
        if upper < self.upper[last] {
            let at = self.upper.partition_point(|&bound| bound <= upper);
            self.upper.copy_within(at..last, at + 1);
            self.upper[at] = upper;
        }
    }

    /// Rows whose lower bound is not above the k-th smallest upper bound.
    fn survivors(self) -> impl Iterator<Item = u32> {
        let limit = self.upper[self.upper.len() - 1];
        self.candidates
            .into_iter()
            .filter(move |&(lower, _)| lower <= limit || lower.is_nan())
            .map(|(_, index)| index)
    }
}

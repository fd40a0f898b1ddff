//! Exhaustive search among rows of f32 values: a fast pass in f32 that keeps every row that could be among the k
//! nearest given its rounding error, then the exact order of those few in f64.
//!
//! The answer is that of f64 distances between the f32 features, equal distances in the order of the
//! training rows, and so depends on neither the instruction set nor the number of threads. Chebyshev distances are
//! differences of f32 values rounded to f32, which the fast pass has exactly; so have bytes as values, whose sums of
//! absolute differences are whole numbers.

use rayon::prelude::*;

use super::Metric;
use super::lists::{Neighbor, Neighbors};
use crate::linalg::Matrix;
use crate::linalg::pairwise::{Measure, Panels, all_pairs};
use crate::linalg::screen::{relative_error, squared_distance_bounds, squared_norm};

/// Test rows in one task, a multiple of the tile: packed they take 600 KB of the second-level cache.
const TEST_ROWS: usize = 192;
/// Training rows between two looks at the results, a multiple of the tile.
const TRAIN_ROWS: usize = 512;

/// Training rows prepared for search.
pub struct FloatIndex {
    metric: Metric,
    /// Whether the fast pass rounds no distance.
    exact: bool,
    rows: Matrix,
    panels: Panels,
    /// Squared lengths for the Euclidean metric, inverse lengths for the cosine (0 for rows of zeros), else empty.
    lengths: Vec<f32>,
}

impl FloatIndex {
    /// Packs the training rows; `bytes` says that all values, here and in the test rows, are whole numbers up to 255.
    /// O(n d) time, twice the memory of the rows.
    pub fn new(rows: Matrix, metric: Metric, bytes: bool) -> FloatIndex {
        let exact = match metric {
            Metric::Manhattan => bytes && rows.columns() * 255 <= 1 << f32::MANTISSA_DIGITS,
            Metric::Chebyshev => true,
            Metric::Euclidean | Metric::Cosine => false,
        };
        let panels = Panels::right((0..rows.rows()).map(|i| rows.row(i)), rows.columns());
        let lengths = match metric {
            Metric::Manhattan | Metric::Chebyshev => Vec::new(),
            Metric::Euclidean => (0..rows.rows()).map(|i| squared_norm(rows.row(i))).collect(),
            Metric::Cosine => (0..rows.rows()).map(|i| inverse_length(rows.row(i))).collect(),
        };
        FloatIndex { metric, exact, rows, panels, lengths }
    }

    /// Number of training rows.
    pub fn rows(&self) -> usize {
        self.rows.rows()
    }

    /// The `k` nearest training rows of every row of `test`; `k` is from 1 to the training rows.
    /// O(n_train n_test d). Panics when the number of features differs.
    pub fn search(&self, test: &Matrix, k: usize) -> Neighbors {
        let blocks: Vec<Vec<Neighbor>> = (0..test.rows().div_ceil(TEST_ROWS))
            .into_par_iter()
            .map(|block| {
                let start = block * TEST_ROWS;
                self.search_block(test, start..(start + TEST_ROWS).min(test.rows()), k)
            })
            .collect();
        Neighbors::new(k, blocks.concat())
    }

    fn search_block(&self, test: &Matrix, block: std::ops::Range<usize>, k: usize) -> Vec<Neighbor> {
        let (n, d) = (self.rows.rows(), self.rows.columns());
        let left = Panels::left(block.clone().map(|i| test.row(i)), d);
        let mut shortlists: Vec<Shortlist> = block
            .clone()
            .map(|i| Shortlist::new(Bounds::new(self.metric, test.row(i), self.exact), k))
            .collect();
        let mut values = vec![0.0f32; block.len() * TRAIN_ROWS];
        let measure = match self.metric {
            Metric::Manhattan => Measure::Manhattan,
            Metric::Chebyshev => Measure::Chebyshev,
            Metric::Euclidean | Metric::Cosine => Measure::Dot,
        };
        for start in (0..n).step_by(TRAIN_ROWS) {
            let columns = start..(start + TRAIN_ROWS).min(n);
            all_pairs(measure, &left, &self.panels, columns.clone(), &mut values, TRAIN_ROWS);
            for (shortlist, values) in shortlists.iter_mut().zip(values.chunks_exact(TRAIN_ROWS)) {
                let lengths = self.lengths.get(columns.clone()).unwrap_or_default();
                shortlist.scan(&values[..columns.len()], lengths, start);
            }
        }
        let rows = block.zip(shortlists);
        rows.flat_map(|(i, shortlist)| self.rank(test.row(i), shortlist.survivors(), k)).collect()
    }

    /// The exact order of the rows that the fast pass left over.
    fn rank(&self, x: &[f32], candidates: impl Iterator<Item = u32>, k: usize) -> Vec<Neighbor> {
        let mut exact: Vec<Neighbor> = candidates
            .map(|index| Neighbor { distance: self.distance(x, self.rows.row(index as usize)), index })
            .collect();
        exact.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance).then(a.index.cmp(&b.index)));
        exact.truncate(k);
        exact
    }

    /// The distance of two rows.
    fn distance(&self, x: &[f32], y: &[f32]) -> f64 {
        let pairs = || x.iter().zip(y);
        let differences = || pairs().map(|(&a, &b)| f64::from(a) - f64::from(b));
        match self.metric {
            Metric::Manhattan => differences().map(f64::abs).sum(),
            Metric::Euclidean => differences().map(|d| d * d).sum::<f64>().sqrt(),
            Metric::Chebyshev => f64::from(pairs().fold(0.0f32, |most, (a, b)| most.max((a - b).abs()))),
            Metric::Cosine => {
                let dot = |x: &[f32], y: &[f32]| -> f64 {
                    x.iter().zip(y).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
                };
                let lengths = (dot(x, x) * dot(y, y)).sqrt();
                if lengths == 0.0 { 1.0 } else { (1.0 - dot(x, y) / lengths).clamp(0.0, 2.0) }
            }
        }
    }
}

/// 1 / |x|, and 0 for a row of zeros.
fn inverse_length(row: &[f32]) -> f32 {
    let square = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
    if square == 0.0 { 0.0 } else { (1.0 / square.sqrt()) as f32 }
}

/// What the f32 pass proves about the distance (squared for the Euclidean metric) of a pair.
///
/// For the Euclidean metric see [`screen`](crate::linalg::screen). A sum of d absolute differences is off by at most
/// gamma(d + 2) times itself, and a.b / |b| by gamma(d + 2) |a|.
struct Bounds {
    /// The test row's squared length (Euclidean), its length (cosine), or 0.
    length: f32,
    /// The largest error, as a part of the value (Manhattan), of |a|^2 + |b|^2 (Euclidean) or of |a| (cosine);
    /// 0 where distances are exact.
    error: f32,
    metric: Metric,
}

impl Bounds {
    fn new(metric: Metric, x: &[f32], exact: bool) -> Bounds {
        let error = if exact { 0.0 } else { relative_error(x.len()) };
        let length = match metric {
            Metric::Manhattan | Metric::Chebyshev => 0.0,
            Metric::Euclidean => squared_norm(x),
            Metric::Cosine => squared_norm(x).sqrt(),
        };
        Bounds { length, error, metric }
    }

    /// Whether a row with this lower bound cannot be among the k nearest, `limit` being an upper bound of the k-th:
    /// where distances are exact, a later row at the same distance does not belong. A NaN (from features beyond f32)
    /// fails every comparison, so nothing is lost to it.
    #[inline(always)]
    fn too_far(&self, lower: f32, limit: f32) -> bool {
        lower > limit || (self.error == 0.0 && lower == limit && limit < f32::INFINITY)
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
    fn scan(&mut self, values: &[f32], lengths: &[f32], start: usize) {
        let Bounds { length, error, metric } = self.bounds;
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
                    for (i, (&value, &other)) in values.iter().zip(&lengths[offset..]).enumerate() {
                        (lower[i], spread[i]) = squared_distance_bounds(length + other, value, error);
                    }
                }
                // |a| times the cosine distance, less |a|.
                Metric::Cosine => {
                    for (i, (&value, &inverse)) in values.iter().zip(&lengths[offset..]).enumerate() {
                        spread[i] = length * error;
                        lower[i] = -(value * inverse) - spread[i];
                    }
                }
                Metric::Chebyshev => lower[..values.len()].copy_from_slice(values),
            }
            let limit = self.upper[self.upper.len() - 1];
            if lower[..values.len()].iter().all(|&bound| self.bounds.too_far(bound, limit)) {
                continue;
            }
            for i in 0..values.len() {
                self.offer(lower[i], lower[i] + 2.0 * spread[i], (start + offset + i) as u32);
            }
        }
    }

    fn offer(&mut self, lower: f32, upper: f32, index: u32) {
        let last = self.upper.len() - 1;
        if self.bounds.too_far(lower, self.upper[last]) {
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

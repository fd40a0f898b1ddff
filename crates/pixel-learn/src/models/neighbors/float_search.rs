//! Exhaustive search among rows of f32 values: a fast pass keeps every row that its rounding error allows to
//! be among the k nearest, and a second pass orders these few exactly in f64. The fast pass is in 16-bit
//! fixed point for the Euclidean metric and in f32 for the others.
//!
//! The answer is that of f64 distances between the f32 features, with equal distances in the order of the
//! training rows. It depends on neither the instruction set nor the number of threads. The fast pass is exact
//! for Chebyshev distances, which are differences rounded to f32, and for Manhattan distances between bytes,
//! which are whole numbers.

use std::ops::Range;

use rayon::prelude::*;

use super::Metric;
use super::lists::{Neighbor, Neighbors};
use super::shortlist::Shortlist;
use super::word_screen::WordScreen;
use crate::linalg::Matrix;
use crate::linalg::pairwise::{Measure, Panels, all_pairs};
use crate::linalg::screen::{relative_error, squared_norm};

/// Test rows in one task, a multiple of the tile: packed they take 600 KB of the second-level cache.
const TEST_ROWS: usize = 192;
/// Training rows per block of results, a multiple of the tile.
const TRAIN_ROWS: usize = 512;

/// Training rows prepared for search.
pub struct FloatIndex {
    metric: Metric,
    /// Whether the distances of the fast pass are exact.
    exact: bool,
    rows: Matrix,
    packed: Packed,
}

/// The training rows in the layout of the fast pass.
enum Packed {
    /// The Euclidean metric.
    Words(WordScreen),
    /// The others.
    Floats(FloatRows),
}

/// The training rows for a pass in f32.
struct FloatRows {
    /// The measure of the pass; [`Measure::Dot`] for the cosine metric.
    measure: Measure,
    panels: Panels,
    /// Inverse lengths for the cosine (0 for rows of zeros), else empty.
    inverse_lengths: Vec<f32>,
}

impl FloatIndex {
    /// Packs the training rows; `bytes` promises that all values, here and in the test rows, are whole
    /// numbers from 0 to 255. O(n d) time, at most twice the memory of the rows.
    pub fn new(rows: Matrix, metric: Metric, bytes: bool) -> FloatIndex {
        let exact = match metric {
            Metric::Manhattan => bytes && rows.columns() * 255 <= 1 << f32::MANTISSA_DIGITS,
            Metric::Chebyshev => true,
            Metric::Euclidean | Metric::Cosine => false,
        };
        let all = || (0..rows.rows()).map(|i| rows.row(i));
        let floats = |measure, inverse_lengths| {
            Packed::Floats(FloatRows {
                measure,
                panels: Panels::right(all(), rows.columns()),
                inverse_lengths,
            })
        };
        let packed = match metric {
            Metric::Euclidean => Packed::Words(WordScreen::new(&rows)),
            Metric::Cosine => floats(Measure::Dot, all().map(inverse_length).collect()),
            Metric::Manhattan => floats(Measure::Manhattan, Vec::new()),
            Metric::Chebyshev => floats(Measure::Chebyshev, Vec::new()),
        };
        FloatIndex { metric, exact, rows, packed }
    }

    /// Number of training rows.
    pub fn rows(&self) -> usize {
        self.rows.rows()
    }

    /// The `k` nearest training rows of every row of `test`; `k` is from 1 to the number of training rows.
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

    fn search_block(&self, test: &Matrix, block: Range<usize>, k: usize) -> Vec<Neighbor> {
        let shortlists = match &self.packed {
            Packed::Words(screen) => screen.shortlists(test, block.clone(), k),
            Packed::Floats(rows) => self.shortlists(rows, test, block.clone(), k),
        };
        let rows = block.zip(shortlists);
        rows.flat_map(|(i, shortlist)| self.rank(test.row(i), shortlist.candidates(), k)).collect()
    }

    fn shortlists(&self, rows: &FloatRows, test: &Matrix, block: Range<usize>, k: usize) -> Vec<Shortlist> {
        let FloatRows { measure, panels, inverse_lengths } = rows;
        let (n, d) = (self.rows.rows(), self.rows.columns());
        let left = Panels::left(block.clone().map(|i| test.row(i)), d);
        let mut values = vec![0.0f32; block.len() * TRAIN_ROWS];
        let bounds = block.map(|i| Bounds::new(*measure, test.row(i), self.exact));
        let mut shortlists: Vec<(Bounds, Shortlist)> =
            bounds.map(|bounds| (bounds, Shortlist::new(k, self.exact))).collect();
        for start in (0..n).step_by(TRAIN_ROWS) {
            let columns = start..(start + TRAIN_ROWS).min(n);
            all_pairs(*measure, &left, panels, columns.clone(), &mut values, TRAIN_ROWS);
            for ((bounds, shortlist), values) in shortlists.iter_mut().zip(values.chunks_exact(TRAIN_ROWS)) {
                let inverse_lengths = inverse_lengths.get(columns.clone()).unwrap_or_default();
                bounds.scan(shortlist, &values[..columns.len()], inverse_lengths, start);
            }
        }
        shortlists.into_iter().map(|(_, shortlist)| shortlist).collect()
    }

    /// The k nearest of the candidates that the fast pass kept, by exact distance.
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

/// The error bounds of the f32 pass for the distance of a pair: a sum of d absolute differences is off by at
/// most gamma(d + 2) times itself, and a.b / |b| by gamma(d + 2) |a| (see [`screen`](crate::linalg::screen)).
struct Bounds {
    /// The test row's length for the cosine.
    length: f32,
    /// The largest error, relative to the value (Manhattan) or to |a| (cosine); 0 where distances are exact.
    error: f32,
    measure: Measure,
}

impl Bounds {
    fn new(measure: Measure, x: &[f32], exact: bool) -> Bounds {
        let error = if exact { 0.0 } else { relative_error(x.len()) };
        let length = if measure == Measure::Dot { squared_norm(x).sqrt() } else { 0.0 };
        Bounds { length, error, measure }
    }

    /// Offers the training rows from `start` on to a shortlist; `values` are their results.
    fn scan(&self, shortlist: &mut Shortlist, values: &[f32], inverse_lengths: &[f32], start: usize) {
        let &Bounds { length, error, measure } = self;
        let mut lower = [0.0f32; 16];
        let mut spread = [0.0f32; 16];
        for offset in (0..values.len()).step_by(16) {
            let values = &values[offset..values.len().min(offset + 16)];
            match measure {
                Measure::Manhattan => {
                    for (i, &value) in values.iter().enumerate() {
                        spread[i] = value * error;
                        lower[i] = value - spread[i];
                    }
                }
                // The key -a.b / |b|, which is |a| (cosine distance - 1).
                Measure::Dot => {
                    for (i, (&value, &inverse)) in values.iter().zip(&inverse_lengths[offset..]).enumerate() {
                        spread[i] = length * error;
                        lower[i] = -(value * inverse) - spread[i];
                    }
                }
                Measure::Chebyshev => lower[..values.len()].copy_from_slice(values),
            }
            if lower[..values.len()].iter().all(|&bound| shortlist.too_far(bound)) {
                continue;
            }
            for i in 0..values.len() {
                shortlist.offer(lower[i], lower[i] + 2.0 * spread[i], (start + offset + i) as u32);
            }
        }
    }
}

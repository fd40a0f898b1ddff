//! Sums of residuals a value of every byte feature, and the best cut of every feature by Friedman's score:
//! the kernels of regression trees for boosting. Three ways, which agree exactly:
//!
//! - [`ResidualHistogram`]: 256 bins for every feature, for large nodes. Built from the pixels that are not
//!   0 (19 % of MNIST's); bin 0 is never needed, since a cut is scored from the side above it. A child's
//!   histogram is its parent's less its sibling's.
//! - [`TouchedBins`]: the same sums for nodes too small to look at all bins: only those filled are visited.
//! - [`super::few`]: all pairs of rows, 64 features at a time, for nodes of at most 64 rows.
//!
//! Residuals are whole numbers ([`Quantised`]), so that sums are exact in any order: subtraction invents no
//! splits, and neither the number of threads nor the way of counting changes a bit.

use super::sparse::SparseRows;
use crate::linalg::simd::{self, Level};

/// Bits of a packed word that count rows.
const COUNT_BITS: u32 = 20;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// Most rows of a node.
pub const MOST_ROWS: usize = (1 << 18) - 1;

/// Residuals as whole numbers: `residual * scale`, rounded, at most 2^25 in magnitude.
#[derive(Clone, Debug, Default)]
pub struct Quantised {
    pub values: Vec<i32>,
    pub scale: f64,
}

impl Quantised {
    /// Scales by the power of two that brings the largest magnitude into (2^24, 2^25]. O(n).
    pub fn set(&mut self, residuals: &[f64]) {
        let largest = residuals.iter().fold(0.0f64, |largest, r| largest.max(r.abs()));
        self.scale = if largest > 0.0 && largest.is_finite() {
            (25.0 - largest.log2().ceil()).clamp(-900.0, 900.0).exp2()
        } else {
            1.0
        };
        let scale = self.scale;
        self.values.clear();
        self.values.extend(residuals.iter().map(|r| (r * scale).round() as i32));
    }
}

/// The best cut of every feature: rows whose value is below `cut` go left. Its score is
/// `numerator / denominator`; the denominator is 0 where the feature is constant.
#[derive(Clone, Debug, Default)]
pub struct FeatureCuts {
    pub numerator: Vec<f64>,
    pub denominator: Vec<f64>,
    pub cut: Vec<u16>,
}

impl FeatureCuts {
    pub(super) fn clear(&mut self, d: usize) {
        self.numerator.clear();
        self.numerator.resize(d, 0.0);
        self.denominator.clear();
        self.denominator.resize(d, 0.0);
        self.cut.clear();
        self.cut.resize(d, 0);
    }

    /// The feature of the largest score; among n equally good ones that of the number `tie(n)` (below n)
    /// in ascending order. `None` when all features are constant.
    pub fn best(&self, tie: impl FnOnce(usize) -> usize) -> Option<(usize, u16)> {
        let score = |feature: usize| self.numerator[feature] / self.denominator[feature];
        // 0 / 0 is not a number, which no comparison lets through.
        let best = (0..self.cut.len()).map(score).fold(-1.0, |best, s| if s > best { s } else { best });
        if best < 0.0 {
            return None;
        }
        let equal = (0..self.cut.len()).filter(|&feature| score(feature) == best).count();
        let chosen = if equal > 1 { tie(equal) } else { 0 };
        let feature = (0..self.cut.len()).filter(|&feature| score(feature) == best).nth(chosen)?;
        Some((feature, self.cut[feature]))
    }
}

/// Friedman's score as a fraction, when `right_rows` of `rows` rows with residuals `right_sum` of `sum` go
/// right: (n * right_sum - right_rows * sum)^2 / (left_rows * right_rows), which is n^2 times
/// scikit-learn's friedman_mse proxy. Mirrored partitions score equally.
#[inline(always)]
pub(super) fn fraction(rows: f64, sum: f64, right_rows: f64, right_sum: f64) -> (f64, f64) {
    let difference = rows * right_sum - right_rows * sum;
    (difference * difference, right_rows * (rows - right_rows))
}

/// What a packed word adds for one row.
#[inline(always)]
fn packed(value: i32) -> u64 {
    ((i64::from(value) << COUNT_BITS) as u64).wrapping_add(1)
}

#[inline(always)]
fn unpack(word: u64) -> (f64, f64) {
    ((word & COUNT_MASK) as f64, ((word as i64) >> COUNT_BITS) as f64)
}

/// Packed sums and counts of every pixel value above 0 of every feature: word `value << bits | feature`.
#[derive(Clone, Debug)]
pub struct ResidualHistogram {
    words: Vec<u64>,
    d: usize,
    bits: u32,
}

impl ResidualHistogram {
    /// An empty histogram for the features of `x`.
    pub fn new(x: &SparseRows) -> ResidualHistogram {
        ResidualHistogram { words: vec![0; 256 << x.bits()], d: x.d(), bits: x.bits() }
    }

    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Adds rows. O(their pixels that are not 0).
    pub fn add(&mut self, x: &SparseRows, rows: &[u32], residuals: &Quantised) {
        self.accumulate::<true>(x, rows, residuals);
    }

    /// Takes rows away that were added before.
    pub fn remove(&mut self, x: &SparseRows, rows: &[u32], residuals: &Quantised) {
        self.accumulate::<false>(x, rows, residuals);
    }

    fn accumulate<const ADD: bool>(&mut self, x: &SparseRows, rows: &[u32], residuals: &Quantised) {
        assert!(x.bits() == self.bits && x.d() == self.d);
        for &row in rows {
            let word = packed(residuals.values[row as usize]);
            let word = if ADD { word } else { word.wrapping_neg() };
            for &bin in x.row(row as usize) {
                // SAFETY: SparseRows holds only bins below 256 << bits, the length of `words`, and the
                // assertion above says that both have the same bits.
                let slot = unsafe { self.words.get_unchecked_mut(bin as usize) };
                *slot = slot.wrapping_add(word);
            }
        }
    }

    /// Takes away another histogram, whose rows are among ours. O(256 d).
    pub fn subtract(&mut self, other: &ResidualHistogram) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a = a.wrapping_sub(*b);
        }
    }

    /// The best cut of every feature, for a node of `rows` rows whose residuals sum to `sum`; the lowest of
    /// equally good cuts. O(256 d).
    pub fn best_cuts(
        &self,
        level: Level,
        rows: usize,
        sum: i64,
        state: &mut ScanState,
        out: &mut FeatureCuts,
    ) {
        match level.min(simd::supported()) {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the CPU has these instructions.
            Level::Avx512 => unsafe { self.best_cuts_avx512(rows, sum, state, out) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Level::Avx2 => unsafe { self.best_cuts_avx2(rows, sum, state, out) },
            _ => self.best_cuts_body(rows, sum, state, out),
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    fn best_cuts_avx512(&self, rows: usize, sum: i64, state: &mut ScanState, out: &mut FeatureCuts) {
        self.best_cuts_body(rows, sum, state, out);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn best_cuts_avx2(&self, rows: usize, sum: i64, state: &mut ScanState, out: &mut FeatureCuts) {
        self.best_cuts_body(rows, sum, state, out);
    }

    /// From the brightest value down: what lies above is on the right, and bin 0 is not needed.
    #[inline(always)]
    fn best_cuts_body(&self, rows: usize, sum: i64, state: &mut ScanState, out: &mut FeatureCuts) {
        let d = self.d;
        out.clear(d);
        state.above.clear();
        state.above.resize(d, 0);
        let (rows, sum) = (rows as f64, sum as f64);
        for value in (1..256usize).rev() {
            let start = value << self.bits;
            let words = &self.words[start..start + d];
            let above = &mut state.above[..d];
            let (numerator, denominator, cut) =
                (&mut out.numerator[..d], &mut out.denominator[..d], &mut out.cut[..d]);
            for feature in 0..d {
                above[feature] = above[feature].wrapping_add(words[feature]);
                let (right_rows, right_sum) = unpack(above[feature]);
                let (n, m) = fraction(rows, sum, right_rows, right_sum);
                // n / m >= best, without dividing; the first candidate meets 0 / 0.
                let better = m > 0.0 && n * denominator[feature] >= numerator[feature] * m;
                numerator[feature] = if better { n } else { numerator[feature] };
                denominator[feature] = if better { m } else { denominator[feature] };
                cut[feature] = if better { value as u16 } else { cut[feature] };
            }
        }
    }
}

/// Working memory of a scan.
#[derive(Clone, Debug, Default)]
pub struct ScanState {
    above: Vec<u64>,
}

/// Packed sums of the bins that a small node fills: word `feature << 8 | value`, and which are filled.
pub struct TouchedBins {
    words: Vec<u64>,
    filled: Vec<[u64; 4]>,
    bits: u32,
}

impl TouchedBins {
    pub fn new(x: &SparseRows) -> TouchedBins {
        TouchedBins { words: vec![0; x.d() << 8], filled: vec![[0; 4]; x.d()], bits: x.bits() }
    }

    /// The best cut of every feature for the rows of a node, as [`ResidualHistogram::best_cuts`] finds it.
    /// O(pixels that are not 0 + d).
    pub fn best_cuts(
        &mut self,
        x: &SparseRows,
        rows: &[u32],
        residuals: &Quantised,
        sum: i64,
        out: &mut FeatureCuts,
    ) {
        out.clear(x.d());
        let mask = (1u32 << self.bits) - 1;
        for &row in rows {
            let word = packed(residuals.values[row as usize]);
            for &bin in x.row(row as usize) {
                let (feature, value) = ((bin & mask) as usize, (bin >> self.bits) as usize);
                let slot = &mut self.words[feature << 8 | value];
                *slot = slot.wrapping_add(word);
                self.filled[feature][value >> 6] |= 1 << (value & 63);
            }
        }
        let (rows, sum) = (rows.len() as f64, sum as f64);
        for (feature, filled) in self.filled.iter_mut().enumerate() {
            let words = &mut self.words[feature << 8..(feature + 1) << 8];
            let mut above = 0u64;
            let (mut best_n, mut best_m, mut best_cut) = (0.0, 0.0, 0);
            for (group, bits) in filled.iter_mut().enumerate().rev() {
                while *bits != 0 {
                    let place = 63 - bits.leading_zeros() as usize;
                    *bits &= !(1 << place);
                    let value = group << 6 | place;
                    above = above.wrapping_add(words[value]);
                    words[value] = 0;
                    let (right_rows, right_sum) = unpack(above);
                    let (n, m) = fraction(rows, sum, right_rows, right_sum);
                    if m > 0.0 && n * best_m >= best_n * m {
                        (best_n, best_m, best_cut) = (n, m, value);
                    }
                }
            }
            if best_m > 0.0 {
                out.numerator[feature] = best_n;
                out.denominator[feature] = best_m;
                out.cut[feature] = best_cut as u16;
            }
        }
    }
}

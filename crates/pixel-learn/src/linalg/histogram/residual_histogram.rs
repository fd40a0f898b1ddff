//! Residual histograms: sums of residuals for each value of every byte feature, and the best cut of every
//! feature by Friedman's improvement score, for the regression trees of gradient boosting.
//!
//! A large node keeps the histogram of all features ([`ResidualHistogram`]), so that a child's is its
//! parent's minus its sibling's. A smaller node sums one block of eight features at a time
//! ([`best_cuts_of_rows`]): its 8 x 256 bins are 16 KB, which the first-level cache holds. A word of eight
//! zero pixels (most of MNIST's) is skipped: bin 0 is never needed, because a cut is scored from the side
//! above it.
//!
//! Residuals are integers ([`QuantisedResiduals`]): sums are exact in any order.

use super::bin_sums::{BinSums, Sums};
use super::binned_rows::BinnedRows;
use super::bins::Bins;
use super::byte_words::{ByteWords, LANES};
use crate::linalg::simd::{self, Level};

/// Bits of a cell that count rows.
const COUNT_BITS: u32 = 20;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// Maximum number of rows: their residuals add up within the other 44 bits.
pub const MOST_ROWS: usize = (1 << 18) - 1;

/// Residuals as integers: `residual * scale`, rounded, at most 2^25 in magnitude.
#[derive(Clone, Debug, Default)]
pub struct QuantisedResiduals {
    /// The integers, residual * scale rounded.
    pub values: Vec<i32>,
    /// The scale, a power of two.
    pub scale: f64,
}

impl QuantisedResiduals {
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

/// The best cut of every feature: rows whose value is below `cut` go left. The score is `numerator /
/// denominator`; the denominator is 0 if the feature is constant.
#[derive(Clone, Debug, Default)]
pub struct FeatureCuts {
    /// Numerators of the scores, one per feature.
    pub numerator: Vec<f64>,
    /// Denominators of the scores, one per feature.
    pub denominator: Vec<f64>,
    /// The least value that goes right, one per feature.
    pub cut: Vec<u16>,
}

impl FeatureCuts {
    /// Resets to no cut for any of `d` features.
    pub(super) fn clear(&mut self, d: usize) {
        self.numerator.clear();
        self.numerator.resize(d, 0.0);
        self.denominator.clear();
        self.denominator.resize(d, 0.0);
        self.cut.clear();
        self.cut.resize(d, 0);
    }

    /// Sets the cuts of the eight features of a block.
    fn set_block(&mut self, block: usize, best: &BlockCuts) {
        let at = block * LANES;
        let width = LANES.min(self.cut.len() - at);
        self.numerator[at..at + width].copy_from_slice(&best.numerator[..width]);
        self.denominator[at..at + width].copy_from_slice(&best.denominator[..width]);
        self.cut[at..at + width].copy_from_slice(&best.cut.map(|cut| cut as u16)[..width]);
    }

    /// The feature and cut of the largest score. Among n features of that score `tie(n)` chooses one, by its
    /// number in ascending order. `None` if all features are constant.
    pub fn best(&self, tie: impl FnOnce(usize) -> usize) -> Option<(usize, u16)> {
        let score = |feature: usize| self.numerator[feature] / self.denominator[feature];
        // The score of a constant feature is 0 / 0, NaN, which no comparison selects.
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

/// Friedman's improvement score (2001, equation 35) as a fraction, for a node of `rows` rows with residual
/// sum `sum` of which `right_rows` with sum `right_sum` go right: (rows * right_sum - right_rows * sum)^2 /
/// (left_rows * right_rows). The fraction is `rows` times Friedman's score and equal to scikit-learn's
/// friedman_mse proxy, in squared units of the residuals. Mirrored partitions have equal scores.
#[inline(always)]
pub(super) fn score_fraction(rows: f64, sum: f64, right_rows: f64, right_sum: f64) -> (f64, f64) {
    let difference = rows * right_sum - right_rows * sum;
    (difference * difference, right_rows * (rows - right_rows))
}

/// A cell of a residual histogram: the sum of residuals above `COUNT_BITS` bits that count rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct ResidualCell(u64);

impl ResidualCell {
    /// The cell of one row.
    pub fn row(value: i32) -> ResidualCell {
        ResidualCell(((i64::from(value) << COUNT_BITS) as u64).wrapping_add(1))
    }
}

impl Sums for ResidualCell {
    #[inline(always)]
    fn add(&mut self, other: ResidualCell) {
        self.0 = self.0.wrapping_add(other.0);
    }

    #[inline(always)]
    fn subtract(&mut self, other: ResidualCell) {
        self.0 = self.0.wrapping_sub(other.0);
    }
}

/// The cells of eight features: value v of feature k at `v * 8 + k`.
type BlockBins = [ResidualCell; 256 * LANES];

/// Adds one row with the bytes `word`.
#[inline(always)]
fn add_row(bins: &mut BlockBins, word: u64, row: ResidualCell) {
    for (lane, value) in word.to_le_bytes().into_iter().enumerate() {
        bins[usize::from(value) * LANES + lane].add(row);
    }
}

/// The best cuts of the eight features of a block; 0 for none.
#[derive(Default)]
struct BlockCuts {
    numerator: [f64; LANES],
    denominator: [f64; LANES],
    cut: [u64; LANES],
}

/// Scores all cuts of a block for a node of `rows` rows with residual sum `sum`, from the last bin down.
/// `bins` start at bin 1. Of equal scores the lowest cut wins. O(bins).
fn scan(level: Level, bins: &[ResidualCell], rows: f64, sum: f64) -> BlockCuts {
    match level.min(simd::supported()) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the CPU has these instructions.
        Level::Avx512 => unsafe { scan_avx512(bins, rows, sum) },
        _ => scan_scalar(bins, rows, sum),
    }
}

/// The scalar reference, which the AVX-512 scan matches bit for bit.
fn scan_scalar(bins: &[ResidualCell], rows: f64, sum: f64) -> BlockCuts {
    let mut best = BlockCuts::default();
    let mut above = [ResidualCell::default(); LANES];
    for (index, bins) in bins.as_chunks::<LANES>().0.iter().enumerate().rev() {
        if bins.iter().all(|&bin| bin == ResidualCell::default()) {
            continue;
        }
        for lane in 0..LANES {
            above[lane].add(bins[lane]);
            let right_rows = (above[lane].0 & COUNT_MASK) as f64;
            let right_sum = ((above[lane].0 as i64) >> COUNT_BITS) as f64;
            let (n, m) = score_fraction(rows, sum, right_rows, right_sum);
            // n / m >= best, without dividing; the first candidate meets 0 / 0.
            if m > 0.0 && n * best.denominator[lane] >= best.numerator[lane] * m {
                (best.numerator[lane], best.denominator[lane], best.cut[lane]) = (n, m, index as u64 + 1);
            }
        }
    }
    best
}

/// [`scan_scalar`] with one feature in each lane.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn scan_avx512(bins: &[ResidualCell], rows: f64, sum: f64) -> BlockCuts {
    use std::arch::x86_64::*;
    let (rows, sum) = (_mm512_set1_pd(rows), _mm512_set1_pd(sum));
    let zero = _mm512_setzero_pd();
    let count_mask = _mm512_set1_epi64(COUNT_MASK as i64);
    let mut above = _mm512_setzero_si512();
    let (mut numerator, mut denominator, mut cut) = (zero, zero, _mm512_setzero_si512());
    for (index, bins) in bins.as_chunks::<LANES>().0.iter().enumerate().rev() {
        // SAFETY: eight words from an array of eight.
        let bins = unsafe { _mm512_loadu_si512(bins.as_ptr().cast()) };
        if _mm512_test_epi64_mask(bins, bins) == 0 {
            continue;
        }
        above = _mm512_add_epi64(above, bins);
        let right_rows = _mm512_cvtepi64_pd(_mm512_and_si512(above, count_mask));
        let right_sum = _mm512_cvtepi64_pd(_mm512_srai_epi64::<COUNT_BITS>(above));
        // As [`score_fraction`]: the two products and the difference round separately.
        let difference = _mm512_sub_pd(_mm512_mul_pd(rows, right_sum), _mm512_mul_pd(right_rows, sum));
        let n = _mm512_mul_pd(difference, difference);
        let m = _mm512_mul_pd(right_rows, _mm512_sub_pd(rows, right_rows));
        let valid = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(m, zero);
        let better = _mm512_mask_cmp_pd_mask::<_CMP_GE_OQ>(
            valid,
            _mm512_mul_pd(n, denominator),
            _mm512_mul_pd(numerator, m),
        );
        numerator = _mm512_mask_mov_pd(numerator, better, n);
        denominator = _mm512_mask_mov_pd(denominator, better, m);
        cut = _mm512_mask_mov_epi64(cut, better, _mm512_set1_epi64(index as i64 + 1));
    }
    let mut best = BlockCuts::default();
    // SAFETY: eight words into each of three arrays of eight.
    unsafe {
        _mm512_storeu_pd(best.numerator.as_mut_ptr(), numerator);
        _mm512_storeu_pd(best.denominator.as_mut_ptr(), denominator);
        _mm512_storeu_si512(best.cut.as_mut_ptr().cast(), cut);
    }
    best
}

/// The sum of residuals and the number of rows for each bin of every feature.
pub type ResidualHistogram = BinSums<ResidualCell>;

impl BinSums<ResidualCell> {
    /// The best cut of every feature for a node of `rows` rows with residual sum `sum`. Of equal scores the
    /// lowest cut wins. O(cells).
    pub fn best_cuts(
        &self,
        level: Level,
        x: &BinnedRows,
        bins: &Bins,
        rows: usize,
        sum: i64,
        out: &mut FeatureCuts,
    ) {
        out.clear(x.d());
        for block in &x.blocks {
            let best = scan(level, self.block(block), rows as f64, sum as f64);
            for (lane, feature) in block.features.iter().enumerate() {
                if let (Some(feature), 1..) = (feature.map(usize::from), best.cut[lane]) {
                    out.numerator[feature] = best.numerator[lane];
                    out.denominator[feature] = best.denominator[lane];
                    out.cut[feature] = u16::from(bins.largest_byte(feature, best.cut[lane] as u8 - 1)) + 1;
                }
            }
        }
    }
}

/// Adds the rows of a node to the bins of one block. Returns `false` if all their pixels in the block are 0.
fn add_rows(
    bins: &mut BlockBins,
    x: &ByteWords,
    block: usize,
    rows: &[u32],
    values: &[ResidualCell],
) -> bool {
    let mut any = 0;
    let mut add = |word: u64, value: ResidualCell| {
        if word != 0 {
            any |= word;
            add_row(bins, word, value);
        }
    };
    // A cache line holds eight rows of a block or eight blocks of a row. The layout by blocks is faster if
    // most of its rows are read.
    if rows.len() < x.n() / LANES {
        for (&row, &value) in rows.iter().zip(values) {
            add(x.of_row(row as usize, block), value);
        }
    } else {
        let words = x.block(block);
        for (&row, &value) in rows.iter().zip(values) {
            add(words[row as usize], value);
        }
    }
    any != 0
}

/// Working memory of [`best_cuts_of_rows`].
pub struct Scratch {
    bins: Box<BlockBins>,
    values: Vec<ResidualCell>,
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch { bins: Box::new([ResidualCell::default(); 256 * LANES]), values: Vec::new() }
    }
}

/// The best cut of every feature for a node whose residuals sum to `sum`, without keeping a histogram. Equal
/// to [`ResidualHistogram::best_cuts`]. O((rows + 256) d).
pub fn best_cuts_of_rows(
    level: Level,
    x: &ByteWords,
    rows: &[u32],
    residuals: &[i32],
    sum: i64,
    scratch: &mut Scratch,
    out: &mut FeatureCuts,
) {
    out.clear(x.d());
    scratch.values.clear();
    scratch.values.extend(rows.iter().map(|&row| ResidualCell::row(residuals[row as usize])));
    for block in 0..x.blocks() {
        if add_rows(&mut scratch.bins, x, block, rows, &scratch.values) {
            out.set_block(block, &scan(level, &scratch.bins[LANES..], rows.len() as f64, sum as f64));
            scratch.bins.fill(ResidualCell::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::histogram::small_node;

    struct Node {
        pixels: Vec<u8>,
        d: usize,
        x: ByteWords,
        bins: Bins,
        binned: BinnedRows,
        rows: Vec<u32>,
        residuals: Vec<i32>,
        values: Vec<ResidualCell>,
        sum: i64,
    }

    /// Rows that repeat values and residuals often enough for ties; feature 3 is constant, feature 5 is 0.
    fn node(n: usize, d: usize, seed: u64) -> Node {
        let mut state = seed;
        let mut draw = |bound: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % bound
        };
        let pixels: Vec<u8> = (0..(n + 9) * d)
            .map(|at| match at % d {
                3 => 77,
                5 => 0,
                feature => [0, 0, 255, draw(256)][draw(if feature % 2 == 0 { 4 } else { 3 }) as usize] as u8,
            })
            .collect();
        let residuals: Vec<i32> =
            (0..n + 9).map(|_| [-(1 << 25), 1 << 25, 12345, -9][draw(4) as usize]).collect();
        let rows: Vec<u32> = (0..n as u32 + 9).filter(|row| row % 7 != 3).take(n).collect();
        let sum = rows.iter().map(|&row| i64::from(residuals[row as usize])).sum();
        let all: Vec<u32> = (0..n as u32 + 9).collect();
        let bins = Bins::exact(&pixels, d, &all);
        Node {
            x: ByteWords::new(&pixels, n + 9, d),
            binned: BinnedRows::new(&pixels, d, &all, &bins),
            bins,
            pixels,
            d,
            rows,
            values: residuals.iter().map(|&residual| ResidualCell::row(residual)).collect(),
            residuals,
            sum,
        }
    }

    /// The definition: every cut between present values, the lowest of the best.
    fn by_definition(node: &Node) -> Vec<Option<(f64, u8)>> {
        let byte = |row: u32, feature: usize| node.pixels[row as usize * node.d + feature];
        let n = node.rows.len() as f64;
        (0..node.d)
            .map(|feature| {
                let mut best: Option<(f64, u8)> = None;
                for cut in 1..=255u8 {
                    let right: Vec<u32> =
                        node.rows.iter().copied().filter(|&row| byte(row, feature) >= cut).collect();
                    let sum: i64 = right.iter().map(|&row| i64::from(node.residuals[row as usize])).sum();
                    let (a, b) = score_fraction(n, node.sum as f64, right.len() as f64, sum as f64);
                    if b > 0.0 && best.is_none_or(|(score, _)| a / b > score * (1.0 + 1e-14)) {
                        // The smallest value that goes right names the partition.
                        let high = right.iter().map(|&row| byte(row, feature)).min().unwrap();
                        best = Some((a / b, high));
                    }
                }
                best
            })
            .collect()
    }

    fn found(node: &Node, cuts: &FeatureCuts) -> Vec<Option<(f64, u8)>> {
        (0..node.d)
            .map(|feature| {
                (cuts.denominator[feature] > 0.0).then(|| {
                    let right = node.rows.iter().map(|&row| node.pixels[row as usize * node.d + feature]);
                    let high = right.filter(|&value| u16::from(value) >= cuts.cut[feature]).min().unwrap();
                    (cuts.numerator[feature] / cuts.denominator[feature], high)
                })
            })
            .collect()
    }

    fn levels() -> impl Iterator<Item = Level> {
        [Level::Scalar, Level::Avx2, Level::Avx512].into_iter().filter(|&level| level <= simd::supported())
    }

    #[test]
    fn all_ways_of_counting_find_the_best_cuts_at_every_level() {
        let mut scratch = Scratch::default();
        for n in 0..200 {
            let node = node(n, 13, n as u64);
            let expected = by_definition(&node);
            let mut histogram = ResidualHistogram::new(&node.binned);
            histogram.set(&node.binned, &node.rows, &node.values);
            for level in levels() {
                let mut cuts = FeatureCuts::default();
                histogram.best_cuts(level, &node.binned, &node.bins, node.rows.len(), node.sum, &mut cuts);
                assert_eq!(found(&node, &cuts), expected, "histogram of {n} rows, {level:?}");
                best_cuts_of_rows(
                    level,
                    &node.x,
                    &node.rows,
                    &node.residuals,
                    node.sum,
                    &mut scratch,
                    &mut cuts,
                );
                assert_eq!(found(&node, &cuts), expected, "{n} rows, {level:?}");
                if node.rows.len() <= small_node::MOST_ROWS {
                    small_node::best_cuts(level, &node.x, &node.rows, &node.residuals, node.sum, &mut cuts);
                    assert_eq!(found(&node, &cuts), expected, "all pairs of {n} rows, {level:?}");
                }
            }
        }
    }

    #[test]
    fn a_childs_histogram_is_its_parents_less_its_siblings() {
        let node = node(9000, 20, 4);
        let (left, right): (Vec<u32>, Vec<u32>) =
            node.rows.iter().partition(|&&row| node.x.byte(row as usize, 2) < 255);
        let histogram = |rows: &[u32]| {
            let mut histogram = ResidualHistogram::new(&node.binned);
            histogram.set(&node.binned, rows, &node.values);
            histogram
        };
        let (mut parent, child, sibling) = (histogram(&node.rows), histogram(&left), histogram(&right));
        let mut removed = parent.clone();
        parent.subtract(&child);
        assert!(parent.0 == sibling.0);
        removed.remove(&node.binned, &left, &node.values);
        assert!(removed.0 == sibling.0);
    }

    #[test]
    fn ties_are_drawn_among_the_equally_good_features() {
        let cuts = FeatureCuts {
            numerator: vec![0.0, 8.0, 1.0, 4.0, 8.0],
            denominator: vec![0.0, 4.0, 1.0, 2.0, 8.0],
            cut: vec![0, 10, 20, 30, 40],
        };
        assert_eq!(
            cuts.best(|equal| {
                assert_eq!(equal, 2);
                0
            }),
            Some((1, 10))
        );
        assert_eq!(cuts.best(|_| 1), Some((3, 30)));
        let none = FeatureCuts { numerator: vec![0.0; 2], denominator: vec![0.0; 2], cut: vec![0; 2] };
        assert_eq!(none.best(|_| 0), None);
    }
}

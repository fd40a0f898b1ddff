//! Sums of residuals a value of every byte feature, and the best cut of every feature by Friedman's score:
//! the kernels of regression trees for boosting.
//!
//! A large node keeps the sums of all features ([`ResidualHistogram`]), so that a child's are its parent's less its
//! sibling's. A small one scores each block of eight features and forgets it ([`best_cuts_of_rows`]): 8 x 256 bins are
//! 16 KB, which the first-level cache holds, and a word of eight pixels that are all 0 (most of MNIST's) is skipped, for
//! bin 0 is never needed: a cut is scored from the side above it.
//!
//! Residuals are whole numbers ([`Quantised`]), so that sums are exact in any order.

use super::bin_sums::{BinSums, Sums};
use super::binned_rows::BinnedRows;
use super::bins::Bins;
use super::byte_words::{ByteWords, LANES};
use crate::linalg::simd::{self, Level};

/// Bits of a packed word that count rows.
const COUNT_BITS: u32 = 20;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// Most rows of a node: their residuals add up within the 44 bits left.
pub const MOST_ROWS: usize = (1 << 18) - 1;

/// Residuals as whole numbers: `residual * scale`, rounded, at most 2^25 in magnitude.
#[derive(Clone, Debug, Default)]
pub struct Quantised {
    /// residual * scale, rounded.
    pub values: Vec<i32>,
    /// A power of two.
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
    /// Numerators of the scores, one a feature.
    pub numerator: Vec<f64>,
    /// Denominators of the scores, one a feature.
    pub denominator: Vec<f64>,
    /// The least value that goes right, one a feature.
    pub cut: Vec<u16>,
}

impl FeatureCuts {
    /// No cut for any of `d` features.
    pub(super) fn clear(&mut self, d: usize) {
        self.numerator.clear();
        self.numerator.resize(d, 0.0);
        self.denominator.clear();
        self.denominator.resize(d, 0.0);
        self.cut.clear();
        self.cut.resize(d, 0);
    }

    /// Sets the cuts of eight features in a row.
    fn set_block(&mut self, block: usize, best: &BlockCuts) {
        let at = block * LANES;
        let width = LANES.min(self.cut.len() - at);
        self.numerator[at..at + width].copy_from_slice(&best.numerator[..width]);
        self.denominator[at..at + width].copy_from_slice(&best.denominator[..width]);
        self.cut[at..at + width].copy_from_slice(&best.cut.map(|cut| cut as u16)[..width]);
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

/// Sums over rows: of residuals, above [`COUNT_BITS`] bits that count rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Residual(u64);

impl Residual {
    /// One row.
    pub fn row(value: i32) -> Residual {
        Residual(((i64::from(value) << COUNT_BITS) as u64).wrapping_add(1))
    }
}

impl Sums for Residual {
    #[inline(always)]
    fn add(&mut self, other: Residual) {
        self.0 = self.0.wrapping_add(other.0);
    }

    #[inline(always)]
    fn subtract(&mut self, other: Residual) {
        self.0 = self.0.wrapping_sub(other.0);
    }
}

/// The bins of eight features: value v of feature k at `v * 8 + k`.
type BlockBins = [Residual; 256 * LANES];

/// Adds one row, whose eight bytes are `word`.
#[inline(always)]
fn count(bins: &mut BlockBins, word: u64, row: Residual) {
    for (lane, value) in word.to_le_bytes().into_iter().enumerate() {
        bins[usize::from(value) * LANES + lane].add(row);
    }
}

/// The best cuts of eight features.
#[derive(Default)]
struct BlockCuts {
    numerator: [f64; LANES],
    denominator: [f64; LANES],
    cut: [u64; LANES],
}

/// Scores all cuts of a block, given its bins from bin 1 on, from the last bin down, for a node of `rows` rows whose
/// residuals sum to `sum`; the lowest of equally good cuts wins. O(bins).
fn scan(level: Level, bins: &[Residual], rows: f64, sum: f64) -> BlockCuts {
    match level.min(simd::supported()) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the CPU has these instructions.
        Level::Avx512 => unsafe { scan_avx512(bins, rows, sum) },
        _ => scan_scalar(bins, rows, sum),
    }
}

fn scan_scalar(bins: &[Residual], rows: f64, sum: f64) -> BlockCuts {
    let mut best = BlockCuts::default();
    let mut above = [Residual::default(); LANES];
    for (index, bins) in bins.as_chunks::<LANES>().0.iter().enumerate().rev() {
        if bins.iter().all(|&bin| bin == Residual::default()) {
            continue;
        }
        for lane in 0..LANES {
            above[lane].add(bins[lane]);
            let right_rows = (above[lane].0 & COUNT_MASK) as f64;
            let right_sum = ((above[lane].0 as i64) >> COUNT_BITS) as f64;
            let (n, m) = fraction(rows, sum, right_rows, right_sum);
            // n / m >= best, without dividing; the first candidate meets 0 / 0.
            if m > 0.0 && n * best.denominator[lane] >= best.numerator[lane] * m {
                (best.numerator[lane], best.denominator[lane], best.cut[lane]) = (n, m, index as u64 + 1);
            }
        }
    }
    best
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn scan_avx512(bins: &[Residual], rows: f64, sum: f64) -> BlockCuts {
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
        // As `fraction`: the two products and the difference round separately.
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

/// Residuals and rows a value of every feature.
pub type ResidualHistogram = BinSums<Residual>;

impl BinSums<Residual> {
    /// The best cut of every feature, for a node of `rows` rows whose residuals sum to `sum`; the lowest of equally good
    /// cuts. O(cells).
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

/// Adds the rows of a node to the bins of one block; false when that was skipped, all their pixels being 0.
fn add_rows(bins: &mut BlockBins, x: &ByteWords, block: usize, rows: &[u32], values: &[Residual]) -> bool {
    let mut any = 0;
    let mut add = |word: u64, value: Residual| {
        if word != 0 {
            any |= word;
            count(bins, word, value);
        }
    };
    // A cache line holds eight rows of a block or eight blocks of a row: the former when most are wanted.
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
    values: Vec<Residual>,
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch { bins: Box::new([Residual::default(); 256 * LANES]), values: Vec::new() }
    }
}

/// The best cut of every feature for the rows of a node whose residuals sum to `sum`, without keeping bins:
/// the same as [`ResidualHistogram::best_cuts`]. O((rows + 256) d).
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
    scratch.values.extend(rows.iter().map(|&row| Residual::row(residuals[row as usize])));
    for block in 0..x.blocks() {
        if add_rows(&mut scratch.bins, x, block, rows, &scratch.values) {
            out.set_block(block, &scan(level, &scratch.bins[LANES..], rows.len() as f64, sum as f64));
            scratch.bins.fill(Residual::default());
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
        values: Vec<Residual>,
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
            values: residuals.iter().map(|&residual| Residual::row(residual)).collect(),
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
                    let (a, b) = fraction(n, node.sum as f64, right.len() as f64, sum as f64);
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
                if node.rows.len() <= small_node::MOST {
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

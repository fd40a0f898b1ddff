//! Sums of residuals a value of every byte feature, and the best cut of every feature by Friedman's score:
//! the kernels of regression trees for boosting.
//!
//! Eight features are counted at a time: their 8 x 256 bins are 16 KB, which the first-level cache holds, and
//! a word of eight pixels that are all 0 (most of MNIST's) is skipped, for bin 0 is never needed: a cut
//! is scored from the side above it. A large node keeps the bins of all features ([`ResidualHistogram`]),
//! so that a child's are its parent's less its sibling's; a small one scores each block and forgets it
//! ([`best_cuts_of_rows`]).
//!
//! Residuals are whole numbers ([`Quantised`]), so that sums are exact in any order: subtraction invents no
//! splits, and neither the number of threads nor the way of counting changes a bit.

use rayon::prelude::*;

use super::byte_words::{ByteWords, LANES};
use crate::linalg::simd::{self, Level};

/// Bits of a packed word that count rows.
const COUNT_BITS: u32 = 20;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// Most rows of a node: their residuals add up within the 44 bits left.
pub const MOST_ROWS: usize = (1 << 18) - 1;

/// Rows from which threads share the work.
const MANY: usize = 4096;

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

/// The bins of eight features: packed sum and count of value v of feature k at `v * 8 + k`.
type Bins = [u64; 256 * LANES];

/// Adds one row, whose eight bytes are `word`. The sum stands above [`COUNT_BITS`] bits of count.
#[inline(always)]
fn count(bins: &mut Bins, word: u64, packed: u64) {
    for (lane, value) in word.to_le_bytes().into_iter().enumerate() {
        let bin = &mut bins[usize::from(value) * LANES + lane];
        *bin = bin.wrapping_add(packed);
    }
}

#[inline(always)]
fn pack(value: i32) -> u64 {
    ((i64::from(value) << COUNT_BITS) as u64).wrapping_add(1)
}

/// The best cuts of eight features.
#[derive(Default)]
struct BlockCuts {
    numerator: [f64; LANES],
    denominator: [f64; LANES],
    cut: [u64; LANES],
}

/// Scores all cuts of a block from the brightest value down, for a node of `rows` rows whose residuals sum to
/// `sum`; the lowest of equally good cuts wins. Bin 0 is not looked at. O(256 x 8).
fn scan(level: Level, bins: &Bins, rows: f64, sum: f64) -> BlockCuts {
    match level.min(simd::supported()) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the CPU has these instructions.
        Level::Avx512 => unsafe { scan_avx512(bins, rows, sum) },
        _ => scan_scalar(bins, rows, sum),
    }
}

fn scan_scalar(bins: &Bins, rows: f64, sum: f64) -> BlockCuts {
    let mut best = BlockCuts::default();
    let mut above = [0u64; LANES];
    for value in (1..256usize).rev() {
        let bins = &bins[value * LANES..(value + 1) * LANES];
        if bins.iter().all(|&bin| bin == 0) {
            continue;
        }
        for lane in 0..LANES {
            above[lane] = above[lane].wrapping_add(bins[lane]);
            let right_rows = (above[lane] & COUNT_MASK) as f64;
            let right_sum = ((above[lane] as i64) >> COUNT_BITS) as f64;
            let (n, m) = fraction(rows, sum, right_rows, right_sum);
            // n / m >= best, without dividing; the first candidate meets 0 / 0.
            if m > 0.0 && n * best.denominator[lane] >= best.numerator[lane] * m {
                (best.numerator[lane], best.denominator[lane], best.cut[lane]) = (n, m, value as u64);
            }
        }
    }
    best
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn scan_avx512(bins: &Bins, rows: f64, sum: f64) -> BlockCuts {
    use std::arch::x86_64::*;
    let (rows, sum) = (_mm512_set1_pd(rows), _mm512_set1_pd(sum));
    let zero = _mm512_setzero_pd();
    let count_mask = _mm512_set1_epi64(COUNT_MASK as i64);
    let mut above = _mm512_setzero_si512();
    let (mut numerator, mut denominator, mut cut) = (zero, zero, _mm512_setzero_si512());
    for value in (1..256usize).rev() {
        // SAFETY: eight words from an array of 256 x 8.
        let bins = unsafe { _mm512_loadu_si512(bins.as_ptr().add(value * LANES).cast()) };
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
        cut = _mm512_mask_mov_epi64(cut, better, _mm512_set1_epi64(value as i64));
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

/// The bins of all features of a node, but for those of value 0.
#[derive(Clone, Debug)]
pub struct ResidualHistogram(Vec<Bins>);

impl ResidualHistogram {
    /// An empty histogram for the features of `x`: 2 KB a feature.
    pub fn new(x: &ByteWords) -> ResidualHistogram {
        ResidualHistogram(vec![[0; 256 * LANES]; x.blocks()])
    }

    /// Empties it and adds rows. O(rows x d / 8 + their pixels that are not 0).
    pub fn set(&mut self, x: &ByteWords, rows: &[u32], residuals: &[i32]) {
        let packed: Vec<u64> = rows.iter().map(|&row| pack(residuals[row as usize])).collect();
        self.for_blocks(rows.len(), |block, bins| {
            bins.fill(0);
            add_rows(bins, x, block, rows, &packed);
        });
    }

    /// Takes rows away that were added before.
    pub fn remove(&mut self, x: &ByteWords, rows: &[u32], residuals: &[i32]) {
        let packed: Vec<u64> = rows.iter().map(|&row| pack(residuals[row as usize]).wrapping_neg()).collect();
        self.for_blocks(rows.len(), |block, bins| {
            add_rows(bins, x, block, rows, &packed);
        });
    }

    /// Takes away another histogram, whose rows are among ours. O(256 d).
    pub fn subtract(&mut self, other: &ResidualHistogram) {
        for (a, b) in self.0.as_flattened_mut().iter_mut().zip(other.0.as_flattened()) {
            *a = a.wrapping_sub(*b);
        }
    }

    /// The best cut of every feature, for a node of `rows` rows whose residuals sum to `sum`; the lowest of
    /// equally good cuts. O(256 d).
    pub fn best_cuts(&self, level: Level, x: &ByteWords, rows: usize, sum: i64, out: &mut FeatureCuts) {
        out.clear(x.d());
        for (block, bins) in self.0.iter().enumerate() {
            out.set_block(block, &scan(level, bins, rows as f64, sum as f64));
        }
    }

    fn for_blocks(&mut self, rows: usize, work: impl Fn(usize, &mut Bins) + Sync) {
        if rows < MANY {
            self.0.iter_mut().enumerate().for_each(|(block, bins)| work(block, bins));
        } else {
            self.0.par_iter_mut().enumerate().for_each(|(block, bins)| work(block, bins));
        }
    }
}

/// Adds the rows of a node to the bins of one block; false when that was skipped, all their pixels being 0.
fn add_rows(bins: &mut Bins, x: &ByteWords, block: usize, rows: &[u32], packed: &[u64]) -> bool {
    let mut any = 0;
    let mut add = |word: u64, packed: u64| {
        if word != 0 {
            any |= word;
            count(bins, word, packed);
        }
    };
    // A cache line holds eight rows of a block or eight blocks of a row: the former when most are wanted.
    if rows.len() < x.n() / LANES {
        for (&row, &packed) in rows.iter().zip(packed) {
            add(x.of_row(row as usize, block), packed);
        }
    } else {
        let words = x.block(block);
        for (&row, &packed) in rows.iter().zip(packed) {
            add(words[row as usize], packed);
        }
    }
    any != 0
}

/// Working memory of [`best_cuts_of_rows`].
pub struct Scratch {
    bins: Box<Bins>,
    packed: Vec<u64>,
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch { bins: Box::new([0; 256 * LANES]), packed: Vec::new() }
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
    scratch.packed.clear();
    scratch.packed.extend(rows.iter().map(|&row| pack(residuals[row as usize])));
    for block in 0..x.blocks() {
        if add_rows(&mut scratch.bins, x, block, rows, &scratch.packed) {
            out.set_block(block, &scan(level, &scratch.bins, rows.len() as f64, sum as f64));
            scratch.bins.fill(0);
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
        rows: Vec<u32>,
        residuals: Vec<i32>,
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
        Node { x: ByteWords::new(&pixels, n + 9, d), pixels, d, rows, residuals, sum }
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
            let mut histogram = ResidualHistogram::new(&node.x);
            histogram.set(&node.x, &node.rows, &node.residuals);
            for level in levels() {
                let mut cuts = FeatureCuts::default();
                histogram.best_cuts(level, &node.x, node.rows.len(), node.sum, &mut cuts);
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
        let mut parent = ResidualHistogram::new(&node.x);
        parent.set(&node.x, &node.rows, &node.residuals);
        let mut child = ResidualHistogram::new(&node.x);
        child.set(&node.x, &left, &node.residuals);
        let mut sibling = ResidualHistogram::new(&node.x);
        sibling.set(&node.x, &right, &node.residuals);
        let mut removed = parent.clone();
        parent.subtract(&child);
        // Bin 0 is not kept exactly, for words that are 0 in all eight features are skipped; others are.
        assert_eq!(parent.0, sibling.0);
        removed.remove(&node.x, &left, &node.residuals);
        assert_eq!(removed.0, sibling.0);
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

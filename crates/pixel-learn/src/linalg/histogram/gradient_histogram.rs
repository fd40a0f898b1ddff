//! Gradient histograms: sums of gradients, Hessians and rows for each bin of every feature, and the split of
//! the largest gain (Chen and Guestrin: XGBoost, 2016, equations 5 to 7), for histogram gradient boosting.
//!
//! Gradients and Hessians are integers ([`QuantisedGradients`]): sums are exact in any order.

use super::bin_sums::{BinSums, Sums};
use super::binned_rows::{BinnedRows, Block, LANES};
use crate::linalg::simd::{self, Level};

/// Bits of the second word that count rows.
const COUNT_BITS: u32 = 24;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// Maximum number of rows of a histogram.
pub const MOST_ROWS: usize = COUNT_MASK as usize;

/// Bits of the largest quantised gradient.
const GRADIENT_BITS: f64 = 30.0;

/// Bits of the sum of all quantised Hessians.
const HESSIAN_BITS: f64 = 38.0;

/// A cell of a gradient histogram: sums of gradients and Hessians, and the number of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct Cell {
    /// The sum of gradients, in two's complement.
    gradient: u64,
    /// The sum of Hessians above [`COUNT_BITS`] bits of count.
    hessian_and_rows: u64,
}

impl Cell {
    /// The cell of one row.
    fn row(gradient: i64, hessian: u64) -> Cell {
        Cell { gradient: gradient as u64, hessian_and_rows: hessian << COUNT_BITS | 1 }
    }

    /// The sum of gradients.
    pub fn gradient(self) -> i64 {
        self.gradient as i64
    }

    /// The sum of Hessians.
    pub fn hessian(self) -> u64 {
        self.hessian_and_rows >> COUNT_BITS
    }

    /// The number of rows.
    pub fn rows(self) -> usize {
        (self.hessian_and_rows & COUNT_MASK) as usize
    }
}

impl Sums for Cell {
    #[inline(always)]
    fn add(&mut self, other: Cell) {
        self.gradient = self.gradient.wrapping_add(other.gradient);
        self.hessian_and_rows = self.hessian_and_rows.wrapping_add(other.hessian_and_rows);
    }

    #[inline(always)]
    fn subtract(&mut self, other: Cell) {
        self.gradient = self.gradient.wrapping_sub(other.gradient);
        self.hessian_and_rows = self.hessian_and_rows.wrapping_sub(other.hessian_and_rows);
    }
}

/// Gradients and Hessians of all rows as integers: gradient * `gradient_scale` and Hessian * `hessian_scale`,
/// rounded.
#[derive(Clone, Debug, Default)]
pub struct QuantisedGradients {
    /// The cell of each row.
    pub rows: Vec<Cell>,
    /// The scale of the gradients, a power of two.
    pub gradient_scale: f64,
    /// The scale of the Hessians, a power of two.
    pub hessian_scale: f64,
}

impl QuantisedGradients {
    /// Quantises the gradients and Hessians that `of_row` returns for each of `n` rows. The scales are the
    /// powers of two that bring the largest gradient to at most 2^30 and the sum of the Hessians, which are
    /// not negative, to at most 2^38. O(n).
    pub fn set(&mut self, n: usize, of_row: impl Fn(usize) -> (f64, f64)) {
        let (mut largest, mut sum) = (0.0f64, 0.0f64);
        for row in 0..n {
            let (gradient, hessian) = of_row(row);
            largest = largest.max(gradient.abs());
            sum += hessian;
        }
        let scale = |bits: f64, size: f64| {
            if size > 0.0 && size.is_finite() { (bits - size.log2().ceil()).min(500.0).exp2() } else { 1.0 }
        };
        self.gradient_scale = scale(GRADIENT_BITS, largest);
        self.hessian_scale = scale(HESSIAN_BITS, sum);
        self.rows.clear();
        self.rows.extend((0..n).map(|row| {
            let (gradient, hessian) = of_row(row);
            Cell::row(
                (gradient * self.gradient_scale).round() as i64,
                (hessian * self.hessian_scale).round() as u64,
            )
        }));
    }

    /// The sums over all rows.
    pub fn total(&self) -> Cell {
        let mut total = Cell::default();
        self.rows.iter().for_each(|&row| total.add(row));
        total
    }
}

/// The conditions on both sides of a split, in quantised units.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Minimum number of rows, at least 1.
    pub min_rows: usize,
    /// Minimum sum of Hessians.
    pub min_hessian: u64,
    /// The l2 regularisation (lambda), added to a sum of Hessians; above 0.
    pub regularisation: f64,
}

/// The best split of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestSplit {
    /// The score: G^2 / (H + lambda) of both sides, for sums of gradients G and Hessians H, in quantised
    /// units.
    pub score: f64,
    /// The feature of the split.
    pub feature: usize,
    /// The last bin that goes left.
    pub bin: u8,
    /// The sums of the right side.
    pub right: Cell,
}

/// Sums of gradients, Hessians and rows for each bin of every feature.
pub type GradientHistogram = BinSums<Cell>;

impl BinSums<Cell> {
    /// The split of the largest score for a node with the sums `total`. Of equal scores the first feature
    /// wins, then the lowest bin. `None` if no split meets the rules. O(cells).
    pub fn best_split(&self, level: Level, x: &BinnedRows, total: Cell, rules: &Rules) -> Option<BestSplit> {
        let mut best: Option<(f64, usize, &Block, usize, usize)> = None;
        for block in &x.blocks {
            let found = scan(level, self.block(block), total, rules);
            for (lane, feature) in block.features.iter().enumerate() {
                let Some(feature) = feature.map(usize::from) else { continue };
                if found.bin[lane] == 0 {
                    continue;
                }
                let score = found.numerator[lane] / found.denominator[lane];
                if best.is_none_or(|(most, first, ..)| score > most || (score == most && feature < first)) {
                    best = Some((score, feature, block, lane, found.bin[lane] as usize));
                }
            }
        }
        let (score, feature, block, lane, bin) = best?;
        let cell = |bin: usize| self.block(block)[(bin - 1) * LANES + lane];
        let mut right = Cell::default();
        (bin..=block.cells / LANES).for_each(|bin| right.add(cell(bin)));
        // Empty bins below the cut can go to either side; scikit-learn sends them right.
        let low = (1..bin).rev().find(|&below| cell(below).rows() > 0).unwrap_or(0);
        Some(BestSplit { score, feature, bin: low as u8, right })
    }
}

/// The best splits of the eight features of a block: bins from `bin` on go right; `bin` is 0 for no split.
#[derive(Debug, Default, PartialEq)]
struct BlockSplits {
    numerator: [f64; LANES],
    denominator: [f64; LANES],
    bin: [u64; LANES],
}

/// Scores all splits of a block from the last bin down. Of equal scores the lowest bin wins. O(cells).
fn scan(level: Level, cells: &[Cell], total: Cell, rules: &Rules) -> BlockSplits {
    match level.min(simd::supported()) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the CPU has these instructions.
        Level::Avx512 => unsafe { scan_avx512(cells, total, rules) },
        _ => scan_scalar(cells, total, rules),
    }
}

/// The scalar reference, which the AVX-512 scan matches bit for bit. Scores are compared as fractions,
/// without division.
fn scan_scalar(cells: &[Cell], total: Cell, rules: &Rules) -> BlockSplits {
    let mut best = BlockSplits::default();
    let mut above = [Cell::default(); LANES];
    let (sum, hessian) = (total.gradient() as f64, total.hessian() as f64);
    for (index, cells) in cells.as_chunks::<LANES>().0.iter().enumerate().rev() {
        if cells.iter().all(|cell| *cell == Cell::default()) {
            continue;
        }
        for lane in 0..LANES {
            above[lane].add(cells[lane]);
            let mut below = total;
            below.subtract(above[lane]);
            let allowed = |side: Cell| side.rows() >= rules.min_rows && side.hessian() >= rules.min_hessian;
            if !allowed(above[lane]) || !allowed(below) {
                continue;
            }
            let (right, right_hessian) = (above[lane].gradient() as f64, above[lane].hessian() as f64);
            let (left, left_hessian) = (sum - right, hessian - right_hessian);
            let (a, b) = (right_hessian + rules.regularisation, left_hessian + rules.regularisation);
            let (n, m) = (right * right * b + left * left * a, a * b);
            // n / m >= best, without dividing; the first candidate meets 0 / 0.
            if n * best.denominator[lane] >= best.numerator[lane] * m {
                (best.numerator[lane], best.denominator[lane], best.bin[lane]) = (n, m, index as u64 + 1);
            }
        }
    }
    best
}

/// [`scan_scalar`] with one feature in each lane.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn scan_avx512(cells: &[Cell], total: Cell, rules: &Rules) -> BlockSplits {
    use std::arch::x86_64::*;
    let zero = _mm512_setzero_si512();
    let (sum, hessian) = (_mm512_set1_pd(total.gradient() as f64), _mm512_set1_pd(total.hessian() as f64));
    let regularisation = _mm512_set1_pd(rules.regularisation);
    let count_mask = _mm512_set1_epi64(COUNT_MASK as i64);
    let between = |least: u64, all: u64| {
        (_mm512_set1_epi64(least as i64), _mm512_set1_epi64(all as i64 - least as i64))
    };
    let (least_rows, most_rows) = between(rules.min_rows as u64, total.rows() as u64);
    let (least_hessian, most_hessian) = between(rules.min_hessian, total.hessian());
    let gradients = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    let others = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
    let (mut above_low, mut above_high) = (zero, zero);
    let (mut numerator, mut denominator, mut best) = (_mm512_setzero_pd(), _mm512_setzero_pd(), zero);
    for (index, cells) in cells.as_chunks::<LANES>().0.iter().enumerate().rev() {
        // SAFETY: eight cells are sixteen words.
        let (low, high) = unsafe {
            let words: *const i64 = cells.as_ptr().cast();
            (_mm512_loadu_epi64(words), _mm512_loadu_epi64(words.add(LANES)))
        };
        let any = _mm512_or_si512(low, high);
        if _mm512_test_epi64_mask(any, any) == 0 {
            continue;
        }
        above_low = _mm512_add_epi64(above_low, low);
        above_high = _mm512_add_epi64(above_high, high);
        let rest = _mm512_permutex2var_epi64(above_low, others, above_high);
        let rows = _mm512_and_si512(rest, count_mask);
        let hessians = _mm512_srli_epi64::<COUNT_BITS>(rest);
        let allowed = _mm512_cmpge_epi64_mask(rows, least_rows)
            & _mm512_cmple_epi64_mask(rows, most_rows)
            & _mm512_cmpge_epi64_mask(hessians, least_hessian)
            & _mm512_cmple_epi64_mask(hessians, most_hessian);
        if allowed == 0 {
            continue;
        }
        let right = _mm512_cvtepi64_pd(_mm512_permutex2var_epi64(above_low, gradients, above_high));
        let right_hessian = _mm512_cvtepi64_pd(hessians);
        let left = _mm512_sub_pd(sum, right);
        let left_hessian = _mm512_sub_pd(hessian, right_hessian);
        let a = _mm512_add_pd(right_hessian, regularisation);
        let b = _mm512_add_pd(left_hessian, regularisation);
        // As in [`scan_scalar`]: every product and the sum round separately.
        let n = _mm512_add_pd(
            _mm512_mul_pd(_mm512_mul_pd(right, right), b),
            _mm512_mul_pd(_mm512_mul_pd(left, left), a),
        );
        let m = _mm512_mul_pd(a, b);
        let better = _mm512_mask_cmp_pd_mask::<_CMP_GE_OQ>(
            allowed,
            _mm512_mul_pd(n, denominator),
            _mm512_mul_pd(numerator, m),
        );
        numerator = _mm512_mask_mov_pd(numerator, better, n);
        denominator = _mm512_mask_mov_pd(denominator, better, m);
        best = _mm512_mask_mov_epi64(best, better, _mm512_set1_epi64(index as i64 + 1));
    }
    let mut splits = BlockSplits::default();
    // SAFETY: eight words into each of three arrays of eight.
    unsafe {
        _mm512_storeu_pd(splits.numerator.as_mut_ptr(), numerator);
        _mm512_storeu_pd(splits.denominator.as_mut_ptr(), denominator);
        _mm512_storeu_epi64(splits.bin.as_mut_ptr().cast(), best);
    }
    splits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::histogram::Bins;

    struct Node {
        pixels: Vec<u8>,
        d: usize,
        bins: Bins,
        x: BinnedRows,
        rows: Vec<u32>,
        gradients: QuantisedGradients,
        total: Cell,
    }

    /// Rows that repeat values and gradients often enough for ties; feature 3 is constant, feature 5 is 0.
    fn node(n: usize, d: usize, seed: u64) -> Node {
        let mut state = seed;
        let mut draw = |bound: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % bound
        };
        let all = n + 9;
        let pixels: Vec<u8> = (0..all * d)
            .map(|at| match at % d {
                3 => 77,
                5 => 0,
                feature => [0, 0, 255, draw(256)][draw(if feature % 2 == 0 { 4 } else { 3 }) as usize] as u8,
            })
            .collect();
        let gradients: Vec<f64> = (0..all).map(|_| [-1.0, 0.25, 0.001, -0.5][draw(4) as usize]).collect();
        let mut quantised = QuantisedGradients::default();
        quantised.set(all, |row| (gradients[row], gradients[row].abs() * (1.0 - gradients[row].abs() / 2.0)));
        let rows: Vec<u32> = (0..all as u32).filter(|row| row % 7 != 3).take(n).collect();
        let mut total = Cell::default();
        rows.iter().for_each(|&row| total.add(quantised.rows[row as usize]));
        let every: Vec<u32> = (0..all as u32).collect();
        let bins = Bins::new(&pixels, d, &every, 255);
        let x = BinnedRows::new(&pixels, d, &every, &bins);
        Node { pixels, d, bins, x, rows, gradients: quantised, total }
    }

    impl Node {
        fn bin(&self, row: u32, feature: usize) -> u8 {
            self.bins.bin(feature, self.pixels[row as usize * self.d + feature])
        }
    }

    /// The definition: the first best of all splits in order of feature and bin.
    fn by_definition(node: &Node, rules: &Rules) -> Option<BestSplit> {
        let mut best: Option<BestSplit> = None;
        for feature in 0..node.d {
            for bin in 0..255u8 {
                let mut right = Cell::default();
                for &row in node.rows.iter().filter(|&&row| node.bin(row, feature) > bin) {
                    right.add(node.gradients.rows[row as usize]);
                }
                let mut left = node.total;
                left.subtract(right);
                let allowed =
                    |side: Cell| side.rows() >= rules.min_rows && side.hessian() >= rules.min_hessian;
                let hessian = |side: Cell| side.hessian() as f64 + rules.regularisation;
                let (a, b) = (hessian(right), hessian(left));
                let (g, h) = (right.gradient() as f64, left.gradient() as f64);
                let score = (g * g * b + h * h * a) / (a * b);
                if allowed(left) && allowed(right) && best.is_none_or(|best| score > best.score) {
                    best = Some(BestSplit { score, feature, bin, right });
                }
            }
        }
        best
    }

    #[test]
    fn a_histogram_finds_the_best_split_at_every_level() {
        for n in 0..200 {
            let node = node(n, 13, n as u64);
            let mut histogram = GradientHistogram::new(&node.x);
            histogram.set(&node.x, &node.rows, &node.gradients.rows);
            for min_rows in [1, 5, 40] {
                let rules = Rules { min_rows, min_hessian: 1 << 20, regularisation: 1e3 };
                let expected = by_definition(&node, &rules);
                for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
                    if level <= simd::supported() {
                        let found = histogram.best_split(level, &node.x, node.total, &rules);
                        assert_eq!(found, expected, "{n} rows, at least {min_rows}, {level:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_childs_histogram_is_its_parents_less_its_siblings() {
        let node = node(3000, 20, 4);
        let (left, right): (Vec<u32>, Vec<u32>) = node.rows.iter().partition(|&&row| node.bin(row, 2) < 40);
        let histogram = |rows: &[u32]| {
            let mut histogram = GradientHistogram::new(&node.x);
            histogram.set(&node.x, rows, &node.gradients.rows);
            histogram
        };
        let (mut parent, child, sibling) = (histogram(&node.rows), histogram(&left), histogram(&right));
        parent.subtract(&child);
        assert!(parent.0 == sibling.0);
        parent.set(&node.x, &node.rows, &node.gradients.rows);
        parent.remove(&node.x, &left, &node.gradients.rows);
        assert!(parent.0 == sibling.0);
    }

    #[test]
    fn sums_of_quantised_gradients_fit_their_words() {
        let mut quantised = QuantisedGradients::default();
        quantised.set(70_000, |row| if row % 3 == 0 { (1.0, 0.25) } else { (-1.0, 1e-9) });
        let total = quantised.total();
        assert_eq!(total.rows(), 70_000);
        assert!(total.hessian() <= 1 << 39);
        let hessian = total.hessian() as f64 / quantised.hessian_scale;
        assert!((hessian / (23_334.0 * 0.25) - 1.0).abs() < 1e-6);
        assert_eq!(total.gradient() as f64 / quantised.gradient_scale, 23_334.0 - 46_666.0);
        quantised.set(3, |_| (0.0, 0.0));
        assert_eq!(quantised.total().gradient(), 0);
    }
}

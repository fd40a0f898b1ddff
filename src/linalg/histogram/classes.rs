//! Class counts a value of one byte feature, and the best cut among them.

use super::present::Present;
use crate::linalg::simd::Level;

/// A row of a node: where its bytes stand, its class, and how often it counts (bootstrap).
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    pub row: u32,
    pub class: u16,
    pub weight: u16,
}

/// The best cut of one feature: values up to `low` go left, values from `high` go right, none lies between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// Larger is better; comparable among cuts of one node by one [`Impurity`].
    pub score: f64,
    pub low: u8,
    pub high: u8,
}

/// What makes a partition good: a score of the class counts left and right that orders the cuts of a node
/// as the weighted impurity decrease does (scikit-learn's `proxy_impurity_improvement`, of reversed sign
/// and shifted by what is constant in a node). Equal partitions, mirrored too, have exactly equal scores.
pub trait Impurity: Sync {
    /// The score when `side` of `total`, which weighs `weight` in all, go to one side and the others to the
    /// other; neither side is empty.
    fn score<const L: usize>(&self, side: &[u32; L], total: &[u32; L], weight: u32) -> f64;
    /// Likewise of many cuts.
    #[inline(always)]
    fn scores<const L: usize>(
        &self,
        _level: Level,
        sides: &[[u32; L]],
        total: &[u32; L],
        weight: u32,
        scores: &mut [f64],
    ) {
        for (score, side) in scores.iter_mut().zip(sides) {
            *score = self.score(side, total, weight);
        }
    }
    /// The score that no cut of a node of this weight exceeds, met when both sides are pure.
    fn perfect(&self, weight: u64) -> f64;
    /// scikit-learn's impurity of a node.
    fn of_node(&self, counts: &[u32]) -> f64;
}

/// Gini impurity: the score is (sum of squared counts) / weight, summed over both sides.
pub struct Gini;

impl Impurity for Gini {
    #[inline(always)]
    fn score<const L: usize>(&self, side: &[u32; L], total: &[u32; L], weight: u32) -> f64 {
        let one_weight: u32 = side.iter().sum();
        let other_weight = weight - one_weight;
        let (mut one_squares, mut other_squares) = (0u64, 0u64);
        for (&one, &total) in side.iter().zip(total) {
            one_squares += u64::from(one) * u64::from(one);
            other_squares += u64::from(total - one) * u64::from(total - one);
        }
        one_squares as f64 / f64::from(one_weight) + other_squares as f64 / f64::from(other_weight)
    }

    #[inline(always)]
    fn scores<const L: usize>(
        &self,
        level: Level,
        sides: &[[u32; L]],
        total: &[u32; L],
        weight: u32,
        scores: &mut [f64],
    ) {
        #[cfg(target_arch = "x86_64")]
        // A sum of squares is at most the square of the sum, which has 32 bits.
        if let (true, Some(total)) =
            (level >= Level::Avx2 && L == 16 && weight <= 0xffff, total.first_chunk())
        {
            let sides = sides.as_flattened().as_chunks::<16>().0;
            // SAFETY: the level is handed out only where the CPU has these instructions.
            return unsafe { gini_scores(sides, total, weight, scores) };
        }
        for (score, side) in scores.iter_mut().zip(sides) {
            *score = self.score(side, total, weight);
        }
    }

    fn perfect(&self, weight: u64) -> f64 {
        weight as f64
    }

    fn of_node(&self, counts: &[u32]) -> f64 {
        let weight: u64 = counts.iter().map(|&c| u64::from(c)).sum();
        let squares: f64 = counts.iter().map(|&c| f64::from(c) * f64::from(c)).sum();
        1.0 - squares / (weight as f64 * weight as f64)
    }
}

/// [`Gini::scores`] for nodes whose sums of squares have 32 bits.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn gini_scores(sides: &[[u32; 16]], total: &[u32; 16], weight: u32, scores: &mut [f64]) {
    use std::arch::x86_64::*;
    let halves = |lanes: &[u32; 16]| {
        // SAFETY: twice eight words from an array of sixteen.
        unsafe {
            (_mm256_loadu_si256(lanes.as_ptr().cast()), _mm256_loadu_si256(lanes.as_ptr().add(8).cast()))
        }
    };
    let total = halves(total);
    for (score, side) in scores.iter_mut().zip(sides) {
        let one = halves(side);
        let other = (_mm256_sub_epi32(total.0, one.0), _mm256_sub_epi32(total.1, one.1));
        let squares = |(a, b)| _mm256_add_epi32(_mm256_mullo_epi32(a, a), _mm256_mullo_epi32(b, b));
        let weights = _mm256_add_epi32(one.0, one.1);
        let sums = _mm256_hadd_epi32(
            _mm256_hadd_epi32(squares(one), squares(other)),
            _mm256_hadd_epi32(weights, weights),
        );
        let sums = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
        let squares = _mm_cvtsi128_si64(sums) as u64;
        let one_weight = _mm_extract_epi32::<2>(sums) as u32;
        *score = (squares & 0xffff_ffff) as f64 / f64::from(one_weight)
            + (squares >> 32) as f64 / f64::from(weight - one_weight);
    }
}

/// Entropy in bits. Sums of c log2 c are kept as integers of 2^-36 from a table, so that they are exact
/// whatever the order, and cuts that part the rows in the same way tie exactly.
pub struct Entropy {
    table: Vec<i64>,
}

impl Entropy {
    /// For nodes of at most `weight` in all.
    pub fn up_to(weight: usize) -> Entropy {
        let bits = (1u64 << 36) as f64;
        let value = |c: usize| (c as f64 * (c as f64).log2() * bits).round() as i64;
        Entropy { table: (0..=weight).map(|c| if c == 0 { 0 } else { value(c) }).collect() }
    }
}

impl Impurity for Entropy {
    #[inline(always)]
    fn score<const L: usize>(&self, side: &[u32; L], total: &[u32; L], weight: u32) -> f64 {
        let mut sum = 0i64;
        let mut one_weight = 0u32;
        for (&one, &total) in side.iter().zip(total) {
            // Most lanes of a node that is nearly pure are empty, and so are the padding lanes.
            if total != 0 {
                sum += self.table[one as usize] + self.table[(total - one) as usize];
                one_weight += one;
            }
        }
        (sum - self.table[one_weight as usize] - self.table[(weight - one_weight) as usize]) as f64
    }

    #[inline(always)]
    fn scores<const L: usize>(
        &self,
        _level: Level,
        sides: &[[u32; L]],
        total: &[u32; L],
        weight: u32,
        scores: &mut [f64],
    ) {
        // Most lanes of a node that is nearly pure are empty, and so are the padding lanes.
        let (mut classes, mut count) = ([(0, 0); L], 0);
        for (class, &total) in total.iter().enumerate() {
            classes[count] = (class, total);
            count += usize::from(total != 0);
        }
        for (score, side) in scores.iter_mut().zip(sides) {
            let (mut sum, mut one_weight) = (0i64, 0u32);
            for &(class, total) in &classes[..count] {
                let one = side[class & (L - 1)];
                sum += self.table[one as usize] + self.table[(total - one) as usize];
                one_weight += one;
            }
            sum -= self.table[one_weight as usize] + self.table[(weight - one_weight) as usize];
            *score = sum as f64;
        }
    }

    fn perfect(&self, _weight: u64) -> f64 {
        0.0
    }

    fn of_node(&self, counts: &[u32]) -> f64 {
        let weight: u64 = counts.iter().map(|&c| u64::from(c)).sum();
        let share = |c: u32| f64::from(c) / weight as f64;
        -counts.iter().filter(|&&c| c > 0).map(|&c| share(c) * share(c).log2()).sum::<f64>()
    }
}

/// Class counts for each of 256 values, `L` class lanes wide; empty between uses.
///
/// Value 0, which most pixels of most images have, is never counted: what lies above it and the total tell
/// its counts. Counting it would be slow too, since every addition would wait for the last to the same place.
pub struct ClassHistogram<const L: usize> {
    counts: Box<[[u32; L]; 256]>,
    present: Present,
    above: Box<[[u32; L]; 256]>,
    scores: [f64; 256],
}

impl<const L: usize> Default for ClassHistogram<L> {
    fn default() -> Self {
        ClassHistogram {
            counts: Box::new([[0; L]; 256]),
            present: Present::default(),
            above: Box::new([[0; L]; 256]),
            scores: [0.0; 256],
        }
    }
}

impl<const L: usize> ClassHistogram<L> {
    /// The best cut of a feature whose bytes over all rows are `column`, among the rows of a node with the
    /// class weights `total`; the lowest of equally good cuts, `None` when the feature is constant there.
    ///
    /// L must be a power of two above every class. O(rows + present values x L).
    pub fn best_cut<I: Impurity>(
        &mut self,
        level: Level,
        column: &[u8],
        samples: &[Sample],
        total: &[u32; L],
        impurity: &I,
    ) -> Option<Cut> {
        match level {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is handed out only where the CPU has these instructions.
            Level::Avx512 => unsafe { self.best_cut_avx512(column, samples, total, impurity) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Level::Avx2 => unsafe { self.best_cut_avx2(column, samples, total, impurity) },
            _ => self.best_cut_body(Level::Scalar, column, samples, total, impurity),
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt")]
    fn best_cut_avx512<I: Impurity>(
        &mut self,
        column: &[u8],
        samples: &[Sample],
        total: &[u32; L],
        impurity: &I,
    ) -> Option<Cut> {
        self.best_cut_body(Level::Avx512, column, samples, total, impurity)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn best_cut_avx2<I: Impurity>(
        &mut self,
        column: &[u8],
        samples: &[Sample],
        total: &[u32; L],
        impurity: &I,
    ) -> Option<Cut> {
        self.best_cut_body(Level::Avx2, column, samples, total, impurity)
    }

    #[inline(always)]
    fn best_cut_body<I: Impurity>(
        &mut self,
        level: Level,
        column: &[u8],
        samples: &[Sample],
        total: &[u32; L],
        impurity: &I,
    ) -> Option<Cut> {
        let (counts, present) = (&mut *self.counts, &mut self.present);
        let (mut zeros, mut others) = (false, false);
        for samples in samples.chunks(64) {
            // First the values of the rows, then the few that are not 0.
            let mut values = [[0u8; 8]; 8];
            let mut counted = 0u64;
            for (group, (samples, values)) in samples.chunks(8).zip(&mut values).enumerate() {
                let eight = match samples.first_chunk::<8>() {
                    Some(samples) => values_of(column, samples),
                    None => values_of(column, samples),
                };
                *values = eight.to_le_bytes();
                counted |= bytes_set(eight) << (8 * group);
            }
            zeros |= (counted.count_ones() as usize) < samples.len();
            others |= counted != 0;
            let values: &[u8; 64] = values.as_flattened().first_chunk().expect("eight times eight");
            while counted != 0 {
                let at = counted.trailing_zeros() as usize;
                counted &= counted - 1;
                let (value, sample) = (values[at & 63], &samples[at]);
                counts[usize::from(value)][usize::from(sample.class) & (L - 1)] += u32::from(sample.weight);
                present.insert(value);
            }
        }
        if !others {
            return None;
        }
        self.cut_from_above(level, zeros, total, impurity)
    }

    /// The best cut between the present values, and 0 if there are `zeros`: from the largest value downwards.
    #[inline(always)]
    fn cut_from_above<I: Impurity>(
        &mut self,
        level: Level,
        zeros: bool,
        total: &[u32; L],
        impurity: &I,
    ) -> Option<Cut> {
        // The present values from the largest downwards, and what lies at or above each.
        let (mut values, mut present, mut sum) = ([0u8; 257], 0, [0u32; L]);
        for (group, mut bits) in self.present.take().into_iter().enumerate().rev() {
            while bits != 0 {
                let bit = bits.ilog2();
                bits ^= 1 << bit;
                let value = (group as u32 * 64 + bit) as u8;
                values[present] = value;
                let counts = &mut self.counts[usize::from(value)];
                for lane in 0..L {
                    sum[lane] += counts[lane];
                    counts[lane] = 0;
                }
                self.above[present] = sum;
                present += 1;
            }
        }
        let cuts = (present + usize::from(zeros)).checked_sub(2)? + 1;
        let scores = &mut self.scores[..cuts];
        impurity.scores(level, &self.above[..], total, total.iter().sum(), scores);
        let best = largest(scores);
        // The lowest of equally good ones.
        let cut = scores.iter().rposition(|&score| score == best)?;
        Some(Cut { score: best, low: values[cut + 1], high: values[cut] })
    }
}

/// The largest of some numbers, in four parts that need not wait for each other.
#[inline(always)]
fn largest(numbers: &[f64]) -> f64 {
    let larger = |a: f64, b: f64| if b > a { b } else { a };
    let (fours, rest) = numbers.as_chunks::<4>();
    let mut most = [f64::NEG_INFINITY; 4];
    for four in fours {
        most = std::array::from_fn(|lane| larger(most[lane], four[lane]));
    }
    rest.iter().copied().fold(larger(larger(most[0], most[1]), larger(most[2], most[3])), larger)
}

/// The values of at most eight samples, one a byte.
#[inline(always)]
fn values_of(column: &[u8], samples: &[Sample]) -> u64 {
    let mut values = 0;
    for (k, sample) in samples.iter().enumerate() {
        values |= u64::from(column[sample.row as usize]) << (8 * k);
    }
    values
}

/// A bit for each of eight bytes, whether it is other than 0.
#[inline(always)]
fn bytes_set(bytes: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let top_bits = (((bytes & LOW) + LOW) | bytes) & !LOW;
    // Moves bit 8 k to bit 56 + k; no two partial products meet, so nothing carries.
    (top_bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::simd::supported;

    /// The best cut found by sorting: the first in ascending order that no other exceeds.
    fn by_sorting<I: Impurity>(
        column: &[u8],
        samples: &[Sample],
        total: &[u32; 16],
        impurity: &I,
    ) -> Option<Cut> {
        let mut sorted = samples.to_vec();
        sorted.sort_by_key(|sample| column[sample.row as usize]);
        let mut left = [0; 16];
        let mut best: Option<Cut> = None;
        for pair in sorted.windows(2) {
            left[usize::from(pair[0].class)] += u32::from(pair[0].weight);
            let (low, high) = (column[pair[0].row as usize], column[pair[1].row as usize]);
            if low < high {
                let score = impurity.score(&left, total, total.iter().sum());
                if best.is_none_or(|best| score > best.score) {
                    best = Some(Cut { score, low, high });
                }
            }
        }
        best
    }

    #[test]
    fn a_histogram_finds_the_cut_that_sorting_finds_at_every_level() {
        let mut state = 1u64;
        let mut draw = |bound: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % bound
        };
        let entropy = Entropy::up_to(1000);
        let mut histogram = ClassHistogram::<16>::default();
        for n in 0..200u32 {
            for values in [1, 2, 7, 256] {
                let column: Vec<u8> = (0..n).map(|_| draw(values) as u8).collect();
                let samples: Vec<Sample> = (0..n)
                    .filter(|row| row % 5 != 2)
                    .map(|row| Sample { row, class: draw(10) as u16, weight: 1 + draw(3) as u16 })
                    .collect();
                let mut total = [0; 16];
                samples.iter().for_each(|s| total[usize::from(s.class)] += u32::from(s.weight));
                for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
                    if level <= supported() {
                        let gini = histogram.best_cut(level, &column, &samples, &total, &Gini);
                        assert_eq!(gini, by_sorting(&column, &samples, &total, &Gini));
                        let cut = histogram.best_cut(level, &column, &samples, &total, &entropy);
                        assert_eq!(cut, by_sorting(&column, &samples, &total, &entropy));
                    }
                }
            }
        }
    }

    #[test]
    fn the_score_orders_cuts_as_the_weighted_impurity_does() {
        let (total, entropy) = ([9, 5, 7, 0], Entropy::up_to(21));
        let sides = [[1, 5, 0, 0], [9, 0, 0, 0], [4, 2, 3, 0], [9, 5, 6, 0]];
        fn check<I: Impurity>(impurity: &I, sides: &[[u32; 4]], total: &[u32; 4], unit: f64) {
            let weighted = |left: &[u32; 4]| {
                let right: [u32; 4] = std::array::from_fn(|c| total[c] - left[c]);
                [*left, right]
                    .iter()
                    .map(|s| impurity.of_node(s) * f64::from(s.iter().sum::<u32>()))
                    .sum::<f64>()
            };
            for (a, b) in sides.iter().zip(&sides[1..]) {
                let scores = impurity.score(b, total, 21) - impurity.score(a, total, 21);
                assert!((scores / unit - (weighted(a) - weighted(b))).abs() < 1e-8);
            }
        }
        check(&Gini, &sides, &total, 1.0);
        check(&entropy, &sides, &total, (1u64 << 36) as f64);
    }
}

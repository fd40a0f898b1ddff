//! Impurity criteria as scores of the class counts on both sides of a cut.

use crate::linalg::simd::Level;

/// A proxy of the impurity decrease, as scikit-learn's `proxy_impurity_improvement`: a score of the class
/// counts left and right that orders the cuts of a node as the weighted impurity decrease does. The proxy
/// omits terms that are constant in a node. Equal partitions have exactly equal scores, and so have mirrored
/// ones.
pub trait Impurity: Sync {
    /// The score of a cut with the class counts `side` on one side and `total - side` on the other. `weight`
    /// is the sum of `total`. Neither side is empty.
    fn score<const L: usize>(&self, side: &[u32; L], total: &[u32; L], weight: u32) -> f64;

    /// The scores of several cuts. `sides` and `scores` have the same order.
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

    /// The largest score of a node of this weight: that of two pure sides.
    fn pure_score(&self, weight: u64) -> f64;

    /// The impurity of a node with these class counts, as scikit-learn defines it.
    fn node_impurity(&self, counts: &[u32]) -> f64;
}

/// The impurity criterion that a split decreases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Gini impurity, 1 - sum p^2.
    Gini,
    /// Entropy, -sum p log2 p.
    Entropy,
}

/// Gini impurity. The score is sum of squared counts / weight, added over both sides.
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

    fn pure_score(&self, weight: u64) -> f64 {
        weight as f64
    }

    fn node_impurity(&self, counts: &[u32]) -> f64 {
        let weight: u64 = counts.iter().map(|&c| u64::from(c)).sum();
        let squares: f64 = counts.iter().map(|&c| f64::from(c) * f64::from(c)).sum();
        1.0 - squares / (weight as f64 * weight as f64)
    }
}

/// [`Gini::scores`] for nodes whose sums of squares fit 32 bits.
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
    let squares = |(a, b)| _mm256_add_epi32(_mm256_mullo_epi32(a, a), _mm256_mullo_epi32(b, b));
    // Four vectors of eight words become the four sums.
    let sums = |[a, b, c, d]: [__m256i; 4]| {
        let both = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
        _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256::<1>(both))
    };
    // Unsigned 32-bit integers as f64: the bits become the mantissa of a number of at least 2^52, which is
    // subtracted.
    let real = |words: __m128i| {
        let offset = _mm256_set1_pd(4_503_599_627_370_496.0);
        let bits = _mm256_or_si256(_mm256_cvtepu32_epi64(words), _mm256_castpd_si256(offset));
        _mm256_sub_pd(_mm256_castsi256_pd(bits), offset)
    };
    let weight = _mm_set1_epi32(weight as i32);
    for (scores, sides) in scores.chunks_mut(4).zip(sides.chunks(4)) {
        // Four cuts at a time; the last group repeats its last cut.
        let one = [0, 1, 2, 3].map(|k: usize| halves(&sides[k.min(sides.len() - 1)]));
        let one_weights = sums(one.map(|(a, b)| _mm256_add_epi32(a, b)));
        let one_squares = sums(one.map(squares));
        let other_squares =
            sums(one.map(|(a, b)| squares((_mm256_sub_epi32(total.0, a), _mm256_sub_epi32(total.1, b)))));
        let other_weights = _mm_sub_epi32(weight, one_weights);
        let four = _mm256_add_pd(
            _mm256_div_pd(real(one_squares), real(one_weights)),
            _mm256_div_pd(real(other_squares), real(other_weights)),
        );
        let mut stored = [0.0; 4];
        // SAFETY: four numbers are stored to an array of as many.
        unsafe { _mm256_storeu_pd(stored.as_mut_ptr(), four) };
        scores.copy_from_slice(&stored[..scores.len()]);
    }
}

/// Entropy in bits. The terms c log2 c are integers from a table, in units of 2^-36, or in larger ones where
/// those of more than 5.9 million rows would not fit: their sums are exact in any order, and cuts with equal
/// partitions have equal scores.
pub struct Entropy {
    table: Vec<i64>,
}

impl Entropy {
    /// The table for nodes of weight up to `weight`.
    pub fn up_to(weight: usize) -> Entropy {
        let term = |c: usize| c as f64 * (c as f64).log2();
        // The largest term is below 2^63.
        let digits = (62 - term(weight.max(2)).log2() as u32).min(36);
        let scale = (1u64 << digits) as f64;
        let value = |c: usize| (term(c) * scale).round() as i64;
        Entropy { table: (0..=weight).map(|c| if c == 0 { 0 } else { value(c) }).collect() }
    }
}

impl Impurity for Entropy {
    #[inline(always)]
    fn score<const L: usize>(&self, side: &[u32; L], total: &[u32; L], weight: u32) -> f64 {
        let mut sum = 0i64;
        let mut one_weight = 0u32;
        for (&one, &total) in side.iter().zip(total) {
            // Padding lanes and most lanes of a nearly pure node are empty.
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
        // Padding lanes and most lanes of a nearly pure node are empty.
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

    fn pure_score(&self, _weight: u64) -> f64 {
        0.0
    }

    fn node_impurity(&self, counts: &[u32]) -> f64 {
        let weight: u64 = counts.iter().map(|&c| u64::from(c)).sum();
        let share = |c: u32| f64::from(c) / weight as f64;
        -counts.iter().filter(|&&c| c > 0).map(|&c| share(c) * share(c).log2()).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::simd::supported;

    #[test]
    fn the_score_orders_cuts_as_the_weighted_impurity_does() {
        let (total, entropy) = ([9, 5, 7, 0], Entropy::up_to(21));
        let sides = [[1, 5, 0, 0], [9, 0, 0, 0], [4, 2, 3, 0], [9, 5, 6, 0]];
        fn check<I: Impurity>(impurity: &I, sides: &[[u32; 4]], total: &[u32; 4], unit: f64) {
            let weighted = |left: &[u32; 4]| {
                let right: [u32; 4] = std::array::from_fn(|c| total[c] - left[c]);
                [*left, right]
                    .iter()
                    .map(|s| impurity.node_impurity(s) * f64::from(s.iter().sum::<u32>()))
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

    #[test]
    fn the_terms_of_millions_of_rows_fit() {
        assert_eq!(Entropy::up_to(5_900_000).table[2], 2i64 << 36);
        let heaviest = Entropy::up_to(6_000_000).table;
        assert!(heaviest[5_999_999] < heaviest[6_000_000]);
    }

    #[test]
    fn many_scores_are_each_the_score_at_every_level() {
        fn check<I: Impurity>(impurity: &I, sides: &[[u32; 16]], total: &[u32; 16]) {
            let weight = total.iter().sum();
            let expected: Vec<f64> = sides.iter().map(|side| impurity.score(side, total, weight)).collect();
            for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
                if level <= supported() {
                    let mut scores = vec![0.0; sides.len()];
                    impurity.scores(level, sides, total, weight, &mut scores);
                    assert_eq!(scores, expected, "{level:?}, weight {weight}");
                }
            }
        }
        let entropy = Entropy::up_to(140_000);
        // The last but one is the heaviest node whose sums of squares have 32 bits, if all are of one class.
        for heaviest in [1, 7, 300, 65_535 - 120, 139_000] {
            let total: [u32; 16] =
                std::array::from_fn(|class| if class == 3 { heaviest } else { class as u32 });
            for n in 0..200u32 {
                let side = |k: u32| total.map(|count| count - (u64::from(count) * u64::from(k) / 201) as u32);
                let sides: Vec<[u32; 16]> = (1..=n).map(side).collect();
                let parted = |side: &&[u32; 16]| side.iter().sum::<u32>() < total.iter().sum();
                let sides: Vec<[u32; 16]> = sides.iter().filter(parted).copied().collect();
                check(&Gini, &sides, &total);
                check(&entropy, &sides, &total);
            }
        }
    }
}

//! Class counts a value of one byte feature, and the best cut among them.

use crate::linalg::simd::Level;

/// A row of a node: where its bytes stand, its class, and how often it counts (bootstrap).
#[derive(Clone, Copy, Debug)]
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
    /// The score when `left` of `total` go left; neither side is empty.
    fn score<const L: usize>(&self, left: &[u32; L], total: &[u32; L]) -> f64;
    /// The score that no cut of a node of this weight exceeds, met when both sides are pure.
    fn perfect(&self, weight: u64) -> f64;
    /// scikit-learn's impurity of a node.
    fn of_node(&self, counts: &[u32]) -> f64;
}

/// Gini impurity: the score is (sum of squared counts) / weight, summed over both sides.
pub struct Gini;

impl Impurity for Gini {
    #[inline(always)]
    fn score<const L: usize>(&self, left: &[u32; L], total: &[u32; L]) -> f64 {
        let (mut left_squares, mut right_squares) = (0u64, 0u64);
        let (mut left_weight, mut right_weight) = (0u32, 0u32);
        for (&l, &t) in left.iter().zip(total) {
            let r = t - l;
            left_squares += u64::from(l) * u64::from(l);
            right_squares += u64::from(r) * u64::from(r);
            left_weight += l;
            right_weight += r;
        }
        left_squares as f64 / f64::from(left_weight) + right_squares as f64 / f64::from(right_weight)
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
    fn score<const L: usize>(&self, left: &[u32; L], total: &[u32; L]) -> f64 {
        let mut sum = 0i64;
        let (mut left_weight, mut right_weight) = (0u32, 0u32);
        for (&l, &t) in left.iter().zip(total) {
            // Most lanes of a node that is nearly pure are empty, and so are the padding lanes.
            if t != 0 {
                let r = t - l;
                sum += self.table[l as usize] + self.table[r as usize];
                left_weight += l;
                right_weight += r;
            }
        }
        (sum - self.table[left_weight as usize] - self.table[right_weight as usize]) as f64
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
pub struct ClassHistogram<const L: usize> {
    counts: Vec<[u32; L]>,
    present: [u8; 256],
}

impl<const L: usize> Default for ClassHistogram<L> {
    fn default() -> Self {
        ClassHistogram { counts: vec![[0; L]; 256], present: [0; 256] }
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
            _ => self.best_cut_body(column, samples, total, impurity),
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
        self.best_cut_body(column, samples, total, impurity)
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
        self.best_cut_body(column, samples, total, impurity)
    }

    #[inline(always)]
    fn best_cut_body<I: Impurity>(
        &mut self,
        column: &[u8],
        samples: &[Sample],
        total: &[u32; L],
        impurity: &I,
    ) -> Option<Cut> {
        let first = column[samples.first()?.row as usize];
        let mut differs = 0;
        for sample in samples {
            let value = column[sample.row as usize];
            self.counts[usize::from(value)][usize::from(sample.class) & (L - 1)] += u32::from(sample.weight);
            self.present[usize::from(value)] = 1;
            differs |= value ^ first;
        }
        if differs == 0 {
            self.counts[usize::from(first)] = [0; L];
            self.present[usize::from(first)] = 0;
            return None;
        }
        let mut left = [0u32; L];
        let mut low = None;
        let mut best: Option<Cut> = None;
        for (group, flags) in self.present.chunks_exact_mut(8).enumerate() {
            let mut bits = u64::from_le_bytes(std::array::from_fn(|k| flags[k]));
            flags.fill(0);
            while bits != 0 {
                let value = group * 8 + bits.trailing_zeros() as usize / 8;
                bits &= bits - 1;
                if let Some(low) = low {
                    let score = impurity.score(&left, total);
                    if best.is_none_or(|best| score > best.score) {
                        best = Some(Cut { score, low, high: value as u8 });
                    }
                }
                for (l, count) in left.iter_mut().zip(&mut self.counts[value]) {
                    *l += *count;
                    *count = 0;
                }
                low = Some(value as u8);
            }
        }
        best
    }
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
                let score = impurity.score(&left, total);
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
                let scores = impurity.score(b, total) - impurity.score(a, total);
                assert!((scores / unit - (weighted(a) - weighted(b))).abs() < 1e-8);
            }
        }
        check(&Gini, &sides, &total, 1.0);
        check(&entropy, &sides, &total, (1u64 << 36) as f64);
    }
}

//! Sums of row weights a class and value of one byte feature, and the best cut among them: class counts for rows of any
//! weight, as boosting needs them.
//!
//! Weights are whole numbers, so that sums are exact in any order and cuts that part the rows alike tie.

use super::Cut;
use super::byte_set::ByteSet;
use super::nonzero::NonzeroList;
use super::sample::Sample;
use crate::linalg::simd::Level;

/// Rows that the weight of a [`Sample`] can number.
const STRETCH: usize = 1 << 16;

/// The impurity that a cut lowers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightedImpurity {
    /// Gini impurity, 1 - sum p^2.
    Gini,
    /// Entropy, -sum p log2 p.
    Entropy,
}

impl WeightedImpurity {
    /// What is to be as large as possible: less the impurities of both sides, each times its weight, shifted by what is
    /// constant in a node. Mirrored partitions score equally.
    #[inline(always)]
    pub fn score<const L: usize>(self, side: &[u64; L], total: &[u64; L]) -> f64 {
        let other: [u64; L] = std::array::from_fn(|class| total[class] - side[class]);
        self.purity(side) + self.purity(&other)
    }

    /// The weight times (1 - Gini impurity), or less the weight times the entropy.
    #[inline(always)]
    fn purity(self, weights: &[u64]) -> f64 {
        let weight = weights.iter().sum::<u64>() as f64;
        match self {
            WeightedImpurity::Gini => weights.iter().map(|&w| w as f64 * w as f64).sum::<f64>() / weight,
            WeightedImpurity::Entropy => {
                let present = weights.iter().filter(|&&w| w > 0).map(|&w| w as f64);
                present.map(|w| w * (w / weight).log2()).sum()
            }
        }
    }

    /// scikit-learn's impurity of a node.
    pub fn of_node(self, weights: &[u64]) -> f64 {
        let weight = weights.iter().sum::<u64>() as f64;
        match self {
            WeightedImpurity::Gini => 1.0 - self.purity(weights) / weight,
            WeightedImpurity::Entropy => -self.purity(weights) / weight,
        }
    }
}

/// Weights of each of 256 values, `L` class lanes wide; empty between uses. Value 0 is never added up: what lies above
/// it and the total tell its weights.
pub struct WeightHistogram<const L: usize> {
    weights: Box<[[u64; L]; 256]>,
    present: ByteSet,
    nonzero: NonzeroList<L>,
}

impl<const L: usize> Default for WeightHistogram<L> {
    fn default() -> Self {
        WeightHistogram {
            weights: vec![[0; L]; 256].into_boxed_slice().try_into().expect("there are 256 values"),
            present: ByteSet::default(),
            nonzero: NonzeroList::default(),
        }
    }
}

impl<const L: usize> WeightHistogram<L> {
    /// The best cut of a feature whose bytes over all rows are `column`, among the rows of a node; the lowest of equally
    /// good cuts, `None` when the feature is constant there. `samples[k]` weighs `weights[k]` and carries k modulo 2^16
    /// as its `weight`; `total` are the weights of the classes.
    ///
    /// L must be a power of two above every class. O(rows + present values x L).
    pub fn best_cut(
        &mut self,
        level: Level,
        column: &[u8],
        samples: &[Sample],
        weights: &[u64],
        total: &[u64; L],
        impurity: WeightedImpurity,
    ) -> Option<Cut> {
        let mut others = 0;
        for (samples, weights) in samples.chunks(STRETCH).zip(weights.chunks(STRETCH)) {
            let (sums, present) = (&mut *self.weights, &mut self.present);
            others += self.nonzero.for_each(level, column, samples, |entry| {
                let bin = (entry >> 16) as usize;
                let value = (bin / L) as u8;
                sums[usize::from(value)][bin % L] += weights[(entry & 0xffff) as usize];
                present.insert(value);
            });
        }
        self.cut_from_above(others < samples.len(), total, impurity)
    }

    /// The best cut between the present values, and 0 if there are `zeros`: from the largest value downwards.
    fn cut_from_above(&mut self, zeros: bool, total: &[u64; L], impurity: WeightedImpurity) -> Option<Cut> {
        let mut above = [0u64; L];
        let mut last: Option<u8> = None;
        let mut best: Option<Cut> = None;
        let mut consider = |high: Option<u8>, low: u8, above: &[u64; L]| {
            let Some(high) = high else { return };
            let score = impurity.score(above, total);
            if best.is_none_or(|best| score >= best.score) {
                best = Some(Cut { score, low, high });
            }
        };
        for (group, mut bits) in self.present.take().into_iter().enumerate().rev() {
            while bits != 0 {
                let bit = bits.ilog2();
                bits ^= 1 << bit;
                let value = (group as u32 * 64 + bit) as u8;
                consider(last, value, &above);
                let weights = std::mem::replace(&mut self.weights[usize::from(value)], [0; L]);
                above.iter_mut().zip(&weights).for_each(|(above, weight)| *above += weight);
                last = Some(value);
            }
        }
        if zeros {
            consider(last, 0, &above);
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::simd::supported;

    #[test]
    fn a_histogram_finds_the_best_cut_at_every_level() {
        let mut state = 1u64;
        let mut draw = |bound: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % bound
        };
        let mut histogram = WeightHistogram::<16>::default();
        for n in (0..120usize).chain([STRETCH + 70]) {
            let values = [1, 2, 7, 256][n % 4];
            let column: Vec<u8> = (0..n).map(|_| draw(values) as u8).collect();
            let samples: Vec<Sample> = (0..n)
                .map(|row| Sample { row: row as u32, class: draw(10) as u16, weight: row as u16 })
                .collect();
            let weights: Vec<u64> = (0..n).map(|_| 1 + draw(1 << 20)).collect();
            let sums = |goes: &dyn Fn(u8) -> bool| {
                let mut sums = [0u64; 16];
                for (k, sample) in samples.iter().enumerate() {
                    sums[usize::from(sample.class)] += if goes(column[k]) { weights[k] } else { 0 };
                }
                sums
            };
            let total = sums(&|_| true);
            let mut present: Vec<u8> = column.clone();
            present.sort_unstable();
            present.dedup();
            for impurity in [WeightedImpurity::Gini, WeightedImpurity::Entropy] {
                let mut expected: Option<Cut> = None;
                for pair in present.windows(2) {
                    let score = impurity.score(&sums(&|value| value >= pair[1]), &total);
                    if expected.is_none_or(|best| score > best.score) {
                        expected = Some(Cut { score, low: pair[0], high: pair[1] });
                    }
                }
                for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
                    if level <= supported() {
                        let cut = histogram.best_cut(level, &column, &samples, &weights, &total, impurity);
                        assert_eq!(cut, expected, "{n} rows, {level:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn impurities_are_those_of_the_shares() {
        let weights = [1 << 50, 1 << 50, 1 << 51, 0];
        assert!((WeightedImpurity::Gini.of_node(&weights) - 0.625).abs() < 1e-12);
        assert!((WeightedImpurity::Entropy.of_node(&weights) - 1.5).abs() < 1e-12);
        assert_eq!(WeightedImpurity::Gini.of_node(&[0, 7]), 0.0);
    }
}

//! Weight histograms: sums of row weights for each class and value of one byte feature, and the best cut
//! among them. AdaBoost grows its trees on them.
//!
//! Weights are integers: sums are exact in any order, and cuts with equal partitions have equal scores.

use super::Cut;
use super::byte_set::ByteSet;
use super::impurity::Criterion;
use super::nonzero::NonzeroList;
use super::sample::Sample;
use crate::linalg::simd::Level;

/// Rows that the 16 bits of [`Sample::weight`] can number.
const CHUNK: usize = 1 << 16;

impl Criterion {
    /// The score of a cut: minus the impurities of both sides, each times its weight, without terms that are
    /// constant in a node. Larger is better. Mirrored partitions have equal scores.
    #[inline(always)]
    pub fn score<const L: usize>(self, side: &[u64; L], total: &[u64; L]) -> f64 {
        let other: [u64; L] = std::array::from_fn(|class| total[class] - side[class]);
        self.purity(side) + self.purity(&other)
    }

    /// The weight times (1 - Gini impurity), or minus the weight times the entropy.
    #[inline(always)]
    fn purity(self, weights: &[u64]) -> f64 {
        let weight = weights.iter().sum::<u64>() as f64;
        match self {
            Criterion::Gini => weights.iter().map(|&w| w as f64 * w as f64).sum::<f64>() / weight,
            Criterion::Entropy => {
                let present = weights.iter().filter(|&&w| w > 0).map(|&w| w as f64);
                present.map(|w| w * (w / weight).log2()).sum()
            }
        }
    }

    /// The impurity of a node with these class weights, as scikit-learn defines it.
    pub fn node_impurity(self, weights: &[u64]) -> f64 {
        let weight = weights.iter().sum::<u64>() as f64;
        match self {
            Criterion::Gini => 1.0 - self.purity(weights) / weight,
            Criterion::Entropy => -self.purity(weights) / weight,
        }
    }
}

/// Weights for each of 256 values, `L` class lanes wide; empty between uses. Value 0 is never added up: its
/// weights are the total minus those of the other values.
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
    /// The best cut of a feature in a node. `column` has the bytes of all rows. Of equal scores the lowest
    /// cut wins; `None` if the feature is constant. `samples[k]` weighs `weights[k]` and has k modulo 2^16 as
    /// its `weight`; `total` are the weights of the classes.
    ///
    /// L must be a power of two above every class. O(rows + present values x L).
    pub fn best_cut(
        &mut self,
        level: Level,
        column: &[u8],
        samples: &[Sample],
        weights: &[u64],
        total: &[u64; L],
        impurity: Criterion,
    ) -> Option<Cut> {
        let mut others = 0;
        for (samples, weights) in samples.chunks(CHUNK).zip(weights.chunks(CHUNK)) {
            let (sums, present) = (&mut *self.weights, &mut self.present);
            others += self.nonzero.for_each(level, column, samples, |entry| {
                let bin = (entry >> 16) as usize;
                let value = (bin / L) as u8;
                sums[usize::from(value)][bin % L] += weights[(entry & 0xffff) as usize];
                present.insert(value);
            });
        }
        self.scan_cuts(others < samples.len(), total, impurity)
    }

    /// Scans the cuts between the present values, and 0 if there are `zeros`, from the largest value down.
    /// Empties the histogram.
    fn scan_cuts(&mut self, zeros: bool, total: &[u64; L], impurity: Criterion) -> Option<Cut> {
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
        for n in (0..120usize).chain([CHUNK + 70]) {
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
            for impurity in [Criterion::Gini, Criterion::Entropy] {
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
        assert!((Criterion::Gini.node_impurity(&weights) - 0.625).abs() < 1e-12);
        assert!((Criterion::Entropy.node_impurity(&weights) - 1.5).abs() < 1e-12);
        assert_eq!(Criterion::Gini.node_impurity(&[0, 7]), 0.0);
    }
}

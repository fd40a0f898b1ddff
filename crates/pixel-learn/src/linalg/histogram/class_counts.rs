//! Class histograms: class counts for each value of one byte feature, and the best cut among them.

use super::byte_set::ByteSet;
use super::impurity::Impurity;
use super::nonzero::NonzeroList;
use super::sample::Sample;
use crate::linalg::simd::Level;

/// The best cut of one feature: values up to `low` go left, values from `high` go right. No value of the node
/// is between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// The score, larger is better. Only scores of one node and one [`Impurity`] can be compared.
    pub score: f64,
    /// The largest value that goes left.
    pub low: u8,
    /// The smallest value that goes right.
    pub high: u8,
}

/// Class counts for each of 256 values, `L` class lanes wide; empty between uses.
///
/// Value 0 is the most frequent and is never counted: its counts are the total minus those of the other
/// values. Counting it would also be slow, because additions to one place wait for each other.
pub struct ClassHistogram<const L: usize> {
    counts: Box<[[u32; L]; 256]>,
    present: ByteSet,
    nonzero: NonzeroList<L>,
    /// The class counts at or above each present value, in descending order.
    above: Box<[[u32; L]; 256]>,
    scores: [f64; 256],
}

impl<const L: usize> Default for ClassHistogram<L> {
    fn default() -> Self {
        ClassHistogram {
            counts: Box::new([[0; L]; 256]),
            present: ByteSet::default(),
            nonzero: NonzeroList::default(),
            above: Box::new([[0; L]; 256]),
            scores: [0.0; 256],
        }
    }
}

impl<const L: usize> ClassHistogram<L> {
    /// The best cut of a feature in a node. `column` has the bytes of all rows, `total` the class weights of
    /// the node. Of equal scores the lowest cut wins; `None` if the feature is constant.
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
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
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
        let others = self.nonzero.for_each(level, column, samples, |entry| {
            let bin = (entry >> 16) as usize;
            let value = (bin / L) as u8;
            counts[usize::from(value)][bin % L] += entry & 0xffff;
            present.insert(value);
        });
        let zeros = others < samples.len();
        if others == 0 {
            return None;
        }
        self.scan_cuts(level, zeros, total, impurity)
    }

    /// Scans the cuts between the present values, and 0 if there are `zeros`, from the largest value down.
    /// Empties the histogram.
    #[inline(always)]
    fn scan_cuts<I: Impurity>(
        &mut self,
        level: Level,
        zeros: bool,
        total: &[u32; L],
        impurity: &I,
    ) -> Option<Cut> {
        // The present values in descending order, and the class counts at or above each.
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
        // The lowest cut of equal scores.
        let cut = scores.iter().rposition(|&score| score == best)?;
        Some(Cut { score: best, low: values[cut + 1], high: values[cut] })
    }
}

/// The largest number, by four independent running maxima.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::histogram::{Entropy, Gini};
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
}

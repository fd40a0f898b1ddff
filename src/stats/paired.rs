//! Two models on the same images: the exact McNemar test.

use statrs::distribution::{Binomial, DiscreteCDF};

use pixel_learn::linalg::simd::for_each_level;

/// Discordant pairs: images on which exactly one of two models is correct.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Discordant {
    pub only_first: u64,
    pub only_second: u64,
}

impl Discordant {
    /// Counts discordant images. Slices of different length are cut to the shortest.
    pub fn count(first: &[u8], second: &[u8], labels: &[u8]) -> Discordant {
        let mut counts = Discordant::default();
        for ((first, second), label) in first.iter().zip(second).zip(labels) {
            let (first, second) = (first == label, second == label);
            counts.only_first += u64::from(first && !second);
            counts.only_second += u64::from(second && !first);
        }
        counts
    }

    /// Counts from bit sets of correct images (64 images in a word) and their sizes. With many models this is
    /// much faster than comparing predictions.
    pub fn of_masks(first: (&[u64], usize), second: (&[u64], usize)) -> Discordant {
        let both = common_bits(first.0, second.0);
        Discordant { only_first: first.1 as u64 - both, only_second: second.1 as u64 - both }
    }

    /// The split without its direction, which the p-value does not depend on.
    pub fn unordered(self) -> Discordant {
        let Discordant { only_first, only_second } = self;
        Discordant { only_first: only_first.min(only_second), only_second: only_first.max(only_second) }
    }

    /// The two-sided p-value of the exact McNemar test: the probability of a split at least as uneven when
    /// both models are equally likely to be the correct one.
    ///
    /// McNemar (1947), Psychometrika 12:153-157, in its exact binomial form; recommended for two classifiers
    /// on one test set by Dietterich (1998), Neural Computation 10:1895-1923. It compares two *trained
    /// models* on these images, not the methods over other seeds.
    pub fn p_value(self) -> f64 {
        let total = self.only_first + self.only_second;
        let fewer = self.only_first.min(self.only_second);
        if total == 0 || self.only_first == self.only_second {
            return 1.0;
        }
        // Valid for every total; on an error nothing is separated.
        Binomial::new(0.5, total).map_or(1.0, |binomial| (2.0 * binomial.cdf(fewer)).min(1.0))
    }
}

for_each_level! {
    /// Population count of the intersection, by `popcnt` where the machine has it: large tables spend their
    /// time here.
    fn common_bits(first: &[u64], second: &[u64]) -> u64 {
        first.iter().zip(second).map(|(first, second)| u64::from((first & second).count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_only_where_one_is_right() {
        let labels = [0, 1, 2, 3, 4];
        let counts = Discordant::count(&[0, 1, 9, 9, 9], &[0, 8, 2, 3, 8], &labels);
        assert_eq!(counts, Discordant { only_first: 1, only_second: 2 });
        assert_eq!(Discordant::of_masks((&[0b00011], 2), (&[0b01101], 3)), counts);
    }

    #[test]
    fn equal_models_are_equal() {
        assert_eq!(Discordant::default().p_value(), 1.0);
        assert_eq!(Discordant { only_first: 7, only_second: 7 }.p_value(), 1.0);
        // One image decides nothing: the sum of both tails is everything.
        let p = Discordant { only_first: 1, only_second: 0 }.p_value();
        assert!((p - 1.0).abs() < 1e-12, "{p}");
        // 2 * 0.5^10: every one of ten to one side.
        let p = Discordant { only_first: 10, only_second: 0 }.p_value();
        assert!((p - 2.0 / 1024.0).abs() < 1e-15, "{p}");
    }

    #[test]
    fn the_order_of_the_two_does_not_matter() {
        for (first, second) in [(3, 17), (100, 140), (0, 9)] {
            let p = Discordant { only_first: first, only_second: second }.p_value();
            assert_eq!(p, Discordant { only_first: second, only_second: first }.p_value());
        }
    }
}

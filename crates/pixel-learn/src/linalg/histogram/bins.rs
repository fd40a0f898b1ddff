//! Bins of byte features, as scikit-learn's `_BinMapper` makes them.
//!
//! A feature with at most `max_bins` distinct values has one bin a value, cut halfway between neighbours: exact. One
//! with more (of bytes that is all 256 values and 255 bins) has bins between percentiles, and percentiles that fall on
//! the same value make one bin: a pixel that is 0 in half of the images has half of `max_bins` bins at most.

/// The bins of every feature.
pub struct Bins {
    /// The largest byte of each bin but the last, ascending, one list a feature.
    cuts: Vec<Vec<u8>>,
    /// The bin of each byte, one table a feature.
    of_byte: Vec<[u8; 256]>,
    /// How many of the rows are in other bins than the first, a feature.
    beyond_first: Vec<usize>,
}

impl Bins {
    /// From the bytes of `rows` of `pixels` (of `d` bytes each). `max_bins` is from 2 to 256, which is exact. O(rows d).
    pub fn new(pixels: &[u8], d: usize, rows: &[u32], max_bins: usize) -> Bins {
        let mut counts = vec![[0u32; 256]; d];
        for &row in rows {
            let bytes = &pixels[row as usize * d..][..d];
            counts.iter_mut().zip(bytes).for_each(|(counts, &byte)| counts[usize::from(byte)] += 1);
        }
        let cuts: Vec<Vec<u8>> = counts.iter().map(|counts| cuts_of(counts, max_bins)).collect();
        let of_byte: Vec<[u8; 256]> = cuts
            .iter()
            .map(|cuts| {
                std::array::from_fn(|byte| cuts.partition_point(|&cut| usize::from(cut) < byte) as u8)
            })
            .collect();
        let beyond_first = counts
            .iter()
            .zip(&of_byte)
            .map(|(counts, of_byte)| {
                counts
                    .iter()
                    .zip(of_byte)
                    .map(|(&count, &bin)| if bin > 0 { count as usize } else { 0 })
                    .sum()
            })
            .collect();
        Bins { cuts, of_byte, beyond_first }
    }

    /// One bin a value that occurs.
    pub fn exact(pixels: &[u8], d: usize, rows: &[u32]) -> Bins {
        Bins::new(pixels, d, rows, 256)
    }

    /// How many of the rows that the bins were made from are in other bins of a feature than the first.
    pub(super) fn beyond_first(&self, feature: usize) -> usize {
        self.beyond_first[feature]
    }

    /// How many bins a feature has.
    pub fn count(&self, feature: usize) -> usize {
        self.cuts[feature].len() + 1
    }

    /// The bin of a byte.
    #[inline(always)]
    pub fn of(&self, feature: usize, byte: u8) -> u8 {
        self.of_byte[feature][usize::from(byte)]
    }

    /// The largest byte of a bin that is not the last of its feature.
    pub fn largest_byte(&self, feature: usize, bin: u8) -> u8 {
        self.cuts[feature][usize::from(bin)]
    }
}

/// Where a feature with these counts a value is cut. Thresholds of scikit-learn are real numbers; the bytes up to one
/// are those up to its integer part.
fn cuts_of(counts: &[u32; 256], max_bins: usize) -> Vec<u8> {
    let present: Vec<usize> = (0..256).filter(|&value| counts[value] > 0).collect();
    let mut cuts: Vec<u8> = if present.len() <= max_bins {
        present.windows(2).map(|pair| ((pair[0] + pair[1]) / 2) as u8).collect()
    } else {
        percentiles(counts, max_bins)
    };
    cuts.dedup();
    // A cut at or above the largest value parts nothing.
    let largest = present.last().copied().unwrap_or(0);
    cuts.retain(|&cut| usize::from(cut) < largest);
    cuts
}

/// The integer parts of the percentiles k / `max_bins` for k = 1, 2, ..., `max_bins` - 1, by numpy's method
/// `averaged_inverted_cdf` and in its floating-point steps.
fn percentiles(counts: &[u32; 256], max_bins: usize) -> Vec<u8> {
    let mut up_to = [0u64; 256];
    let mut n = 0;
    for (sum, &count) in up_to.iter_mut().zip(counts) {
        n += u64::from(count);
        *sum = n;
    }
    let sorted = |index: u64| up_to.partition_point(|&sum| sum <= index.min(n - 1));
    let step = 100.0 / max_bins as f64;
    (1..max_bins)
        .map(|k| {
            let index = (n as f64 * (k as f64 * step / 100.0) - 1.0).max(0.0);
            let below = index.floor() as u64;
            let (low, high) = (sorted(below), sorted(below + 1));
            let value = if index == index.floor() { (low + high) / 2 } else { high };
            value as u8
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_have_a_bin_each_that_is_cut_halfway() {
        let pixels = [3, 7, 3, 200, 9, 201, 7, 200];
        let bins = Bins::new(&pixels, 2, &[0, 1, 2, 3], 255);
        assert_eq!((bins.count(0), bins.count(1)), (3, 3));
        let of: Vec<u8> = [0, 3, 5, 6, 7, 8, 9, 255].iter().map(|&byte| bins.of(0, byte)).collect();
        assert_eq!(of, [0, 0, 0, 1, 1, 1, 2, 2]);
        assert_eq!((bins.largest_byte(0, 0), bins.largest_byte(0, 1)), (5, 8));
        assert_eq!((bins.largest_byte(1, 0), bins.largest_byte(1, 1)), (103, 200));
    }

    /// numpy.percentile(values, [25, 50, 75], method="averaged_inverted_cdf") of 0, 0, 0, 0, 1, 2, 5, 9 is 0, 0.5, 3.5.
    #[test]
    fn many_values_are_cut_at_percentiles_that_differ() {
        let pixels = [0, 0, 0, 0, 1, 2, 5, 9];
        let bins = Bins::new(&pixels, 1, &[0, 1, 2, 3, 4, 5, 6, 7], 4);
        let of: Vec<u8> = pixels.iter().map(|&byte| bins.of(0, byte)).collect();
        assert_eq!(bins.count(0), 3);
        assert_eq!(of, [0, 0, 0, 0, 1, 1, 2, 2]);
    }
}

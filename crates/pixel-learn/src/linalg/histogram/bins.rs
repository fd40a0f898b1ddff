//! Bins of byte features, as scikit-learn's `_BinMapper` defines them.
//!
//! A feature with at most `max_bins` distinct values has one bin for each value, with cuts halfway between
//! neighbours; this is exact. A feature with more values has bins between percentiles. Percentiles with the
//! same value make one bin: a pixel that is 0 in half of the images has at most half of `max_bins` bins.

/// The bins of every feature.
pub struct Bins {
    /// The largest byte of each bin except the last, ascending, for each feature.
    cuts: Vec<Vec<u8>>,
    /// The bin of each byte, a table for each feature.
    bin_of_byte: Vec<[u8; 256]>,
    /// The number of rows in bins other than the first, for each feature.
    rows_beyond_first: Vec<usize>,
}

impl Bins {
    /// The bins of `rows` of `pixels` (of `d` bytes each), with `max_bins` from 2 to 256; 256 is exact.
    /// O(rows d).
    pub fn new(pixels: &[u8], d: usize, rows: &[u32], max_bins: usize) -> Bins {
        let mut counts = vec![[0u32; 256]; d];
        for &row in rows {
            let bytes = &pixels[row as usize * d..][..d];
            counts.iter_mut().zip(bytes).for_each(|(counts, &byte)| counts[usize::from(byte)] += 1);
        }
        let cuts: Vec<Vec<u8>> = counts.iter().map(|counts| bin_cuts(counts, max_bins)).collect();
        let bin_of_byte: Vec<[u8; 256]> = cuts
            .iter()
            .map(|cuts| {
                std::array::from_fn(|byte| cuts.partition_point(|&cut| usize::from(cut) < byte) as u8)
            })
            .collect();
        let rows_beyond_first = counts
            .iter()
            .zip(&bin_of_byte)
            .map(|(counts, bin_of_byte)| {
                counts
                    .iter()
                    .zip(bin_of_byte)
                    .map(|(&count, &bin)| if bin > 0 { count as usize } else { 0 })
                    .sum()
            })
            .collect();
        Bins { cuts, bin_of_byte, rows_beyond_first }
    }

    /// Exact bins: one for each value that occurs.
    pub fn exact(pixels: &[u8], d: usize, rows: &[u32]) -> Bins {
        Bins::new(pixels, d, rows, 256)
    }

    /// The number of rows in bins of a feature other than the first, among those that the bins were made
    /// from.
    pub(super) fn rows_beyond_first(&self, feature: usize) -> usize {
        self.rows_beyond_first[feature]
    }

    /// The number of bins of a feature.
    pub fn bin_count(&self, feature: usize) -> usize {
        self.cuts[feature].len() + 1
    }

    /// The bin of a byte.
    #[inline(always)]
    pub fn bin(&self, feature: usize, byte: u8) -> u8 {
        self.bin_of_byte[feature][usize::from(byte)]
    }

    /// The largest byte of a bin that is not the last of its feature.
    pub fn largest_byte(&self, feature: usize, bin: u8) -> u8 {
        self.cuts[feature][usize::from(bin)]
    }
}

/// The cuts of a feature with these counts for each value. scikit-learn's thresholds are real numbers; a byte
/// is up to a threshold if it is up to its integer part.
fn bin_cuts(counts: &[u32; 256], max_bins: usize) -> Vec<u8> {
    let present: Vec<usize> = (0..256).filter(|&value| counts[value] > 0).collect();
    let mut cuts: Vec<u8> = if present.len() <= max_bins {
        present.windows(2).map(|pair| ((pair[0] + pair[1]) / 2) as u8).collect()
    } else {
        percentiles(counts, max_bins)
    };
    cuts.dedup();
    // A cut at or above the largest value would leave the right side empty.
    let largest = present.last().copied().unwrap_or(0);
    cuts.retain(|&cut| usize::from(cut) < largest);
    cuts
}

/// The integer parts of the percentiles k / `max_bins` for k = 1, 2, ..., `max_bins` - 1, by numpy's method
/// `averaged_inverted_cdf` with the same floating-point operations.
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
        assert_eq!((bins.bin_count(0), bins.bin_count(1)), (3, 3));
        let of: Vec<u8> = [0, 3, 5, 6, 7, 8, 9, 255].iter().map(|&byte| bins.bin(0, byte)).collect();
        assert_eq!(of, [0, 0, 0, 1, 1, 1, 2, 2]);
        assert_eq!((bins.largest_byte(0, 0), bins.largest_byte(0, 1)), (5, 8));
        assert_eq!((bins.largest_byte(1, 0), bins.largest_byte(1, 1)), (103, 200));
    }

    /// numpy.percentile(values, [25, 50, 75], method="averaged_inverted_cdf") of 0, 0, 0, 0, 1, 2, 5, 9 is 0,
    /// 0.5, 3.5.
    #[test]
    fn many_values_are_cut_at_percentiles_that_differ() {
        let pixels = [0, 0, 0, 0, 1, 2, 5, 9];
        let bins = Bins::new(&pixels, 1, &[0, 1, 2, 3, 4, 5, 6, 7], 4);
        let of: Vec<u8> = pixels.iter().map(|&byte| bins.bin(0, byte)).collect();
        assert_eq!(bins.bin_count(0), 3);
        assert_eq!(of, [0, 0, 0, 0, 1, 1, 2, 2]);
    }
}

//! The best cut of every feature in a small node by all-pairs comparison: the value of every row is a
//! candidate cut, and every row is compared with it, 64 features at a time.

use super::byte_words::{ByteWords, LANES};
use super::residual_histogram::{FeatureCuts, score_fraction};
use crate::linalg::simd::{self, Level};

/// Maximum number of rows: their residuals add up within 32 bits.
pub const MOST_ROWS: usize = 63;

/// Rows up to which all-pairs comparison is faster than a histogram.
const ALL_PAIRS_ROWS: usize = 40;

/// Features in a block.
const BLOCK: usize = 64;

/// Whether all-pairs comparison is faster than a histogram at this level in a node of `rows` rows.
pub fn is_faster(level: Level, rows: usize) -> bool {
    level >= Level::Avx512 && rows <= ALL_PAIRS_ROWS
}

/// The best cut of every feature for `rows` of `x`, equal to [`super::ResidualHistogram::best_cuts`]. At most
/// [`MOST_ROWS`] rows. O(rows^2 d).
pub fn best_cuts(
    level: Level,
    x: &ByteWords,
    rows: &[u32],
    residuals: &[i32],
    sum: i64,
    out: &mut FeatureCuts,
) {
    assert!(rows.len() <= MOST_ROWS, "too many rows for 32-bit sums");
    let d = x.d();
    out.clear(d);
    let values: [i32; MOST_ROWS] =
        std::array::from_fn(|k| rows.get(k).map_or(0, |&row| residuals[row as usize]));
    let values = &values[..rows.len()];
    let mut block = Block { bytes: [[0; BLOCK]; MOST_ROWS], best: Best::default() };
    for start in (0..d).step_by(BLOCK) {
        let width = BLOCK.min(d - start);
        let mut varies = 0u8;
        for (bytes, &row) in block.bytes.iter_mut().zip(rows) {
            let words = &x.row(row as usize)[start / LANES..];
            for (eight, word) in bytes.chunks_exact_mut(LANES).zip(words) {
                eight.copy_from_slice(&word.to_le_bytes());
            }
        }
        for row in 1..rows.len() {
            for (a, b) in block.bytes[0][..width].iter().zip(&block.bytes[row][..width]) {
                varies |= a ^ b;
            }
        }
        if varies == 0 {
            continue;
        }
        block.best = Best::default();
        match level.min(simd::supported()) {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the CPU has these instructions.
            Level::Avx512 => unsafe { block.search_avx512(values, sum) },
            _ => block.search(values, sum),
        }
        for k in 0..width {
            if block.best.denominator[k] > 0.0 {
                out.numerator[start + k] = block.best.numerator[k];
                out.denominator[start + k] = block.best.denominator[k];
                out.cut[start + k] = u16::from(block.best.low[k]) + 1;
            }
        }
    }
}

/// The bytes of 64 features for the rows of a node, with the best cuts so far.
struct Block {
    bytes: [[u8; BLOCK]; MOST_ROWS],
    best: Best,
}

/// The best cut so far of each feature: values up to `low` go left.
struct Best {
    numerator: [f64; BLOCK],
    denominator: [f64; BLOCK],
    low: [u8; BLOCK],
}

impl Default for Best {
    fn default() -> Self {
        Best { numerator: [0.0; BLOCK], denominator: [0.0; BLOCK], low: [0; BLOCK] }
    }
}

impl Block {
    /// The scalar reference, which the AVX-512 search matches bit for bit.
    fn search(&mut self, values: &[i32], sum: i64) {
        let rows = values.len();
        for k in 0..BLOCK {
            for candidate in 0..rows {
                let low = self.bytes[candidate][k];
                let right = (0..rows).filter(|&row| self.bytes[row][k] > low);
                let (count, right_sum) =
                    right.fold((0, 0i64), |(count, sum), row| (count + 1, sum + i64::from(values[row])));
                let (n, m) = score_fraction(rows as f64, sum as f64, f64::from(count), right_sum as f64);
                let best = &mut self.best;
                let (challenger, champion) = (n * best.denominator[k], best.numerator[k] * m);
                if m > 0.0 && (challenger > champion || (challenger == champion && low <= best.low[k]))
                    || m > 0.0 && best.denominator[k] == 0.0
                {
                    (best.numerator[k], best.denominator[k], best.low[k]) = (n, m, low);
                }
            }
        }
    }

    /// [`Block::search`] with one feature in each byte lane.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    fn search_avx512(&mut self, values: &[i32], sum: i64) {
        use std::arch::x86_64::*;
        let rows = _mm512_set1_pd(values.len() as f64);
        let sum = _mm512_set1_pd(sum as f64);
        let zero = _mm512_setzero_pd();
        let ones = _mm512_set1_epi8(1);
        let load = |bytes: &[u8; BLOCK]| {
            // SAFETY: a block is 64 bytes.
            unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
        };
        for candidate in 0..values.len() {
            let low = load(&self.bytes[candidate]);
            let mut sums = [_mm512_setzero_si512(); 4];
            let mut counts = _mm512_setzero_si512();
            for (bytes, &value) in self.bytes.iter().zip(values) {
                let right = _mm512_cmpgt_epu8_mask(load(bytes), low);
                let value = _mm512_set1_epi32(value);
                counts = _mm512_mask_add_epi8(counts, right, counts, ones);
                for (part, sums) in sums.iter_mut().enumerate() {
                    *sums = _mm512_mask_add_epi32(*sums, (right >> (16 * part)) as u16, *sums, value);
                }
            }
            let mut count_bytes = [0u8; BLOCK];
            let mut sum_words = [0i32; BLOCK];
            // SAFETY: both arrays have the size of what is stored, and stores need no alignment.
            unsafe {
                _mm512_storeu_si512(count_bytes.as_mut_ptr().cast(), counts);
                for (part, sums) in sums.iter().enumerate() {
                    _mm512_storeu_si512(sum_words.as_mut_ptr().add(16 * part).cast(), *sums);
                }
            }
            let best = &mut self.best;
            // SAFETY: the same array of 64 bytes.
            let best_low = unsafe { _mm512_loadu_si512(best.low.as_ptr().cast()) };
            let not_higher = _mm512_cmple_epu8_mask(low, best_low);
            let mut replaced = 0u64;
            for part in 0..BLOCK / 8 {
                let at = part * 8;
                // SAFETY: eight values from each of arrays of 64.
                let (right_rows, right_sum, numerator, denominator) = unsafe {
                    (
                        _mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(_mm_loadl_epi64(
                            count_bytes.as_ptr().add(at).cast(),
                        ))),
                        _mm512_cvtepi32_pd(_mm256_loadu_si256(sum_words.as_ptr().add(at).cast())),
                        _mm512_loadu_pd(best.numerator.as_ptr().add(at)),
                        _mm512_loadu_pd(best.denominator.as_ptr().add(at)),
                    )
                };
                // As [`score_fraction`]: the two products and the difference round separately.
                let difference =
                    _mm512_sub_pd(_mm512_mul_pd(rows, right_sum), _mm512_mul_pd(right_rows, sum));
                let n = _mm512_mul_pd(difference, difference);
                let m = _mm512_mul_pd(right_rows, _mm512_sub_pd(rows, right_rows));
                let (challenger, champion) = (_mm512_mul_pd(n, denominator), _mm512_mul_pd(numerator, m));
                let better = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(challenger, champion);
                let equal = _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(challenger, champion);
                let first = _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(denominator, zero);
                let valid = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(m, zero);
                let replace = valid & (better | first | (equal & (not_higher >> at) as u8));
                // SAFETY: as the loads above.
                unsafe {
                    _mm512_mask_storeu_pd(best.numerator.as_mut_ptr().add(at), replace, n);
                    _mm512_mask_storeu_pd(best.denominator.as_mut_ptr().add(at), replace, m);
                }
                replaced |= u64::from(replace) << at;
            }
            // SAFETY: the same array of 64 bytes.
            unsafe { _mm512_mask_storeu_epi8(best.low.as_mut_ptr().cast(), replaced, low) };
        }
    }
}

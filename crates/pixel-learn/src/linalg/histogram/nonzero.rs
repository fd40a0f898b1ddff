//! Branch-free compaction of the samples of a node to those with a non-zero byte in one column (a fifth of
//! them on MNIST). Only these samples are counted.

use super::sample::Sample;
use crate::linalg::simd::Level;

/// Samples that are compacted at a time.
const CHUNK: usize = 512;

/// Room beyond the list: a whole register is stored although only its first lanes may count.
const MARGIN: usize = 16;

/// A list of at most [`CHUNK`] entries: value x L + class in the upper half of each word, the weight in the
/// lower half.
pub(super) struct NonzeroList<const L: usize>(Box<[u32; CHUNK + MARGIN]>);

impl<const L: usize> Default for NonzeroList<L> {
    fn default() -> Self {
        NonzeroList(Box::new([0; CHUNK + MARGIN]))
    }
}

impl<const L: usize> NonzeroList<L> {
    /// Calls `visit` with the entries of the samples whose byte in `column` is not 0, in their order. Returns
    /// their number. L must be a power of two above every class.
    #[inline(always)]
    pub(super) fn for_each(
        &mut self,
        level: Level,
        column: &[u8],
        samples: &[Sample],
        mut visit: impl FnMut(u32),
    ) -> usize {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => {
                let mut all = 0;
                for samples in samples.chunks(CHUNK) {
                    // SAFETY: the level is handed out only where the CPU has these instructions.
                    let count = unsafe { self.list_avx512(column, samples) };
                    self.0[..count].iter().for_each(|&entry| visit(entry));
                    all += count;
                }
                all
            }
            _ => Self::for_each_body(column, samples, visit),
        }
    }

    /// The scalar reference: reads the values of 64 samples into a bit mask of the non-zero ones, then visits
    /// the set bits.
    #[inline(always)]
    fn for_each_body(column: &[u8], samples: &[Sample], mut visit: impl FnMut(u32)) -> usize {
        let mut all = 0;
        for samples in samples.chunks(64) {
            let mut values = [[0u8; 8]; 8];
            let mut nonzero = 0u64;
            for (group, (samples, values)) in samples.chunks(8).zip(&mut values).enumerate() {
                let eight = match samples.first_chunk::<8>() {
                    Some(samples) => gather_bytes(column, samples),
                    None => gather_bytes(column, samples),
                };
                *values = eight.to_le_bytes();
                nonzero |= nonzero_mask(eight) << (8 * group);
            }
            all += nonzero.count_ones() as usize;
            let values: &[u8; 64] = values.as_flattened().first_chunk().expect("eight times eight");
            while nonzero != 0 {
                let at = nonzero.trailing_zeros() as usize;
                nonzero &= nonzero - 1;
                let (value, sample) = (values[at & 63], &samples[at]);
                visit(
                    u32::from(value) << (16 + L.ilog2())
                        | u32::from(sample.class) << 16
                        | u32::from(sample.weight),
                );
            }
        }
        all
    }

    /// Appends to the first `count` entries, by the scalar reference. Returns the new number of entries.
    #[cfg(target_arch = "x86_64")]
    fn append(&mut self, mut count: usize, column: &[u8], samples: &[Sample]) -> usize {
        Self::for_each_body(column, samples, |entry| {
            self.0[count] = entry;
            count += 1;
        });
        count
    }

    /// Lists sixteen samples at a time: gathers their bytes and compresses the entries whose byte is not 0.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
    fn list_avx512(&mut self, column: &[u8], samples: &[Sample]) -> usize {
        use std::arch::x86_64::*;
        const {
            // The loads below rely on this layout: a row number, then weight and class as the halves of a
            // word.
            assert!(size_of::<Sample>() == 8 && std::mem::offset_of!(Sample, row) == 0);
            assert!(std::mem::offset_of!(Sample, weight) == 4 && std::mem::offset_of!(Sample, class) == 6);
        }
        let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
        let low_byte = _mm512_set1_epi32(0xff);
        let shift = _mm_cvtsi32_si128(16 + L.ilog2() as i32);
        // A gather reads four bytes for each row. Rows within three bytes of the end of the column, and rows
        // beyond it, are left to the scalar reference.
        let readable = _mm512_set1_epi32(column.len().saturating_sub(3).min(i32::MAX as usize) as i32);
        let mut count = 0;
        for samples in samples.chunks(16) {
            let valid = (1u32 << samples.len()) - 1;
            // SAFETY: lanes of samples that are there are loaded, sixteen words of two samples' eight bytes
            // each.
            let (first, second) = unsafe {
                (
                    _mm512_maskz_loadu_epi64(valid as u8, samples.as_ptr().cast()),
                    _mm512_maskz_loadu_epi64((valid >> 8) as u8, samples.as_ptr().wrapping_add(8).cast()),
                )
            };
            let rows = _mm512_permutex2var_epi32(first, even, second);
            let within = _mm512_cmplt_epu32_mask(rows, readable);
            if within & valid as u16 != valid as u16 {
                count = self.append(count, column, samples);
                continue;
            }
            // SAFETY: the four bytes of every lane that is read lie within the column, as just compared.
            let bytes = unsafe {
                _mm512_mask_i32gather_epi32::<1>(
                    _mm512_setzero_si512(),
                    valid as u16,
                    rows,
                    column.as_ptr().cast(),
                )
            };
            let nonzero = _mm512_test_epi32_mask(bytes, low_byte);
            let values = _mm512_and_si512(bytes, low_byte);
            let facts = _mm512_permutex2var_epi32(first, odd, second);
            let entries = _mm512_or_si512(_mm512_sll_epi32(values, shift), facts);
            let place: &mut [u32; 16] = self.0[count..].first_chunk_mut().expect("the list has a margin");
            // SAFETY: sixteen words are stored to an array of as many.
            unsafe {
                _mm512_storeu_epi32(place.as_mut_ptr().cast(), _mm512_maskz_compress_epi32(nonzero, entries))
            };
            count += nonzero.count_ones() as usize;
        }
        count
    }
}

/// The values of at most eight samples, packed into a word.
#[inline(always)]
fn gather_bytes(column: &[u8], samples: &[Sample]) -> u64 {
    let mut values = 0;
    for (k, sample) in samples.iter().enumerate() {
        values |= u64::from(column[sample.row as usize]) << (8 * k);
    }
    values
}

/// One bit for each of eight bytes: whether the byte is not 0.
#[inline(always)]
fn nonzero_mask(bytes: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let top_bits = (((bytes & LOW) + LOW) | bytes) & !LOW;
    // Moves bit 8 k to bit 56 + k; no two partial products meet, so nothing carries.
    (top_bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::simd::supported;

    #[test]
    fn only_rows_that_are_not_0_are_listed_in_order_at_every_level() {
        let mut list = NonzeroList::<16>::default();
        for n in (1..200usize).chain([2 * CHUNK + 5]) {
            let column: Vec<u8> = (0..n).map(|row| if row % 3 == n % 3 { row as u8 } else { 0 }).collect();
            let samples: Vec<Sample> = (0..n)
                .filter(|row| row * 7 % 5 != 0)
                .map(|row| Sample {
                    row: row as u32,
                    weight: (row % 200) as u16 * 300,
                    class: (row % 10) as u16,
                })
                .collect();
            let expected: Vec<u32> = samples
                .iter()
                .filter(|sample| column[sample.row as usize] != 0)
                .map(|s| {
                    (u32::from(column[s.row as usize]) * 16 + u32::from(s.class)) << 16 | u32::from(s.weight)
                })
                .collect();
            for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
                if level <= supported() {
                    let mut listed = Vec::new();
                    let count = list.for_each(level, &column, &samples, |entry| listed.push(entry));
                    assert_eq!((count, &listed), (expected.len(), &expected), "{level:?}, {n} rows");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "index out of bounds")]
    fn a_row_beyond_the_column_is_never_read() {
        let samples = [Sample { row: 70, weight: 1, class: 0 }];
        NonzeroList::<16>::default().for_each(supported(), &[1; 64], &samples, |_| ());
    }
}

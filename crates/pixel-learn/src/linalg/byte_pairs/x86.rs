//! The tiles for x86-64.

use std::arch::x86_64::*;

use super::{LEFT, Line, RIGHT, Tile};

/// 12 x 32 sums in 24 registers.
///
/// # Safety
/// The machine must have AVX-512 F and VNNI.
#[target_feature(enable = "avx512f,avx512vnni")]
pub unsafe fn tile_vnni(words: &[[i8; 4]], lines: &[Line], shifts: &[i32; RIGHT], tile: &mut Tile) {
    let groups = lines.len() / 2;
    assert_eq!(words.len(), groups * LEFT, "panels of the same features");
    let mut sums = [[_mm512_setzero_si512(); 2]; LEFT];
    let (mut word, mut line) = (words.as_ptr(), lines.as_ptr());
    for _ in 0..groups {
        // SAFETY: both pointers advance by one group a turn and stay inside their panels.
        unsafe {
            let right = [_mm512_load_si512(line.cast()), _mm512_load_si512(line.add(1).cast())];
            for (r, sums) in sums.iter_mut().enumerate() {
                let left = _mm512_set1_epi32(word.add(r).cast::<i32>().read_unaligned());
                sums[0] = _mm512_dpbusd_epi32(sums[0], right[0], left);
                sums[1] = _mm512_dpbusd_epi32(sums[1], right[1], left);
            }
            word = word.add(LEFT);
            line = line.add(2);
        }
    }
    for (row, sums) in tile.iter_mut().zip(sums) {
        for (half, sum) in sums.into_iter().enumerate() {
            // SAFETY: rows of the tile and the shifts have 32 values.
            unsafe {
                let shift = _mm512_loadu_si512(shifts.as_ptr().add(16 * half).cast());
                _mm512_storeu_si512(row.as_mut_ptr().add(16 * half).cast(), _mm512_add_epi32(sum, shift));
            }
        }
    }
}

/// Left rows taken together by the AVX2 kernel.
const ROWS: usize = 4;

/// As [`tile_vnni`], on 16-bit values, in parts of 4 x 8 rows; each sum is kept in two halves until the end.
///
/// # Safety
/// The machine must have AVX2.
#[target_feature(enable = "avx2")]
pub unsafe fn tile_avx2(words: &[[i8; 4]], lines: &[Line], shifts: &[i32; RIGHT], tile: &mut Tile) {
    let groups = lines.len() / 2;
    assert_eq!(words.len(), groups * LEFT, "panels of the same features");
    let wide: Vec<[i16; 4]> = words.iter().map(|word| word.map(i16::from)).collect();
    for top in (0..LEFT).step_by(ROWS) {
        for first in (0..RIGHT).step_by(8) {
            let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
            for group in 0..groups {
                let bytes = &lines[group * 2 + first / 16].0[first % 16 * 4..][..32];
                let words = &wide[group * LEFT + top..][..ROWS];
                // SAFETY: 32 bytes and four words were sliced.
                unsafe {
                    let right = [0, 1].map(|half| {
                        _mm256_cvtepu8_epi16(_mm_loadu_si128(bytes.as_ptr().add(16 * half).cast()))
                    });
                    for (sums, word) in sums.iter_mut().zip(words) {
                        let left = _mm256_set1_epi64x(word.as_ptr().cast::<i64>().read_unaligned());
                        for (sum, right) in sums.iter_mut().zip(right) {
                            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(right, left));
                        }
                    }
                }
            }
            for (r, sums) in sums.into_iter().enumerate() {
                for (half, sum) in sums.into_iter().enumerate() {
                    let mut parts = [[0i32; 2]; 4];
                    // SAFETY: eight values are stored to an array of as many.
                    unsafe { _mm256_storeu_si256(parts.as_mut_ptr().cast(), sum) };
                    let slot = first + 4 * half;
                    let out = tile[top + r][slot..].iter_mut().zip(&shifts[slot..]);
                    out.zip(parts).for_each(|((out, shift), [a, b])| *out = a + b + shift);
                }
            }
        }
    }
}

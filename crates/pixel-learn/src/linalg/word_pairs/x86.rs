//! The tiles for x86-64.

use std::arch::x86_64::*;

use super::{LEFT, Line, RIGHT, Tile};

/// 12 x 32 sums in 24 registers.
///
/// # Safety
/// The machine must have AVX-512 F and VNNI.
#[target_feature(enable = "avx512f,avx512vnni")]
pub unsafe fn tile_vnni(words: &[[i16; 2]], lines: &[Line], tile: &mut Tile) {
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
                sums[0] = _mm512_dpwssd_epi32(sums[0], right[0], left);
                sums[1] = _mm512_dpwssd_epi32(sums[1], right[1], left);
            }
            word = word.add(LEFT);
            line = line.add(2);
        }
    }
    for (row, sums) in tile.iter_mut().zip(sums) {
        for (half, sum) in sums.into_iter().enumerate() {
            // SAFETY: rows of the tile have 32 values.
            unsafe { _mm512_storeu_si512(row.as_mut_ptr().add(16 * half).cast(), sum) };
        }
    }
}

/// Left rows taken together by the AVX2 kernel.
const ROWS: usize = 6;

/// As [`tile_vnni`], in parts of 6 x 16 rows: 12 sums in registers.
///
/// # Safety
/// The machine must have AVX2.
#[target_feature(enable = "avx2")]
pub unsafe fn tile_avx2(words: &[[i16; 2]], lines: &[Line], tile: &mut Tile) {
    let groups = lines.len() / 2;
    assert_eq!(words.len(), groups * LEFT, "panels of the same features");
    for half in 0..RIGHT / 16 {
        for top in (0..LEFT).step_by(ROWS) {
            let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
            for group in 0..groups {
                // SAFETY: `group` is below the number of groups; a group has two lines and 12 words.
                unsafe {
                    let line: *const __m256i = lines.as_ptr().add(2 * group + half).cast();
                    let word = words.as_ptr().add(group * LEFT + top);
                    let right = [_mm256_load_si256(line), _mm256_load_si256(line.add(1))];
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let left = _mm256_set1_epi32(word.add(r).cast::<i32>().read_unaligned());
                        for (sum, right) in sums.iter_mut().zip(right) {
                            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(right, left));
                        }
                    }
                }
            }
            for (row, sums) in tile[top..].iter_mut().zip(sums) {
                for (quarter, sum) in sums.into_iter().enumerate() {
                    let out = row[16 * half + 8 * quarter..][..8].as_mut_ptr();
                    // SAFETY: eight values were sliced.
                    unsafe { _mm256_storeu_si256(out.cast(), sum) };
                }
            }
        }
    }
}

//! The kernels of pixel groups by hand: the compiler keeps such sums in memory.

use std::arch::x86_64::*;

use super::{GROUP_ROWS, LANES, Lanes, Scores};

/// Every byte as f64: a look-up in this table costs no more than a load of a converted value.
static VALUES: [f64; 256] = {
    let mut values = [0.0; 256];
    let mut byte = 0;
    while byte < values.len() {
        values[byte] = byte as f64;
        byte += 1;
    }
    values
};

/// The bytes of four rows as values in double precision, the lowest first.
#[target_feature(enable = "avx2")]
fn values(four: u32) -> __m256d {
    _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four as i32)))
}

/// Defines product and sum of a group in double precision, with eight values in `$registers` registers of
/// `$width` each.
macro_rules! kernels {
    ($features:literal, $project:ident, $accumulate:ident, $registers:literal, $width:literal, $register:ty,
     $load:ident, $store:ident, $splat:ident, $fused:ident) => {
        /// As `PixelRows::project`; every column must be below the lengths of `eight` and `ninth`.
        #[target_feature(enable = $features)]
        pub unsafe fn $project(
            columns: &[u16],
            row_bytes: &[u32],
            scores: &mut Scores,
            eight: &[Lanes],
            ninth: &[f64],
        ) {
            // SAFETY: the registers hold eight values, and no caller has fewer.
            let load = |eight: &[f64]| -> [$register; $registers] {
                std::array::from_fn(|p| unsafe { $load(eight.as_ptr().add(p * $width)) })
            };
            let mut sums = scores.each_ref().map(|scores| load(scores));
            let [a, b, c, d] = scores.map(|scores| scores[LANES]);
            let mut single = _mm256_setr_pd(a, b, c, d);
            for (&column, &four) in columns.iter().zip(row_bytes) {
                // SAFETY: the column is one of the vectors'.
                let (eight, ninth) =
                    unsafe { (eight.get_unchecked(column as usize), *ninth.get_unchecked(column as usize)) };
                let eight = load(&eight.0);
                for (row, sums) in sums.iter_mut().enumerate() {
                    let value = $splat(VALUES[(four >> (8 * row)) as u8 as usize]);
                    for (sum, vector) in sums.iter_mut().zip(eight) {
                        *sum = $fused(value, vector, *sum);
                    }
                }
                single = _mm256_fmadd_pd(values(four), _mm256_set1_pd(ninth), single);
            }
            let mut of_ninth = [0.0; GROUP_ROWS];
            // SAFETY: four values fill a register.
            unsafe { _mm256_storeu_pd(of_ninth.as_mut_ptr(), single) };
            for ((scores, sums), ninth) in scores.iter_mut().zip(sums).zip(of_ninth) {
                for (p, sum) in sums.into_iter().enumerate() {
                    // SAFETY: as above.
                    unsafe { $store(scores.as_mut_ptr().add(p * $width), sum) };
                }
                scores[LANES] = ninth;
            }
        }

        /// As `PixelRows::accumulate`; every column must be below the lengths of `eight` and `ninth`.
        #[target_feature(enable = $features)]
        pub unsafe fn $accumulate(
            columns: &[u16],
            row_bytes: &[u32],
            factors: &Scores,
            eight: &mut [Lanes],
            ninth: &mut [[f64; GROUP_ROWS]],
        ) {
            // SAFETY: the registers hold eight values, and no caller has fewer.
            let load = |eight: &[f64]| -> [$register; $registers] {
                std::array::from_fn(|p| unsafe { $load(eight.as_ptr().add(p * $width)) })
            };
            let of_eight = factors.each_ref().map(|factors| load(factors));
            let [a, b, c, d] = factors.map(|factors| factors[LANES]);
            let of_ninth = _mm256_setr_pd(a, b, c, d);
            for (&column, &four) in columns.iter().zip(row_bytes) {
                // SAFETY: the column is one of the sums'.
                let (eight, ninth) = unsafe {
                    (eight.get_unchecked_mut(column as usize), ninth.get_unchecked_mut(column as usize))
                };
                let mut sums = load(&eight.0);
                for (row, factors) in of_eight.iter().enumerate() {
                    let value = $splat(VALUES[(four >> (8 * row)) as u8 as usize]);
                    for (sum, factor) in sums.iter_mut().zip(factors) {
                        *sum = $fused(value, *factor, *sum);
                    }
                }
                for (p, sum) in sums.into_iter().enumerate() {
                    // SAFETY: as above.
                    unsafe { $store(eight.0.as_mut_ptr().add(p * $width), sum) };
                }
                // SAFETY: four values fill a register.
                unsafe {
                    let sum = _mm256_fmadd_pd(values(four), of_ninth, _mm256_loadu_pd(ninth.as_ptr()));
                    _mm256_storeu_pd(ninth.as_mut_ptr(), sum);
                }
            }
        }
    };
}

kernels!(
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma",
    project_avx512,
    accumulate_avx512,
    1,
    8,
    __m512d,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_set1_pd,
    _mm512_fmadd_pd
);
kernels!(
    "avx2,fma",
    project_avx2,
    accumulate_avx2,
    2,
    4,
    __m256d,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_set1_pd,
    _mm256_fmadd_pd
);

//! The kernels of pixel groups by hand: the compiler keeps such sums in memory.

use std::arch::x86_64::*;

use super::{CHAINS, LANES, Lanes, ONE_CHAINS, TOGETHER};

/// Defines product and sum of a group in double precision, in sweeps over its columns that take `$registers`
/// registers of `$width` lanes each: as many as there are sums for.
macro_rules! kernels {
    ($features:literal, $project:ident, $accumulate:ident, $registers:literal, $width:literal, $register:ty,
     $zero:ident, $load:ident, $store:ident, $splat:ident, $fused:ident, $add:ident) => {
        /// As `PixelGroup::project`; every column must be below the number of `vectors`.
        #[target_feature(enable = $features)]
        pub unsafe fn $project(
            columns: &[u16],
            values: &[[f64; TOGETHER]],
            start: &[Lanes; TOGETHER],
            vectors: &[Lanes],
        ) -> [Lanes; TOGETHER] {
            let (columns, last_columns) = columns.as_chunks::<CHAINS>();
            let (values, last_values) = values.as_chunks::<CHAINS>();
            let mut out = [Lanes::ZERO; TOGETHER];
            for sweep in (0..LANES).step_by($registers * $width) {
                // SAFETY: the registers of a sweep are within the lanes.
                let load = |lanes: &Lanes| -> [$register; $registers] {
                    std::array::from_fn(|p| unsafe { $load(lanes.0.as_ptr().add(sweep + p * $width)) })
                };
                let mut sums = [[[$zero(); $registers]; TOGETHER]; CHAINS];
                sums[0] = std::array::from_fn(|row| load(&start[row]));
                let add = |sums: &mut [[$register; $registers]; TOGETHER],
                           column: u16,
                           values: &[f64; TOGETHER]| {
                    // SAFETY: the column is one of the vectors'.
                    let vector = load(unsafe { vectors.get_unchecked(column as usize) });
                    for (sums, value) in sums.iter_mut().zip(values) {
                        let value = $splat(*value);
                        for (sum, vector) in sums.iter_mut().zip(vector) {
                            *sum = $fused(value, vector, *sum);
                        }
                    }
                };
                for (columns, values) in columns.iter().zip(values) {
                    for q in 0..CHAINS {
                        add(&mut sums[q], columns[q], &values[q]);
                    }
                }
                for (q, (&column, values)) in last_columns.iter().zip(last_values).enumerate() {
                    add(&mut sums[q], column, values);
                }
                for (row, out) in out.iter_mut().enumerate() {
                    for p in 0..$registers {
                        let sum = $add(sums[0][row][p], sums[1][row][p]);
                        // SAFETY: as above.
                        unsafe { $store(out.0.as_mut_ptr().add(sweep + p * $width), sum) };
                    }
                }
            }
            out
        }

        /// As `PixelGroup::accumulate`; every column must be below the number of `sums`.
        #[target_feature(enable = $features)]
        pub unsafe fn $accumulate(
            columns: &[u16],
            values: &[[f64; TOGETHER]],
            factors: &[Lanes; TOGETHER],
            sums: &mut [Lanes],
        ) {
            for sweep in (0..LANES).step_by($registers * $width) {
                // SAFETY: the registers of a sweep are within the lanes.
                let factors: [[$register; $registers]; TOGETHER] = std::array::from_fn(|row| {
                    std::array::from_fn(|p| unsafe { $load(factors[row].0.as_ptr().add(sweep + p * $width)) })
                });
                for (&column, values) in columns.iter().zip(values) {
                    let values = values.map(|value| $splat(value));
                    // SAFETY: as above, and the column is one of the sums'.
                    let lanes = unsafe { sums.get_unchecked_mut(column as usize).0.as_mut_ptr().add(sweep) };
                    for p in 0..$registers {
                        // SAFETY: as above.
                        let mut sum = unsafe { $load(lanes.add(p * $width)) };
                        for (value, factors) in values.iter().zip(&factors) {
                            sum = $fused(*value, factors[p], sum);
                        }
                        // SAFETY: as above.
                        unsafe { $store(lanes.add(p * $width), sum) };
                    }
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
    _mm512_setzero_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_set1_pd,
    _mm512_fmadd_pd,
    _mm512_add_pd
);
kernels!(
    "avx2,fma",
    project_avx2,
    accumulate_avx2,
    1,
    4,
    __m256d,
    _mm256_setzero_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_set1_pd,
    _mm256_fmadd_pd,
    _mm256_add_pd
);

/// As `PixelGroup::project_one`; every column must be below the length of `vector`.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn project_one(
    columns: &[u16],
    values: &[[f64; TOGETHER]],
    start: &[f64; TOGETHER],
    vector: &[f64],
) -> [f64; TOGETHER] {
    let (columns, last_columns) = columns.as_chunks::<ONE_CHAINS>();
    let (values, last_values) = values.as_chunks::<ONE_CHAINS>();
    // SAFETY: four values fill a register.
    let load = |values: &[f64; TOGETHER]| unsafe { _mm256_loadu_pd(values.as_ptr()) };
    // SAFETY: the column is one of the vector's.
    let entry = |column: u16| _mm256_set1_pd(unsafe { *vector.get_unchecked(column as usize) });
    let mut sums = [_mm256_setzero_pd(); ONE_CHAINS];
    sums[0] = load(start);
    for (columns, values) in columns.iter().zip(values) {
        for q in 0..ONE_CHAINS {
            sums[q] = _mm256_fmadd_pd(load(&values[q]), entry(columns[q]), sums[q]);
        }
    }
    for (q, (&column, values)) in last_columns.iter().zip(last_values).enumerate() {
        sums[q] = _mm256_fmadd_pd(load(values), entry(column), sums[q]);
    }
    let mut out = [0.0; TOGETHER];
    let sum = _mm256_add_pd(_mm256_add_pd(sums[0], sums[1]), _mm256_add_pd(sums[2], sums[3]));
    // SAFETY: four values fill a register.
    unsafe { _mm256_storeu_pd(out.as_mut_ptr(), sum) };
    out
}

/// As `PixelGroup::accumulate_one`; every column must be below the number of `sums`.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn accumulate_one(
    columns: &[u16],
    values: &[[f64; TOGETHER]],
    factors: &[f64; TOGETHER],
    sums: &mut [[f64; TOGETHER]],
) {
    // SAFETY: four values fill a register.
    let load = |values: &[f64; TOGETHER]| unsafe { _mm256_loadu_pd(values.as_ptr()) };
    let factors = load(factors);
    for (&column, values) in columns.iter().zip(values) {
        // SAFETY: the column is one of the sums', and four values fill a register.
        unsafe {
            let sums = sums.get_unchecked_mut(column as usize);
            let sum = _mm256_fmadd_pd(load(values), factors, load(sums));
            _mm256_storeu_pd(sums.as_mut_ptr(), sum);
        }
    }
}

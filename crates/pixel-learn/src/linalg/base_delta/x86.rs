//! Kernels in AVX2 and AVX-512 intrinsics: the compiler would keep the sums in memory.

use std::arch::x86_64::*;

use super::{CHAINS, GROUP_ROWS, Lanes, SparseRows, WideLanes, group_of, groups};

/// Prefetch distance in columns: far enough to cross a page, where the hardware prefetcher stops.
const AHEAD: usize = 256;

/// Defines the products of one group of rows with lanes of `$number` in `$registers` registers of `$width` each.
macro_rules! product {
    ($name:ident, $features:literal, $lanes:ident, $registers:literal, $width:literal,
     $zero:ident, $load:ident, $store:ident, $splat:expr, $fused:ident, $add:ident) => {
        /// Every one of `columns`, which are as many as `values`, must be below the number of `vectors`.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn $name(
            columns: &[u16],
            values: &[[f32; GROUP_ROWS]],
            start: &$lanes,
            vectors: &[$lanes],
        ) -> [$lanes; GROUP_ROWS] {
            let (columns, last_columns) = columns.as_chunks::<CHAINS>();
            let (values, last_values) = values.as_chunks::<CHAINS>();
            let mut out = [$lanes::ZERO; GROUP_ROWS];
            // One register of lanes at a time: the sums of all lanes do not fit AVX2's sixteen.
            for at in (0..$registers * $width).step_by($width) {
                // SAFETY: lanes fill the registers, and the column is one of the vectors'.
                let vector =
                    |column: u16| unsafe { $load(vectors.get_unchecked(column as usize).0.as_ptr().add(at)) };
                let mut sums = [[$zero(); GROUP_ROWS]; CHAINS];
                // SAFETY: as above.
                sums[0] = [unsafe { $load(start.0.as_ptr().add(at)) }; GROUP_ROWS];
                for (columns, values) in columns.iter().zip(values) {
                    _mm_prefetch::<_MM_HINT_T0>(values.as_ptr().wrapping_add(AHEAD).cast());
                    for q in 0..CHAINS {
                        let vector = vector(columns[q]);
                        for row in 0..GROUP_ROWS {
                            sums[q][row] = $fused($splat(values[q][row]), vector, sums[q][row]);
                        }
                    }
                }
                for (q, (&column, values)) in last_columns.iter().zip(last_values).enumerate() {
                    let vector = vector(column);
                    for row in 0..GROUP_ROWS {
                        sums[q][row] = $fused($splat(values[row]), vector, sums[q][row]);
                    }
                }
                for (row, out) in out.iter_mut().enumerate() {
                    let sum = $add(sums[0][row], sums[1][row]);
                    // SAFETY: as above.
                    unsafe { $store(out.0.as_mut_ptr().add(at), sum) };
                }
            }
            out
        }
    };
}

/// Defines the three functions of one instruction level.
macro_rules! kernels {
    ($features:literal, $project:ident, $project_wide:ident, $accumulate:ident, $product:ident, $wide:ident,
     $registers:literal, $width:literal, $load:ident, $store:ident, $splat:ident, $fused:ident) => {
        /// As `project`; there must be as many `vectors` as columns.
        #[target_feature(enable = $features)]
        pub unsafe fn $project(
            x: &SparseRows,
            list: &[u32],
            start: &Lanes,
            vectors: &[Lanes],
            out: &mut [Lanes],
        ) {
            let mut out = out.iter_mut();
            for run in groups(list) {
                let (columns, values) = x.group(group_of(run));
                // SAFETY: handed on.
                let products = unsafe { $product(columns, values, start, vectors) };
                for (row, out) in run.iter().zip(&mut out) {
                    *out = products[*row as usize % GROUP_ROWS];
                }
            }
        }

        /// As `project_wide`; there must be as many `vectors` as columns.
        #[target_feature(enable = $features)]
        pub unsafe fn $project_wide(
            x: &SparseRows,
            first: usize,
            start: &WideLanes,
            vectors: &[WideLanes],
            out: &mut [WideLanes],
        ) {
            for (group, out) in (first / GROUP_ROWS..).zip(out.chunks_mut(GROUP_ROWS)) {
                let (columns, values) = x.group(group);
                // SAFETY: handed on.
                let products = unsafe { $wide(columns, values, start, vectors) };
                out.copy_from_slice(&products[..out.len()]);
            }
        }

        /// As `accumulate`; there must be as many `sums` as columns.
        #[target_feature(enable = $features)]
        pub unsafe fn $accumulate(x: &SparseRows, list: &[u32], factors: &[Lanes], sums: &mut [Lanes]) {
            let mut factors = factors.iter();
            for run in groups(list) {
                let (columns, values) = x.group(group_of(run));
                let mut of_rows = [Lanes::ZERO; GROUP_ROWS];
                for (row, factor) in run.iter().zip(&mut factors) {
                    of_rows[*row as usize % GROUP_ROWS] = *factor;
                }
                // SAFETY: lanes fill the registers.
                let of_rows = of_rows.map(|factor| -> [_; $registers] {
                    std::array::from_fn(|p| unsafe { $load(factor.0.as_ptr().add(p * $width)) })
                });
                for (&column, values) in columns.iter().zip(values) {
                    // SAFETY: the column is one of the sums', and lanes fill the registers.
                    unsafe {
                        let sum = sums.get_unchecked_mut(column as usize).0.as_mut_ptr();
                        for p in 0..$registers {
                            let at = sum.add(p * $width);
                            let mut sum = $load(at);
                            for (value, factor) in values.iter().zip(&of_rows) {
                                sum = $fused($splat(*value), factor[p], sum);
                            }
                            $store(at, sum);
                        }
                    }
                }
            }
        }
    };
}

/// Defines the sums in double precision of one instruction level.
macro_rules! accumulate_wide {
    ($name:ident, $features:literal, $registers:literal, $width:literal, $load:ident, $store:ident,
     $splat:ident, $fused:ident) => {
        /// As `accumulate_wide`; there must be as many `sums` as columns.
        #[target_feature(enable = $features)]
        pub unsafe fn $name(x: &SparseRows, first: usize, factors: &[WideLanes], sums: &mut [WideLanes]) {
            for (group, factors) in (first / GROUP_ROWS..).zip(factors.chunks(GROUP_ROWS)) {
                let (columns, values) = x.group(group);
                for (&column, values) in columns.iter().zip(values) {
                    // SAFETY: the column is one of the sums', and lanes fill the registers.
                    unsafe {
                        let sum = sums.get_unchecked_mut(column as usize).0.as_mut_ptr();
                        for p in 0..$registers {
                            let at = sum.add(p * $width);
                            let mut sum = $load(at);
                            for (value, factor) in values.iter().zip(factors) {
                                let factor = $load(factor.0.as_ptr().add(p * $width));
                                sum = $fused($splat(f64::from(*value)), factor, sum);
                            }
                            $store(at, sum);
                        }
                    }
                }
            }
        }
    };
}

product!(
    product_avx512,
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma",
    Lanes,
    1,
    16,
    _mm512_setzero_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_set1_ps,
    _mm512_fmadd_ps,
    _mm512_add_ps
);
product!(
    wide_product_avx512,
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma",
    WideLanes,
    1,
    8,
    _mm512_setzero_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    |value: f32| _mm512_set1_pd(f64::from(value)),
    _mm512_fmadd_pd,
    _mm512_add_pd
);
product!(
    product_avx2,
    "avx2,fma",
    Lanes,
    2,
    8,
    _mm256_setzero_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_set1_ps,
    _mm256_fmadd_ps,
    _mm256_add_ps
);
product!(
    wide_product_avx2,
    "avx2,fma",
    WideLanes,
    2,
    4,
    _mm256_setzero_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    |value: f32| _mm256_set1_pd(f64::from(value)),
    _mm256_fmadd_pd,
    _mm256_add_pd
);
kernels!(
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma",
    project_avx512,
    project_wide_avx512,
    accumulate_avx512,
    product_avx512,
    wide_product_avx512,
    1,
    16,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_set1_ps,
    _mm512_fmadd_ps
);
kernels!(
    "avx2,fma",
    project_avx2,
    project_wide_avx2,
    accumulate_avx2,
    product_avx2,
    wide_product_avx2,
    2,
    8,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_set1_ps,
    _mm256_fmadd_ps
);
accumulate_wide!(
    accumulate_wide_avx512,
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma",
    1,
    8,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_set1_pd,
    _mm512_fmadd_pd
);
accumulate_wide!(
    accumulate_wide_avx2,
    "avx2,fma",
    2,
    4,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_set1_pd,
    _mm256_fmadd_pd
);

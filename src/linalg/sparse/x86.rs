//! The kernels of rows that are alike in most places, by hand: the compiler keeps such sums in memory.

use std::arch::x86_64::*;

use super::{CHAINS, Lanes, SparseRows, WideLanes};

/// Defines the product of one row with lanes of `$number` in `$registers` registers of `$width` each.
macro_rules! product {
    ($name:ident, $features:literal, $lanes:ident, $registers:literal, $width:literal,
     $zero:ident, $load:ident, $store:ident, $splat:expr, $fused:ident, $add:ident) => {
        /// Every one of `columns`, which are as many as `values`, must be below the number of `vectors`.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn $name(columns: &[u16], values: &[f32], start: &$lanes, vectors: &[$lanes]) -> $lanes {
            let mut sums = [[$zero(); $registers]; CHAINS];
            // SAFETY: lanes fill the registers.
            for (p, sum) in sums[0].iter_mut().enumerate() {
                *sum = unsafe { $load(start.0.as_ptr().add(p * $width)) };
            }
            let (columns, last_columns) = columns.as_chunks::<CHAINS>();
            let (values, last_values) = values.as_chunks::<CHAINS>();
            for (columns, values) in columns.iter().zip(values) {
                for q in 0..CHAINS {
                    let value = $splat(values[q]);
                    for p in 0..$registers {
                        // SAFETY: the column is one of the vectors', and lanes fill the registers.
                        let vector = unsafe {
                            $load(vectors.get_unchecked(columns[q] as usize).0.as_ptr().add(p * $width))
                        };
                        sums[q][p] = $fused(value, vector, sums[q][p]);
                    }
                }
            }
            for (q, (&column, &value)) in last_columns.iter().zip(last_values).enumerate() {
                let value = $splat(value);
                for p in 0..$registers {
                    // SAFETY: as above.
                    let vector =
                        unsafe { $load(vectors.get_unchecked(column as usize).0.as_ptr().add(p * $width)) };
                    sums[q][p] = $fused(value, vector, sums[q][p]);
                }
            }
            let mut out = $lanes::ZERO;
            for p in 0..$registers {
                let sum = $add($add(sums[0][p], sums[1][p]), $add(sums[2][p], sums[3][p]));
                // SAFETY: lanes fill the registers.
                unsafe { $store(out.0.as_mut_ptr().add(p * $width), sum) };
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
            for (out, &row) in out.iter_mut().zip(list) {
                let (columns, values) = x.row(row as usize);
                // SAFETY: handed on.
                *out = unsafe { $product(columns, values, start, vectors) };
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
            for (i, out) in out.iter_mut().enumerate() {
                let (columns, values) = x.row(first + i);
                // SAFETY: handed on.
                *out = unsafe { $wide(columns, values, start, vectors) };
            }
        }

        /// As `accumulate`; there must be as many `sums` as columns.
        #[target_feature(enable = $features)]
        pub unsafe fn $accumulate(x: &SparseRows, list: &[u32], factors: &[Lanes], sums: &mut [Lanes]) {
            for (factor, &row) in factors.iter().zip(list) {
                let (columns, values) = x.row(row as usize);
                // SAFETY: lanes fill the registers.
                let factor: [_; $registers] =
                    std::array::from_fn(|p| unsafe { $load(factor.0.as_ptr().add(p * $width)) });
                for (&column, &value) in columns.iter().zip(values) {
                    let value = $splat(value);
                    // SAFETY: the column is one of the sums', and lanes fill the registers.
                    unsafe {
                        let sum = sums.get_unchecked_mut(column as usize).0.as_mut_ptr();
                        for (p, &factor) in factor.iter().enumerate() {
                            let at = sum.add(p * $width);
                            $store(at, $fused(value, factor, $load(at)));
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

//! The Gram kernels for x86-64: tiles of the matrix held in registers over all packed rows of a batch.

use std::arch::x86_64::*;

use super::PANEL;

/// Columns in a panel of packed pairs.
pub const PAIR_PANEL: usize = 8;
/// Rows of a tile.
const TILE: usize = 8;
/// Rows of a tile of the AVX2 kernel, which has half as many registers.
const PAIR_TILE: usize = 4;

/// products += sign * (sum over the packed rows of p_j p_k) for k <= j (and for some k > j, which are not
/// meaningful). `bytes` and `signed` are packed by `Packed::quads`; `sums` are the sums of the columns.
///
/// # Safety
/// The machine must have AVX-512 F, BW and VNNI.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub unsafe fn add_vnni(bytes: &[u8], signed: &[u8], sums: &[i32], sign: i64, d: usize, products: &mut [i64]) {
    let groups = bytes.len() / (4 * d);
    assert!(bytes.len() == groups * 4 * d && signed.len() == bytes.len(), "packed rows of d columns");
    assert!(d.is_multiple_of(PANEL) && sums.len() == d && products.len() == d * d, "whole panels");
    for row in (0..d).step_by(TILE) {
        // Panels up to the one with the diagonal.
        let panels = row / PANEL + 1;
        let mut panel = 0;
        while panel < panels {
            let out = Out { row, panel, d, sign };
            // SAFETY: rows and panels are below d, and the lengths were checked above.
            unsafe {
                match panels - panel {
                    1 => vnni_tile::<1>(bytes, signed, sums, groups, out, products),
                    2 => vnni_tile::<2>(bytes, signed, sums, groups, out, products),
                    _ => vnni_tile::<3>(bytes, signed, sums, groups, out, products),
                }
            }
            panel += 3;
        }
    }
}

/// The position of a tile in the matrix.
#[derive(Clone, Copy)]
struct Out {
    row: usize,
    panel: usize,
    d: usize,
    sign: i64,
}

/// # Safety
/// As [`add_vnni`]; the tile must lie inside the matrix.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn vnni_tile<const P: usize>(
    bytes: &[u8],
    signed: &[u8],
    sums: &[i32],
    groups: usize,
    out: Out,
    products: &mut [i64],
) {
    let stride = groups * 4 * PANEL;
    let mut tile = [[_mm512_setzero_si512(); P]; TILE];
    let of_panel = |panel: usize| &bytes[panel * stride..][..stride];
    let columns: [&[u8]; P] = std::array::from_fn(|p| of_panel(out.panel + p));
    let factors = &signed[out.row / PANEL * stride..][..stride];
    let first = out.row % PANEL * 4;
    for group in 0..groups {
        let at = group * 4 * PANEL;
        // SAFETY: `at` is the start of 64 bytes of each panel, and the eight factors lie within such 64 bytes.
        unsafe {
            let vectors: [__m512i; P] =
                std::array::from_fn(|p| _mm512_loadu_si512(columns[p].as_ptr().add(at).cast()));
            for (r, tile) in tile.iter_mut().enumerate() {
                let factor = factors.as_ptr().add(at + first + 4 * r).cast::<i32>().read_unaligned();
                let factor = _mm512_set1_epi32(factor);
                for (sum, vector) in tile.iter_mut().zip(vectors) {
                    *sum = _mm512_dpbusd_epi32(*sum, vector, factor);
                }
            }
        }
    }
    for (r, tile) in tile.iter().enumerate() {
        for (p, sum) in tile.iter().enumerate() {
            let column = (out.panel + p) * PANEL;
            // SAFETY: a panel's sums, and its 16 products in row `out.row + r`, all inside their slices.
            unsafe {
                // The factors are stored minus 128, so 128 times the sums of the columns is added.
                let shift = _mm512_loadu_si512(sums[column..column + PANEL].as_ptr().cast());
                let exact = _mm512_add_epi32(*sum, _mm512_slli_epi32::<7>(shift));
                let places = &mut products[(out.row + r) * out.d + column..][..PANEL];
                let (low, high) = (_mm512_castsi512_si256(exact), _mm512_extracti64x4_epi64::<1>(exact));
                for (half, values) in [low, high].into_iter().enumerate() {
                    let place = places.as_mut_ptr().add(8 * half);
                    let (own, values) = (_mm512_loadu_si512(place.cast()), _mm512_cvtepi32_epi64(values));
                    let new = if out.sign > 0 {
                        _mm512_add_epi64(own, values)
                    } else {
                        _mm512_sub_epi64(own, values)
                    };
                    _mm512_storeu_si512(place.cast(), new);
                }
            }
        }
    }
}

/// As [`add_vnni`] of rows packed by `Packed::pairs`.
///
/// # Safety
/// The machine must have AVX2.
#[target_feature(enable = "avx2")]
pub unsafe fn add_avx2(words: &[i16], sign: i64, d: usize, products: &mut [i64]) {
    let groups = words.len() / (2 * d);
    assert!(words.len() == groups * 2 * d, "packed rows of d columns");
    assert!(d.is_multiple_of(PAIR_PANEL) && products.len() == d * d, "whole panels");
    for row in (0..d).step_by(PAIR_TILE) {
        let panels = row / PAIR_PANEL + 1;
        let mut panel = 0;
        while panel < panels {
            let out = Out { row, panel, d, sign };
            // SAFETY: rows and panels are below d, and the lengths were checked above.
            unsafe {
                match panels - panel {
                    1 => avx2_tile::<1>(words, groups, out, products),
                    _ => avx2_tile::<2>(words, groups, out, products),
                }
            }
            panel += 2;
        }
    }
}

/// # Safety
/// As [`add_avx2`]; the tile must lie inside the matrix.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn avx2_tile<const P: usize>(words: &[i16], groups: usize, out: Out, products: &mut [i64]) {
    let stride = groups * 2 * PAIR_PANEL;
    let mut tile = [[_mm256_setzero_si256(); P]; PAIR_TILE];
    let of_panel = |panel: usize| &words[panel * stride..][..stride];
    let columns: [&[i16]; P] = std::array::from_fn(|p| of_panel(out.panel + p));
    let factors = of_panel(out.row / PAIR_PANEL);
    let first = out.row % PAIR_PANEL * 2;
    for group in 0..groups {
        let at = group * 2 * PAIR_PANEL;
        // SAFETY: `at` is the start of 16 words of each panel, and the four factors lie within such 16 words.
        unsafe {
            let vectors: [__m256i; P] =
                std::array::from_fn(|p| _mm256_loadu_si256(columns[p].as_ptr().add(at).cast()));
            for (r, tile) in tile.iter_mut().enumerate() {
                let factor = factors.as_ptr().add(at + first + 2 * r).cast::<i32>().read_unaligned();
                let factor = _mm256_set1_epi32(factor);
                for (sum, vector) in tile.iter_mut().zip(vectors) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(vector, factor));
                }
            }
        }
    }
    for (r, tile) in tile.iter().enumerate() {
        for (p, sum) in tile.iter().enumerate() {
            let mut values = [0i32; PAIR_PANEL];
            // SAFETY: eight values are stored to an array of as many.
            unsafe { _mm256_storeu_si256(values.as_mut_ptr().cast(), *sum) };
            let places = &mut products[(out.row + r) * out.d + (out.panel + p) * PAIR_PANEL..][..PAIR_PANEL];
            let pairs = places.iter_mut().zip(values);
            pairs.for_each(|(place, value)| *place += out.sign * i64::from(value));
        }
    }
}

//! Products of many rows with up to sixteen vectors at once: what linear models with a handful of classes
//! spend their time in. The vectors stand side by side, one feature's values in one register, so that every
//! value of a row is loaded once and multiplied with all of them.
//!
//! Every result is one chain of fused multiply-adds in a fixed order: the same bits on every instruction
//! level.

use super::simd::{self, Level};

/// Vectors taken together.
pub const LANES: usize = 16;

/// One value of each vector.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub struct Lanes(pub [f32; LANES]);

impl Lanes {
    pub const ZERO: Lanes = Lanes([0.0; LANES]);
}

/// `out[i] = sum over j of rows[i][j] * vectors[j]`. Panics when rows differ in length, when there are fewer
/// vectors than features or fewer places than rows. O(rows features).
pub fn project(rows: &[&[f32]], vectors: &[Lanes], out: &mut [Lanes]) {
    project_at(simd::level(), rows, vectors, out);
}

/// `sums[j] += sum over i of rows[i][j] * factors[i]`. Panics when rows differ in length, when there are fewer
/// factors than rows or fewer sums than features. O(rows features).
pub fn accumulate(rows: &[&[f32]], factors: &[Lanes], sums: &mut [Lanes]) {
    accumulate_at(simd::level(), rows, factors, sums);
}

/// [`project`] at a given level, lowered to what the machine supports.
pub fn project_at(level: Level, rows: &[&[f32]], vectors: &[Lanes], out: &mut [Lanes]) {
    let d = length(rows);
    let (vectors, out) = (&vectors[..d], &mut out[..rows.len()]);
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level; all rows are as long as the vectors are many.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::project_avx512(rows, vectors, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::project_avx2(rows, vectors, out) },
        _ => {
            for (row, out) in rows.iter().zip(out) {
                let mut sum = [0.0f32; LANES];
                row.iter().zip(vectors).for_each(|(&value, vector)| add_product(&mut sum, value, vector));
                *out = Lanes(sum);
            }
        }
    }
}

/// [`accumulate`] at a given level, lowered to what the machine supports.
pub fn accumulate_at(level: Level, rows: &[&[f32]], factors: &[Lanes], sums: &mut [Lanes]) {
    let d = length(rows);
    let (factors, sums) = (&factors[..rows.len()], &mut sums[..d]);
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level; all rows are as long as the sums are many.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::accumulate_avx512(rows, factors, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::accumulate_avx2(rows, factors, sums) },
        _ => {
            for (row, factor) in rows.iter().zip(factors) {
                row.iter().zip(&mut *sums).for_each(|(&value, sum)| add_product(&mut sum.0, value, factor));
            }
        }
    }
}

/// The length of all rows.
fn length(rows: &[&[f32]]) -> usize {
    let d = rows.first().map_or(0, |row| row.len());
    assert!(rows.iter().all(|row| row.len() == d), "rows differ in length");
    d
}

fn add_product(sum: &mut [f32; LANES], value: f32, vector: &Lanes) {
    sum.iter_mut().zip(vector.0).for_each(|(sum, vector)| *sum = value.mul_add(vector, *sum));
}

/// By hand: the compiler keeps such tiles of registers in memory.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{LANES, Lanes};

    /// Rows that share the loads of the vectors, and features that share the loads of the factors.
    const TILE: usize = 8;

    /// Defines both functions for a register of `$width` values.
    macro_rules! kernels {
        ($features:literal, $width:literal, $zero:ident, $load:ident, $store:ident, $splat:ident, $fused:ident,
         $project:ident, $project_tile:ident, $accumulate:ident, $accumulate_tile:ident) => {
            /// All `rows` must be as long as `vectors`, and `out` as long as `rows`.
            #[target_feature(enable = $features)]
            pub unsafe fn $project(rows: &[&[f32]], vectors: &[Lanes], out: &mut [Lanes]) {
                let (tiles, rest) = rows.as_chunks::<TILE>();
                let (out_tiles, out_rest) = out.as_chunks_mut::<TILE>();
                for (rows, out) in tiles.iter().zip(out_tiles) {
                    // SAFETY: handed on.
                    unsafe { $project_tile(rows, vectors, out) };
                }
                for (row, out) in rest.iter().zip(out_rest) {
                    // SAFETY: handed on.
                    unsafe { $project_tile(&[*row], vectors, std::array::from_mut(out)) };
                }
            }

            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn $project_tile<const R: usize>(
                rows: &[&[f32]; R],
                vectors: &[Lanes],
                out: &mut [Lanes; R],
            ) {
                for lane in (0..LANES).step_by($width) {
                    let mut sums = [$zero(); R];
                    for (j, vector) in vectors.iter().enumerate() {
                        // SAFETY: `lane` is 0 or the middle of the sixteen; rows are as long as the vectors.
                        unsafe {
                            let vector = $load(vector.0.as_ptr().add(lane));
                            for r in 0..R {
                                sums[r] = $fused($splat(*rows[r].get_unchecked(j)), vector, sums[r]);
                            }
                        }
                    }
                    for r in 0..R {
                        // SAFETY: as above.
                        unsafe { $store(out[r].0.as_mut_ptr().add(lane), sums[r]) };
                    }
                }
            }

            /// All `rows` must be as long as `sums`, and `factors` as many as `rows`.
            #[target_feature(enable = $features)]
            pub unsafe fn $accumulate(rows: &[&[f32]], factors: &[Lanes], sums: &mut [Lanes]) {
                let (tiles, rest) = sums.as_chunks_mut::<TILE>();
                for (tile, sums) in tiles.iter_mut().enumerate() {
                    // SAFETY: handed on.
                    unsafe { $accumulate_tile(rows, factors, tile * TILE, sums) };
                }
                let whole = tiles.len() * TILE;
                for (at, sum) in rest.iter_mut().enumerate() {
                    // SAFETY: handed on.
                    unsafe { $accumulate_tile(rows, factors, whole + at, std::array::from_mut(sum)) };
                }
            }

            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn $accumulate_tile<const F: usize>(
                rows: &[&[f32]],
                factors: &[Lanes],
                start: usize,
                sums: &mut [Lanes; F],
            ) {
                for lane in (0..LANES).step_by($width) {
                    let mut tile = [$zero(); F];
                    for f in 0..F {
                        // SAFETY: `lane` is 0 or the middle of the sixteen.
                        tile[f] = unsafe { $load(sums[f].0.as_ptr().add(lane)) };
                    }
                    for (row, factor) in rows.iter().zip(factors) {
                        // SAFETY: start + F is at most the length of a row.
                        unsafe {
                            let factor = $load(factor.0.as_ptr().add(lane));
                            for f in 0..F {
                                tile[f] = $fused($splat(*row.get_unchecked(start + f)), factor, tile[f]);
                            }
                        }
                    }
                    for f in 0..F {
                        // SAFETY: as above.
                        unsafe { $store(sums[f].0.as_mut_ptr().add(lane), tile[f]) };
                    }
                }
            }
        };
    }

    kernels!(
        "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma",
        16,
        _mm512_setzero_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_set1_ps,
        _mm512_fmadd_ps,
        project_avx512,
        project_tile_avx512,
        accumulate_avx512,
        accumulate_tile_avx512
    );
    kernels!(
        "avx2,fma",
        8,
        _mm256_setzero_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_set1_ps,
        _mm256_fmadd_ps,
        project_avx2,
        project_tile_avx2,
        accumulate_avx2,
        accumulate_tile_avx2
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(i: usize) -> f32 {
        ((i * 7919) % 1009) as f32 / 1009.0 - 0.5
    }

    #[test]
    fn both_are_the_sums_of_products_at_every_size() {
        for (n, d) in [(0, 5), (1, 1), (3, 20), (8, 8), (17, 33), (20, 100)] {
            let x: Vec<f32> = (0..n * d).map(value).collect();
            let rows: Vec<&[f32]> = x.chunks_exact(d).collect();
            let vectors: Vec<Lanes> =
                (0..d).map(|j| Lanes(std::array::from_fn(|lane| value(j * 31 + lane)))).collect();
            let mut scores = vec![Lanes::ZERO; n];
            project_at(Level::Scalar, &rows, &vectors, &mut scores);
            let mut sums = vectors.clone();
            accumulate_at(Level::Scalar, &rows, &scores, &mut sums);
            for level in [Level::Avx2, Level::Avx512] {
                let mut again = vec![Lanes::ZERO; n];
                project_at(level, &rows, &vectors, &mut again);
                assert_eq!(again, scores, "{level:?}, {n} x {d}");
                let mut again = vectors.clone();
                accumulate_at(level, &rows, &scores, &mut again);
                assert_eq!(again, sums, "{level:?}, {n} x {d}");
            }
            for lane in 0..LANES {
                for (i, row) in rows.iter().enumerate() {
                    let exact: f64 =
                        row.iter().zip(&vectors).map(|(&x, v)| f64::from(x) * f64::from(v.0[lane])).sum();
                    assert!((f64::from(scores[i].0[lane]) - exact).abs() < 1e-5, "{n} x {d}");
                }
                for j in 0..d {
                    let products =
                        rows.iter().zip(&scores).map(|(row, s)| f64::from(row[j]) * f64::from(s.0[lane]));
                    let exact = f64::from(vectors[j].0[lane]) + products.sum::<f64>();
                    assert!((f64::from(sums[j].0[lane]) - exact).abs() < 1e-5, "{n} x {d}");
                }
            }
        }
    }
}

//! All pairs of rows of two sets, feature by feature: dot products, Manhattan and Chebyshev distances.
//!
//! Both sets are packed once ([`Panels`]), the left one 12 rows and the right one 32 rows to a panel, with
//! the values of one feature side by side. A tile of 12 x 32 results then stays in registers while the
//! features run by. Every result is one chain over the features in their order (fused multiply-add for
//! dots; subtract, absolute value, add or maximum for distances), so its bits depend on neither the instruction set,
//! nor the position of the pair in a block, nor the number of threads: a row computed alone and the same row
//! in a block of ten thousand agree to the last bit.

use super::Matrix;
use super::simd::{Level, level};

/// Rows in a panel of the left set.
pub const LEFT: usize = 12;
/// Rows in a panel of the right set.
pub const RIGHT: usize = 32;

/// The measure that is computed for each pair of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The sum of products.
    Dot,
    /// The sum of absolute differences.
    Manhattan,
    /// The largest absolute difference.
    Chebyshev,
}

/// Rows packed for [`all_pairs`]: panels of `width` rows, feature by feature, the last panel padded with
/// zeros.
#[derive(Clone)]
pub struct Panels {
    values: Matrix,
    rows: usize,
    features: usize,
    width: usize,
}

impl Panels {
    /// Packs rows as the left set of [`all_pairs`].
    pub fn left<'a>(rows: impl ExactSizeIterator<Item = &'a [f32]>, features: usize) -> Panels {
        Panels::pack(rows, features, LEFT)
    }

    /// Packs rows as the right set of [`all_pairs`].
    pub fn right<'a>(rows: impl ExactSizeIterator<Item = &'a [f32]>, features: usize) -> Panels {
        Panels::pack(rows, features, RIGHT)
    }

    fn pack<'a>(rows: impl ExactSizeIterator<Item = &'a [f32]>, features: usize, width: usize) -> Panels {
        let count = rows.len();
        let mut values = Matrix::zeros(count.div_ceil(width), width * features);
        let slots = values.as_mut_slice();
        for (index, row) in rows.enumerate() {
            assert_eq!(row.len(), features, "a row has another number of features");
            let start = index / width * width * features + index % width;
            for (value, slot) in row.iter().zip(slots[start..].iter_mut().step_by(width)) {
                *slot = *value;
            }
        }
        Panels { values, rows: count, features, width }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.features
    }

    fn panel(&self, index: usize) -> &[f32] {
        self.values.row(index)
    }
}

/// `out[i * stride + j - columns.start]` = the measure of left row i and right row j, for every left row
/// and every j in `columns`. `columns.start` must be a multiple of [`RIGHT`]. Costs
/// left.rows * columns.len() * features steps. Panics when shapes do not fit.
pub fn all_pairs(
    measure: Measure,
    left: &Panels,
    right: &Panels,
    columns: std::ops::Range<usize>,
    out: &mut [f32],
    stride: usize,
) {
    all_pairs_at(level(), measure, left, right, columns, out, stride);
}

/// [`all_pairs`] with the instruction level named, for tests and benchmarks.
pub fn all_pairs_at(
    level: Level,
    measure: Measure,
    left: &Panels,
    right: &Panels,
    columns: std::ops::Range<usize>,
    out: &mut [f32],
    stride: usize,
) {
    assert!(level <= super::simd::supported(), "this machine lacks {}", level.name());
    assert_eq!((left.width, right.width), (LEFT, RIGHT), "panels are packed for the other side");
    assert_eq!(left.features, right.features, "numbers of features differ");
    assert_eq!(columns.start % RIGHT, 0, "columns must start with a panel");
    assert!(columns.end <= right.rows, "columns beyond the right set");
    if left.rows == 0 || columns.is_empty() {
        return;
    }
    assert!(columns.len() <= stride, "rows of the result overlap");
    assert!((left.rows - 1) * stride + columns.len() <= out.len(), "the result does not fit");
    let mut tile = [[0.0f32; RIGHT]; LEFT];
    for j in columns.clone().step_by(RIGHT) {
        let width = RIGHT.min(columns.end - j);
        let b = right.panel(j / RIGHT);
        for i in (0..left.rows).step_by(LEFT) {
            run_tile(level, measure, left.panel(i / LEFT), b, &mut tile);
            for (r, values) in tile.iter().enumerate().take(left.rows - i) {
                let start = (i + r) * stride + j - columns.start;
                out[start..start + width].copy_from_slice(&values[..width]);
            }
        }
    }
}

/// Computes one tile; `a` holds LEFT values per feature, `b` holds RIGHT.
pub(super) fn run_tile(
    level: Level,
    measure: Measure,
    a: &[f32],
    b: &[f32],
    tile: &mut [[f32; RIGHT]; LEFT],
) {
    debug_assert_eq!(a.len() / LEFT, b.len() / RIGHT);
    #[cfg(target_arch = "x86_64")]
    // SAFETY: `all_pairs_at` checked that the machine has the level; the kernels read whole features of
    // both panels, whose lengths are multiples of LEFT and RIGHT with the same quotient.
    unsafe {
        match (level, measure) {
            (Level::Avx512, Measure::Dot) => return x86::tile_avx512::<{ x86::DOT }>(a, b, tile),
            (Level::Avx512, Measure::Manhattan) => return x86::tile_avx512::<{ x86::MANHATTAN }>(a, b, tile),
            (Level::Avx512, Measure::Chebyshev) => return x86::tile_avx512::<{ x86::CHEBYSHEV }>(a, b, tile),
            (Level::Avx2, Measure::Dot) => return x86::tile_avx2::<{ x86::DOT }>(a, b, tile),
            (Level::Avx2, Measure::Manhattan) => return x86::tile_avx2::<{ x86::MANHATTAN }>(a, b, tile),
            (Level::Avx2, Measure::Chebyshev) => return x86::tile_avx2::<{ x86::CHEBYSHEV }>(a, b, tile),
            (Level::Scalar, _) => {}
        }
    }
    let _ = level;
    tile_scalar(measure, a, b, tile);
}

/// The scalar path, which defines the result. (`mul_add` is slow where the compiler may not assume FMA; it is
/// exact everywhere.)
fn tile_scalar(measure: Measure, a: &[f32], b: &[f32], tile: &mut [[f32; RIGHT]; LEFT]) {
    *tile = [[0.0; RIGHT]; LEFT];
    for (a, b) in a.chunks_exact(LEFT).zip(b.chunks_exact(RIGHT)) {
        for (row, &x) in tile.iter_mut().zip(a) {
            for (sum, &y) in row.iter_mut().zip(b) {
                *sum = match measure {
                    Measure::Dot => x.mul_add(y, *sum),
                    Measure::Manhattan => *sum + (x - y).abs(),
                    Measure::Chebyshev => larger((x - y).abs(), *sum),
                };
            }
        }
    }
}

/// The larger value; the second if one of them is NaN.
fn larger(first: f32, second: f32) -> f32 {
    if first > second { first } else { second }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{LEFT, RIGHT};
    use std::arch::x86_64::*;

    /// The measures, as constants to compile a kernel for.
    pub const DOT: u8 = 0;
    pub const MANHATTAN: u8 = 1;
    pub const CHEBYSHEV: u8 = 2;

    /// Adds one feature to 16 results.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn step_avx512<const MEASURE: u8>(x: __m512, y: __m512, so_far: __m512) -> __m512 {
        match MEASURE {
            DOT => _mm512_fmadd_ps(x, y, so_far),
            MANHATTAN => _mm512_add_ps(so_far, _mm512_abs_ps(_mm512_sub_ps(x, y))),
            _ => _mm512_max_ps(_mm512_abs_ps(_mm512_sub_ps(x, y)), so_far),
        }
    }

    /// Adds one feature to 8 results.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn step_avx2<const MEASURE: u8>(x: __m256, y: __m256, so_far: __m256) -> __m256 {
        let distance = || _mm256_andnot_ps(_mm256_set1_ps(-0.0), _mm256_sub_ps(x, y));
        match MEASURE {
            DOT => _mm256_fmadd_ps(x, y, so_far),
            MANHATTAN => _mm256_add_ps(so_far, distance()),
            _ => _mm256_max_ps(distance(), so_far),
        }
    }

    /// 12 x 32 sums in 24 registers.
    ///
    /// # Safety
    /// Needs AVX-512 F and DQ; `a` holds LEFT and `b` RIGHT values for the same number of features.
    #[target_feature(enable = "avx512f,avx512dq")]
    pub unsafe fn tile_avx512<const MEASURE: u8>(a: &[f32], b: &[f32], tile: &mut [[f32; RIGHT]; LEFT]) {
        let mut sums = [[_mm512_setzero_ps(); 2]; LEFT];
        let (mut a_at, mut b_at) = (a.as_ptr(), b.as_ptr());
        for _ in 0..a.len() / LEFT {
            // SAFETY: both pointers advance by one feature a turn and stay inside their panels.
            unsafe {
                let b0 = _mm512_loadu_ps(b_at);
                let b1 = _mm512_loadu_ps(b_at.add(16));
                for (r, sums) in sums.iter_mut().enumerate() {
                    let x = _mm512_set1_ps(*a_at.add(r));
                    sums[0] = step_avx512::<MEASURE>(x, b0, sums[0]);
                    sums[1] = step_avx512::<MEASURE>(x, b1, sums[1]);
                }
                a_at = a_at.add(LEFT);
                b_at = b_at.add(RIGHT);
            }
        }
        for (row, sums) in tile.iter_mut().zip(sums) {
            // SAFETY: a row of the tile holds 32 values.
            unsafe {
                _mm512_storeu_ps(row.as_mut_ptr(), sums[0]);
                _mm512_storeu_ps(row.as_mut_ptr().add(16), sums[1]);
            }
        }
    }

    /// As the AVX-512 kernel, in quarters of 6 x 16 sums in 12 registers.
    ///
    /// # Safety
    /// Needs AVX2 and FMA; `a` holds LEFT and `b` RIGHT values for the same number of features.
    #[target_feature(enable = "avx2,fma")]
    pub unsafe fn tile_avx2<const MEASURE: u8>(a: &[f32], b: &[f32], tile: &mut [[f32; RIGHT]; LEFT]) {
        const ROWS: usize = LEFT / 2;
        for (top, left) in [(0, 0), (0, 16), (ROWS, 0), (ROWS, 16)] {
            let mut sums = [[_mm256_setzero_ps(); 2]; ROWS];
            // SAFETY: as above; the quarters lie inside the panels and the tile.
            unsafe {
                let (mut a_at, mut b_at) = (a.as_ptr().add(top), b.as_ptr().add(left));
                for _ in 0..a.len() / LEFT {
                    let b0 = _mm256_loadu_ps(b_at);
                    let b1 = _mm256_loadu_ps(b_at.add(8));
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let x = _mm256_set1_ps(*a_at.add(r));
                        sums[0] = step_avx2::<MEASURE>(x, b0, sums[0]);
                        sums[1] = step_avx2::<MEASURE>(x, b1, sums[1]);
                    }
                    a_at = a_at.wrapping_add(LEFT);
                    b_at = b_at.wrapping_add(RIGHT);
                }
                for (r, sums) in sums.into_iter().enumerate() {
                    let row = tile[top + r].as_mut_ptr().add(left);
                    _mm256_storeu_ps(row, sums[0]);
                    _mm256_storeu_ps(row.add(8), sums[1]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::simd::supported;

    /// Deterministic values with long mantissas.
    fn matrix(rows: usize, features: usize, seed: u32) -> Vec<f32> {
        let mut state = seed.wrapping_mul(2654435761).wrapping_add(12345);
        (0..rows * features)
            .map(|_| {
                state = state.wrapping_mul(1664525).wrapping_add(1013904223);
                (state >> 8) as f32 / 5e6 - 1.3
            })
            .collect()
    }

    fn levels() -> impl Iterator<Item = Level> {
        [Level::Scalar, Level::Avx2, Level::Avx512].into_iter().filter(|&l| l <= supported())
    }

    #[test]
    fn every_level_gives_the_bits_of_the_definition_at_every_size() {
        for size in 0..=200 {
            let (m, n, d) = (1 + size % 29, 1 + (size * 7) % 71, size);
            let (a, b) = (matrix(m, d, 1), matrix(n, d, 2));
            let row = |x: &[f32], i: usize| x[i * d..(i + 1) * d].to_vec();
            let left = Panels::left((0..m).map(|i| &a[i * d..(i + 1) * d]), d);
            let right = Panels::right((0..n).map(|i| &b[i * d..(i + 1) * d]), d);
            for measure in [Measure::Dot, Measure::Manhattan, Measure::Chebyshev] {
                for level in levels() {
                    let mut out = vec![f32::NAN; m * (n + 3)];
                    all_pairs_at(level, measure, &left, &right, 0..n, &mut out, n + 3);
                    for i in 0..m {
                        for j in 0..n {
                            let expected =
                                row(&a, i).iter().zip(row(&b, j)).fold(0.0f32, |s, (&x, y)| match measure {
                                    Measure::Dot => x.mul_add(y, s),
                                    Measure::Manhattan => s + (x - y).abs(),
                                    Measure::Chebyshev => s.max((x - y).abs()),
                                });
                            assert_eq!(out[i * (n + 3) + j].to_bits(), expected.to_bits());
                        }
                        assert!(out[i * (n + 3) + n..(i + 1) * (n + 3)].iter().all(|x| x.is_nan()));
                    }
                }
            }
        }
    }

    #[test]
    fn a_pair_has_the_same_bits_wherever_it_stands() {
        let d = 97;
        let (a, b) = (matrix(50, d, 3), matrix(130, d, 4));
        let right = Panels::right(b.chunks_exact(d), d);
        let mut whole = vec![0.0; 50 * 130];
        all_pairs(Measure::Dot, &Panels::left(a.chunks_exact(d), d), &right, 0..130, &mut whole, 130);
        let mut alone = vec![0.0; 66];
        let one = Panels::left(std::iter::once(&a[37 * d..38 * d]), d);
        all_pairs(Measure::Dot, &one, &right, 64..130, &mut alone, 66);
        assert_eq!(alone, whole[37 * 130 + 64..38 * 130]);
    }
}

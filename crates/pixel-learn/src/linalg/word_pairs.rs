//! Dot products of all pairs of rows of two sets of f32 values, in 16-bit fixed point: twice as many products
//! per instruction as in f32, with an error bound for each row.
//!
//! A row x is stored as whole numbers q = s x + e. The scale s is the largest that keeps |q| below
//! sqrt(2^31), so that dot products of two rows fit 32 bits (Cauchy-Schwarz), and every entry within 16 bits.
//! The products are exact integers, the same at every instruction level.
//!
//! The rows are packed as in [`byte_pairs`](super::byte_pairs), with two features of one row side by side: 32 products
//! to an instruction with AVX-512 VNNI, 16 with AVX2.

use rayon::prelude::*;

use super::byte_pairs::Line;
pub use super::byte_pairs::{LEFT, RIGHT, Tile};
use super::huge_pages;
use super::simd::{self, Level, for_each_level};

#[cfg(target_arch = "x86_64")]
mod x86;

/// The largest length of a stored row: its square fits 31 bits.
const LONGEST: f64 = 46_340.0;
/// The largest entry of a stored row.
const LARGEST: f64 = 32_000.0;

/// The fixed-point format of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowFormat {
    /// The step 1 / s: the value of integer 1.
    pub step: f32,
    /// |e| / (s |x|): the length of the error relative to that of the row; 0 for a row of zeros. Infinite where the
    /// row has values that are not finite, or too large or small to be scaled; its numbers are then zeros.
    pub error: f32,
}

/// Rows packed as the left set of [`dots`].
pub struct LeftRows {
    /// Two features of each of 12 rows, then the next two.
    words: Vec<[i16; 2]>,
    formats: Vec<RowFormat>,
    groups: usize,
}

/// Rows packed as the right set of [`dots`].
pub struct RightRows {
    /// Two features of each of 32 rows in two lines, then the next two.
    lines: Vec<Line>,
    formats: Vec<RowFormat>,
    groups: usize,
}

impl LeftRows {
    /// Packs row-major rows of `d` values. Panics when they are no whole rows.
    pub fn new(values: &[f32], d: usize) -> LeftRows {
        let (rows, groups) = (count(values, d), d.div_ceil(2));
        let mut words = vec![[0i16; 2]; rows.div_ceil(LEFT) * LEFT * groups];
        let mut whole = vec![0; 2 * groups];
        let mut formats = Vec::with_capacity(rows);
        for (index, row) in values.chunks_exact(d).enumerate() {
            formats.push(store(row, &mut whole));
            let start = index / LEFT * LEFT * groups + index % LEFT;
            let words = words[start..].iter_mut().step_by(LEFT);
            words.zip(whole.as_chunks().0).for_each(|(word, pair)| *word = *pair);
        }
        LeftRows { words, formats, groups }
    }

    /// The fixed-point format of each row.
    pub fn formats(&self) -> &[RowFormat] {
        &self.formats
    }
}

impl RightRows {
    /// Packs row-major rows of `d` values. Panics when they are no whole rows.
    pub fn new(values: &[f32], d: usize) -> RightRows {
        let (rows, groups) = (count(values, d), d.div_ceil(2));
        let panels = rows.div_ceil(RIGHT);
        let mut lines: Vec<Line> = huge_pages::with_capacity(panels * 2 * groups);
        lines.resize(panels * 2 * groups, Line([0; 64]));
        let mut formats = vec![RowFormat { step: 1.0, error: 0.0 }; rows];
        let tasks = lines.par_chunks_mut(2 * groups).zip(formats.par_chunks_mut(RIGHT));
        tasks.zip(values.par_chunks(RIGHT * d)).for_each(|((lines, formats), values)| {
            let mut whole = vec![0; 2 * groups];
            for (slot, (row, format)) in values.chunks_exact(d).zip(formats).enumerate() {
                *format = store(row, &mut whole);
                for (line, &[a, b]) in lines[slot / 16..].iter_mut().step_by(2).zip(whole.as_chunks().0) {
                    let ([a0, a1], [b0, b1]) = (a.to_ne_bytes(), b.to_ne_bytes());
                    line.0[slot % 16 * 4..][..4].copy_from_slice(&[a0, a1, b0, b1]);
                }
            }
        });
        RightRows { lines, formats, groups }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.formats.len()
    }

    /// The fixed-point format of each row.
    pub fn formats(&self) -> &[RowFormat] {
        &self.formats
    }
}

fn count(values: &[f32], d: usize) -> usize {
    assert!(d > 0 && values.len().is_multiple_of(d), "{} values are no rows of {d}", values.len());
    values.len() / d
}

/// Writes the integers of a row to `whole` and returns their format. Entries of `whole` beyond the row stay
/// 0.
fn store(row: &[f32], whole: &mut [i16]) -> RowFormat {
    let Size { square, largest } = size(row);
    let whole = &mut whole[..row.len()];
    whole.fill(0);
    if square == 0.0 {
        return RowFormat { step: 1.0, error: 0.0 };
    }
    // Rounding may lengthen the row by up to half a unit in each feature.
    let longest = LONGEST - 0.6 * (row.len() as f64).sqrt();
    let scale = (longest / square.sqrt()).min(LARGEST / f64::from(largest)) as f32;
    let step = scale.recip();
    if !(square.is_finite() && scale.is_normal() && step.is_normal()) {
        return RowFormat { step: 1.0, error: f32::INFINITY };
    }
    let error = round(row, scale, whole);
    let length = square.sqrt() * f64::from(scale);
    RowFormat { step, error: (error.sqrt() / length * 1.000_001) as f32 }
}

/// The squared length of a row, and its largest absolute value.
struct Size {
    square: f64,
    largest: f32,
}

/// Interleaved partial sums.
const LANES: usize = 8;

for_each_level! {
    /// The size of a row.
    fn size(row: &[f32]) -> Size {
        let (mut squares, mut largest) = ([0.0; LANES], [0.0f32; LANES]);
        for values in row.chunks(LANES) {
            for ((square, largest), &value) in squares.iter_mut().zip(&mut largest).zip(values) {
                *square += f64::from(value) * f64::from(value);
                *largest = largest.max(value.abs());
            }
        }
        Size { square: squares.iter().sum(), largest: largest.into_iter().fold(0.0, f32::max) }
    }
}

for_each_level! {
    /// Rounds `scale` times each value of a row to an integer. Returns the squared length of the rounding
    /// errors.
    fn round(row: &[f32], scale: f32, whole: &mut [i16]) -> f64 {
        let mut errors = [0.0; LANES];
        for (values, numbers) in row.chunks(LANES).zip(whole.chunks_mut(LANES)) {
            for ((error, &value), number) in errors.iter_mut().zip(values).zip(numbers) {
                let scaled = f64::from(value) * f64::from(scale);
                let rounded = scaled.round_ties_even();
                *number = rounded as i16;
                *error += (rounded - scaled) * (rounded - scaled);
            }
        }
        errors.iter().sum()
    }
}

/// The dot products of the whole numbers of every left row with every right row, a tile at a time: `visit` gets the
/// first left row, the first right row and their tile. Right rows come in ascending order; what lies beyond the last
/// row of a set is not meaningful. O(left rows * right rows * d). Panics when the numbers of features differ.
pub fn dots(left: &LeftRows, right: &RightRows, visit: impl FnMut(usize, usize, &Tile)) {
    dots_at(simd::level(), left, right, visit);
}

/// [`dots`] at a given level, lowered to what the machine supports.
pub fn dots_at(level: Level, left: &LeftRows, right: &RightRows, mut visit: impl FnMut(usize, usize, &Tile)) {
    assert_eq!(left.groups, right.groups, "numbers of features differ");
    let tile_of = kernel(level.min(simd::supported()));
    let mut tile = [[0; RIGHT]; LEFT];
    for (panel, lines) in right.lines.chunks_exact(2 * right.groups).enumerate() {
        for first in (0..left.formats.len()).step_by(LEFT) {
            let words = &left.words[first * left.groups..][..LEFT * left.groups];
            tile_of(words, lines, &mut tile);
            visit(first, panel * RIGHT, &tile);
        }
    }
}

type Kernel = fn(&[[i16; 2]], &[Line], &mut Tile);

fn kernel(level: Level) -> Kernel {
    #[cfg(target_arch = "x86_64")]
    {
        if level == Level::Avx512 && is_x86_feature_detected!("avx512vnni") {
            // SAFETY: the machine has AVX-512 with VNNI.
            return |words, lines, tile| unsafe { x86::tile_vnni(words, lines, tile) };
        }
        if level >= Level::Avx2 {
            // SAFETY: the machine has AVX2.
            return |words, lines, tile| unsafe { x86::tile_avx2(words, lines, tile) };
        }
    }
    let _ = level;
    tile_scalar
}

/// The scalar path, which defines the result. Partial sums may overflow 32 bits although the final sum fits,
/// so additions wrap.
fn tile_scalar(words: &[[i16; 2]], lines: &[Line], tile: &mut Tile) {
    *tile = [[0; RIGHT]; LEFT];
    for (words, lines) in words.chunks_exact(LEFT).zip(lines.chunks_exact(2)) {
        for (sums, &[a, b]) in tile.iter_mut().zip(words) {
            for (slot, sum) in sums.iter_mut().enumerate() {
                let bytes = &lines[slot / 16].0[slot % 16 * 4..];
                let [c, d] = [0, 2].map(|at| i16::from_ne_bytes([bytes[at], bytes[at + 1]]));
                let product = |a: i16, b: i16| i32::from(a) * i32::from(b);
                *sum = sum.wrapping_add(product(a, c)).wrapping_add(product(b, d));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of all sizes, with rows of zeros, rows of one large value, and rows far larger than the others.
    fn values(rows: usize, d: usize, salt: usize) -> Vec<f32> {
        let value = |at: usize| (((at + salt) * 2_654_435_761) >> 9 & 0xffff) as f32 / 10_000.0 - 3.0;
        let of_row = |row: usize, at: usize| match row % 7 {
            3 => 0.0,
            4 => f32::from(u8::from(at == row % d)) * 9e4,
            5 => value(row * d + at) * 1e6,
            _ => value(row * d + at),
        };
        (0..rows * d).map(|at| of_row(at / d, at % d)).collect()
    }

    fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    }

    #[test]
    fn every_level_has_the_same_products_within_the_bound() {
        for (m, n, d) in
            [(0, 3, 4), (3, 0, 4), (1, 1, 1), (12, 32, 2), (13, 33, 7), (30, 70, 97), (5, 64, 784)]
        {
            let (a, b) = (values(m, d, 1), values(n, d, 77));
            let (left, right) = (LeftRows::new(&a, d), RightRows::new(&b, d));
            assert_eq!((left.formats().len(), right.rows()), (m, n));
            let at_level = |level| {
                let mut seen = vec![None; m * n];
                dots_at(level, &left, &right, |i, j, tile| {
                    for (i, row) in (i..m).zip(tile) {
                        (j..n).zip(row).for_each(|(j, &dot)| seen[i * n + j] = Some(dot));
                    }
                });
                seen
            };
            let scalar = at_level(Level::Scalar);
            assert_eq!(scalar, at_level(Level::Avx2), "{m} x {n} x {d}");
            assert_eq!(scalar, at_level(Level::Avx512), "{m} x {n} x {d}");
            for (at, found) in scalar.into_iter().enumerate() {
                let (i, j) = (at / n, at % n);
                let (x, y) = (&a[i * d..][..d], &b[j * d..][..d]);
                let (x_format, y_format) = (left.formats()[i], right.formats()[j]);
                let found = f64::from(found.unwrap()) * f64::from(x_format.step) * f64::from(y_format.step);
                let (p, q) = (f64::from(x_format.error), f64::from(y_format.error));
                assert!(p <= 0.5 * (d as f64).sqrt() / LARGEST && q <= 0.5 * (d as f64).sqrt() / LARGEST);
                let bound = (dot(x, x) * dot(y, y)).sqrt() * (p + q + 3.0 * p * q + 1e-6);
                assert!((found - dot(x, y)).abs() <= bound, "{i} {j}: {found} {} {bound}", dot(x, y));
            }
        }
    }

    #[test]
    fn the_largest_sums_fit() {
        // Equal entries make the longest row, one entry the largest.
        for d in [1, 2, 3, 784, 12_000] {
            for row in [vec![1.0f32; d], (0..d).map(|at| f32::from(u8::from(at == 0))).collect()] {
                let (left, right) = (LeftRows::new(&row, d), RightRows::new(&row, d));
                for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
                    dots_at(level, &left, &right, |_, _, tile| {
                        let step = left.formats()[0].step;
                        let found = f64::from(tile[0][0]) * f64::from(step * step);
                        assert!((found / dot(&row, &row) - 1.0).abs() < 0.01, "{level:?} {d} {found}");
                    });
                }
            }
        }
    }

    #[test]
    fn rows_that_cannot_be_scaled_say_so() {
        let (small, none) = (|error: f32| error < 1e-3, |error: f32| error == f32::INFINITY);
        type Check = fn(f32) -> bool;
        let cases: [(f32, [Check; 2]); 5] = [
            (f32::NAN, [none, none]),
            (f32::INFINITY, [none, none]),
            (f32::MAX, [small, small]),
            (f32::MIN_POSITIVE, [small, none]),
            (1e-40, [small, none]),
        ];
        for (value, checks) in cases {
            let left = LeftRows::new(&[1.0, value, value, value, 0.0, 0.0], 2);
            let errors: Vec<f32> = left.formats().iter().map(|row| row.error).collect();
            assert!(checks[0](errors[0]) && checks[1](errors[1]), "{value}: {errors:?}");
            assert_eq!(errors[2], 0.0);
        }
    }
}

//! Dot products of all pairs of rows of two sets of bytes, in exact integers: no rounding, so equal distances are equal
//! on every machine.
//!
//! Both sets are packed once, the left one 12 rows and the right one 32 rows to a panel, with four features of one row
//! side by side, as the dot-product instructions take them. A tile of 12 x 32 sums then stays in registers while the
//! features run by: 64 products to an instruction with AVX-512 VNNI, 16 with AVX2. VNNI multiplies unsigned by signed
//! bytes, so the left rows are stored minus 128, and 128 times the sum of the right row is added at the end.

use rayon::prelude::*;

use super::huge_pages;
use super::simd::{self, Level};

#[cfg(target_arch = "x86_64")]
mod x86;

/// Rows in a panel of the left set.
pub const LEFT: usize = 12;
/// Rows in a panel of the right set.
pub const RIGHT: usize = 32;
/// The largest number of features for which twice a dot product and the sum of two squared lengths fit an
/// i32.
pub const MOST_FEATURES: usize = i32::MAX as usize / (2 * 255 * 255);

/// The dot products of a panel of left rows and a panel of right rows.
pub type Tile = [[i32; RIGHT]; LEFT];

/// One cache line of bytes.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Line(pub [u8; 64]);

/// Rows packed as the left set of [`dots`].
pub struct LeftRows {
    /// Four features of each of 12 rows, less 128, then the next four.
    words: Vec<[i8; 4]>,
    rows: usize,
    groups: usize,
}

/// Rows packed as the right set of [`dots`].
pub struct RightRows {
    /// Four features of each of 32 rows in two lines, then the next four.
    lines: Vec<Line>,
    /// 128 times the sum of each row, padded to whole panels.
    shifts: Vec<i32>,
    rows: usize,
    groups: usize,
}

impl LeftRows {
    /// Packs row-major rows of `d` bytes. Panics when they are no whole rows, or `d` is 0 or above [`MOST_FEATURES`].
    pub fn new(pixels: &[u8], d: usize) -> LeftRows {
        let (rows, groups) = (count(pixels, d), d.div_ceil(4));
        let mut words = vec![[-128i8; 4]; rows.div_ceil(LEFT) * LEFT * groups];
        for (index, row) in pixels.chunks_exact(d).enumerate() {
            let start = index / LEFT * LEFT * groups + index % LEFT;
            for (group, bytes) in row.chunks(4).enumerate() {
                let word = &mut words[start + group * LEFT];
                word.iter_mut().zip(bytes).for_each(|(out, &byte)| *out = (byte ^ 0x80) as i8);
            }
        }
        LeftRows { words, rows, groups }
    }
}

impl RightRows {
    /// Packs row-major rows of `d` bytes. Panics when they are no whole rows, or `d` is 0 or above [`MOST_FEATURES`].
    pub fn new(pixels: &[u8], d: usize) -> RightRows {
        let (rows, groups) = (count(pixels, d), d.div_ceil(4));
        let panels = rows.div_ceil(RIGHT);
        let mut lines: Vec<Line> = huge_pages::with_capacity(panels * 2 * groups);
        lines.resize(panels * 2 * groups, Line([0; 64]));
        let mut shifts = vec![0; panels * RIGHT];
        let tasks = lines.par_chunks_mut(2 * groups).zip(shifts.par_chunks_mut(RIGHT));
        tasks.zip(pixels.par_chunks(RIGHT * d)).for_each(|((lines, shifts), pixels)| {
            for (slot, row) in pixels.chunks_exact(d).enumerate() {
                let lines = lines[slot / 16..].iter_mut().step_by(2);
                for (line, bytes) in lines.zip(row.chunks(4)) {
                    line.0[slot % 16 * 4..][..bytes.len()].copy_from_slice(bytes);
                }
                shifts[slot] = 128 * row.iter().map(|&byte| i32::from(byte)).sum::<i32>();
            }
        });
        RightRows { lines, shifts, rows, groups }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

fn count(pixels: &[u8], d: usize) -> usize {
    assert!((1..=MOST_FEATURES).contains(&d), "rows of {d} bytes");
    assert!(pixels.len().is_multiple_of(d), "{} bytes are no rows of {d}", pixels.len());
    pixels.len() / d
}

/// The dot products of every left row with every right row, a tile at a time: `visit` gets the first left row, the
/// first right row and their tile. Right rows come in ascending order; what lies beyond the last row of a set is not
/// meaningful. O(left rows * right rows * d). Panics when the numbers of features differ.
pub fn dots(left: &LeftRows, right: &RightRows, visit: impl FnMut(usize, usize, &Tile)) {
    dots_at(simd::level(), left, right, visit);
}

/// [`dots`] at a given level, lowered to what the machine supports.
pub fn dots_at(level: Level, left: &LeftRows, right: &RightRows, mut visit: impl FnMut(usize, usize, &Tile)) {
    assert_eq!(left.groups, right.groups, "numbers of features differ");
    let tile_of = kernel(level.min(simd::supported()));
    let mut tile = [[0; RIGHT]; LEFT];
    let panels = right.lines.chunks_exact(2 * right.groups).zip(right.shifts.as_chunks::<RIGHT>().0);
    for (panel, (lines, shifts)) in panels.enumerate() {
        for first in (0..left.rows).step_by(LEFT) {
            let words = &left.words[first * left.groups..][..LEFT * left.groups];
            tile_of(words, lines, shifts, &mut tile);
            visit(first, panel * RIGHT, &tile);
        }
    }
}

type Kernel = fn(&[[i8; 4]], &[Line], &[i32; RIGHT], &mut Tile);

fn kernel(level: Level) -> Kernel {
    #[cfg(target_arch = "x86_64")]
    {
        if level == Level::Avx512 && is_x86_feature_detected!("avx512vnni") {
            // SAFETY: the machine has AVX-512 with VNNI.
            return |words, lines, shifts, tile| unsafe { x86::tile_vnni(words, lines, shifts, tile) };
        }
        if level >= Level::Avx2 {
            // SAFETY: the machine has AVX2.
            return |words, lines, shifts, tile| unsafe { x86::tile_avx2(words, lines, shifts, tile) };
        }
    }
    let _ = level;
    tile_scalar
}

/// The scalar path, which defines the result.
fn tile_scalar(words: &[[i8; 4]], lines: &[Line], shifts: &[i32; RIGHT], tile: &mut Tile) {
    *tile = [*shifts; LEFT];
    for (words, lines) in words.chunks_exact(LEFT).zip(lines.chunks_exact(2)) {
        for (sums, word) in tile.iter_mut().zip(words) {
            for (slot, sum) in sums.iter_mut().enumerate() {
                let bytes = &lines[slot / 16].0[slot % 16 * 4..][..4];
                let pairs = word.iter().zip(bytes);
                *sum += pairs.map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(n: usize, salt: usize) -> Vec<u8> {
        let byte = |at: usize| (((at + salt) * 2_654_435_761) >> 11) as u8;
        (0..n).map(|at| if at % 5 == 0 { 255 } else { byte(at) }).collect()
    }

    #[test]
    fn every_level_has_the_exact_products_at_every_size() {
        for (m, n, d) in
            [(0, 3, 4), (3, 0, 4), (1, 1, 1), (12, 32, 4), (13, 33, 7), (30, 70, 97), (5, 64, 784)]
        {
            let (a, b) = (bytes(m * d, 1), bytes(n * d, 77));
            let (left, right) = (LeftRows::new(&a, d), RightRows::new(&b, d));
            assert_eq!(right.rows(), n);
            for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
                let mut seen = vec![None; m * n];
                dots_at(level, &left, &right, |i, j, tile| {
                    for (i, row) in (i..m).zip(tile) {
                        (j..n).zip(row).for_each(|(j, &dot)| seen[i * n + j] = Some(dot));
                    }
                });
                for (at, dot) in seen.into_iter().enumerate() {
                    let (i, j) = (at / n, at % n);
                    let pairs = a[i * d..(i + 1) * d].iter().zip(&b[j * d..(j + 1) * d]);
                    let expected: i32 = pairs.map(|(&x, &y)| i32::from(x) * i32::from(y)).sum();
                    assert_eq!(dot, Some(expected), "{level:?} {m} x {n} x {d}");
                }
            }
        }
    }

    #[test]
    fn the_largest_sums_fit() {
        let row = vec![255; MOST_FEATURES];
        let (left, right) = (LeftRows::new(&row, row.len()), RightRows::new(&row, row.len()));
        for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
            dots_at(level, &left, &right, |_, _, tile| {
                assert_eq!(tile[0][0] as usize, 255 * 255 * MOST_FEATURES, "{level:?}");
            });
        }
    }
}

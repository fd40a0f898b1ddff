//! Deskewing: images moved so that their centre of mass is in the middle, and sheared so that rows and columns are
//! uncorrelated; strokes that lean stand upright.
//!
//! With the mass p(y, x) of an image of h x w pixels, its centre (my, mx) and its second moments about the centre,
//! the slant is a = cov(y, x) / var(y). The new pixel in row y and column x is the old image at row
//! `y - cy + my` and column `x - cx + mx + a (y - cy)`, where (cy, cx) = ((h - 1) / 2, (w - 1) / 2) is the middle:
//! between pixels by bilinear interpolation in f32, first along the column, beyond the border 0, rounded to the nearest
//! byte. A blank image, and one whose mass is in one row, is not sheared.
//!
//! Moments are exact sums of integers, and no operation is fused or reordered: every machine has the same bytes.

use rayon::prelude::*;

use crate::linalg::simd::for_each_level;

/// Images in one task.
const IMAGES: usize = 256;

/// Deskews images of `rows` x `columns` pixels, one after the other. O(pixels).
pub(super) fn deskew(pixels: &[u8], [rows, columns]: [usize; 2]) -> Vec<u8> {
    let d = rows * columns;
    let mut out = vec![0; pixels.len()];
    let tasks = out.par_chunks_mut(IMAGES * d).zip(pixels.par_chunks(IMAGES * d));
    tasks.for_each(|(out, pixels)| deskew_images(pixels, rows, columns, out));
    out
}

/// The positions of the new pixels in the old image: new row y is old row `y + down`. It is shifted to the
/// left by `right + slant (y - middle)`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shear {
    down: f64,
    right: f64,
    slant: f64,
    middle: f64,
}

impl Shear {
    #[inline(always)]
    fn of(image: &[u8], rows: usize, columns: usize) -> Shear {
        let middle = (rows as f64 - 1.0) / 2.0;
        // Sums of p, y p, x p, y y p and y x p.
        let [mut mass, mut y_sum, mut x_sum, mut yy, mut yx] = [0u64; 5];
        for (y, row) in image.chunks_exact(columns).enumerate() {
            let (mut row_mass, mut row_x) = (0u32, 0u64);
            for (x, &p) in row.iter().enumerate() {
                row_mass += u32::from(p);
                row_x += u64::from(x as u32 * u32::from(p));
            }
            let (row_mass, y) = (u64::from(row_mass), y as u64);
            mass += row_mass;
            x_sum += row_x;
            y_sum += y * row_mass;
            yy += y * y * row_mass;
            yx += y * row_x;
        }
        if mass == 0 {
            return Shear { down: 0.0, right: 0.0, slant: 0.0, middle };
        }
        // Moments about the centre, times the squared mass: exact integers.
        let [mass, y_sum, x_sum, yy, yx] = [mass, y_sum, x_sum, yy, yx].map(i128::from);
        let variance = mass * yy - y_sum * y_sum;
        let covariance = mass * yx - y_sum * x_sum;
        Shear {
            down: y_sum as f64 / mass as f64 - middle,
            right: x_sum as f64 / mass as f64 - (columns as f64 - 1.0) / 2.0,
            slant: if variance == 0 { 0.0 } else { covariance as f64 / variance as f64 },
            middle,
        }
    }

    /// The shift of one row to the left, in whole pixels and the rest.
    #[inline(always)]
    fn shift(&self, row: usize) -> (isize, f32) {
        whole_and_rest(self.right + self.slant * (row as f64 - self.middle))
    }
}

#[inline(always)]
fn whole_and_rest(shift: f64) -> (isize, f32) {
    let whole = shift.floor();
    (whole as isize, (shift - whole) as f32)
}

/// Linear interpolation: `first` at 0, `second` at 1.
#[inline(always)]
fn between(first: f32, second: f32, at: f32) -> f32 {
    (1.0 - at) * first + at * second
}

for_each_level! {
    fn deskew_images(pixels: &[u8], rows: usize, columns: usize, out: &mut [u8]) {
        // One row of the old image between two blank ones.
        let mut line = vec![0.0f32; 3 * columns + 1];
        let d = rows * columns;
        for (image, out) in pixels.chunks_exact(d).zip(out.chunks_exact_mut(d)) {
            let shear = Shear::of(image, rows, columns);
            let (down, at) = whole_and_rest(shear.down);
            for (y, out) in out.chunks_exact_mut(columns).enumerate() {
                // A new row lies between two old ones, of which a border row is blank.
                let old = |y: isize| {
                    let y = usize::try_from(y).ok().filter(|&y| y < rows)?;
                    Some(&image[y * columns..][..columns])
                };
                let y_old = y as isize + down;
                let middle = &mut line[columns..2 * columns];
                match (old(y_old), old(y_old + 1)) {
                    (None, None) => middle.fill(0.0),
                    (upper, lower) => {
                        for (x, value) in middle.iter_mut().enumerate() {
                            let pixel = |row: Option<&[u8]>| row.map_or(0.0, |row| f32::from(row[x]));
                            *value = between(pixel(upper), pixel(lower), at);
                        }
                    }
                }
                let (shift, at) = shear.shift(y);
                let size = columns as isize;
                // Beyond this the whole row is blank. On the left, 0 keeps the first old pixel out of it.
                let first = (size + shift.clamp(-size, size)) as usize;
                let at = if shift < -size { 0.0 } else { at };
                let (left, right) = (&line[first..][..columns], &line[first + 1..][..columns]);
                for ((out, &left), &right) in out.iter_mut().zip(left).zip(right) {
                    *out = (between(left, right, at) + 0.5) as u8;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, pixel by pixel.
    fn definition(image: &[u8], [rows, columns]: [usize; 2]) -> Vec<u8> {
        let shear = Shear::of(image, rows, columns);
        let old = |y: isize, x: isize| {
            let inside = y >= 0 && x >= 0 && y < rows as isize && x < columns as isize;
            if inside { f32::from(image[y as usize * columns + x as usize]) } else { 0.0 }
        };
        let mut out = Vec::new();
        for y in 0..rows {
            for x in 0..columns {
                let (y_old, down) = whole_and_rest(shear.down);
                let (x_old, right) = shear.shift(y);
                let (y_old, x_old) = (y_old + y as isize, x_old + x as isize);
                let column = |x| between(old(y_old, x), old(y_old + 1, x), down);
                out.push((between(column(x_old), column(x_old + 1), right) + 0.5) as u8);
            }
        }
        out
    }

    #[test]
    fn rows_at_a_time_have_the_bytes_of_the_definition() {
        let mut state = 7u32;
        for size in [[1, 1], [1, 6], [6, 1], [2, 3], [5, 5], [28, 28], [13, 40]] {
            for zeros in [0, 3, 9, 30] {
                let mut images = Vec::new();
                for _ in 0..size[0] * size[1] * 3 {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    images.push(if (state >> 16) % 31 < zeros { 0 } else { (state >> 24) as u8 });
                }
                let expected: Vec<u8> =
                    images.chunks_exact(size[0] * size[1]).flat_map(|i| definition(i, size)).collect();
                assert_eq!(deskew(&images, size), expected, "{size:?}");
            }
        }
    }

    #[test]
    fn a_row_that_moves_out_of_the_image_is_blank() {
        let mut image = [0; 25];
        (image[5], image[15], image[24]) = (13, 246, 170);
        assert!(Shear::of(&image, 5, 5).shift(0).0 < -5);
        let got = deskew(&image, [5, 5]);
        assert_eq!(got, definition(&image, [5, 5]));
        assert_eq!(got[..5], [0; 5]);
    }

    #[test]
    fn a_slanted_line_off_the_middle_stands_upright_in_it() {
        let mut image = [0; 81];
        (0..5).for_each(|y| image[y * 9 + 5 - y] = 200);
        let upright = deskew(&image, [9, 9]);
        let expected: Vec<u8> =
            (0..81).map(|at| if at % 9 == 4 && (2..7).contains(&(at / 9)) { 200 } else { 0 }).collect();
        assert_eq!(upright, expected);
        assert_eq!(deskew(&upright, [9, 9]), expected);
        assert_eq!(deskew(&[0; 81], [9, 9]), [0; 81]);
    }
}

//! Scaled rows of bytes times weights in `f64` that a cumulative l1 penalty truncates, for stochastic descent. A row of
//! bytes takes a quarter of the memory of its scaled values in `f32`. Rows are visited in random order, so
//! that loading the bytes of a row takes most of its time.
//!
//! Rows and vectors are padded with zeros to whole blocks; sums have [`LANES`] partial sums.
#![allow(
    clippy::needless_range_loop,
    reason = "from loops by index the compiler makes vectors, from iterators not"
)]

use std::ops::{Deref, DerefMut};

use super::simd::for_each_level;

/// Values of a block: 16 f64 fill two of the widest registers.
pub const LANES: usize = 16;

/// A block of a row.
pub type Pixels = [u8; LANES];

/// A vector of whole blocks, aligned so that no load of a register crosses a cache line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aligned(Vec<Block>);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
struct Block([f64; LANES]);

impl Aligned {
    /// Zeros.
    pub fn zeros(blocks: usize) -> Aligned {
        Aligned(vec![Block::default(); blocks])
    }

    /// The values, padded with zeros to whole blocks.
    pub fn from_values(values: &[f64]) -> Aligned {
        let mut aligned = Aligned::zeros(values.len().div_ceil(LANES));
        aligned[..values.len()].copy_from_slice(values);
        aligned
    }
}

impl Deref for Aligned {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        const { assert!(size_of::<Block>() == LANES * size_of::<f64>()) };
        // SAFETY: a block is LANES values and nothing else, as its size says.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * LANES) }
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f64] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * LANES) }
    }
}

/// The blocks of a vector; panics when there are not `number` of them.
#[inline(always)]
fn blocks(values: &[f64], number: usize) -> &[[f64; LANES]] {
    assert_eq!(values.len(), number * LANES, "lengths differ");
    values.as_chunks().0
}

/// The sum of the lanes, by halves. Not inlined: inside the kernels it would make the compiler keep their
/// sums in 128-bit registers.
#[inline(never)]
fn total(sums: &[f64; LANES]) -> f64 {
    let mut eight = [0.0; LANES / 2];
    for lane in 0..LANES / 2 {
        eight[lane] = sums[lane] + sums[lane + LANES / 2];
    }
    let [a, b, c, d, e, f, g, h] = eight;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// An affine scaling, x = (pixel - offset) * unit.
#[derive(Clone, Debug)]
pub struct Affine {
    /// The pixel value that is mapped to 0, one per feature.
    pub offset: Aligned,
    /// The factor, one per feature.
    pub unit: Aligned,
}

for_each_level! {
    /// The sum of `((pixels[j] - offset[j]) * unit[j])^2`. Panics when the lengths differ.
    pub fn squared_norm(pixels: &[u8], offset: &[f64], unit: &[f64]) -> f64 {
        assert!(pixels.len() == offset.len() && pixels.len() == unit.len(), "lengths differ");
        let (pixels, pixels_rest) = pixels.as_chunks::<LANES>();
        let ((offset, offset_rest), (unit, unit_rest)) = (offset.as_chunks::<LANES>(), unit.as_chunks::<LANES>());
        let mut sums = [0.0; LANES];
        for ((pixels, offset), unit) in pixels.iter().zip(offset).zip(unit) {
            for lane in 0..LANES {
                let x = (f64::from(pixels[lane]) - offset[lane]) * unit[lane];
                sums[lane] += x * x;
            }
        }
        let rest = pixels_rest.iter().zip(offset_rest).zip(unit_rest);
        let rest = rest.map(|((&pixel, offset), unit)| (f64::from(pixel) - offset) * unit);
        total(&sums) + rest.map(|x| x * x).sum::<f64>()
    }
}

/// Soft thresholding of `y` by `total_penalty`: `y` moved towards 0 by `total_penalty`, and 0 where |y| <=
/// `total_penalty`. NaN stays NaN.
#[inline(always)]
fn truncated(y: f64, total_penalty: f64) -> f64 {
    // These comparisons are single instructions; f64::clamp is not.
    let below = if y < total_penalty { y } else { total_penalty };
    y - if below > -total_penalty { below } else { -total_penalty }
}

for_each_level! {
    /// Writes the scaled row to `x` and returns its dot product with `y` soft-thresholded by `total_penalty`.
    /// Panics when the lengths differ.
    pub fn dot_truncated(
        pixels: &[Pixels],
        affine: &Affine,
        y: &[f64],
        total_penalty: f64,
        x: &mut [f64],
    ) -> f64 {
        let (offset, unit) = (blocks(&affine.offset, pixels.len()), blocks(&affine.unit, pixels.len()));
        let y = blocks(y, pixels.len());
        assert_eq!(x.len(), pixels.len() * LANES, "lengths differ");
        let (x, _) = x.as_chunks_mut::<LANES>();
        let mut sums = [0.0; LANES];
        for ((((pixels, offset), unit), y), x) in pixels.iter().zip(offset).zip(unit).zip(y).zip(x) {
            for lane in 0..LANES {
                x[lane] = (f64::from(pixels[lane]) - offset[lane]) * unit[lane];
                sums[lane] += truncated(y[lane], total_penalty) * x[lane];
            }
        }
        total(&sums)
    }
}

for_each_level! {
    /// `y[j] += a * x[j] - decay * truncated(y[j])`, with soft thresholding by `total_penalty`. Panics when
    /// the lengths differ.
    pub fn add_truncated(a: f64, x: &[f64], decay: f64, total_penalty: f64, y: &mut [f64]) {
        assert_eq!(x.len(), y.len(), "lengths differ");
        if decay == 0.0 {
            for (y, x) in y.iter_mut().zip(x) {
                *y += a * x;
            }
        } else {
            for (y, x) in y.iter_mut().zip(x) {
                *y += a * x - decay * truncated(*y, total_penalty);
            }
        }
    }
}

/// Soft thresholding of every `y[j]` by `total_penalty`.
pub fn truncate(y: &mut [f64], total_penalty: f64) {
    y.iter_mut().for_each(|y| *y = truncated(*y, total_penalty));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of both signs and very different sizes, from a formula.
    fn values(n: usize, salt: f64) -> Vec<f64> {
        (0..n).map(|i| ((i as f64 + salt) * 1.7).sin() * 3f64.powi(i as i32 % 5)).collect()
    }

    fn pixels(n: usize) -> Vec<Pixels> {
        (0..n).map(|block| std::array::from_fn(|lane| ((block * LANES + lane) * 89 + 7) as u8)).collect()
    }

    #[test]
    fn blocks_are_filled_up_with_zeros_and_stand_by_lines() {
        assert!(Aligned::from_values(&[]).is_empty());
        let two = Aligned::from_values(&[1.0; LANES + 1]);
        assert_eq!((two.len(), two.iter().sum::<f64>()), (2 * LANES, (LANES + 1) as f64));
        assert_eq!(two.as_ptr() as usize % 64, 0);
    }

    /// One value after the other, as the documentation has it.
    #[test]
    fn kernels_follow_their_definitions_for_every_length() {
        let soft = |y: f64, total_penalty: f64| {
            if y > total_penalty {
                y - total_penalty
            } else if y < -total_penalty {
                y + total_penalty
            } else {
                0.0
            }
        };
        for n in 0..=13 {
            let (p, d) = (pixels(n), n * LANES);
            let (offset, v) = (values(d, 0.1), values(d, 0.4));
            let unit: Vec<f64> = (0..d).map(|j| 0.01 + (j % 7) as f64 * 0.3).collect();
            let aligned = Aligned::from_values;
            let affine = Affine { offset: aligned(&offset), unit: aligned(&unit) };
            let pixel = |j: usize| f64::from(p[j / LANES][j % LANES]);
            let scaled = |j: usize| (pixel(j) - offset[j]) * unit[j];
            let sum = |value: &dyn Fn(usize) -> f64| (0..d).map(value).sum::<f64>();
            let near =
                |a: f64, b: f64| assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{a} {b}, {n} blocks");

            for shorter in 0..LANES.min(d + 1) {
                let d = d - shorter;
                let plain: f64 = (0..d).map(|j| scaled(j).powi(2)).sum();
                near(squared_norm(&p.as_flattened()[..d], &offset[..d], &unit[..d]), plain);
            }
            let (total_penalty, mut x) = (1.5, vec![f64::NAN; d]);
            near(
                dot_truncated(&p, &affine, &v, total_penalty, &mut x),
                sum(&|j| scaled(j) * soft(v[j], total_penalty)),
            );
            (0..d).for_each(|j| assert_eq!(x[j], scaled(j)));
            for decay in [0.0, 0.3] {
                let mut moved = v.clone();
                add_truncated(0.7, &x, decay, total_penalty, &mut moved);
                (0..d).for_each(|j| {
                    near(moved[j], v[j] + 0.7 * scaled(j) - decay * soft(v[j], total_penalty));
                });
            }
            let mut left = v.clone();
            truncate(&mut left, total_penalty);
            (0..d).for_each(|j| near(left[j], soft(v[j], total_penalty)));
        }
    }

    #[test]
    fn truncation_hides_nothing_that_is_no_number() {
        let mut y = [f64::NAN, f64::INFINITY, -0.0];
        truncate(&mut y, 1.0);
        assert!(y[0].is_nan() && y[1] == f64::INFINITY && y[2] == 0.0);
    }
}

//! Dot products and additions of a row of bytes with `f64` weight vectors: what stochastic descent does to
//! every row. A row of bytes is a quarter of its scaled values in `f32`, and rows taken in a random order
//! cost what they weigh.
//!
//! Rows and vectors are whole blocks, filled up with zeros; sums run in [`LANES`] parts.
#![allow(
    clippy::needless_range_loop,
    reason = "from loops by index the compiler makes vectors, from iterators not"
)]

use std::ops::{Deref, DerefMut};

use super::simd::{self, Level, for_each_level};

/// Values of a block: two of the widest registers.
pub const LANES: usize = 16;

/// A block of a row.
pub type Pixels = [u8; LANES];

/// A vector of whole blocks. No line of the cache ends within one of its registers, which would make two reads of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aligned(Vec<Block>);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
struct Block([f64; LANES]);

impl Aligned {
    pub fn zeros(blocks: usize) -> Aligned {
        Aligned(vec![Block::default(); blocks])
    }

    /// The values, filled up.
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

/// The blocks of a vector that must have so many.
#[inline(always)]
fn blocks(values: &[f64], number: usize) -> &[[f64; LANES]] {
    assert_eq!(values.len(), number * LANES, "lengths differ");
    values.as_chunks().0
}

/// The lanes' sum, halves added to halves. A call of its own: within the kernels it would make the compiler keep their
/// sums in registers of two.
#[inline(never)]
fn total(sums: &[f64; LANES]) -> f64 {
    let mut eight = [0.0; LANES / 2];
    for lane in 0..LANES / 2 {
        eight[lane] = sums[lane] + sums[lane + LANES / 2];
    }
    let [a, b, c, d, e, f, g, h] = eight;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// The sum of `pixels[j] * v[j]`. Panics when the lengths differ. The vector levels fuse products and sums, so that
/// their last bits differ from the scalar one's.
pub fn dot(pixels: &[Pixels], v: &[f64]) -> f64 {
    dot_at(simd::level(), pixels, v)
}

/// [`dot`] at a given level, lowered to what the machine supports.
pub fn dot_at(level: Level, pixels: &[Pixels], v: &[f64]) -> f64 {
    let v = blocks(v, pixels.len());
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level, so it has the instructions that the function was compiled with.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::dot_avx512(pixels, v) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::dot_avx2(pixels, v) },
        _ => dot_body(pixels, v, |a, b, c| a * b + c),
    }
}

/// `multiply_add(a, b, c)` is a * b + c. Blocks at even and at odd places have sums of their own, which need not wait
/// for each other.
#[inline(always)]
fn dot_body(pixels: &[Pixels], v: &[[f64; LANES]], multiply_add: impl Fn(f64, f64, f64) -> f64) -> f64 {
    let mut sums = [[0.0; LANES]; 2];
    let ((pairs, last), (v, last_v)) = (pixels.as_chunks::<2>(), v.as_chunks::<2>());
    for (pixels, v) in pairs.iter().zip(v) {
        for half in 0..2 {
            for lane in 0..LANES {
                sums[half][lane] =
                    multiply_add(f64::from(pixels[half][lane]), v[half][lane], sums[half][lane]);
            }
        }
    }
    for (pixels, v) in last.iter().zip(last_v) {
        for lane in 0..LANES {
            sums[0][lane] = multiply_add(f64::from(pixels[lane]), v[lane], sums[0][lane]);
        }
    }
    total(&sums[0]) + total(&sums[1])
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{LANES, Pixels, dot_body, total};

    #[target_feature(enable = "avx2,fma")]
    pub fn dot_avx2(pixels: &[Pixels], v: &[[f64; LANES]]) -> f64 {
        dot_body(pixels, v, f64::mul_add)
    }

    /// `dot_body` by hand: the compiler converts bytes by way of 32 bits, which takes an instruction more.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    pub fn dot_avx512(pixels: &[Pixels], v: &[[f64; LANES]]) -> f64 {
        let mut sums = [_mm512_setzero_pd(); 4];
        let ((pairs, last), (v, last_v)) = (pixels.as_chunks::<2>(), v.as_chunks::<2>());
        for (pixels, v) in pairs.iter().zip(v) {
            let [a, b] = products(&pixels[0], &v[0], [sums[0], sums[1]]);
            let [c, d] = products(&pixels[1], &v[1], [sums[2], sums[3]]);
            sums = [a, b, c, d];
        }
        for (pixels, v) in last.iter().zip(last_v) {
            [sums[0], sums[1]] = products(pixels, v, [sums[0], sums[1]]);
        }
        let mut lanes = [[0.0; LANES]; 2];
        for (at, sum) in sums.into_iter().enumerate() {
            let place: &mut [f64; 8] =
                (&mut lanes.as_flattened_mut()[8 * at..][..8]).try_into().expect("eight");
            // SAFETY: eight values are stored to an array of as many.
            unsafe { _mm512_storeu_pd(place.as_mut_ptr(), sum) };
        }
        total(&lanes[0]) + total(&lanes[1])
    }

    /// The sums with the products of a block added.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn products(pixels: &Pixels, v: &[f64; LANES], [low, high]: [__m512d; 2]) -> [__m512d; 2] {
        // SAFETY: sixteen bytes and twice eight values are loaded from arrays of as many.
        let (pixels, v_low, v_high) = unsafe {
            (
                _mm_loadu_si128(pixels.as_ptr().cast()),
                _mm512_loadu_pd(v.as_ptr()),
                _mm512_loadu_pd(v.as_ptr().add(8)),
            )
        };
        let wide = |bytes| _mm512_cvtepi64_pd(_mm512_cvtepu8_epi64(bytes));
        let (pixels_low, pixels_high) = (wide(pixels), wide(_mm_unpackhi_epi64(pixels, pixels)));
        [_mm512_fmadd_pd(pixels_low, v_low, low), _mm512_fmadd_pd(pixels_high, v_high, high)]
    }
}

/// An affine scaling, x = (pixel - offset) * unit, in the forms that the kernels need.
#[derive(Clone, Debug)]
pub struct Affine {
    pub offset: Aligned,
    pub unit: Aligned,
    /// unit^2.
    pub slope: Aligned,
}

for_each_level! {
    /// The sum of the squared scaled values. Panics when the lengths differ.
    pub fn squared_norm(pixels: &[Pixels], affine: &Affine) -> f64 {
        let (offset, unit) = (blocks(&affine.offset, pixels.len()), blocks(&affine.unit, pixels.len()));
        let mut sums = [0.0; LANES];
        for ((pixels, offset), unit) in pixels.iter().zip(offset).zip(unit) {
            for lane in 0..LANES {
                let x = (f64::from(pixels[lane]) - offset[lane]) * unit[lane];
                sums[lane] += x * x;
            }
        }
        total(&sums)
    }
}

for_each_level! {
    /// `v[j] += a * slope[j] * (pixels[j] - offset[j])`. Panics when the lengths differ.
    pub fn add(a: f64, pixels: &[Pixels], affine: &Affine, v: &mut [f64]) {
        let (pixels, slope, offset) = (pixels.as_flattened(), &*affine.slope, &*affine.offset);
        let d = pixels.len();
        assert!(d == slope.len() && d == offset.len() && d == v.len(), "lengths differ");
        for (((v, &pixel), slope), offset) in v.iter_mut().zip(pixels).zip(slope).zip(offset) {
            *v += a * (slope * (f64::from(pixel) - offset));
        }
    }
}

/// What truncation by `owed` leaves of `y`: nearer to zero by so much, and zero within it. No number stays none.
#[inline(always)]
fn truncated(y: f64, owed: f64) -> f64 {
    // Comparisons that are single instructions, which f64::clamp is not.
    let below = if y < owed { y } else { owed };
    y - if below > -owed { below } else { -owed }
}

for_each_level! {
    /// Writes the scaled row to `x` and gives the sum of its products with the truncated `y`: every value nearer to
    /// zero by `owed`, and zero within it. Panics when the lengths differ.
    pub fn dot_truncated(pixels: &[Pixels], affine: &Affine, y: &[f64], owed: f64, x: &mut [f64]) -> f64 {
        let (offset, unit) = (blocks(&affine.offset, pixels.len()), blocks(&affine.unit, pixels.len()));
        let y = blocks(y, pixels.len());
        assert_eq!(x.len(), pixels.len() * LANES, "lengths differ");
        let (x, _) = x.as_chunks_mut::<LANES>();
        let mut sums = [0.0; LANES];
        for ((((pixels, offset), unit), y), x) in pixels.iter().zip(offset).zip(unit).zip(y).zip(x) {
            for lane in 0..LANES {
                x[lane] = (f64::from(pixels[lane]) - offset[lane]) * unit[lane];
                sums[lane] += truncated(y[lane], owed) * x[lane];
            }
        }
        total(&sums)
    }
}

for_each_level! {
    /// `y[j] += a * x[j] - decay * truncated(y[j])`, truncated by `owed` as in [`dot_truncated`]. Panics when the lengths
    /// differ.
    pub fn add_truncated(a: f64, x: &[f64], decay: f64, owed: f64, y: &mut [f64]) {
        assert_eq!(x.len(), y.len(), "lengths differ");
        if decay == 0.0 {
            for (y, x) in y.iter_mut().zip(x) {
                *y += a * x;
            }
        } else {
            for (y, x) in y.iter_mut().zip(x) {
                *y += a * x - decay * truncated(*y, owed);
            }
        }
    }
}

/// Every `y[j]` nearer to zero by `owed`, and zero within it.
pub fn truncate(y: &mut [f64], owed: f64) {
    y.iter_mut().for_each(|y| *y = truncated(*y, owed));
}

/// Asks the memory for bytes that are wanted soon. Changes no result; does nothing where there is no such
/// instruction.
#[inline]
pub fn prefetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in bytes.chunks(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: SSE is part of x86-64, and a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
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
        let soft = |y: f64, owed: f64| {
            if y > owed {
                y - owed
            } else if y < -owed {
                y + owed
            } else {
                0.0
            }
        };
        for n in 0..=12 {
            let (p, d) = (pixels(n), n * LANES);
            let (offset, v) = (values(d, 0.1), values(d, 0.4));
            let unit: Vec<f64> = (0..d).map(|j| 0.01 + (j % 7) as f64 * 0.3).collect();
            let slope: Vec<f64> = unit.iter().map(|u| u * u).collect();
            let aligned = Aligned::from_values;
            let affine = Affine { offset: aligned(&offset), unit: aligned(&unit), slope: aligned(&slope) };
            let pixel = |j: usize| f64::from(p[j / LANES][j % LANES]);
            let scaled = |j: usize| (pixel(j) - offset[j]) * unit[j];
            let sum = |value: &dyn Fn(usize) -> f64| (0..d).map(value).sum::<f64>();
            let near =
                |a: f64, b: f64| assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{a} {b}, {n} blocks");

            for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
                near(dot_at(level, &p, &v), sum(&|j| pixel(j) * v[j]));
            }
            if simd::supported() == Level::Avx512 {
                assert_eq!(dot_at(Level::Avx2, &p, &v).to_bits(), dot_at(Level::Avx512, &p, &v).to_bits());
            }
            near(squared_norm(&p, &affine), sum(&|j| scaled(j).powi(2)));
            let mut moved = v.clone();
            add(0.7, &p, &affine, &mut moved);
            (0..d).for_each(|j| near(moved[j], v[j] + 0.7 * slope[j] * (pixel(j) - offset[j])));

            let (owed, mut x) = (1.5, vec![f64::NAN; d]);
            near(dot_truncated(&p, &affine, &v, owed, &mut x), sum(&|j| scaled(j) * soft(v[j], owed)));
            (0..d).for_each(|j| assert_eq!(x[j], scaled(j)));
            for decay in [0.0, 0.3] {
                let mut moved = v.clone();
                add_truncated(0.7, &x, decay, owed, &mut moved);
                (0..d).for_each(|j| near(moved[j], v[j] + 0.7 * scaled(j) - decay * soft(v[j], owed)));
            }
            let mut left = v.clone();
            truncate(&mut left, owed);
            (0..d).for_each(|j| near(left[j], soft(v[j], owed)));
        }
    }

    #[test]
    fn truncation_hides_nothing_that_is_no_number() {
        let mut y = [f64::NAN, f64::INFINITY, -0.0];
        truncate(&mut y, 1.0);
        assert!(y[0].is_nan() && y[1] == f64::INFINITY && y[2] == 0.0);
    }

    #[test]
    fn asking_for_memory_does_nothing_else() {
        prefetch(&[]);
        prefetch(&[1; 784]);
    }
}

//! Dot products and additions of a row of bytes with `f64` weight vectors: what stochastic descent does to
//! every row. A row of bytes is a quarter of its scaled values in `f32`, and rows taken in a random order
//! cost what they weigh.
//!
//! Sums run in [`LANES`] interleaved parts.
#![allow(
    clippy::needless_range_loop,
    reason = "from loops by index the compiler makes vectors, from iterators not"
)]

use super::simd::{self, Level, for_each_level};

/// Parts of a sum: two of the widest registers.
const LANES: usize = 16;

for_each_level! {
    /// The sum of `pixels[j] * v[j]`. Panics when the lengths differ.
    pub fn dot(pixels: &[u8], v: &[f64]) -> f64 {
        assert_eq!(pixels.len(), v.len(), "lengths differ");
        let ((pixels, pixels_rest), (v, v_rest)) = (pixels.as_chunks::<LANES>(), v.as_chunks::<LANES>());
        let mut sums = [0.0; LANES];
        for (pixels, v) in pixels.iter().zip(v) {
            for lane in 0..LANES {
                sums[lane] += f64::from(pixels[lane]) * v[lane];
            }
        }
        sums.iter().sum::<f64>() + pixels_rest.iter().zip(v_rest).map(|(&pixel, v)| f64::from(pixel) * v).sum::<f64>()
    }
}

for_each_level! {
    /// The sum of `a[j] * b[j]`. Panics when the lengths differ.
    pub fn inner(a: &[f64], b: &[f64]) -> f64 {
        assert_eq!(a.len(), b.len(), "lengths differ");
        let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
        let mut sums = [0.0; LANES];
        for (a, b) in a.iter().zip(b) {
            for lane in 0..LANES {
                sums[lane] += a[lane] * b[lane];
            }
        }
        sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
    }
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
        sums.iter().sum::<f64>() + rest.map(|x| x * x).sum::<f64>()
    }
}

/// An affine scaling, x = (pixel - offset) * unit, in the forms that additions need.
#[derive(Clone, Debug)]
pub struct Affine {
    pub offset: Vec<f64>,
    pub unit: Vec<f64>,
    /// unit^2.
    pub slope: Vec<f64>,
}

for_each_level! {
    /// `v[j] += a * slope[j] * (pixels[j] - offset[j])`. Panics when the lengths differ.
    pub fn add(a: f64, pixels: &[u8], affine: &Affine, v: &mut [f64]) {
        let (d, Affine { offset, slope, .. }) = (pixels.len(), affine);
        assert!(d == slope.len() && d == offset.len() && d == v.len(), "lengths differ");
        for (((v, &pixel), slope), offset) in v.iter_mut().zip(pixels).zip(slope).zip(offset) {
            *v += a * (slope * (f64::from(pixel) - offset));
        }
    }
}

/// What [`add_and_truncate`] needs to know of the penalty.
#[derive(Clone, Copy, Debug)]
pub struct Truncation {
    /// The total penalty that a value could have received so far.
    pub owed: f64,
    /// The true values are so many times the stored ones; above zero.
    pub scale: f64,
}

/// [`add`], then Tsuruoka's cumulative penalty: every non-zero `v[j]` moves towards zero by what it still owes
/// of `owed * unit[j]`, and stops there; `paid` keeps what each has received. Debts are counted in true
/// values. Gives the sum of `offset[j] * v[j]`. Panics when the lengths differ. The vector levels fuse
/// products and sums, so that their last bits differ from the scalar one's.
pub fn add_and_truncate(
    a: f64,
    pixels: &[u8],
    affine: &Affine,
    v: &mut [f64],
    paid: &mut [f64],
    truncation: Truncation,
) -> f64 {
    add_and_truncate_at(simd::level(), a, pixels, affine, v, paid, truncation)
}

/// [`add_and_truncate`] at a given level, lowered to what the machine supports.
pub fn add_and_truncate_at(
    level: Level,
    a: f64,
    pixels: &[u8],
    affine: &Affine,
    v: &mut [f64],
    paid: &mut [f64],
    truncation: Truncation,
) -> f64 {
    let (d, Affine { offset, unit, slope }) = (pixels.len(), affine);
    assert!(d == offset.len() && d == unit.len() && d == slope.len(), "lengths differ");
    assert!(d == v.len() && d == paid.len(), "lengths differ");
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level, so it has the instructions that the function was compiled with.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::add_and_truncate_avx512(a, pixels, affine, v, paid, truncation) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::add_and_truncate_avx2(a, pixels, affine, v, paid, truncation) },
        _ => add_and_truncate_body(a, pixels, affine, v, paid, truncation, |a, b, c| a * b + c),
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Affine, Truncation, add_and_truncate_body};

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
    pub fn add_and_truncate_avx512(
        a: f64,
        pixels: &[u8],
        affine: &Affine,
        v: &mut [f64],
        paid: &mut [f64],
        truncation: Truncation,
    ) -> f64 {
        add_and_truncate_body(a, pixels, affine, v, paid, truncation, f64::mul_add)
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn add_and_truncate_avx2(
        a: f64,
        pixels: &[u8],
        affine: &Affine,
        v: &mut [f64],
        paid: &mut [f64],
        truncation: Truncation,
    ) -> f64 {
        add_and_truncate_body(a, pixels, affine, v, paid, truncation, f64::mul_add)
    }
}

/// `multiply_add(a, b, c)` is a * b + c, fused where the instructions are there.
#[inline(always)]
fn add_and_truncate_body(
    a: f64,
    pixels: &[u8],
    affine: &Affine,
    v: &mut [f64],
    paid: &mut [f64],
    truncation: Truncation,
    multiply_add: impl Fn(f64, f64, f64) -> f64 + Copy,
) -> f64 {
    let Affine { offset, unit, slope } = affine;
    let ((pixels, pixels_rest), (offset, offset_rest)) = (pixels.as_chunks(), offset.as_chunks());
    let ((unit, unit_rest), (slope, slope_rest)) = (unit.as_chunks(), slope.as_chunks());
    let ((v, v_rest), (paid, paid_rest)) = (v.as_chunks_mut(), paid.as_chunks_mut());
    let mut sums = [0.0; LANES];
    let constants = offset.iter().zip(unit).zip(slope);
    for (((pixels, ((offset, unit), slope)), v), paid) in pixels.iter().zip(constants).zip(v).zip(paid) {
        add_and_truncate_block(
            a,
            pixels,
            [offset, unit, slope],
            v,
            paid,
            truncation,
            &mut sums,
            multiply_add,
        );
    }
    if !pixels_rest.is_empty() {
        // Filled up with zeros, which stay zeros.
        let (pixels, mut v, mut paid) = (filled(pixels_rest), filled(v_rest), filled(paid_rest));
        let constants = [&filled(offset_rest), &filled(unit_rest), &filled(slope_rest)];
        add_and_truncate_block(a, &pixels, constants, &mut v, &mut paid, truncation, &mut sums, multiply_add);
        v_rest.copy_from_slice(&v[..v_rest.len()]);
        paid_rest.copy_from_slice(&paid[..paid_rest.len()]);
    }
    sums.iter().sum()
}

/// `constants` are offset, unit and slope.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "one step of the loop above, by name")]
fn add_and_truncate_block(
    a: f64,
    pixels: &[u8; LANES],
    [offset, unit, slope]: [&[f64; LANES]; 3],
    v: &mut [f64; LANES],
    paid: &mut [f64; LANES],
    Truncation { owed, scale }: Truncation,
    sums: &mut [f64; LANES],
    multiply_add: impl Fn(f64, f64, f64) -> f64 + Copy,
) {
    let inverse = 1.0 / scale;
    let owed = owed * inverse;
    for lane in 0..LANES {
        let z = multiply_add(a, slope[lane] * (f64::from(pixels[lane]) - offset[lane]), v[lane]);
        let unpaid = multiply_add(-inverse, paid[lane], z);
        let down = multiply_add(-owed, unit[lane], unpaid);
        let up = multiply_add(owed, unit[lane], unpaid);
        // As no more was paid than is owed, down <= z <= up: the place nearest to zero between the two is where
        // z moves to, and zero stays zero. Selections instead of branches, for a loop of vectors.
        let below = if up < 0.0 { up } else { 0.0 };
        let truncated = if down > below { down } else { below };
        paid[lane] = multiply_add(scale, truncated - z, paid[lane]);
        v[lane] = truncated;
        sums[lane] = multiply_add(offset[lane], truncated, sums[lane]);
    }
}

fn filled<T: Copy + Default>(rest: &[T]) -> [T; LANES] {
    let mut block = [T::default(); LANES];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// Asks the memory for a row that is wanted soon. Changes no result; does nothing where there is no such
/// instruction.
#[inline]
pub fn prefetch(pixels: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in pixels.chunks(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: SSE is part of x86-64, and a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = pixels;
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [Level; 3] = [Level::Scalar, Level::Avx2, Level::Avx512];

    /// Values of both signs and very different sizes, from a formula.
    fn values(n: usize, salt: f64) -> Vec<f64> {
        (0..n).map(|i| ((i as f64 + salt) * 1.7).sin() * 3f64.powi(i as i32 % 5)).collect()
    }

    fn pixels(n: usize) -> Vec<u8> {
        (0..n).map(|i| (i * 89 + 7) as u8).collect()
    }

    fn affine(n: usize) -> Affine {
        let unit: Vec<f64> = (0..n).map(|j| 0.01 + (j % 7) as f64 * 0.3).collect();
        Affine { offset: values(n, 0.1), slope: unit.iter().map(|u| u * u).collect(), unit }
    }

    #[test]
    fn sums_are_what_they_say_for_every_length() {
        for n in 0..=200 {
            let (p, v, Affine { offset, unit, .. }) = (pixels(n), values(n, 0.4), affine(n));
            let plain: f64 = p.iter().zip(&v).map(|(&p, v)| f64::from(p) * v).sum();
            assert!((dot(&p, &v) - plain).abs() < 1e-7, "n={n}");
            let plain: f64 = offset.iter().zip(&v).map(|(a, b)| a * b).sum();
            assert!((inner(&offset, &v) - plain).abs() < 1e-7, "n={n}");
            let plain: f64 = (0..n).map(|j| ((f64::from(p[j]) - offset[j]) * unit[j]).powi(2)).sum();
            assert!((squared_norm(&p, &offset, &unit) - plain).abs() <= 1e-12 * plain, "n={n}");
        }
    }

    #[test]
    fn truncation_agrees_at_every_level_and_length() {
        for n in 0..=100 {
            let (p, affine) = (pixels(n), affine(n));
            let run = |level| {
                let (mut v, mut paid, mut sums) = (values(n, 0.5), vec![0.0; n], vec![]);
                // A zero weight that is not moved must stay as it is and owe nothing.
                v.iter_mut().step_by(7).for_each(|v| *v = 0.0);
                for step in 0..4 {
                    let (a, truncation) =
                        (1e-3 * f64::from(step), Truncation { owed: 0.4 * f64::from(step), scale: 0.5 });
                    sums.push(add_and_truncate_at(level, a, &p, &affine, &mut v, &mut paid, truncation));
                    assert!(
                        (sums[sums.len() - 1] - inner(&affine.offset, &v)).abs() < 1e-7,
                        "n={n} {level:?}"
                    );
                }
                (v, paid)
            };
            let (v, paid) = run(Level::Scalar);
            for level in LEVELS {
                let (v2, paid2) = run(level);
                assert!(v.iter().zip(&v2).all(|(a, b)| (a - b).abs() < 1e-9), "n={n} {level:?}");
                assert!(paid.iter().zip(&paid2).all(|(a, b)| (a - b).abs() < 1e-9), "n={n} {level:?}");
            }
        }
    }

    #[test]
    fn truncation_stops_at_zero_and_remembers_what_was_paid() {
        for level in LEVELS {
            let truncate = |v: &[f64], paid: &[f64], unit: &[f64], truncation| {
                let (mut v, mut paid, n) = (v.to_vec(), paid.to_vec(), v.len());
                let affine = Affine { offset: vec![0.0; n], unit: unit.to_vec(), slope: vec![1.0; n] };
                add_and_truncate_at(level, 0.0, &vec![9; n], &affine, &mut v, &mut paid, truncation);
                (v, paid)
            };
            let half = Truncation { owed: 0.5, scale: 1.0 };
            let once = truncate(&[1.0, -0.2, 0.0], &[0.0; 3], &[1.0; 3], half);
            assert_eq!(once, (vec![0.5, 0.0, 0.0], vec![-0.5, 0.2, 0.0]));
            // Nothing new is owed.
            assert_eq!(truncate(&once.0, &once.1, &[1.0; 3], half).0, [0.5, 0.0, 0.0]);
            // Debts are true values: half the scale, twice the step; a larger unit owes more.
            let larger = truncate(&[8.0, 8.0], &[0.0; 2], &[1.0, 3.0], Truncation { owed: 1.0, scale: 0.5 });
            assert_eq!(larger, (vec![6.0, 2.0], vec![-1.0, -3.0]));
        }
    }

    #[test]
    fn asking_for_rows_does_nothing_else() {
        prefetch(&[]);
        prefetch(&pixels(784));
    }
}

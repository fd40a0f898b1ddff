//! The sums with AVX-512 and with AVX2.
#![allow(clippy::needless_range_loop, reason = "registers by index: the loops over them are unrolled")]

use std::arch::x86_64::*;

use super::{ConvStrides, LANES, Start};

/// Calls `$tile::<P, $constants>` with P from 1 to the largest of the list.
macro_rules! with_points {
    ($points:expr, $tile:ident, $constants:tt, $arguments:tt, $($p:literal)*) => {
        match $points {
            $($p => with_points!(@call $tile, $p, $constants, $arguments),)*
            _ => unreachable!("a tile has at most as many points as the largest kernel"),
        }
    };
    (@call $tile:ident, $p:literal, [$($constant:ident),*], ($($argument:expr),*)) => {
        $tile::<$p, $($constant),*>($($argument),*)
    };
}

/// The addresses of a tile's left factors, computed from two bases: the first point, and point `half`.
///
/// From one base, the compiler computes each address from the one before. In a tile of one register that
/// chain takes longer than the products.
struct Points {
    first: *const f32,
    middle: *const f32,
    half: usize,
    stride: usize,
}

impl Points {
    #[inline(always)]
    fn new<const P: usize, const C: usize>(first: *const f32, stride: usize) -> Points {
        if C > 1 {
            return Points { first, middle: first, half: P, stride };
        }
        let half = P.div_ceil(2);
        // The compiler must not see that the second base follows from the first.
        let middle = std::hint::black_box(first.wrapping_add(half * stride));
        Points { first, middle, half, stride }
    }

    #[inline(always)]
    fn at(&self, point: usize) -> *const f32 {
        match point.checked_sub(self.half) {
            None => self.first.wrapping_add(point * self.stride),
            Some(point) => self.middle.wrapping_add(point * self.stride),
        }
    }

    #[inline(always)]
    fn advance(&mut self, by: usize) {
        self.first = self.first.wrapping_add(by);
        self.middle = self.middle.wrapping_add(by);
    }
}

/// Splits the points into tiles as equal as they can be, none larger than `most`.
fn tile_size(points: usize, most: usize) -> usize {
    points.div_ceil(points.div_ceil(most))
}

/// The strides must stay inside the slices, as `check` holds them to.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub unsafe fn correlate_avx512(
    strides: &ConvStrides,
    a: &[f32],
    b: &[f32],
    start: Start,
    relu: bool,
    out: &mut [f32],
) {
    let mut lane = 0;
    while lane < strides.lanes {
        // A strip has two registers. If their number is odd, the last strip has three: a strip of one loads
        // as many left factors as a strip of two, for half of the products.
        let registers = match (strides.lanes - lane).div_ceil(LANES) {
            one_or_three @ (1 | 3) => one_or_three,
            _ => 2,
        };
        let is_partial = strides.lanes - lane < registers * LANES;
        let strip = match (registers, is_partial) {
            (1, false) => strip_avx512::<1, false>,
            (1, true) => strip_avx512::<1, true>,
            (2, false) => strip_avx512::<2, false>,
            (2, true) => strip_avx512::<2, true>,
            (_, false) => strip_avx512::<3, false>,
            (_, true) => strip_avx512::<3, true>,
        };
        // SAFETY: by the contract of this function.
        unsafe { strip(strides, a, b, start, relu, out, lane) };
        lane += registers * LANES;
    }
}

/// All points, for the lanes from `lane` on that fill C registers; with PARTIAL, the last one in part.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
unsafe fn strip_avx512<const C: usize, const PARTIAL: bool>(
    strides: &ConvStrides,
    a: &[f32],
    b: &[f32],
    start: Start,
    relu: bool,
    out: &mut [f32],
    lane: usize,
) {
    // 14 x 2 sums and 2 right factors, or 9 x 3 and 3, and one left factor: 31 of the 32 registers.
    let size = tile_size(strides.points, if C == 3 { 9 } else { 14 });
    let mut point = 0;
    while point < strides.points {
        let count = size.min(strides.points - point);
        // SAFETY: points and lanes of the tile are among those of the strides.
        unsafe {
            let a = a.as_ptr().wrapping_add(point * strides.a_point);
            let b = b.as_ptr().wrapping_add(lane);
            with_points!(count, tile_avx512, [C, PARTIAL], (strides, a, b, start, relu, out, point, lane),
                1 2 3 4 5 6 7 8 9 10 11 12 13 14);
        }
        point += count;
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
#[allow(clippy::too_many_arguments)]
unsafe fn tile_avx512<const P: usize, const C: usize, const PARTIAL: bool>(
    strides: &ConvStrides,
    a: *const f32,
    b: *const f32,
    start: Start,
    relu: bool,
    out: &mut [f32],
    point: usize,
    lane: usize,
) {
    // Only the last register may lack lanes.
    let masks: [__mmask16; C] = std::array::from_fn(|c| {
        let lanes = (strides.lanes - lane - c * LANES).min(LANES);
        ((1u32 << lanes) - 1) as __mmask16
    });
    // SAFETY: masked lanes are not touched; the others are inside, by the contract of `correlate_avx512`.
    unsafe {
        let out = out.as_mut_ptr().add(point * strides.out_stride + lane);
        let mut sums = [[_mm512_setzero_ps(); C]; P];
        match start {
            Start::Zero | Start::AddToOutput => {}
            Start::Bias(bias) => {
                for c in 0..C {
                    let bias = _mm512_maskz_loadu_ps(masks[c], bias.as_ptr().wrapping_add(lane + c * LANES));
                    for p in 0..P {
                        sums[p][c] = bias;
                    }
                }
            }
            Start::Output => {
                for p in 0..P {
                    for c in 0..C {
                        let at = out.wrapping_add(p * strides.out_stride + c * LANES);
                        sums[p][c] = _mm512_maskz_loadu_ps(masks[c], at);
                    }
                }
            }
        }
        for o in 0..strides.outer {
            let mut a = Points::new::<P, C>(a.wrapping_add(o * strides.a_outer), strides.a_point);
            let mut b = b.wrapping_add(o * strides.b_outer);
            for _ in 0..strides.inner {
                let right: [__m512; C] = std::array::from_fn(|c| match PARTIAL && c + 1 == C {
                    true => _mm512_maskz_loadu_ps(masks[c], b.add(c * LANES)),
                    false => _mm512_loadu_ps(b.add(c * LANES)),
                });
                for p in 0..P {
                    let left = _mm512_set1_ps(*a.at(p));
                    for c in 0..C {
                        sums[p][c] = _mm512_fmadd_ps(left, right[c], sums[p][c]);
                    }
                }
                a.advance(strides.a_inner);
                b = b.wrapping_add(strides.b_inner);
            }
        }
        for p in 0..P {
            for c in 0..C {
                let at = out.wrapping_add(p * strides.out_stride + c * LANES);
                let mut sum = sums[p][c];
                if let Start::AddToOutput = start {
                    sum = _mm512_add_ps(_mm512_maskz_loadu_ps(masks[c], at), sum);
                }
                if relu {
                    // `max` returns its second operand if one of them is NaN, so NaN is kept.
                    sum = _mm512_max_ps(_mm512_setzero_ps(), sum);
                }
                _mm512_mask_storeu_ps(at, masks[c], sum);
            }
        }
    }
}

/// The strides must stay inside the slices, as `check` holds them to.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn correlate_avx2(
    strides: &ConvStrides,
    a: &[f32],
    b: &[f32],
    start: Start,
    relu: bool,
    out: &mut [f32],
) {
    for lane in (0..strides.lanes).step_by(LANES) {
        // AVX2 has slow masked loads: a copy that is padded with zeros costs less where several tiles share
        // it.
        let padded;
        let (strides, b) = if strides.lanes - lane < LANES {
            padded = padded_lanes(strides, b, lane);
            (&ConvStrides { b_outer: strides.inner * LANES, b_inner: LANES, ..*strides }, padded.as_ptr())
        } else {
            (strides, b.as_ptr().wrapping_add(lane))
        };
        // 6 x 2 sums and 2 right factors of the 16 registers.
        let size = tile_size(strides.points, 6);
        let mut point = 0;
        while point < strides.points {
            let count = size.min(strides.points - point);
            // SAFETY: points and lanes of the tile are among those of the strides.
            unsafe {
                let a = a.as_ptr().wrapping_add(point * strides.a_point);
                with_points!(count, tile_avx2, [], (strides, a, b, start, relu, out, point, lane),
                    1 2 3 4 5 6);
            }
            point += count;
        }
    }
}

/// The right factors of the last lanes, from `lane` on: [`LANES`] values for each step of the sum, with zeros
/// at the end.
#[target_feature(enable = "avx2,fma")]
fn padded_lanes(strides: &ConvStrides, b: &[f32], lane: usize) -> Vec<f32> {
    const HALF: usize = LANES / 2;
    let masks: [__m256i; 2] = std::array::from_fn(|half| {
        let mask: [i32; HALF] =
            std::array::from_fn(|k| if lane + half * HALF + k < strides.lanes { -1 } else { 0 });
        // SAFETY: the array fills the register.
        unsafe { _mm256_loadu_si256(mask.as_ptr().cast()) }
    });
    let mut padded = vec![0.0; strides.outer * strides.inner * LANES];
    let mut registers = padded.chunks_exact_mut(LANES);
    for outer in 0..strides.outer {
        for (inner, register) in registers.by_ref().take(strides.inner).enumerate() {
            let b = &b[outer * strides.b_outer + inner * strides.b_inner..][lane..strides.lanes];
            for (half, mask) in masks.into_iter().enumerate() {
                // SAFETY: values that the mask leaves out are not read, and 16 are there to be written.
                unsafe {
                    let values = _mm256_maskload_ps(b.as_ptr().wrapping_add(half * HALF), mask);
                    _mm256_storeu_ps(register.as_mut_ptr().add(half * HALF), values);
                }
            }
        }
    }
    padded
}

#[inline]
#[target_feature(enable = "avx2,fma")]
#[allow(clippy::too_many_arguments)]
unsafe fn tile_avx2<const P: usize>(
    strides: &ConvStrides,
    a: *const f32,
    b: *const f32,
    start: Start,
    relu: bool,
    out: &mut [f32],
    point: usize,
    lane: usize,
) {
    const HALF: usize = LANES / 2;
    const C: usize = 2;
    let count = (strides.lanes - lane).min(LANES);
    let at = |p: usize| (point + p) * strides.out_stride + lane;
    // Through an array, because the output may end before the last lanes.
    let mut values = [[0.0f32; LANES]; P];
    for p in 0..P {
        match start {
            Start::Zero | Start::AddToOutput => {}
            Start::Bias(bias) => values[p][..count].copy_from_slice(&bias[lane..lane + count]),
            Start::Output => values[p][..count].copy_from_slice(&out[at(p)..at(p) + count]),
        }
    }
    // SAFETY: by the contract of `correlate_avx2`.
    unsafe {
        let mut sums = [[_mm256_setzero_ps(); C]; P];
        for p in 0..P {
            for c in 0..C {
                sums[p][c] = _mm256_loadu_ps(values[p].as_ptr().add(c * HALF));
            }
        }
        for o in 0..strides.outer {
            let mut a = a.wrapping_add(o * strides.a_outer);
            let mut b = b.wrapping_add(o * strides.b_outer);
            for _ in 0..strides.inner {
                let right: [__m256; C] = std::array::from_fn(|c| _mm256_loadu_ps(b.add(c * HALF)));
                for p in 0..P {
                    let left = _mm256_set1_ps(*a.add(p * strides.a_point));
                    for c in 0..C {
                        sums[p][c] = _mm256_fmadd_ps(left, right[c], sums[p][c]);
                    }
                }
                a = a.wrapping_add(strides.a_inner);
                b = b.wrapping_add(strides.b_inner);
            }
        }
        for p in 0..P {
            for c in 0..C {
                let mut sum = sums[p][c];
                if relu {
                    sum = _mm256_max_ps(_mm256_setzero_ps(), sum);
                }
                _mm256_storeu_ps(values[p].as_mut_ptr().add(c * HALF), sum);
            }
        }
    }
    for p in 0..P {
        let out = &mut out[at(p)..at(p) + count];
        if let Start::AddToOutput = start {
            values[p].iter_mut().zip(&*out).for_each(|(sum, out)| *sum += out);
        }
        out.copy_from_slice(&values[p][..count]);
    }
}

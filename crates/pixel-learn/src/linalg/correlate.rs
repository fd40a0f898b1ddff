//! The inner loops of a convolution, forwards and backwards: many short sums over overlapping windows of an
//! image. The windows are read in place; im2col would copy them.
//!
//! Channels are the last dimension; sixteen output channels fill one register, and a tile of points shares
//! the loads of the right factors. Every result is one chain of fused multiply-adds in the order of the two
//! loops: the same bits on every instruction level.

use std::borrow::Cow;

use super::simd::{self, Level};

/// Output channels that fill one register; rows of the right factors are padded to a multiple of it.
pub const LANES: usize = 16;

/// `count` rounded up to whole registers.
pub fn padded(count: usize) -> usize {
    count.next_multiple_of(LANES)
}

/// Rows of `width` values, each padded with zeros to whole registers.
pub fn with_padded_rows(values: &[f32], width: usize) -> Cow<'_, [f32]> {
    let lanes = padded(width);
    if lanes == width {
        return Cow::Borrowed(values);
    }
    let mut rows = vec![0.0; values.len() / width * lanes];
    for (row, values) in rows.chunks_exact_mut(lanes).zip(values.chunks_exact(width)) {
        row[..width].copy_from_slice(values);
    }
    Cow::Owned(rows)
}

/// The indices of the products that are summed: for every point p below `points` and every lane below
/// `lanes`,
///
/// out\[p `out_stride` + lane\] = start + sum over o < `outer`, i < `inner` of
/// a\[o `a_outer` + i `a_inner` + p `a_point`\] b\[o `b_outer` + i `b_inner` + lane\].
#[derive(Clone, Copy, Debug)]
pub struct ConvStrides {
    /// Steps of the outer sum.
    pub outer: usize,
    /// Steps of the inner sum.
    pub inner: usize,
    /// Output points.
    pub points: usize,
    /// Output channels per point.
    pub lanes: usize,
    /// Values of a between two outer steps.
    pub a_outer: usize,
    /// Values of a between two inner steps.
    pub a_inner: usize,
    /// Values of a between two points.
    pub a_point: usize,
    /// Values of b between two outer steps.
    pub b_outer: usize,
    /// Values of b between two inner steps.
    pub b_inner: usize,
    /// Values of the output between two points.
    pub out_stride: usize,
}

/// The initial value of every sum.
#[derive(Clone, Copy)]
pub enum Start<'a> {
    /// Zero.
    Zero,
    /// One value per lane.
    Bias(&'a [f32]),
    /// The present value of the output.
    Output,
    /// Zero; the finished sum is added to the present value of the output.
    AddToOutput,
}

/// Computes the sums that `strides` describe; with `relu`, negative sums become 0. Panics when an index
/// leaves a slice; b must contain its last padded row in full.
pub fn correlate(strides: &ConvStrides, a: &[f32], b: &[f32], start: Start, relu: bool, out: &mut [f32]) {
    correlate_at(simd::level(), strides, a, b, start, relu, out);
}

/// [`correlate`] at a given level, lowered to what the machine supports.
pub fn correlate_at(
    level: Level,
    strides: &ConvStrides,
    a: &[f32],
    b: &[f32],
    start: Start,
    relu: bool,
    out: &mut [f32],
) {
    if strides.points == 0 || strides.lanes == 0 {
        return;
    }
    check(strides, a, b, start, out);
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level, and `check` found all indices inside the slices.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::correlate_avx512(strides, a, b, start, relu, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::correlate_avx2(strides, a, b, start, relu, out) },
        _ => scalar(strides, a, b, start, relu, out),
    }
}

fn check(strides: &ConvStrides, a: &[f32], b: &[f32], start: Start, out: &[f32]) {
    let ConvStrides { outer, inner, points, lanes, .. } = *strides;
    assert!((points - 1) * strides.out_stride + lanes <= out.len(), "the output is too short");
    if let Start::Bias(bias) = start {
        assert!(bias.len() >= lanes, "a bias for every lane");
    }
    if outer > 0 && inner > 0 {
        let a_last =
            (outer - 1) * strides.a_outer + (inner - 1) * strides.a_inner + (points - 1) * strides.a_point;
        assert!(a_last < a.len(), "the strides leave a");
        let b_last = (outer - 1) * strides.b_outer + (inner - 1) * strides.b_inner + padded(lanes);
        assert!(b_last <= b.len(), "the strides leave b");
    }
}

/// The scalar path, which defines the result.
fn scalar(strides: &ConvStrides, a: &[f32], b: &[f32], start: Start, relu: bool, out: &mut [f32]) {
    for p in 0..strides.points {
        for lane in 0..strides.lanes {
            let out = &mut out[p * strides.out_stride + lane];
            let mut sum = match start {
                Start::Zero | Start::AddToOutput => 0.0,
                Start::Bias(bias) => bias[lane],
                Start::Output => *out,
            };
            for o in 0..strides.outer {
                for i in 0..strides.inner {
                    let left = a[o * strides.a_outer + i * strides.a_inner + p * strides.a_point];
                    sum = left.mul_add(b[o * strides.b_outer + i * strides.b_inner + lane], sum);
                }
            }
            if let Start::AddToOutput = start {
                sum += *out;
            }
            *out = if relu && sum < 0.0 { 0.0 } else { sum };
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[allow(clippy::needless_range_loop)] // Registers by index: P and C are unrolled.
mod x86 {
    use std::arch::x86_64::*;

    use super::{ConvStrides, LANES, Start};

    /// Calls `$tile::<P, C>` with P from 1 to the largest of the list.
    macro_rules! with_points {
        ($points:expr, $tile:ident, $c:literal, $arguments:tt, $($p:literal)*) => {
            match $points {
                $($p => with_points!(@call $tile, $p, $c, $arguments),)*
                _ => unreachable!("a tile has at most as many points as the largest kernel"),
            }
        };
        (@call $tile:ident, $p:literal, $c:literal, ($($argument:expr),*)) => {
            $tile::<$p, $c>($($argument),*)
        };
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
            let two = strides.lanes - lane > LANES;
            // 14 x 2 sums, 2 right factors, and the left ones straight from memory fill the 32 registers.
            let size = tile_size(strides.points, 14);
            let mut point = 0;
            while point < strides.points {
                let count = size.min(strides.points - point);
                // SAFETY: points and lanes of the tile are among those of the strides.
                unsafe {
                    let a = a.as_ptr().add(point * strides.a_point);
                    let b = b.as_ptr().add(lane);
                    if two {
                        with_points!(count, tile_avx512, 2, (strides, a, b, start, relu, out, point, lane),
                            1 2 3 4 5 6 7 8 9 10 11 12 13 14);
                    } else {
                        with_points!(count, tile_avx512, 1, (strides, a, b, start, relu, out, point, lane),
                            1 2 3 4 5 6 7 8 9 10 11 12 13 14);
                    }
                }
                point += count;
            }
            lane += if two { 2 * LANES } else { LANES };
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    #[allow(clippy::too_many_arguments)]
    unsafe fn tile_avx512<const P: usize, const C: usize>(
        strides: &ConvStrides,
        a: *const f32,
        b: *const f32,
        start: Start,
        relu: bool,
        out: &mut [f32],
        point: usize,
        lane: usize,
    ) {
        let masks: [__mmask16; C] = std::array::from_fn(|c| {
            let left = strides.lanes.saturating_sub(lane + c * LANES).min(LANES);
            ((1u32 << left) - 1) as __mmask16
        });
        // SAFETY: masked lanes are not touched; the others are inside, by the contract of `correlate_avx512`.
        unsafe {
            let out = out.as_mut_ptr().add(point * strides.out_stride + lane);
            let mut sums = [[_mm512_setzero_ps(); C]; P];
            match start {
                Start::Zero | Start::AddToOutput => {}
                Start::Bias(bias) => {
                    for c in 0..C {
                        let bias =
                            _mm512_maskz_loadu_ps(masks[c], bias.as_ptr().wrapping_add(lane + c * LANES));
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
                let mut a = a.add(o * strides.a_outer);
                let mut b = b.add(o * strides.b_outer);
                for _ in 0..strides.inner {
                    let right: [__m512; C] = std::array::from_fn(|c| _mm512_loadu_ps(b.add(c * LANES)));
                    for p in 0..P {
                        let left = _mm512_set1_ps(*a.add(p * strides.a_point));
                        for c in 0..C {
                            sums[p][c] = _mm512_fmadd_ps(left, right[c], sums[p][c]);
                        }
                    }
                    a = a.wrapping_add(strides.a_inner);
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
            // 6 x 2 sums and 2 right factors of the 16 registers.
            let size = tile_size(strides.points, 6);
            let mut point = 0;
            while point < strides.points {
                let count = size.min(strides.points - point);
                // SAFETY: points and lanes of the tile are among those of the strides.
                unsafe {
                    let a = a.as_ptr().add(point * strides.a_point);
                    let b = b.as_ptr().add(lane);
                    with_points!(count, tile_avx2, 2, (strides, a, b, start, relu, out, point, lane),
                        1 2 3 4 5 6);
                }
                point += count;
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    #[allow(clippy::too_many_arguments)]
    unsafe fn tile_avx2<const P: usize, const C: usize>(
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
                let mut a = a.add(o * strides.a_outer);
                let mut b = b.add(o * strides.b_outer);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(n: usize, salt: usize) -> Vec<f32> {
        (0..n).map(|i| (((i + salt) * 7919) % 1009) as f32 / 1009.0 - 0.5).collect()
    }

    #[test]
    fn all_levels_give_the_same_bits_at_every_size() {
        for (points, lanes, outer, inner) in [
            (1, 1, 1, 1),
            (28, 32, 3, 5),
            (14, 64, 2, 33),
            (7, 10, 5, 4),
            (29, 17, 1, 9),
            (5, 48, 3, 28),
            (3, 20, 0, 4),
        ] {
            let strides = ConvStrides {
                outer,
                inner,
                points,
                lanes,
                a_outer: 41,
                a_inner: 1,
                a_point: 3,
                b_outer: inner * padded(lanes) + LANES,
                b_inner: padded(lanes),
                out_stride: lanes + 1,
            };
            let a = values(outer * 41 + inner + points * 3, 1);
            let b = values((outer + 1) * strides.b_outer, 2);
            let bias = values(lanes, 3);
            let before = values(points * strides.out_stride, 4);
            let starts = [
                (Start::Zero, false),
                (Start::Bias(&bias), true),
                (Start::Output, false),
                (Start::AddToOutput, false),
            ];
            for (start, relu) in starts {
                let run = |level: Level| {
                    let mut out = before.clone();
                    correlate_at(level, &strides, &a, &b, start, relu, &mut out);
                    out
                };
                let expected = run(Level::Scalar);
                for level in [Level::Avx2, Level::Avx512] {
                    assert_eq!(run(level), expected, "{level:?}, {points} points, {lanes} lanes");
                }
                // What lies between the lanes of two points stays as it was.
                assert_eq!(expected[lanes], before[lanes]);
            }
        }
    }

    #[test]
    #[should_panic(expected = "the strides leave a")]
    fn strides_outside_their_slices_panic() {
        let strides = ConvStrides {
            outer: 1,
            inner: 4,
            points: 2,
            lanes: 1,
            a_outer: 0,
            a_inner: 1,
            a_point: 1,
            b_outer: 0,
            b_inner: LANES,
            out_stride: 1,
        };
        correlate(&strides, &[0.0; 4], &[0.0; 4 * LANES], Start::Zero, false, &mut [0.0; 2]);
    }
}

//! The inner loops of a convolution, forwards and backwards: many short sums over overlapping windows of an
//! image. The windows are read in place; im2col would copy them.
//!
//! Channels are the last dimension; sixteen output channels fill one register, and a tile of points shares
//! the loads of the right factors. Every result is one chain of fused multiply-adds in the order of the two
//! loops: the same bits on every instruction level.

use super::simd::{self, Level};

#[cfg(target_arch = "x86_64")]
mod x86;

/// Output channels that are computed side by side: one register of AVX-512, two of AVX2.
pub const LANES: usize = 16;

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
/// leaves a slice.
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
        let b_last = (outer - 1) * strides.b_outer + (inner - 1) * strides.b_inner + lanes;
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
            (20, 100, 2, 30),
            (9, 36, 1, 7),
            (28, 16, 3, 5),
            (28, 10, 3, 5),
            (3, 36, 0, 4),
        ] {
            let strides = ConvStrides {
                outer,
                inner,
                points,
                lanes,
                a_outer: 41,
                a_inner: 1,
                a_point: 3,
                b_outer: inner * lanes + 5,
                b_inner: lanes,
                out_stride: lanes + 1,
            };
            let a = values(outer * 41 + inner + points * 3, 1);
            let b = values((outer * strides.b_outer).max(5) - 5, 2);
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
                    out.into_iter().map(f32::to_bits).collect::<Vec<u32>>()
                };
                let expected = run(Level::Scalar);
                for level in [Level::Avx2, Level::Avx512] {
                    assert_eq!(run(level), expected, "{level:?}, {points} points, {lanes} lanes");
                }
                // What lies between the lanes of two points stays as it was.
                assert_eq!(expected[lanes], before[lanes].to_bits());
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

//! Loops over the rows for one Newton step: derivatives of the loss, sums of the objectives. The sums have
//! eight lanes and a fixed order: the same bits on every instruction level.

use crate::linalg::simd::for_each_level;

const LANES: usize = 8;

/// `value` clipped to the interval from 0 to `upper`.
#[inline(always)]
pub fn clip(value: f64, upper: f64) -> f64 {
    // `f64::clamp` takes more instructions than these two comparisons.
    let value = if value > 0.0 { value } else { 0.0 };
    if value < upper { value } else { upper }
}

/// The sum of eight lanes, by halves.
#[inline(always)]
fn lane_sum(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

for_each_level! {
    /// First and second derivative by t of sum_i psi(r_i - t s z_i) with psi'(r) = clip(r, 0, upper) / s:
    /// -sum clip(r - t s z) z, and s sum z^2 over the rows with 0 < r - t s z < upper.
    pub fn loss_derivatives(r: &[f64], z: &[f64], t: f64, s: f64, upper: f64) -> (f64, f64) {
        let (mut first, mut second) = ([0.0; LANES], [0.0; LANES]);
        let ((rs, r_rest), (zs, z_rest)) = (r.as_chunks::<LANES>(), z.as_chunks::<LANES>());
        let step = t * s;
        for (r, z) in rs.iter().zip(zs) {
            for lane in 0..LANES {
                let q = r[lane] - step * z[lane];
                let inside = if q > 0.0 && q < upper { z[lane] } else { 0.0 };
                first[lane] -= clip(q, upper) * z[lane];
                second[lane] += inside * inside;
            }
        }
        for (lane, (r, z)) in r_rest.iter().zip(z_rest).enumerate() {
            let q = r - step * z;
            first[lane] -= clip(q, upper) * z;
            second[lane] += if q > 0.0 && q < upper { z * z } else { 0.0 };
        }
        (lane_sum(first), s * lane_sum(second))
    }
}

for_each_level! {
    /// The hinge arguments after a step of length t: m -= t z.
    pub fn update_hinge_args(m: &mut [f64], z: &[f64], t: f64) {
        m.iter_mut().zip(z).for_each(|(m, z)| *m -= t * z);
    }
}

for_each_level! {
    /// The unclipped dual variables: r = a + s m.
    pub fn unclipped_duals(a: &[f64], m: &[f64], s: f64, r: &mut [f64]) {
        for ((r, a), m) in r.iter_mut().zip(a).zip(m) {
            *r = a + s * m;
        }
    }
}

/// Sums over the rows at hinge arguments (m) and dual variables (a), the terms of both objectives.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowTotals {
    /// The sum of the hinge losses, max(0, m).
    pub hinge: f64,
    /// The sum of the squared hinge losses, max(0, m)^2.
    pub squared_hinge: f64,
    /// The sum of a.
    pub dual: f64,
    /// The sum of a^2.
    pub dual_squares: f64,
    /// The complementarity of the hinge: the sum of upper max(0, m) - a m. Each term is exact where a is the
    /// derivative of the hinge: nothing cancels.
    pub complementarity: f64,
}

for_each_level! {
    /// The sums over the rows for a = clip(r, 0, upper). `complementarity` is right only for a finite
    /// `upper`.
    pub fn totals(r: &[f64], m: &[f64], upper: f64) -> RowTotals {
        let mut sums = [[0.0; LANES]; 5];
        let bound = if upper.is_finite() { upper } else { 0.0 };
        let ((rs, r_rest), (ms, m_rest)) = (r.as_chunks::<LANES>(), m.as_chunks::<LANES>());
        for (r, m) in rs.iter().zip(ms) {
            for lane in 0..LANES {
                let (a, m) = (clip(r[lane], upper), m[lane]);
                let positive = if m > 0.0 { m } else { 0.0 };
                sums[0][lane] += positive;
                sums[1][lane] += positive * positive;
                sums[2][lane] += a;
                sums[3][lane] += a * a;
                sums[4][lane] += bound * positive - a * m;
            }
        }
        for (lane, (r, m)) in r_rest.iter().zip(m_rest).enumerate() {
            let (a, positive) = (clip(*r, upper), if *m > 0.0 { *m } else { 0.0 });
            sums[0][lane] += positive;
            sums[1][lane] += positive * positive;
            sums[2][lane] += a;
            sums[3][lane] += a * a;
            sums[4][lane] += bound * positive - a * m;
        }
        let [hinge, squared_hinge, dual, dual_squares, complementarity] = sums.map(lane_sum);
        RowTotals { hinge, squared_hinge, dual, dual_squares, complementarity }
    }
}

for_each_level! {
    /// The dot product.
    pub fn dot(a: &[f64], b: &[f64]) -> f64 {
        let mut sums = [0.0; LANES];
        let ((xs, x_rest), (ys, y_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
        for (x, y) in xs.iter().zip(ys) {
            for lane in 0..LANES {
                sums[lane] += x[lane] * y[lane];
            }
        }
        for (lane, (x, y)) in x_rest.iter().zip(y_rest).enumerate() {
            sums[lane] += x * y;
        }
        lane_sum(sums)
    }
}

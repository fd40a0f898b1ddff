//! Rows of f32 features with f64 vectors: dot products and sums that keep double precision.

use super::simd::for_each_level;

for_each_level! {
    /// The dot product of `x` and `w`, summed in 16 fixed lanes: the same bits on every level.
    pub fn dot(x: &[f32], w: &[f64]) -> f64 {
        let mut lanes = [0.0f64; 16];
        let (xs, ws) = (x.chunks_exact(16), w.chunks_exact(16));
        let rest: f64 = xs.remainder().iter().zip(ws.remainder()).map(|(&x, w)| f64::from(x) * w).sum();
        for (x, w) in xs.zip(ws) {
            for lane in 0..16 {
                lanes[lane] += f64::from(x[lane]) * w[lane];
            }
        }
        lanes.iter().sum::<f64>() + rest
    }
}

for_each_level! {
    /// out += factor * x
    pub fn add_scaled(factor: f64, x: &[f32], out: &mut [f64]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out += factor * f64::from(x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_follow_their_definition_at_every_size() {
        for n in 0..=200 {
            let x: Vec<f32> = (0..n).map(|i| i as f32 * 0.37 - 20.0).collect();
            let w: Vec<f64> = (0..n).map(|i| 3.0 - i as f64 * 0.11).collect();
            let expected: f64 = x.iter().zip(&w).map(|(&x, w)| f64::from(x) * w).sum();
            assert!((dot(&x, &w) - expected).abs() < 1e-9 * (1.0 + expected.abs()));
            let mut out = w.clone();
            add_scaled(0.3, &x, &mut out);
            for i in 0..n {
                assert_eq!(out[i].to_bits(), (w[i] + 0.3 * f64::from(x[i])).to_bits());
            }
        }
    }
}

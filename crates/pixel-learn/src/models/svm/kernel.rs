//! Kernel functions of SVC, computed for whole rows from dot products.

use crate::linalg::exp::exp;
use crate::linalg::simd::for_each_level;
use crate::linalg::tanh::tanh;

/// A kernel K(x, z) by the names of scikit-learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// x.z
    Linear,
    /// exp(-gamma |x - z|^2)
    Rbf,
    /// (gamma x.z + coef0)^degree
    Poly,
    /// tanh(gamma x.z + coef0)
    Sigmoid,
}

/// A kernel with its parameters as numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transform {
    /// The function.
    pub kernel: Kernel,
    /// The scale.
    pub gamma: f32,
    /// The constant term.
    pub coef0: f32,
    /// The exponent of the polynomial.
    pub degree: u32,
}

impl Transform {
    /// `out[j]` = K(x, z_j) in f32, as LIBSVM stores kernel values, given `dots[j]` = x.z_j, the squared
    /// length of x and those of all z.
    pub fn row(&self, square: f32, squares: &[f32], dots: &[f32], out: &mut [f32]) {
        match self.kernel {
            Kernel::Linear => out.copy_from_slice(dots),
            Kernel::Rbf => rbf(self.gamma, square, squares, dots, out),
            Kernel::Poly => poly(self.gamma, self.coef0, self.degree, dots, out),
            Kernel::Sigmoid => {
                for (out, &dot) in out.iter_mut().zip(dots) {
                    *out = self.gamma * dot + self.coef0;
                }
                tanh(out);
            }
        }
    }
}

for_each_level! {
    fn rbf(gamma: f32, square: f32, squares: &[f32], dots: &[f32], out: &mut [f32]) {
        for ((out, &other), &dot) in out.iter_mut().zip(squares).zip(dots) {
            let distance = square + other - 2.0 * dot;
            // Rounding may leave a distance just below zero.
            *out = exp(-gamma * if distance > 0.0 { distance } else { 0.0 });
        }
    }
}

for_each_level! {
    fn poly(gamma: f32, coef0: f32, degree: u32, dots: &[f32], out: &mut [f32]) {
        for (out, &dot) in out.iter_mut().zip(dots) {
            let base = gamma * dot + coef0;
            let mut power = 1.0;
            for _ in 0..degree {
                power *= base;
            }
            *out = power;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_the_formulas_at_every_size() {
        for n in 0..=200 {
            let squares: Vec<f32> = (0..n).map(|i| 2.0 + i as f32 * 0.1).collect();
            let dots: Vec<f32> = (0..n).map(|i| i as f32 * 0.05 - 3.0).collect();
            for kernel in [Kernel::Linear, Kernel::Rbf, Kernel::Poly, Kernel::Sigmoid] {
                let transform = Transform { kernel, gamma: 0.25, coef0: 0.5, degree: 3 };
                let mut out = vec![f32::NAN; n];
                transform.row(1.5, &squares, &dots, &mut out);
                for i in 0..n {
                    let (square, dot) = (f64::from(squares[i]), f64::from(dots[i]));
                    let expected = match kernel {
                        Kernel::Linear => dot,
                        Kernel::Rbf => (-0.25 * (1.5 + square - 2.0 * dot).max(0.0)).exp(),
                        Kernel::Poly => (0.25 * dot + 0.5).powi(3),
                        Kernel::Sigmoid => (0.25 * dot + 0.5).tanh(),
                    };
                    assert!((f64::from(out[i]) - expected).abs() < 2e-6, "{kernel:?} {} {expected}", out[i]);
                }
            }
        }
    }
}

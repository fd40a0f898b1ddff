//! The update rule of Adam over the values of one parameter, vectorised.
//!
//! Plain arithmetic without fused multiply-add: all paths give the same bits.

use super::simd::{Level, level};
use super::tiny::{square, zero_if_tiny};

/// The numbers of one Adam step.
#[derive(Clone, Copy, Debug)]
pub struct AdamStep {
    /// Learning rate with Adam's bias correction: lr sqrt(1 - beta2^t) / (1 - beta1^t).
    pub rate: f32,
    /// Decay rate of the running mean of the gradient.
    pub beta_1: f32,
    /// Decay rate of the running mean of the squared gradient.
    pub beta_2: f32,
    /// Added to the divisor.
    pub epsilon: f32,
    /// The L2 penalty: this times the value is added to its gradient.
    pub decay: f32,
}

/// One step: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, value -= rate m / (sqrt(v) + epsilon), where
/// g = gradient + decay value. Tiny m, v and g^2 count as 0. Panics when the lengths differ.
pub fn adam_step(step: AdamStep, value: &mut [f32], gradient: &[f32], m: &mut [f32], v: &mut [f32]) {
    assert!(value.len() == gradient.len() && value.len() == m.len() && value.len() == v.len());
    #[cfg(target_arch = "x86_64")]
    match level() {
        // SAFETY: `level` found these instructions on this machine.
        Level::Avx512 => return unsafe { step_avx512(step, value, gradient, m, v) },
        // SAFETY: as above.
        Level::Avx2 => return unsafe { step_avx2(step, value, gradient, m, v) },
        Level::Scalar => {}
    }
    step_scalar(step, value, gradient, m, v);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn step_avx512(step: AdamStep, value: &mut [f32], gradient: &[f32], m: &mut [f32], v: &mut [f32]) {
    step_scalar(step, value, gradient, m, v);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn step_avx2(step: AdamStep, value: &mut [f32], gradient: &[f32], m: &mut [f32], v: &mut [f32]) {
    step_scalar(step, value, gradient, m, v);
}

#[inline(always)]
fn step_scalar(step: AdamStep, value: &mut [f32], gradient: &[f32], m: &mut [f32], v: &mut [f32]) {
    let AdamStep { rate, beta_1, beta_2, epsilon, decay } = step;
    for (((value, &gradient), m), v) in value.iter_mut().zip(gradient).zip(m).zip(v) {
        let g = gradient + decay * *value;
        *m = zero_if_tiny(beta_1 * *m + (1.0 - beta_1) * g);
        *v = zero_if_tiny(beta_2 * *v + (1.0 - beta_2) * square(g));
        *value -= rate * *m / (v.sqrt() + epsilon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_paths_give_the_same_bits_at_all_lengths() {
        let step = AdamStep { rate: 1e-3, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, decay: 1e-4 };
        for length in 0..200 {
            let gradient: Vec<f32> = (0..length).map(|i| ((i * 37) % 101) as f32 * 0.01 - 0.5).collect();
            let start = || (vec![0.3f32; length], vec![0.1f32; length], vec![0.2f32; length]);
            let (mut value, mut m, mut v) = start();
            step_scalar(step, &mut value, &gradient, &mut m, &mut v);
            let (mut value_2, mut m_2, mut v_2) = start();
            adam_step(step, &mut value_2, &gradient, &mut m_2, &mut v_2);
            assert_eq!((value, m, v), (value_2, m_2, v_2));
        }
    }

    #[test]
    fn running_means_without_a_gradient_decay_to_zero() {
        let step = AdamStep { rate: 1e-3, beta_1: 0.9, beta_2: 0.9, epsilon: 1e-8, decay: 0.0 };
        let (mut value, mut m, mut v) = ([0.3f32; 20], [0.1f32; 20], [0.2f32; 20]);
        // 0.9^700 = 1e-32.
        for _ in 0..700 {
            adam_step(step, &mut value, &[0.0; 20], &mut m, &mut v);
        }
        assert_eq!((m, v), ([0.0; 20], [0.0; 20]));
    }
}

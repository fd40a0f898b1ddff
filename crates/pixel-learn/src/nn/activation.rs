//! Activations as layers: the same width in and out, no parameters.

use rayon::prelude::*;

use super::layer::Layer;
use crate::linalg::simd::for_each_level;
use crate::linalg::tanh::tanh;

/// Values per task: enough work to be worth another thread.
const VALUES_A_TASK: usize = 1 << 15;

/// ReLU: max(0, x). NaN stays NaN.
pub struct Relu {
    /// Values per row.
    pub width: usize,
}

impl Layer for Relu {
    fn input_width(&self) -> usize {
        self.width
    }

    fn output_width(&self) -> usize {
        self.width
    }

    fn infer(&self, input: &[f32], output: &mut [f32]) {
        let chunks = output.par_chunks_mut(VALUES_A_TASK).zip(input.par_chunks(VALUES_A_TASK));
        chunks.for_each(|(output, input)| keep_positive(output, input));
    }

    fn backward(
        &mut self,
        _input: &[f32],
        output: &[f32],
        output_gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    ) {
        let Some(input_gradient) = input_gradient else { return };
        input_gradient
            .par_chunks_mut(VALUES_A_TASK)
            .zip(output.par_chunks(VALUES_A_TASK))
            .zip(output_gradient.par_chunks(VALUES_A_TASK))
            .for_each(|((dx, y), dy)| pass_where_positive(dx, y, dy));
    }
}

/// The hyperbolic tangent.
pub struct Tanh {
    /// Values per row.
    pub width: usize,
}

impl Layer for Tanh {
    fn input_width(&self) -> usize {
        self.width
    }

    fn output_width(&self) -> usize {
        self.width
    }

    fn infer(&self, input: &[f32], output: &mut [f32]) {
        output.copy_from_slice(input);
        tanh(output);
    }

    fn backward(
        &mut self,
        _input: &[f32],
        output: &[f32],
        output_gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    ) {
        let Some(input_gradient) = input_gradient else { return };
        for ((dx, &y), &dy) in input_gradient.iter_mut().zip(output).zip(output_gradient) {
            *dx = dy * (1.0 - y * y);
        }
    }
}

for_each_level! {
    /// max(0, x), but not by f32::max, which would turn NaN into 0 and hide that training diverged.
    fn keep_positive(output: &mut [f32], input: &[f32]) {
        output.iter_mut().zip(input).for_each(|(y, &x)| *y = if x < 0.0 { 0.0 } else { x });
    }
}

for_each_level! {
    fn pass_where_positive(dx: &mut [f32], y: &[f32], dy: &[f32]) {
        for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
            *dx = if y > 0.0 { dy } else { 0.0 };
        }
    }
}

//! Activations as layers: the same width in and out, no parameters.

use super::layer::Layer;
use crate::linalg::tanh::tanh;

/// max(0, x).
pub struct Relu {
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
        // Not f32::max, which would turn NaN into 0 and hide that training diverged.
        output.iter_mut().zip(input).for_each(|(y, &x)| *y = if x < 0.0 { 0.0 } else { x });
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
            *dx = if y > 0.0 { dy } else { 0.0 };
        }
    }
}

/// The hyperbolic tangent.
pub struct Tanh {
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

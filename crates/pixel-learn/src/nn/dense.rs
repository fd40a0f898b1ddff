//! The fully connected layer: output = input W + b.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::layer::{Layer, Parameter};
use crate::linalg::dense_gemm::{add_forward, input_gradient as gradient_in_inputs, weights_gradient};

/// A fully connected layer. Its parameters are W (inputs x outputs, row-major) and b (outputs).
pub struct Dense {
    inputs: usize,
    outputs: usize,
    parameters: [Parameter; 2],
}

impl Dense {
    /// Weights and biases uniform within sqrt(6 / (inputs + outputs)), as Glorot and Bengio (2010) draw
    /// weights and as scikit-learn's networks start both.
    pub fn glorot(inputs: usize, outputs: usize, rng: &mut Pcg64) -> Dense {
        let bound = (6.0 / (inputs + outputs) as f64).sqrt();
        let mut draw = |count| (0..count).map(|_| rng.random_range(-bound..bound) as f32).collect();
        let weights = draw(inputs * outputs);
        let bias = draw(outputs);
        Dense::new(inputs, outputs, weights, bias)
    }

    /// A layer with these weights (inputs x outputs, row-major) and biases. Panics when they do not fit.
    pub fn new(inputs: usize, outputs: usize, weights: Vec<f32>, bias: Vec<f32>) -> Dense {
        assert_eq!(weights.len(), inputs * outputs, "weights do not fill inputs x outputs");
        assert_eq!(bias.len(), outputs, "one bias an output");
        Dense { inputs, outputs, parameters: [Parameter::new(weights, true), Parameter::new(bias, false)] }
    }
}

impl Layer for Dense {
    fn input_width(&self) -> usize {
        self.inputs
    }

    fn output_width(&self) -> usize {
        self.outputs
    }

    fn infer(&self, input: &[f32], output: &mut [f32]) {
        let [weights, bias] = &self.parameters;
        for row in output.chunks_exact_mut(self.outputs) {
            row.copy_from_slice(&bias.value);
        }
        add_forward(input, &weights.value, [self.inputs, self.outputs], output);
    }

    fn backward(
        &mut self,
        input: &[f32],
        _output: &[f32],
        output_gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    ) {
        let shape = [self.inputs, self.outputs];
        let [weights, bias] = &mut self.parameters;
        bias.gradient.fill(0.0);
        for row in output_gradient.chunks_exact(self.outputs) {
            bias.gradient.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
        }
        weights_gradient(input, output_gradient, shape, &mut weights.gradient);
        if let Some(gradient) = input_gradient {
            gradient_in_inputs(output_gradient, &weights.value, shape, gradient);
        }
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut [Parameter] {
        &mut self.parameters
    }
}

//! A chain of layers with the buffers between them.

use super::layer::{Layer, Parameter};
use crate::linalg::simd::for_each_level;

/// The layers in order, each with its outputs for the present batch and the gradient by these outputs.
pub struct Network {
    layers: Vec<Box<dyn Layer>>,
    outputs: Vec<Vec<f32>>,
    gradients: Vec<Vec<f32>>,
}

impl Network {
    /// A network of these layers. Panics when there is no layer, or when the input of a layer is not as wide
    /// as the output of the layer before.
    pub fn new(layers: Vec<Box<dyn Layer>>) -> Network {
        assert!(!layers.is_empty(), "a network has layers");
        for pair in layers.windows(2) {
            assert_eq!(pair[0].output_width(), pair[1].input_width(), "layers do not fit");
        }
        let buffers = || layers.iter().map(|_| Vec::new()).collect();
        Network { outputs: buffers(), gradients: buffers(), layers }
    }

    /// Values per row of the input.
    pub fn input_width(&self) -> usize {
        self.layers[0].input_width()
    }

    /// Values per row of the output.
    pub fn output_width(&self) -> usize {
        self.layers[self.layers.len() - 1].output_width()
    }

    /// All parameters, layer by layer.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.layers.iter().flat_map(|layer| layer.parameters())
    }

    /// All parameters, mutable.
    pub fn parameters_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.layers.iter_mut().flat_map(|layer| layer.parameters_mut())
    }

    /// All statistics, layer by layer: values that training collects without gradients.
    pub fn statistics(&self) -> impl Iterator<Item = &Vec<f32>> {
        self.layers.iter().flat_map(|layer| layer.statistics())
    }

    /// All statistics, mutable.
    pub fn statistics_mut(&mut self) -> impl Iterator<Item = &mut Vec<f32>> {
        self.layers.iter_mut().flat_map(|layer| layer.statistics_mut())
    }

    /// Announces the number of the next step to every layer.
    pub fn begin_step(&mut self, step: u64) {
        self.layers.iter_mut().for_each(|layer| layer.begin_step(step));
    }

    /// The sum of squares of all regularised parameters, for the L2 penalty.
    pub fn squared_weights(&self) -> f64 {
        self.parameters().filter(|parameter| parameter.is_regularised).map(|p| sum_of_squares(&p.value)).sum()
    }

    /// The outputs of the trained network for a batch (rows x input width): rows x output width, row-major.
    pub fn infer(&self, input: &[f32]) -> Vec<f32> {
        let rows = input.len() / self.input_width();
        let mut current = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let mut output = vec![0.0; rows * layer.output_width()];
            layer.infer(if index == 0 { input } else { &current }, &mut output);
            current = output;
        }
        current
    }

    /// The outputs for a training batch. The caller turns them into the gradient of the loss in place,
    /// before [`Network::backward`].
    pub fn forward(&mut self, input: &[f32]) -> &mut [f32] {
        let rows = input.len() / self.input_width();
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let (before, after) = self.outputs.split_at_mut(index);
            let output = &mut after[0];
            output.resize(rows * layer.output_width(), 0.0);
            layer.forward(before.last().map_or(input, Vec::as_slice), output);
        }
        self.gradients[self.layers.len() - 1].clone_from(&self.outputs[self.layers.len() - 1]);
        &mut self.gradients[self.layers.len() - 1]
    }

    /// Backpropagation: sets the gradient of every parameter, from the gradient by the outputs that the
    /// caller wrote into the result of [`Network::forward`] for the same `input`.
    pub fn backward(&mut self, input: &[f32]) {
        for (index, layer) in self.layers.iter_mut().enumerate().rev() {
            let (before, after) = self.gradients.split_at_mut(index);
            let layer_input = if index == 0 { input } else { &self.outputs[index - 1] };
            let input_gradient = before.last_mut().map(|gradient| {
                gradient.resize(layer_input.len(), 0.0);
                gradient.as_mut_slice()
            });
            layer.backward(layer_input, &self.outputs[index], &after[0], input_gradient);
        }
    }
}

for_each_level! {
    /// The sum of squares, in sixteen interleaved f32 sums that are added in f64 every 1024 values. The fixed
    /// order vectorises.
    fn sum_of_squares(values: &[f32]) -> f64 {
        let block = |values: &[f32]| {
            let mut sums = [0.0f32; 16];
            for chunk in values.chunks(16) {
                sums.iter_mut().zip(chunk).for_each(|(sum, value)| *sum += value * value);
            }
            sums.iter().map(|&sum| f64::from(sum)).sum::<f64>()
        };
        values.chunks(1024).map(block).sum()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_pcg::Pcg64;

    use super::*;
    use crate::nn::loss::softmax_cross_entropy;
    use crate::nn::{Dense, Relu, Tanh};

    fn loss(network: &mut Network, input: &[f32], labels: &[u8]) -> f64 {
        softmax_cross_entropy(network.forward(input), 3, labels)
    }

    #[test]
    fn gradients_of_all_layers_agree_with_finite_differences() {
        let mut rng = Pcg64::seed_from_u64(1);
        let mut network = Network::new(vec![
            Box::new(Dense::glorot(5, 7, &mut rng)),
            Box::new(Tanh { width: 7 }),
            Box::new(Dense::glorot(7, 6, &mut rng)),
            Box::new(Relu { width: 6 }),
            Box::new(Dense::glorot(6, 3, &mut rng)),
        ]);
        let input: Vec<f32> = (0..20).map(|i| ((i * 13) % 17) as f32 * 0.2 - 1.5).collect();
        let labels = [0, 2, 1, 2];
        loss(&mut network, &input, &labels);
        network.backward(&input);
        let gradients: Vec<Vec<f32>> = network.parameters().map(|p| p.gradient.clone()).collect();
        for (index, gradient) in gradients.iter().enumerate() {
            for (i, &expected) in gradient.iter().enumerate() {
                let mut moved = |step: f32| {
                    network.parameters_mut().nth(index).unwrap().value[i] += step;
                    let loss = loss(&mut network, &input, &labels);
                    network.parameters_mut().nth(index).unwrap().value[i] -= step;
                    loss
                };
                let slope = (moved(4e-3) - moved(-4e-3)) / 8e-3;
                assert!((slope - f64::from(expected)).abs() < 2e-4, "{index}, {i}: {slope} {expected}");
            }
        }
    }

    #[test]
    fn infer_answers_as_forward_does() {
        let mut rng = Pcg64::seed_from_u64(2);
        let mut network =
            Network::new(vec![Box::new(Dense::glorot(4, 3, &mut rng)), Box::new(Tanh { width: 3 })]);
        let input = [0.5, -1.0, 2.0, 0.25, 1.0, 1.0, -3.0, 0.0];
        let inferred = network.infer(&input);
        assert_eq!(inferred, network.forward(&input));
    }
}

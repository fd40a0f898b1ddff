//! The interface of a layer, and its learned values.

/// Learned values with the gradient of the loss by them, in the order of the layer.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The values.
    pub value: Vec<f32>,
    /// The gradient of the loss by the values.
    pub gradient: Vec<f32>,
    /// Whether an L2 penalty applies: yes for weights, no for biases.
    pub is_regularised: bool,
}

impl Parameter {
    /// A parameter with zero gradient.
    pub fn new(value: Vec<f32>, is_regularised: bool) -> Parameter {
        Parameter { gradient: vec![0.0; value.len()], value, is_regularised }
    }
}

/// One step of a network. Batches are row-major; the number of rows follows from their lengths.
pub trait Layer: Send + Sync {
    /// Input values per row.
    fn input_width(&self) -> usize;

    /// Output values per row.
    fn output_width(&self) -> usize;

    /// Writes the outputs of a batch for prediction, with the trained network.
    fn infer(&self, input: &[f32], output: &mut [f32]);

    /// Writes the outputs of a batch in training; differs from [`Layer::infer`] for layers that draw random
    /// numbers or keep statistics.
    fn forward(&mut self, input: &[f32], output: &mut [f32]) {
        self.infer(input, output);
    }

    /// Backpropagation: given the gradient of the loss by the outputs of the latest [`Layer::forward`], sets
    /// the gradients of the parameters and, unless `input_gradient` is `None`, writes the gradient by the
    /// inputs.
    fn backward(
        &mut self,
        input: &[f32],
        output: &[f32],
        output_gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    );

    /// Announces the step of the next [`Layer::forward`]. Layers that draw random numbers derive them from
    /// its number.
    fn begin_step(&mut self, _step: u64) {}

    /// The learned values; none by default.
    fn parameters(&self) -> &[Parameter] {
        &[]
    }

    /// The learned values, mutable.
    fn parameters_mut(&mut self) -> &mut [Parameter] {
        &mut []
    }

    /// Values that training collects without gradients, such as running means; none by default.
    fn statistics(&self) -> &[Vec<f32>] {
        &[]
    }

    /// The values of [`Layer::statistics`], mutable.
    fn statistics_mut(&mut self) -> &mut [Vec<f32>] {
        &mut []
    }
}

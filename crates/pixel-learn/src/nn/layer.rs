//! What a layer is.

/// Learned values with the gradient of the loss in them, in the layer's own order.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The values.
    pub value: Vec<f32>,
    /// The gradient of the loss in the values.
    pub gradient: Vec<f32>,
    /// Whether an L2 penalty applies: to weights it does, to biases not.
    pub decays: bool,
}

impl Parameter {
    /// A parameter with zero gradient.
    pub fn new(value: Vec<f32>, decays: bool) -> Parameter {
        Parameter { gradient: vec![0.0; value.len()], value, decays }
    }
}

/// One step of a network. Batches are row-major; the number of rows follows from their lengths.
pub trait Layer: Send + Sync {
    /// Values an example on the way in.
    fn input_width(&self) -> usize;

    /// Values an example on the way out.
    fn output_width(&self) -> usize;

    /// Writes the outputs of a batch, as the trained network answers.
    fn infer(&self, input: &[f32], output: &mut [f32]);

    /// Writes the outputs of a batch in training; differs from [`Layer::infer`] for layers that draw random
    /// numbers or keep statistics.
    fn forward(&mut self, input: &[f32], output: &mut [f32]) {
        self.infer(input, output);
    }

    /// From the gradient of the loss in the outputs of the latest [`Layer::forward`]: sets the gradients of
    /// the parameters and, where asked, writes the gradient in the inputs.
    fn backward(
        &mut self,
        input: &[f32],
        output: &[f32],
        output_gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    );

    /// Tells the number of the step that the next [`Layer::forward`] belongs to: what draws random numbers draws
    /// them for it.
    fn begin_step(&mut self, _step: u64) {}

    /// The learned values; none by default.
    fn parameters(&self) -> &[Parameter] {
        &[]
    }

    /// The learned values, to be changed.
    fn parameters_mut(&mut self) -> &mut [Parameter] {
        &mut []
    }

    /// Values that training gathers without gradients.
    fn statistics(&self) -> &[Vec<f32>] {
        &[]
    }

    /// The gathered values, to be changed.
    fn statistics_mut(&mut self) -> &mut [Vec<f32>] {
        &mut []
    }
}

//! The layers of a network with every size resolved.

use protocol::{Failure, unsupported};

/// An elementwise function behind a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    Linear,
    Relu,
    Tanh,
}

/// A layer with the sizes of its weights.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// Stride 1; `padding` zeros on each side, 0 or (kernel - 1) / 2.
    Conv {
        inputs: usize,
        filters: usize,
        kernel: usize,
        padding: usize,
        activation: Activation,
    },
    /// Squares of `size` that do not overlap.
    MaxPool {
        size: usize,
    },
    Dropout {
        rate: f64,
    },
    Flatten,
    Dense {
        inputs: usize,
        units: usize,
        activation: Activation,
    },
}

/// Layers in order; the last gives one score for each class, and the loss applies the softmax.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub layers: Vec<Layer>,
    /// Height and width of an image of one channel.
    pub image: [usize; 2],
    pub classes: usize,
    /// Whether biases are drawn like the weights beside them, as scikit-learn's perceptron does, or are 0.
    pub drawn_biases: bool,
}

/// The shape of the values between two layers.
pub struct Shape {
    channels: usize,
    height: usize,
    width: usize,
    flat: bool,
}

impl Shape {
    pub fn of_image([height, width]: [usize; 2]) -> Shape {
        Shape { channels: 1, height, width, flat: false }
    }

    /// The values of an image.
    pub fn size(&self) -> usize {
        self.channels * self.height * self.width
    }

    pub fn conv(
        &mut self,
        filters: usize,
        kernel: usize,
        same: bool,
        activation: Activation,
    ) -> Result<Layer, Failure> {
        if self.flat || (same && kernel.is_multiple_of(2)) || kernel > self.height.min(self.width) {
            return unsupported(format!("conv: a kernel of {kernel} does not fit here"));
        }
        let inputs = std::mem::replace(&mut self.channels, filters);
        let padding = if same { (kernel - 1) / 2 } else { 0 };
        self.height += 2 * padding + 1 - kernel;
        self.width += 2 * padding + 1 - kernel;
        Ok(Layer::Conv { inputs, filters, kernel, padding, activation })
    }

    pub fn max_pool(&mut self, size: usize) -> Result<Layer, Failure> {
        // candle has no gradient where windows do not cover the whole image.
        if self.flat || size == 0 || !self.height.is_multiple_of(size) || !self.width.is_multiple_of(size) {
            return unsupported(format!(
                "max_pool: {} x {} does not divide by {size}",
                self.height, self.width
            ));
        }
        self.height /= size;
        self.width /= size;
        Ok(Layer::MaxPool { size })
    }

    pub fn flatten(&mut self) -> Layer {
        self.flat = true;
        Layer::Flatten
    }

    pub fn dense(&mut self, units: usize, activation: Activation) -> Result<Layer, Failure> {
        if !self.flat {
            return unsupported("dense: needs flatten before it");
        }
        let inputs = self.size();
        (self.channels, self.height, self.width) = (units, 1, 1);
        Ok(Layer::Dense { inputs, units, activation })
    }
}

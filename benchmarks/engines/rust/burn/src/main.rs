//! burn as an engine, on its pure CPU back end (`flex`): networks, and the classic perceptron.
//!
//! Layers, initialiser, dropout, loss and optimiser are burn's; batches and rates come from `networks`.

use std::process::ExitCode;

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::pool::MaxPool2dConfig;
use burn::nn::{DropoutConfig, Initializer, Linear, LinearConfig, PaddingConfig2d};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use networks::{Activation, Layer, Network, Plan, Settings};
use protocol::{Failure, failed};

/// The layers that have weights, in order.
#[derive(Module, Debug)]
struct Weights {
    conv: Vec<Conv2d>,
    dense: Vec<Linear>,
}

impl Weights {
    fn new(plan: &Plan, device: &Device) -> Weights {
        let glorot = || Initializer::XavierUniform { gain: 1.0 };
        let (mut conv, mut dense) = (Vec::new(), Vec::new());
        for layer in &plan.layers {
            match *layer {
                Layer::Conv { inputs, filters, kernel, padding, .. } => {
                    let padding = PaddingConfig2d::Explicit(padding, padding, padding, padding);
                    let config = Conv2dConfig::new([inputs, filters], [kernel, kernel]).with_padding(padding);
                    let mut layer = config.with_initializer(glorot()).init(device);
                    layer.bias = Some(Initializer::Zeros.init([filters], device));
                    conv.push(layer);
                }
                Layer::Dense { inputs, units, .. } => {
                    let mut layer = LinearConfig::new(inputs, units).with_initializer(glorot()).init(device);
                    let bound = (6.0 / (inputs + units) as f64).sqrt();
                    let biases = match plan.drawn_biases {
                        true => Initializer::Uniform { min: -bound, max: bound },
                        false => Initializer::Zeros,
                    };
                    layer.bias = Some(biases.init([units], device));
                    dense.push(layer);
                }
                _ => {}
            }
        }
        Weights { conv, dense }
    }

    /// Scores of a batch; dropout is only active on a device with gradients.
    fn forward(&self, plan: &Plan, images: Tensor<4>) -> Tensor<2> {
        let [batch, ..] = images.dims();
        let (mut conv, mut dense) = (self.conv.iter(), self.dense.iter());
        let (mut x, mut flat): (Tensor<4>, Option<Tensor<2>>) = (images, None);
        for layer in &plan.layers {
            match (layer, flat.take()) {
                (Layer::Flatten, None) => {
                    let [_, channels, height, width] = x.dims();
                    flat = Some(x.clone().reshape([batch, channels * height * width]));
                }
                (Layer::Dropout { rate }, Some(values)) => {
                    flat = Some(DropoutConfig::new(*rate).init().forward(values));
                }
                (Layer::Dropout { rate }, None) => x = DropoutConfig::new(*rate).init().forward(x),
                (Layer::Dense { activation, .. }, Some(values)) => {
                    flat = dense.next().map(|layer| apply(*activation, layer.forward(values)));
                }
                (Layer::Conv { activation, .. }, None) => {
                    if let Some(layer) = conv.next() {
                        x = apply(*activation, layer.forward(x));
                    }
                }
                (Layer::MaxPool { size }, None) => {
                    let config = MaxPool2dConfig::new([*size, *size]).with_strides([*size, *size]);
                    x = config.init().forward(x);
                }
                (_, values) => flat = values,
            }
        }
        flat.unwrap_or_else(|| x.reshape([batch, plan.classes]))
    }
}

fn apply<const D: usize>(function: Activation, x: Tensor<D>) -> Tensor<D> {
    match function {
        Activation::Linear => x,
        Activation::Relu => activation::relu(x),
        Activation::Tanh => activation::tanh(x),
    }
}

struct Trained {
    plan: Plan,
    alpha: f64,
    /// `None` only while a step is made.
    weights: Option<Weights>,
    optimizer: ModuleOptimizer,
    device: Device,
}

impl Trained {
    fn images(&self, images: &[f32], device: &Device) -> Tensor<4> {
        let [height, width] = self.plan.image;
        let batch = images.len() / (height * width);
        Tensor::from_data(TensorData::new(images.to_vec(), [batch, 1, height, width]), device)
    }
}

impl Network for Trained {
    fn new(plan: &Plan, settings: &Settings, seed: u64) -> Result<Trained, Failure> {
        let device = Device::flex().autodiff();
        device.seed(seed);
        let adam = settings.adam;
        let config = AdamConfig::new().with_beta_1(adam.beta_1 as f32).with_beta_2(adam.beta_2 as f32);
        let optimizer = config.with_epsilon(adam.epsilon as f32).init();
        let weights = Some(Weights::new(plan, &device));
        Ok(Trained { plan: plan.clone(), alpha: settings.alpha, weights, optimizer, device })
    }

    fn step(&mut self, images: &[f32], labels: &[u8], rate: f64) -> Result<f64, Failure> {
        let weights = self.weights.take().ok_or_else(|| failed("a step failed before"))?;
        let targets: Vec<i64> = labels.iter().map(|&label| label.into()).collect();
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [labels.len()]), &self.device);
        let scores = weights.forward(&self.plan, self.images(images, &self.device));
        let mut loss = CrossEntropyLossConfig::new().init(&self.device).forward(scores, targets);
        if self.alpha > 0.0 {
            for layer in &weights.dense {
                let squares = layer.weight.val().powi_scalar(2).sum();
                loss = loss + squares * (0.5 * self.alpha / labels.len() as f64);
            }
        }
        let grads = GradientsParams::from_grads(loss.clone().backward(), &weights);
        self.weights = Some(self.optimizer.step(rate, weights, grads));
        let value: Vec<f32> = loss.into_data().try_to_vec().map_err(|error| failed(format!("{error:?}")))?;
        value.first().map(|&loss| loss.into()).ok_or_else(|| failed("the loss is empty"))
    }

    fn scores(&mut self, images: &[f32]) -> Result<Vec<f32>, Failure> {
        let weights = self.weights.as_ref().ok_or_else(|| failed("a step failed before"))?.valid();
        let scores = weights.forward(&self.plan, self.images(images, &self.device.clone().inner()));
        scores.into_data().try_to_vec().map_err(|error| failed(format!("{error:?}")))
    }
}

fn main() -> ExitCode {
    protocol::serve(&["burn", "burn-flex", "gemm"], networks::model::<Trained>)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Images, Job, Parameters};

    #[test]
    fn a_perceptron_tells_blocks_apart() {
        let values: Vec<f64> = (0..90).flat_map(|i| [f64::from(i / 30) - 1.0, f64::from(i % 7)]).collect();
        let x = Images { values, rows: 90, columns: 2 };
        let y: Vec<u8> = (0..90).map(|i| i / 30).collect();
        let parameters = Parameters::example(r#"{"learning_rate_init": 0.01}"#);
        let job = Job::example("MLPClassifier", 3, 1);
        let mut model = networks::model::<Trained>(&job, &parameters).unwrap();
        model.fit(&x, &y).unwrap();
        assert_eq!(model.predict(&x).unwrap(), y);
    }

    /// A network of convolution, pooling and dropout learns what one pixel says.
    #[test]
    fn a_small_network_finds_the_bright_corner() {
        let mut job = Job::example("Network", 3, 1);
        job.image = [6, 6];
        let small = r#"{"definition": {"layers": [
            {"type": "conv", "filters": 4, "kernel": 3, "padding": "same", "activation": "relu"},
            {"type": "max_pool", "size": 2}, {"type": "dropout", "rate": 0.1}, {"type": "flatten"},
            {"type": "dense", "units": "classes", "activation": "softmax"}],
            "optimizer": {"type": "adam", "learning_rate": 0.01}, "epochs": 30, "batch": 10}}"#;
        let y: Vec<u8> = (0..60).map(|i| i % 3).collect();
        let corners = [0, 5, 30];
        let values = y.iter().flat_map(|&label| {
            (0..36).map(move |pixel| if pixel == corners[usize::from(label)] { 255.0 } else { 0.0 })
        });
        let x = Images { values: values.collect(), rows: 60, columns: 36 };
        let mut model = networks::model::<Trained>(&job, &Parameters::example(small)).unwrap();
        model.fit(&x, &y).unwrap();
        assert_eq!(model.predict(&x).unwrap(), y);
    }
}

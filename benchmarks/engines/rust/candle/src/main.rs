//! candle as an engine, on its CPU back end: networks, and the classic perceptron.
//!
//! Layers, gradients, loss and optimiser are candle's. Its random numbers on the CPU cannot be seeded (see the test),
//! so initial weights and dropout masks are drawn here and passed as tensors.

use std::process::ExitCode;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, loss};
use networks::{Activation, Layer, Network, Plan, Settings};
use protocol::{Failure, failed};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

type Result<T> = std::result::Result<T, candle_core::Error>;

struct Trained {
    plan: Plan,
    alpha: f64,
    /// Weights and biases by turns, a pair for each layer that has them.
    vars: Vec<Var>,
    optimizer: AdamW,
    random: Pcg64Mcg,
}

/// Uniform between -a and a with a^2 = 6 / (fan in + fan out), after Glorot and Bengio (2010).
fn glorot(random: &mut Pcg64Mcg, shape: &[usize], fans: usize) -> Result<Var> {
    let bound = (6.0 / fans as f32).sqrt();
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|_| random.random_range(-bound..bound)).collect();
    Var::from_tensor(&Tensor::from_vec(values, shape, &Device::Cpu)?)
}

impl Trained {
    fn build(plan: &Plan, settings: &Settings, seed: u64) -> Result<Trained> {
        let mut random = Pcg64Mcg::new(u128::from(seed) << 1 | 1);
        let mut vars = Vec::new();
        for layer in &plan.layers {
            let (shape, fans) = match *layer {
                Layer::Conv { inputs, filters, kernel, .. } => {
                    (vec![filters, inputs, kernel, kernel], (inputs + filters) * kernel * kernel)
                }
                Layer::Dense { inputs, units, .. } => (vec![units, inputs], inputs + units),
                _ => continue,
            };
            vars.push(glorot(&mut random, &shape, fans)?);
            vars.push(match plan.drawn_biases {
                true => glorot(&mut random, &shape[..1], fans)?,
                false => Var::from_tensor(&Tensor::zeros(shape[0], DType::F32, &Device::Cpu)?)?,
            });
        }
        let adam = settings.adam;
        // Without decay AdamW is Adam.
        let parameters = ParamsAdamW {
            lr: settings.learning_rate,
            beta1: adam.beta_1,
            beta2: adam.beta_2,
            eps: adam.epsilon,
            weight_decay: 0.0,
        };
        let optimizer = AdamW::new(vars.clone(), parameters)?;
        Ok(Trained { plan: plan.clone(), alpha: settings.alpha, vars, optimizer, random })
    }

    fn forward(&mut self, images: &[f32], training: bool) -> Result<Tensor> {
        let [height, width] = self.plan.image;
        let batch = images.len() / (height * width);
        let mut x = Tensor::from_slice(images, (batch, 1, height, width), &Device::Cpu)?;
        let mut vars = self.vars.iter();
        for layer in &self.plan.layers {
            x = match *layer {
                Layer::Conv { filters, padding, activation, .. } => {
                    let (Some(weights), Some(bias)) = (vars.next(), vars.next()) else { break };
                    let sum = x.conv2d(weights, padding, 1, 1, 1)?;
                    apply(activation, sum.broadcast_add(&bias.reshape((1, filters, 1, 1))?)?)?
                }
                Layer::Dense { activation, .. } => {
                    let (Some(weights), Some(bias)) = (vars.next(), vars.next()) else { break };
                    apply(activation, x.matmul(&weights.t()?)?.broadcast_add(bias)?)?
                }
                Layer::MaxPool { size } => x.max_pool2d(size)?,
                Layer::Flatten => x.flatten_from(1)?,
                Layer::Dropout { rate } if training => {
                    let kept = (1.0 / (1.0 - rate)) as f32;
                    let count = x.elem_count();
                    let random = &mut self.random;
                    let mask =
                        (0..count).map(|_| if random.random_bool(rate) { 0.0 } else { kept }).collect();
                    (&x * Tensor::from_vec(mask, x.shape(), &Device::Cpu)?)?
                }
                Layer::Dropout { .. } => x,
            };
        }
        Ok(x)
    }

    fn train(&mut self, images: &[f32], labels: &[u8], rate: f64) -> Result<f64> {
        let scores = self.forward(images, true)?;
        let targets: Vec<u32> = labels.iter().map(|&label| label.into()).collect();
        let mut total =
            loss::cross_entropy(&scores, &Tensor::from_vec(targets, labels.len(), &Device::Cpu)?)?;
        if self.alpha > 0.0 {
            for weights in self.vars.iter().step_by(2) {
                total = (total + (weights.sqr()?.sum_all()? * (0.5 * self.alpha / labels.len() as f64))?)?;
            }
        }
        self.optimizer.set_learning_rate(rate);
        self.optimizer.backward_step(&total)?;
        Ok(total.to_scalar::<f32>()?.into())
    }
}

fn apply(function: Activation, x: Tensor) -> Result<Tensor> {
    match function {
        Activation::Linear => Ok(x),
        Activation::Relu => x.relu(),
        Activation::Tanh => x.tanh(),
    }
}

impl Network for Trained {
    fn new(plan: &Plan, settings: &Settings, seed: u64) -> std::result::Result<Trained, Failure> {
        Trained::build(plan, settings, seed).map_err(failed)
    }

    fn step(&mut self, images: &[f32], labels: &[u8], rate: f64) -> std::result::Result<f64, Failure> {
        self.train(images, labels, rate).map_err(failed)
    }

    fn scores(&mut self, images: &[f32]) -> std::result::Result<Vec<f32>, Failure> {
        let scores = self.forward(images, false).and_then(|scores| scores.flatten_all()?.to_vec1());
        scores.map_err(failed)
    }
}

fn main() -> ExitCode {
    protocol::serve(&["candle-core", "gemm"], networks::model::<Trained>)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Images, Job, Parameters};

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let mut job = Job::example("Network", 3, 1);
        job.image = [6, 6];
        let small = r#"{"definition": {"layers": [
            {"type": "conv", "filters": 2, "kernel": 3, "padding": "same", "activation": "tanh"},
            {"type": "flatten"}, {"type": "dense", "units": "classes", "activation": "softmax"}],
            "optimizer": {"type": "adam", "learning_rate": 0.001}, "epochs": 1, "batch": 4}}"#;
        let (plan, settings) = networks::definition(&job, &Parameters::example(small)).unwrap();
        let mut network = Trained::build(&plan, &settings, 1).unwrap();
        let images: Vec<f32> = (0..4 * 36).map(|i| ((i * 7919) % 101) as f32 / 101.0).collect();
        let targets = Tensor::new(&[0u32, 1, 2, 1], &Device::Cpu).unwrap();
        let loss = |network: &mut Trained| {
            loss::cross_entropy(&network.forward(&images, false).unwrap(), &targets).unwrap()
        };
        let gradients = loss(&mut network).backward().unwrap();
        for var in network.vars.clone() {
            let gradient: Vec<f32> = gradients.get(&var).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            let weights: Vec<f32> = var.flatten_all().unwrap().to_vec1().unwrap();
            let mut at = |weights: Vec<f32>| {
                var.set(&Tensor::from_vec(weights, var.shape(), &Device::Cpu).unwrap()).unwrap();
                loss(&mut network).to_scalar::<f32>().unwrap()
            };
            let [mut up, mut down] = [weights.clone(), weights.clone()];
            (up[0], down[0]) = (weights[0] + 5e-3, weights[0] - 5e-3);
            let slope = (at(up) - at(down)) / 1e-2;
            at(weights);
            assert!((slope - gradient[0]).abs() < 2e-3, "{slope} against {}", gradient[0]);
        }
    }

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

    /// Defect: the largest value of a 2 x 2 window gets only a quarter of the gradient. Adam divides by the size of the
    /// gradients, so training hardly changes.
    #[test]
    fn max_pooling_loses_three_quarters_of_the_gradient() {
        let x = Var::new(&[[[[1f32, 2.0], [3.0, 4.0]]]], &Device::Cpu).unwrap();
        let gradients = x.max_pool2d(2).unwrap().sum_all().unwrap().backward().unwrap();
        let gradient: Vec<f32> = gradients.get(&x).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        assert_eq!(
            gradient,
            [0.0, 0.0, 0.0, 0.25],
            "mended: expected 1 at the largest, see docs/FINDINGS.md"
        );
    }

    /// Defect: random numbers on the CPU cannot be seeded. When this fails, initial weights can be left to candle.
    #[test]
    fn random_numbers_on_the_cpu_cannot_be_seeded() {
        let error = Device::Cpu.set_seed(1).unwrap_err().to_string();
        assert!(error.contains("cannot seed the CPU rng"), "{error}");
    }
}

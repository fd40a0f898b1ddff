//! Optimisers: SGD with momentum, Adam and AdamW.

use rayon::prelude::*;

use super::layer::Parameter;
use super::network::Network;
use crate::linalg::adam::{AdamStep, adam_step};
use crate::linalg::simd::for_each_level;
use crate::linalg::tiny::zero_if_tiny;

/// An update rule with its settings; the learning rate is an argument of each step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// v = momentum v - rate g; w += v, or, with Nesterov's look ahead, w += momentum v - rate g.
    Sgd {
        /// The share of the velocity that a step keeps, below 1.
        momentum: f64,
        /// Whether the step looks ahead (Nesterov).
        nesterov: bool,
    },
    /// Kingma and Ba (2014), in the form with the corrected learning rate. With a weight decay, AdamW
    /// (Loshchilov and Hutter, 2017): each step also subtracts rate * decay * w from w.
    Adam {
        /// Decay rate of the running mean of the gradient.
        beta_1: f64,
        /// Decay rate of the running mean of the squared gradient.
        beta_2: f64,
        /// Added to the divisor.
        epsilon: f64,
        /// The decay of the weights; 0 for plain Adam.
        weight_decay: f64,
    },
}

/// An update rule with its state for each parameter, in the order of the network.
#[derive(Clone, Debug)]
pub struct Optimizer {
    /// The rule.
    pub rule: Rule,
    /// Steps made.
    pub steps: u64,
    /// The state, `memory[parameter][which]`: none for plain SGD, the velocity with momentum, the running
    /// means of gradient and squared gradient for Adam.
    pub memory: Vec<Vec<Vec<f32>>>,
}

/// Values per task. The result does not depend on it.
const VALUES_A_TASK: usize = 1 << 15;

impl Optimizer {
    /// An optimiser that has made no step.
    pub fn new(rule: Rule, network: &Network) -> Optimizer {
        let memories = match rule {
            Rule::Sgd { momentum: 0.0, .. } => 0,
            Rule::Sgd { .. } => 1,
            Rule::Adam { .. } => 2,
        };
        let memory = network.parameters().map(|p| vec![vec![0.0; p.value.len()]; memories]).collect();
        Optimizer { rule, steps: 0, memory }
    }

    /// Updates every parameter by its gradient, to which a regularised parameter adds `l2` times its value.
    pub fn step(&mut self, network: &mut Network, rate: f64, l2: f64) {
        self.steps += 1;
        for (parameter, memory) in network.parameters_mut().zip(&mut self.memory) {
            let l2 = if parameter.is_regularised { l2 as f32 } else { 0.0 };
            match self.rule {
                Rule::Sgd { momentum, nesterov } => {
                    sgd(
                        parameter,
                        memory,
                        SgdStep { rate: rate as f32, momentum: momentum as f32, nesterov, l2 },
                    );
                }
                Rule::Adam { beta_1, beta_2, epsilon, weight_decay } => {
                    let steps = self.steps.min(i32::MAX as u64) as i32;
                    let correction = (1.0 - beta_2.powi(steps)).sqrt() / (1.0 - beta_1.powi(steps));
                    if weight_decay > 0.0 && parameter.is_regularised {
                        let kept = (1.0 - rate * weight_decay) as f32;
                        parameter.value.iter_mut().for_each(|value| *value *= kept);
                    }
                    let step = AdamStep {
                        rate: (rate * correction) as f32,
                        beta_1: beta_1 as f32,
                        beta_2: beta_2 as f32,
                        epsilon: epsilon as f32,
                        decay: l2,
                    };
                    adam(parameter, memory, step);
                }
            }
        }
    }
}

fn adam(parameter: &mut Parameter, memory: &mut [Vec<f32>], step: AdamStep) {
    let [m, v] = memory else { return };
    let gradient = &parameter.gradient;
    if gradient.len() < 2 * VALUES_A_TASK {
        return adam_step(step, &mut parameter.value, gradient, m, v);
    }
    parameter
        .value
        .par_chunks_mut(VALUES_A_TASK)
        .zip(gradient.par_chunks(VALUES_A_TASK))
        .zip(m.par_chunks_mut(VALUES_A_TASK))
        .zip(v.par_chunks_mut(VALUES_A_TASK))
        .for_each(|(((value, gradient), m), v)| adam_step(step, value, gradient, m, v));
}

#[derive(Clone, Copy)]
struct SgdStep {
    rate: f32,
    momentum: f32,
    nesterov: bool,
    l2: f32,
}

fn sgd(parameter: &mut Parameter, memory: &mut [Vec<f32>], step: SgdStep) {
    match memory.first_mut() {
        Some(velocity) => sgd_with_momentum(&mut parameter.value, &parameter.gradient, velocity, step),
        None => sgd_plain(&mut parameter.value, &parameter.gradient, step),
    }
}

for_each_level! {
    fn sgd_plain(value: &mut [f32], gradient: &[f32], step: SgdStep) {
        for (value, gradient) in value.iter_mut().zip(gradient) {
            *value -= step.rate * (gradient + step.l2 * *value);
        }
    }
}

for_each_level! {
    fn sgd_with_momentum(value: &mut [f32], gradient: &[f32], velocity: &mut [f32], step: SgdStep) {
        for ((value, gradient), velocity) in value.iter_mut().zip(gradient).zip(velocity) {
            let push = step.rate * (gradient + step.l2 * *value);
            *velocity = zero_if_tiny(step.momentum * *velocity - push);
            *value += if step.nesterov { step.momentum * *velocity - push } else { *velocity };
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_pcg::Pcg64;

    use super::*;
    use crate::nn::Dense;

    /// The values after two steps with the gradients 1 and -0.5, from a weight of 2.
    fn two_steps(rule: Rule, l2: f64) -> f32 {
        let mut network = Network::new(vec![Box::new(Dense::glorot(1, 1, &mut Pcg64::seed_from_u64(0)))]);
        let mut optimizer = Optimizer::new(rule, &network);
        network.parameters_mut().next().unwrap().value[0] = 2.0;
        for gradient in [1.0, -0.5] {
            network.parameters_mut().for_each(|parameter| parameter.gradient[0] = gradient);
            optimizer.step(&mut network, 0.1, l2);
        }
        network.parameters().next().unwrap().value[0]
    }

    #[test]
    fn rules_are_those_of_keras() {
        let close = |a: f32, b: f64| assert!((f64::from(a) - b).abs() < 1e-6, "{a} {b}");
        close(two_steps(Rule::Sgd { momentum: 0.0, nesterov: false }, 0.0), 2.0 - 0.1 + 0.05);
        // v = -0.1, then 0.9 * -0.1 + 0.05 = -0.04.
        close(two_steps(Rule::Sgd { momentum: 0.9, nesterov: false }, 0.0), 2.0 - 0.1 - 0.04);
        close(two_steps(Rule::Sgd { momentum: 0.9, nesterov: true }, 0.0), 2.0 - 0.19 + 0.014);
        // l2: gradients 1 + 0.5 * 2 and -0.5 + 0.5 * 1.8.
        close(two_steps(Rule::Sgd { momentum: 0.0, nesterov: false }, 0.5), 2.0 - 0.2 - 0.04);
        let adam = |weight_decay| Rule::Adam { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, weight_decay };
        let second = {
            let (m, v) = (0.9 * 0.1 - 0.1 * 0.5, 0.999 * 0.001 + 0.001 * 0.25f64);
            0.1 * (1.0 - 0.999f64.powi(2)).sqrt() / (1.0 - 0.81) * m / (v.sqrt() + 1e-7)
        };
        close(two_steps(adam(0.0), 0.0), 2.0 - 0.1 * (1.0 / (1.0 + 1e-7 / 0.001f64.sqrt())) - second);
        let decayed = (2.0 * 0.9 - 0.1 * (1.0 / (1.0 + 1e-7 / 0.001f64.sqrt()))) * 0.9 - second;
        close(two_steps(adam(1.0), 0.0), decayed);
    }
}

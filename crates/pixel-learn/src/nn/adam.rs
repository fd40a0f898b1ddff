//! Adam (Kingma and Ba, 2014), in the form with the corrected learning rate.

use super::network::Network;
use crate::linalg::adam::{AdamStep, adam_step};

/// Adam with its running moments, one pair a parameter in the network's order.
pub struct Adam {
    pub learning_rate: f64,
    pub beta_1: f64,
    pub beta_2: f64,
    pub epsilon: f64,
    steps: i32,
    moments: Vec<(Vec<f32>, Vec<f32>)>,
}

impl Adam {
    /// With the defaults of the paper: 0.9, 0.999 and 1e-8.
    pub fn new(learning_rate: f64) -> Adam {
        Adam { learning_rate, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, steps: 0, moments: Vec::new() }
    }

    /// Moves every parameter of the network against its gradient plus `decay` times itself (where it decays).
    pub fn step(&mut self, network: &mut Network, decay: f64) {
        self.steps = self.steps.saturating_add(1);
        let correction = (1.0 - self.beta_2.powi(self.steps)).sqrt() / (1.0 - self.beta_1.powi(self.steps));
        for (index, parameter) in network.parameters_mut().enumerate() {
            if index == self.moments.len() {
                let zeros = || vec![0.0; parameter.value.len()];
                self.moments.push((zeros(), zeros()));
            }
            let (m, v) = &mut self.moments[index];
            let step = AdamStep {
                rate: (self.learning_rate * correction) as f32,
                beta_1: self.beta_1 as f32,
                beta_2: self.beta_2 as f32,
                epsilon: self.epsilon as f32,
                decay: if parameter.decays { decay as f32 } else { 0.0 },
            };
            adam_step(step, &mut parameter.value, &parameter.gradient, m, v);
        }
    }
}

//! The regularisers (R): half the squared l2 norm, and the l1 norm smoothed as sqrt(w^2 + epsilon^2) with a
//! decreasing epsilon.

/// The first epsilon.
const FIRST_EPSILON: f64 = 0.1;
/// The factor of epsilon when it decreases.
const SHRINK: f64 = 0.2;
/// The least second derivative: far from 0 the second derivative of the smoothed norm vanishes.
const LEAST_SECOND_DERIVATIVE: f64 = 1e-9;

/// The regulariser, with the state of its smoothing.
pub enum Norm {
    /// Half the squared l2 norm, |w|^2 / 2.
    L2,
    /// The l1 norm, smoothed as the sum of sqrt(w^2 + epsilon^2).
    L1(SmoothedL1),
}

/// The primal-dual smoothing of Andersen, Christiansen, Conn and Overton, "An efficient primal-dual
/// interior-point method for minimizing a sum of Euclidean norms", 2000: Newton's method on dual * sqrt(w^2 +
/// epsilon^2) = w. Newton's method on the smoothed norm itself converges slowly where epsilon is small.
pub struct SmoothedL1 {
    epsilon: f64,
    /// The dual variable of each weight, from -1 to 1.
    duals: Vec<f64>,
}

impl Norm {
    pub fn l1(weights: usize) -> Norm {
        Norm::L1(SmoothedL1 { epsilon: FIRST_EPSILON, duals: vec![0.0; weights] })
    }

    /// The smoothed norm of one weight.
    pub fn value(&self, w: f64) -> f64 {
        match self {
            Norm::L2 => 0.5 * w * w,
            Norm::L1(smoothed) => smoothed.root(w) - smoothed.epsilon,
        }
    }

    /// The derivative of the smoothed norm at one weight.
    pub fn derivative(&self, w: f64) -> f64 {
        match self {
            Norm::L2 => w,
            Norm::L1(smoothed) => w / smoothed.root(w),
        }
    }

    /// The second derivative of the primal-dual system for weight `index`.
    pub fn second_derivative(&self, index: usize, w: f64) -> f64 {
        match self {
            Norm::L2 => 1.0,
            Norm::L1(smoothed) => {
                let root = smoothed.root(w);
                ((1.0 - smoothed.duals[index] * w / root) / root).max(LEAST_SECOND_DERIVATIVE)
            }
        }
    }

    /// The norm of one weight, without smoothing.
    pub fn norm(&self, w: f64) -> f64 {
        match self {
            Norm::L2 => 0.5 * w * w,
            Norm::L1(_) => w.abs(),
        }
    }

    /// Updates the dual variable of weight `index` for a Newton step `step` from `w`.
    pub fn update_dual(&mut self, index: usize, w: f64, step: f64) {
        let second_derivative = self.second_derivative(index, w);
        let derivative = self.derivative(w);
        if let Norm::L1(smoothed) = self {
            smoothed.duals[index] = (derivative + second_derivative * step).clamp(-1.0, 1.0);
        }
    }

    /// Decreases epsilon. Returns `false` for l2, which needs no smoothing.
    pub fn decrease_epsilon(&mut self) -> bool {
        match self {
            Norm::L2 => false,
            Norm::L1(smoothed) => {
                smoothed.epsilon *= SHRINK;
                true
            }
        }
    }
}

impl SmoothedL1 {
    fn root(&self, w: f64) -> f64 {
        (w * w + self.epsilon * self.epsilon).sqrt()
    }
}

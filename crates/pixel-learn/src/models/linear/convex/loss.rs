//! Smooth losses of a row's scores, weighted by C: what the minimiser needs to know of them.

/// The loss of one row as a function of its scores, one a class. `target` is the row's class.
pub trait Loss: Sync {
    /// The form of the Hessian by a row's scores: diag(h) - h h' / sum(h) if `true`, as the softmax has it;
    /// diag(h) if `false`.
    fn is_multinomial(&self) -> bool;

    /// The value of the loss. Writes the gradient by the scores and the curvatures (h).
    fn value_and_derivatives(
        &self,
        target: usize,
        scores: &[f64],
        gradient: &mut [f64],
        curvatures: &mut [f32],
    ) -> f64;

    /// The value of the loss.
    fn value(&self, target: usize, scores: &[f64]) -> f64;

    /// The convex conjugate of the loss at `scale` (at most 1) times a gradient: minus the row's part of the
    /// dual objective.
    fn conjugate(&self, target: usize, gradient: &[f64], scale: f64) -> f64;

    /// Moves a row's gradient into the domain of the conjugate. A gradient of the softmax must sum to 0.
    fn project_dual(&self, target: usize, gradient: &mut [f64]);
}

/// +1 for rows of the class, -1 for the rest.
fn sign(target: usize, class: usize) -> f64 {
    if target == class { 1.0 } else { -1.0 }
}

/// Clips the dual variables of every class against the rest to the box from 0 to `most`.
pub fn project_box(most: f64, target: usize, gradient: &mut [f64]) {
    for (class, derivative) in gradient.iter_mut().enumerate() {
        let y = sign(target, class);
        *derivative = -y * (-y * *derivative).clamp(0.0, most);
    }
}

/// Clips the dual variables of a row to at least 0 and rescales them to the sum `total` (no Euclidean
/// projection). The gradient must sum to 0.
pub fn rescale_to_simplex(total: f64, target: usize, gradient: &mut [f64]) {
    gradient[target] += total;
    if gradient.iter().any(|value| *value < 0.0) {
        gradient.iter_mut().for_each(|value| *value = value.max(0.0));
        let part = total / gradient.iter().sum::<f64>();
        gradient.iter_mut().for_each(|value| *value *= part);
    }
    gradient[target] -= total;
}

/// Jaakkola and Jordan's curvature bound of softplus (2000), tanh(z/2) / (2 z), for z > 0. The value
/// curvature vanishes as z grows while the derivative does not, so that a Newton step would overshoot a
/// thousandfold on a pixel that is lit in one row. The bound changes the path and not the minimiser.
fn jaakkola_jordan_curvature(z: f64) -> f64 {
    if z < 1e-3 { 0.25 } else { (0.5 * z).tanh() / (2.0 * z) }
}

/// q ln q + (1 - q) ln(1 - q), 0 at both ends and infinite beyond.
fn negative_entropy(q: f64) -> f64 {
    x_ln_x(q) + x_ln_x(1.0 - q)
}

fn x_ln_x(x: f64) -> f64 {
    match x {
        _ if x > 0.0 => x * x.ln(),
        0.0 => 0.0,
        _ => f64::INFINITY,
    }
}

/// ln(1 + exp(z)), its derivative and its second derivative.
fn softplus(z: f64) -> (f64, f64, f64) {
    // Of exp(z) and exp(-z) the one that does not overflow.
    let e = (-z.abs()).exp();
    let smaller = e / (1.0 + e);
    let derivative = if z > 0.0 { 1.0 - smaller } else { smaller };
    (z.max(0.0) + e.ln_1p(), derivative, smaller * (1.0 - smaller))
}

/// ln(1 + exp(-m)) of the margin m = y s of every class against the rest.
pub struct Logistic {
    pub c: f64,
}

impl Loss for Logistic {
    fn is_multinomial(&self) -> bool {
        false
    }

    fn value_and_derivatives(
        &self,
        target: usize,
        scores: &[f64],
        gradient: &mut [f64],
        curvatures: &mut [f32],
    ) -> f64 {
        let mut sum = 0.0;
        for (class, &score) in scores.iter().enumerate() {
            let y = sign(target, class);
            let z = -y * score;
            let (value, derivative, curvature) = softplus(z);
            sum += value;
            gradient[class] = -y * self.c * derivative;
            curvatures[class] = (self.c
                * if z > 0.0 { curvature.max(jaakkola_jordan_curvature(z)) } else { curvature })
                as f32;
        }
        self.c * sum
    }

    fn value(&self, target: usize, scores: &[f64]) -> f64 {
        let arguments = scores.iter().enumerate().map(|(class, score)| -sign(target, class) * score);
        self.c * arguments.map(|z| softplus(z).0).sum::<f64>()
    }

    fn conjugate(&self, target: usize, gradient: &[f64], scale: f64) -> f64 {
        let shares = gradient
            .iter()
            .enumerate()
            .map(|(class, derivative)| -sign(target, class) * scale * derivative / self.c);
        self.c * shares.map(negative_entropy).sum::<f64>()
    }

    fn project_dual(&self, target: usize, gradient: &mut [f64]) {
        project_box(self.c, target, gradient);
    }
}

/// The cross-entropy of the softmax of the scores.
pub struct Softmax {
    pub c: f64,
}

impl Loss for Softmax {
    fn is_multinomial(&self) -> bool {
        true
    }

    fn value_and_derivatives(
        &self,
        target: usize,
        scores: &[f64],
        gradient: &mut [f64],
        curvatures: &mut [f32],
    ) -> f64 {
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for (derivative, score) in gradient.iter_mut().zip(scores) {
            *derivative = (score - largest).exp();
            sum += *derivative;
        }
        for (derivative, curvature) in gradient.iter_mut().zip(curvatures.iter_mut()) {
            *derivative *= self.c / sum;
            *curvature = *derivative as f32;
        }
        let z = largest - scores[target];
        if z > 0.0 {
            // The Hessian then has this curvature between the right class and the best one.
            let pair = jaakkola_jordan_curvature(z);
            let best = 1.0 / sum;
            curvatures[target] = curvatures[target].max((self.c * pair * best / (best - pair)) as f32);
        }
        gradient[target] -= self.c;
        self.c * (sum.ln() + z)
    }

    fn value(&self, target: usize, scores: &[f64]) -> f64 {
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| (score - largest).exp()).sum();
        self.c * (sum.ln() + largest - scores[target])
    }

    fn conjugate(&self, target: usize, gradient: &[f64], scale: f64) -> f64 {
        let share = |class: usize| scale * gradient[class] / self.c + f64::from(u8::from(class == target));
        self.c * (0..gradient.len()).map(|class| x_ln_x(share(class))).sum::<f64>()
    }

    fn project_dual(&self, target: usize, gradient: &mut [f64]) {
        rescale_to_simplex(self.c, target, gradient);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fenchel and Young: loss + conjugate >= scores times gradient, for all gradients in the conjugate's
    /// domain.
    #[test]
    fn projected_gradients_obey_fenchel_and_young() {
        let value = |seed: usize| ((seed * 7919) % 1000) as f64 / 250.0 - 2.0;
        let losses: [(&dyn Loss, bool); 2] = [(&Logistic { c: 1.5 }, false), (&Softmax { c: 1.5 }, true)];
        for (loss, together) in losses {
            for row in 0..200 {
                let scores: Vec<f64> = (0..4).map(|class| 3.0 * value(row * 4 + class)).collect();
                let mut gradient: Vec<f64> = (0..4).map(|class| value(row * 5 + class + 900)).collect();
                if together {
                    gradient[3] = -gradient[..3].iter().sum::<f64>();
                }
                let (mut own, mut curvatures) = ([0.0; 4], [0.0f32; 4]);
                loss.value_and_derivatives(row % 4, &scores, &mut own, &mut curvatures);
                let mut kept = own;
                loss.project_dual(row % 4, &mut kept);
                assert!(kept.iter().zip(own).all(|(kept, own)| (kept - own).abs() < 1e-15));
                let young = |gradient: &[f64]| {
                    let product: f64 =
                        scores.iter().zip(gradient).map(|(score, derivative)| score * derivative).sum();
                    loss.value(row % 4, &scores) + loss.conjugate(row % 4, gradient, 1.0) - product
                };
                assert!(young(&own).abs() < 1e-9, "{}", young(&own));
                loss.project_dual(row % 4, &mut gradient);
                let bound = young(&gradient);
                assert!(bound.is_finite() && bound >= -1e-12, "{bound}");
            }
        }
    }

    #[test]
    fn conjugates_are_infinite_outside_their_domain() {
        assert_eq!(Logistic { c: 1.0 }.conjugate(0, &[0.5, 0.5], 1.0), f64::INFINITY);
        assert_eq!(Softmax { c: 1.0 }.conjugate(0, &[0.5, -0.5], 1.0), f64::INFINITY);
        assert!(Softmax { c: 1.0 }.conjugate(0, &[-0.5, 0.5], 1.0).is_finite());
    }
}

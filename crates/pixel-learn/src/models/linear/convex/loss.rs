//! Smooth losses of a row's scores, weighted by C: value, derivatives, and the convex conjugate.

/// The loss of one row as a function of its scores, one per class. `target` is the row's class.
pub trait Loss: Sync {
    /// The number of problems that share nothing but the rows: 1 if the loss couples the classes, else one
    /// per class.
    fn problem_count(&self, classes: usize) -> usize {
        if self.is_multinomial() { 1 } else { classes }
    }

    /// Makes the curvatures exact second derivatives from now on, instead of upper bounds.
    fn use_second_derivatives(&mut self);

    /// The form of the Hessian by the scores of a row: diag(h) - h h' / sum(h) for the softmax (`true`),
    /// diag(h) for one-vs-rest (`false`).
    fn is_multinomial(&self) -> bool;

    /// Adds the loss to `values`, one per problem. Writes the gradient by the scores and the curvatures (h).
    fn value_and_derivatives(
        &self,
        target: usize,
        scores: &[f64],
        values: &mut [f64],
        gradient: &mut [f64],
        curvatures: &mut [f32],
    );

    /// The convex conjugate of the loss at a gradient times `scales` (at most 1, one per problem): minus the
    /// term of the row in the dual objective.
    fn conjugate(&self, target: usize, gradient: &[f64], scales: &[f64]) -> f64;

    /// Clips a gradient to the domain of the conjugate. A gradient of the softmax must sum to 0.
    fn project_dual(&self, target: usize, gradient: &mut [f64]);
}

/// The label (y) of a row in the problem of `class`: +1 or -1.
fn sign(target: usize, class: usize) -> f64 {
    if target == class { 1.0 } else { -1.0 }
}

/// Clips the dual variables of the one-vs-rest problems to the box from 0 to `most`.
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

/// Jaakkola and Jordan's curvature bound of softplus (2000), tanh(z/2) / (2 z), for z > 0. The exact
/// curvature vanishes as z grows while the derivative does not: a Newton step would overshoot a thousandfold
/// on a pixel that is lit in one row. The bound changes the steps and not the minimiser.
fn jaakkola_jordan_curvature(z: f64) -> f64 {
    if z < 1e-3 { 0.25 } else { (0.5 * z).tanh() / (2.0 * z) }
}

/// The negative entropy q ln q + (1 - q) ln(1 - q): 0 at q = 0 and q = 1, infinite outside.
fn negative_entropy(q: f64) -> f64 {
    x_ln_x(q) + x_ln_x(1.0 - q)
}

/// x ln x, continued by 0 at 0 and infinite below.
fn x_ln_x(x: f64) -> f64 {
    match x {
        _ if x > 0.0 => x * x.ln(),
        0.0 => 0.0,
        _ => f64::INFINITY,
    }
}

/// The softplus ln(1 + exp(z)), its derivative and its second derivative.
fn softplus(z: f64) -> (f64, f64, f64) {
    // exp(-|z|) cannot overflow.
    let e = (-z.abs()).exp();
    let smaller = e / (1.0 + e);
    let derivative = if z > 0.0 { 1.0 - smaller } else { smaller };
    (z.max(0.0) + e.ln_1p(), derivative, smaller * (1.0 - smaller))
}

/// The logistic loss ln(1 + exp(-m)) of the margin m = y s, for each class against the rest.
pub struct Logistic {
    c: f64,
    /// Whether curvatures are at least those of Jaakkola and Jordan's bound.
    bounds: bool,
}

impl Logistic {
    pub fn new(c: f64) -> Logistic {
        Logistic { c, bounds: true }
    }
}

impl Loss for Logistic {
    fn is_multinomial(&self) -> bool {
        false
    }

    fn use_second_derivatives(&mut self) {
        self.bounds = false;
    }

    fn value_and_derivatives(
        &self,
        target: usize,
        scores: &[f64],
        values: &mut [f64],
        gradient: &mut [f64],
        curvatures: &mut [f32],
    ) {
        for (class, &score) in scores.iter().enumerate() {
            let y = sign(target, class);
            let z = -y * score;
            let (value, derivative, curvature) = softplus(z);
            values[class] += self.c * value;
            gradient[class] = -y * self.c * derivative;
            let bound = if z > 0.0 && self.bounds { jaakkola_jordan_curvature(z) } else { 0.0 };
            curvatures[class] = (self.c * curvature.max(bound)) as f32;
        }
    }

    fn conjugate(&self, target: usize, gradient: &[f64], scales: &[f64]) -> f64 {
        let shares = gradient
            .iter()
            .zip(scales)
            .enumerate()
            .map(|(class, (derivative, scale))| -sign(target, class) * scale * derivative / self.c);
        self.c * shares.map(negative_entropy).sum::<f64>()
    }

    fn project_dual(&self, target: usize, gradient: &mut [f64]) {
        project_box(self.c, target, gradient);
    }
}

/// The cross-entropy of the softmax of the scores.
pub struct Softmax {
    c: f64,
    /// Whether curvatures are at least those of Jaakkola and Jordan's bound.
    bounds: bool,
}

impl Softmax {
    pub fn new(c: f64) -> Softmax {
        Softmax { c, bounds: true }
    }
}

impl Loss for Softmax {
    fn is_multinomial(&self) -> bool {
        true
    }

    fn use_second_derivatives(&mut self) {
        self.bounds = false;
    }

    fn value_and_derivatives(
        &self,
        target: usize,
        scores: &[f64],
        values: &mut [f64],
        gradient: &mut [f64],
        curvatures: &mut [f32],
    ) {
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
        if z > 0.0 && self.bounds {
            // The bound is the curvature along the difference of the scores of the right class and the best
            // one.
            let pair = jaakkola_jordan_curvature(z);
            let best = 1.0 / sum;
            curvatures[target] = curvatures[target].max((self.c * pair * best / (best - pair)) as f32);
        }
        gradient[target] -= self.c;
        values[0] += self.c * (sum.ln() + z);
    }

    fn conjugate(&self, target: usize, gradient: &[f64], scales: &[f64]) -> f64 {
        let share =
            |class: usize| scales[0] * gradient[class] / self.c + f64::from(u8::from(class == target));
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
        let losses: [(&dyn Loss, bool); 2] = [(&Logistic::new(1.5), false), (&Softmax::new(1.5), true)];
        for (loss, together) in losses {
            for row in 0..200 {
                let scores: Vec<f64> = (0..4).map(|class| 3.0 * value(row * 4 + class)).collect();
                let mut gradient: Vec<f64> = (0..4).map(|class| value(row * 5 + class + 900)).collect();
                if together {
                    gradient[3] = -gradient[..3].iter().sum::<f64>();
                }
                let (mut own, mut curvatures) = ([0.0; 4], [0.0f32; 4]);
                let mut values = [0.0; 4];
                loss.value_and_derivatives(row % 4, &scores, &mut values, &mut own, &mut curvatures);
                let mut kept = own;
                loss.project_dual(row % 4, &mut kept);
                assert!(kept.iter().zip(own).all(|(kept, own)| (kept - own).abs() < 1e-15));
                let young = |gradient: &[f64]| {
                    let product: f64 =
                        scores.iter().zip(gradient).map(|(score, derivative)| score * derivative).sum();
                    values.iter().sum::<f64>() + loss.conjugate(row % 4, gradient, &[1.0; 4]) - product
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
        assert_eq!(Logistic::new(1.0).conjugate(0, &[0.5, 0.5], &[1.0; 2]), f64::INFINITY);
        assert_eq!(Softmax::new(1.0).conjugate(0, &[0.5, -0.5], &[1.0]), f64::INFINITY);
        assert!(Softmax::new(1.0).conjugate(0, &[-0.5, 0.5], &[1.0]).is_finite());
    }
}

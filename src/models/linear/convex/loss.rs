//! Smooth losses of a row's scores, weighted by C: what the minimiser needs to know of them.

/// The loss of one row as a function of its scores, one a class. `target` is the row's class.
pub trait Loss: Sync {
    /// How the second derivative h of the scores is laid out: `true` for diag(h) - h h' / sum(h), in which
    /// the classes of a row pull at each other, `false` for diag(h).
    fn coupled(&self) -> bool;

    /// The loss or, of a hinge, its smooth stand-in; with the derivatives by the scores, and h.
    fn evaluate(&self, target: usize, scores: &[f64], slopes: &mut [f64], bends: &mut [f32]) -> f64;

    /// The loss itself.
    fn exact(&self, target: usize, scores: &[f64]) -> f64;

    /// The convex conjugate of the loss itself at `scale` (at most 1) times slopes, those that [`Loss::evaluate`]
    /// gave or others: the row's part of the dual objective, with its sign turned.
    fn conjugate(&self, target: usize, slopes: &[f64], scale: f64) -> f64;

    /// Brings a row's slopes to where the conjugate is finite: of the softmax, slopes that sum to 0.
    fn allow(&self, target: usize, slopes: &mut [f64]);
}

/// +1 for rows of the class, -1 for the rest.
fn sign(target: usize, class: usize) -> f64 {
    if target == class { 1.0 } else { -1.0 }
}

/// Dual values from 0 to `most` of every class against the rest.
pub fn allow_each(most: f64, target: usize, slopes: &mut [f64]) {
    for (class, slope) in slopes.iter_mut().enumerate() {
        let y = sign(target, class);
        *slope = -y * (-y * *slope).clamp(0.0, most);
    }
}

/// Dual values of a row from 0, `total` in all, of slopes that sum to 0.
pub fn allow_together(total: f64, target: usize, slopes: &mut [f64]) {
    slopes[target] += total;
    if slopes.iter().any(|value| *value < 0.0) {
        slopes.iter_mut().for_each(|value| *value = value.max(0.0));
        let part = total / slopes.iter().sum::<f64>();
        slopes.iter_mut().for_each(|value| *value *= part);
    }
    slopes[target] -= total;
}

/// The second derivative of ln(1 + exp(z)) to take for z > 0: its mean on the way to 0 (Jaakkola and Jordan
/// 2000), which a Newton step does not overshoot. The value on the spot falls to nothing far out, where the
/// slope stays; a pixel that is lit in this row alone would then send it a thousand times too far. It changes
/// the way, not the minimum.
fn bend_on_the_way(z: f64) -> f64 {
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
    let slope = if z > 0.0 { 1.0 - smaller } else { smaller };
    (z.max(0.0) + e.ln_1p(), slope, smaller * (1.0 - smaller))
}

/// ln(1 + exp(-m)) of the margin m = y s of every class against the rest.
pub struct Logistic {
    pub c: f64,
}

impl Loss for Logistic {
    fn coupled(&self) -> bool {
        false
    }

    fn evaluate(&self, target: usize, scores: &[f64], slopes: &mut [f64], bends: &mut [f32]) -> f64 {
        let mut sum = 0.0;
        for (class, &score) in scores.iter().enumerate() {
            let y = sign(target, class);
            let lack = -y * score;
            let (value, slope, bend) = softplus(lack);
            sum += value;
            slopes[class] = -y * self.c * slope;
            bends[class] = (self.c * if lack > 0.0 { bend.max(bend_on_the_way(lack)) } else { bend }) as f32;
        }
        self.c * sum
    }

    fn exact(&self, target: usize, scores: &[f64]) -> f64 {
        let lacks = scores.iter().enumerate().map(|(class, score)| -sign(target, class) * score);
        self.c * lacks.map(|lack| softplus(lack).0).sum::<f64>()
    }

    fn conjugate(&self, target: usize, slopes: &[f64], scale: f64) -> f64 {
        let shares =
            slopes.iter().enumerate().map(|(class, slope)| -sign(target, class) * scale * slope / self.c);
        self.c * shares.map(negative_entropy).sum::<f64>()
    }

    fn allow(&self, target: usize, slopes: &mut [f64]) {
        allow_each(self.c, target, slopes);
    }
}

/// The cross-entropy of the softmax of the scores.
pub struct Softmax {
    pub c: f64,
}

impl Loss for Softmax {
    fn coupled(&self) -> bool {
        true
    }

    fn evaluate(&self, target: usize, scores: &[f64], slopes: &mut [f64], bends: &mut [f32]) -> f64 {
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for (slope, score) in slopes.iter_mut().zip(scores) {
            *slope = (score - largest).exp();
            sum += *slope;
        }
        for (slope, bend) in slopes.iter_mut().zip(bends.iter_mut()) {
            *slope *= self.c / sum;
            *bend = *slope as f32;
        }
        let lack = largest - scores[target];
        if lack > 0.0 {
            // Such that the right class and the best one pull at each other by this much.
            let pair = bend_on_the_way(lack);
            let best = 1.0 / sum;
            bends[target] = bends[target].max((self.c * pair * best / (best - pair)) as f32);
        }
        slopes[target] -= self.c;
        self.c * (sum.ln() + lack)
    }

    fn exact(&self, target: usize, scores: &[f64]) -> f64 {
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| (score - largest).exp()).sum();
        self.c * (sum.ln() + largest - scores[target])
    }

    fn conjugate(&self, target: usize, slopes: &[f64], scale: f64) -> f64 {
        let share = |class: usize| scale * slopes[class] / self.c + f64::from(u8::from(class == target));
        self.c * (0..slopes.len()).map(|class| x_ln_x(share(class))).sum::<f64>()
    }

    fn allow(&self, target: usize, slopes: &mut [f64]) {
        allow_together(self.c, target, slopes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fenchel and Young: loss + conjugate >= scores times slopes, for all slopes where the conjugate is finite.
    #[test]
    fn slopes_are_brought_to_where_the_conjugate_bounds_the_loss() {
        let value = |seed: usize| ((seed * 7919) % 1000) as f64 / 250.0 - 2.0;
        let losses: [(&dyn Loss, bool); 2] = [(&Logistic { c: 1.5 }, false), (&Softmax { c: 1.5 }, true)];
        for (loss, together) in losses {
            for row in 0..200 {
                let scores: Vec<f64> = (0..4).map(|class| 3.0 * value(row * 4 + class)).collect();
                let mut slopes: Vec<f64> = (0..4).map(|class| value(row * 5 + class + 900)).collect();
                if together {
                    slopes[3] = -slopes[..3].iter().sum::<f64>();
                }
                let (mut own, mut bends) = ([0.0; 4], [0.0f32; 4]);
                loss.evaluate(row % 4, &scores, &mut own, &mut bends);
                let mut kept = own;
                loss.allow(row % 4, &mut kept);
                assert!(kept.iter().zip(own).all(|(kept, own)| (kept - own).abs() < 1e-15));
                let young = |slopes: &[f64]| {
                    let product: f64 = scores.iter().zip(slopes).map(|(score, slope)| score * slope).sum();
                    loss.exact(row % 4, &scores) + loss.conjugate(row % 4, slopes, 1.0) - product
                };
                assert!(young(&own).abs() < 1e-9, "{}", young(&own));
                loss.allow(row % 4, &mut slopes);
                let bound = young(&slopes);
                assert!(bound.is_finite() && bound >= -1e-12, "{bound}");
            }
        }
    }

    #[test]
    fn conjugates_are_infinite_beyond_their_borders() {
        assert_eq!(Logistic { c: 1.0 }.conjugate(0, &[0.5, 0.5], 1.0), f64::INFINITY);
        assert_eq!(Softmax { c: 1.0 }.conjugate(0, &[0.5, -0.5], 1.0), f64::INFINITY);
        assert!(Softmax { c: 1.0 }.conjugate(0, &[-0.5, 0.5], 1.0).is_finite());
    }
}

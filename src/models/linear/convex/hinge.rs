//! The hinge losses, weighted by C, and what a logarithmic barrier around their dual values makes of them:
//! smooth losses, on whose way to the hinge the interior-point method starts ([`super::interior`]).

use super::loss::{Loss, allow_each, allow_together};

/// A hinge is the largest of dual value times lack over a set of dual values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HingeLoss {
    /// max(0, 1 - m) of the margin m = y s of every class against the rest: dual values from 0 to C.
    Hinge,
    /// max(0, 1 - m)^2 of every class against the rest: dual values from 0.
    SquaredHinge,
    /// Crammer and Singer's: how far the best of (score + 1 for wrong classes) stands above the score of the
    /// right one. Dual values of a row from 0, C in all.
    CrammerSinger,
}

impl HingeLoss {
    /// C times the loss of a row.
    pub fn value(self, c: f64, target: usize, scores: &[f64]) -> f64 {
        let lacks = (0..scores.len()).map(|class| lack(target, class, scores[class]).max(0.0));
        c * match self {
            HingeLoss::Hinge => lacks.sum::<f64>(),
            HingeLoss::SquaredHinge => lacks.map(|lack| lack * lack).sum(),
            HingeLoss::CrammerSinger => best(target, scores) - scores[target],
        }
    }

    /// The row's part of the dual objective at `scale` (at most 1) times its dual values.
    pub fn dual(self, c: f64, target: usize, values: impl Iterator<Item = f64>, scale: f64) -> f64 {
        let values = values.map(|value| scale * value);
        match self {
            HingeLoss::Hinge => values.sum(),
            HingeLoss::SquaredHinge => values.map(|value| value - value * value / (4.0 * c)).sum(),
            HingeLoss::CrammerSinger => {
                values.enumerate().filter(|(class, _)| *class != target).map(|(_, value)| value).sum()
            }
        }
    }

    /// The derivative of the loss by the score of a class that a dual value stands for.
    pub fn slope(self, c: f64, target: usize, class: usize, dual: f64) -> f64 {
        match (self, class == target) {
            (HingeLoss::CrammerSinger, true) => dual - c,
            (_, true) => -dual,
            (_, false) => dual,
        }
    }
}

/// How much a class's margin lacks.
fn lack(target: usize, class: usize, score: f64) -> f64 {
    if class == target { 1.0 - score } else { 1.0 + score }
}

/// The score of a class, one more if it is a wrong one.
fn allowed(target: usize, class: usize, scores: &[f64]) -> f64 {
    scores[class] + f64::from(u8::from(class != target))
}

fn best(target: usize, scores: &[f64]) -> f64 {
    (0..scores.len()).map(|class| allowed(target, class, scores)).fold(f64::NEG_INFINITY, f64::max)
}

/// A dual value with its slacks from its borders, whose products are the barrier's weight.
#[derive(Clone, Copy, Debug, Default)]
pub struct Central {
    pub value: f64,
    pub below: f64,
    /// 0 where there is no border above.
    pub above: f64,
}

/// The value from -1 to 1 that goes with a weight under the l1 norm, with its slacks.
pub fn central_slope(weight: f64, level: f64) -> Central {
    let root = weight.hypot(level);
    let value = weight / (level + root);
    Central { value, below: level / (1.0 + value), above: level / (1.0 - value) }
}

/// A hinge loss with a barrier of weight `level` on the borders of its dual values.
pub struct Barrier {
    pub loss: HingeLoss,
    pub c: f64,
    pub level: f64,
}

impl Barrier {
    /// The dual values of a row.
    pub fn central(&self, target: usize, scores: &[f64], out: &mut [Central]) {
        let (c, level) = (self.c, self.level);
        let classes = scores.len();
        match self.loss {
            HingeLoss::Hinge => {
                for (class, out) in out.iter_mut().enumerate() {
                    // above - below = lack and 1 / above + 1 / below = C / level.
                    let (z, m) = (lack(target, class, scores[class]), level / c);
                    let larger = m + 0.5 * (z.abs() + z.hypot(2.0 * m));
                    let smaller = m * larger / (larger - m);
                    let (below, above) = if z > 0.0 { (smaller, larger) } else { (larger, smaller) };
                    *out = Central { value: level / below, below, above };
                }
            }
            HingeLoss::SquaredHinge => {
                for (class, out) in out.iter_mut().enumerate() {
                    let z = lack(target, class, scores[class]);
                    let root = (z * z + 2.0 * level / c).sqrt();
                    let value = if z > 0.0 { c * (z + root) } else { 2.0 * level / (root - z) };
                    *out = Central { value, below: level / value, above: 0.0 };
                }
            }
            HingeLoss::CrammerSinger => {
                // sum of level / (threshold - score) = C, by Newton's method from the left, where it is
                // monotonic.
                let mut threshold = best(target, scores) + level / c;
                for _ in 0..30 {
                    let gaps = (0..classes).map(|class| threshold - allowed(target, class, scores));
                    let (sum, fall) = gaps
                        .fold((0.0, 0.0), |(sum, fall), gap| (sum + level / gap, fall + level / (gap * gap)));
                    let step = (sum - c) / fall;
                    threshold += step;
                    if step <= 1e-12 * threshold.abs().max(level / c) {
                        break;
                    }
                }
                for (class, out) in out.iter_mut().enumerate() {
                    let below = threshold - allowed(target, class, scores);
                    *out = Central { value: level / below, below, above: 0.0 };
                }
            }
        }
    }
}

impl Loss for Barrier {
    fn coupled(&self) -> bool {
        self.loss == HingeLoss::CrammerSinger
    }

    fn evaluate(&self, target: usize, scores: &[f64], slopes: &mut [f64], bends: &mut [f32]) -> f64 {
        let (c, level) = (self.c, self.level);
        let mut all = [Central::default(); 256];
        let all = &mut all[..scores.len()];
        self.central(target, scores, all);
        let mut sum = 0.0;
        for (class, dual) in all.iter().enumerate() {
            slopes[class] = self.loss.slope(c, target, class, dual.value);
            let bend;
            (sum, bend) = match self.loss {
                HingeLoss::Hinge => {
                    let (z, high) = (lack(target, class, scores[class]), c - dual.value);
                    let on_the_spot = 1.0 / (dual.above / high + dual.below / dual.value);
                    // On the wrong side its mean on the way to the border, as for the logistic loss.
                    let way = if z > 0.0 { (dual.value - 0.5 * c) / z } else { 0.0 };
                    (sum + dual.value * z + level * (dual.value * high).ln(), on_the_spot.max(way))
                }
                HingeLoss::SquaredHinge => {
                    let z = lack(target, class, scores[class]);
                    let part = dual.value * (z - dual.value / (4.0 * c)) + level * dual.value.ln();
                    (sum + part, 1.0 / (0.5 / c + dual.below / dual.value))
                }
                HingeLoss::CrammerSinger => {
                    let part = slopes[class] * scores[class] + level * dual.value.ln();
                    let allowance = if class == target { 0.0 } else { dual.value };
                    (sum + part + allowance, dual.value / dual.below)
                }
            };
            bends[class] = bend as f32;
        }
        if self.coupled() {
            let lack = best(target, scores) - scores[target];
            bends[target] = bends[target].max((0.25 * c / (1.0 + lack)) as f32);
        }
        sum
    }

    fn exact(&self, target: usize, scores: &[f64]) -> f64 {
        self.loss.value(self.c, target, scores)
    }

    fn conjugate(&self, target: usize, slopes: &[f64], scale: f64) -> f64 {
        -self.loss.dual(self.c, target, slopes.iter().map(|slope| slope.abs()), scale)
    }

    fn allow(&self, target: usize, slopes: &mut [f64]) {
        match self.loss {
            HingeLoss::Hinge => allow_each(self.c, target, slopes),
            HingeLoss::SquaredHinge => allow_each(f64::INFINITY, target, slopes),
            HingeLoss::CrammerSinger => allow_together(self.c, target, slopes),
        }
    }
}

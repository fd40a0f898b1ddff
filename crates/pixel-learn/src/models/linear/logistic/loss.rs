//! The losses of one row, without the factor C: for L-BFGS and SAGA, which minimise the mean loss.

/// The problem that a vector of scores belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Multinomial: the scores of all classes.
    Softmax,
    /// One-vs-rest: the scores of the classes from `first` on.
    OneVsRest { first: usize },
}

impl Target {
    /// The loss of a row of class `class` at `scores`, which become the gradient by the scores.
    pub fn loss_and_gradient(self, class: usize, scores: &mut [f64]) -> f64 {
        match self {
            Target::Softmax => softmax(class, scores),
            Target::OneVsRest { first } => {
                let rows = scores.iter_mut().enumerate();
                rows.map(|(at, score)| logistic(score, first + at == class)).sum()
            }
        }
    }
}

/// The cross-entropy -ln p_class of the softmax p. The gradient is p - 1 for the class and p for the others.
fn softmax(class: usize, scores: &mut [f64]) -> f64 {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let own = scores[class];
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - largest).exp();
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
    scores[class] -= 1.0;
    sum.ln() + largest - own
}

/// The logistic loss: ln(1 + exp(-score)) of a positive row, ln(1 + exp(score)) of a negative row. `score`
/// becomes the derivative.
fn logistic(score: &mut f64, positive: bool) -> f64 {
    let z = if positive { -*score } else { *score };
    // exp(-|z|) cannot overflow.
    let e = (-z.abs()).exp();
    let probability = if z > 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
    *score = if positive { -probability } else { probability };
    z.max(0.0) + e.ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_the_losses() {
        for target in [Target::Softmax, Target::OneVsRest { first: 0 }, Target::OneVsRest { first: 2 }] {
            for scores in [[0.3, -1.0, 2.0], [40.0, -50.0, 0.0]] {
                let mut gradient = scores;
                target.loss_and_gradient(2, &mut gradient);
                for at in 0..3 {
                    let moved = |by: f64| {
                        let mut scores = scores;
                        scores[at] += by;
                        target.loss_and_gradient(2, &mut scores)
                    };
                    let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                    assert!((difference - gradient[at]).abs() < 1e-8, "{target:?} {scores:?} {at}");
                }
            }
        }
    }
}

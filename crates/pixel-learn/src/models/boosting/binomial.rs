//! Binomial deviance: two classes take one tree a round. The score is the log-odds of the second class.
//! Source: scikit-learn's `BinomialDeviance` (0.19), which is `HalfBinomialLoss` today.

/// The score before the first tree: the second class's log-odds in the training data.
pub fn initial(counts: [usize; 2]) -> f64 {
    (counts[1] as f64 / counts[0] as f64).ln()
}

/// The probability of a class (0 or 1) at a score: the logistic function, which is 0 or 1 where exp
/// overflows.
pub fn probability(class: usize, score: f64) -> f64 {
    let own = if class == 1 { score } else { -score };
    1.0 / (1.0 + (-own).exp())
}

/// The class of a score: the first at even odds, as the argmax of both probabilities.
pub fn class(score: f64) -> usize {
    usize::from(score > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_the_odds() {
        let score = initial([30, 10]);
        assert!((probability(1, score) - 0.25).abs() < 1e-15 && (probability(0, score) - 0.75).abs() < 1e-15);
        assert_eq!((probability(1, 800.0), probability(0, 800.0)), (1.0, 0.0));
        assert_eq!((class(1e-300), class(0.0), class(-1e-300)), (1, 0, 0));
    }
}

//! Softmax with cross-entropy.

use crate::linalg::argmax;

/// The mean cross-entropy of a batch of scores (rows x classes) against its labels; replaces every score by
/// the gradient of that mean by the score, (softmax - one hot) / rows. Zero for an empty batch.
pub fn softmax_cross_entropy(scores: &mut [f32], classes: usize, labels: &[u8]) -> f64 {
    if labels.is_empty() {
        return 0.0;
    }
    let each = 1.0 / labels.len() as f32;
    let mut loss = 0.0;
    for (row, &label) in scores.chunks_exact_mut(classes).zip(labels) {
        let label = usize::from(label);
        let right = row[label];
        let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for score in row.iter_mut() {
            *score = (*score - highest).exp();
            sum += *score;
        }
        // log sum exp - score of the right class: never the logarithm of a rounded zero.
        loss += f64::from(sum).ln() + f64::from(highest) - f64::from(right);
        let share = each / sum;
        row.iter_mut().for_each(|score| *score *= share);
        row[label] -= each;
    }
    loss / labels.len() as f64
}

/// Turns the scores of one row into probabilities that add up to 1.
pub fn softmax(scores: &mut [f32]) {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - highest).exp();
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// The class with the highest score in each row, the first of equals.
pub fn highest_scores(scores: &[f32], classes: usize) -> Vec<u8> {
    scores.chunks_exact(classes).map(|row| argmax(row) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient_agrees_with_finite_differences() {
        let scores = [0.3f32, -1.2, 2.0, 0.0, 0.5, -0.25];
        let labels = [1, 2];
        let mut gradient = scores;
        softmax_cross_entropy(&mut gradient, 3, &labels);
        for i in 0..scores.len() {
            let loss = |step: f32| {
                let mut moved = scores;
                moved[i] += step;
                softmax_cross_entropy(&mut moved, 3, &labels)
            };
            let slope = (loss(1e-2) - loss(-1e-2)) / 2e-2;
            assert!((slope - f64::from(gradient[i])).abs() < 1e-4, "{i}: {slope} {}", gradient[i]);
        }
    }

    #[test]
    fn stays_finite_for_scores_far_apart() {
        let mut scores = [1000.0f32, -1000.0];
        assert_eq!(softmax_cross_entropy(&mut scores, 2, &[1]), 2000.0);
        assert_eq!(scores, [1.0, -1.0]);
    }
}

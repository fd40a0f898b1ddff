//! Early stopping: the stratified hold-out set, and the stopping rule.

use super::fitted::Predictors;
use super::loss::LogLoss;
use crate::models::FitError;
use crate::models::tree::Random;

/// The held-out rows (none if the loss is taken on the training rows), and the losses so far.
pub(super) struct Validation {
    pixels: Vec<u8>,
    d: usize,
    loss: LogLoss,
    /// Number of rounds in the scores of `loss`.
    rounds: usize,
    losses: Vec<f64>,
    n_iter_no_change: usize,
    tol: f64,
}

impl Validation {
    pub(super) fn new(
        pixels: Vec<u8>,
        d: usize,
        loss: LogLoss,
        n_iter_no_change: usize,
        tol: f64,
    ) -> Validation {
        Validation { pixels, d, loss, rounds: 0, losses: Vec::new(), n_iter_no_change, tol }
    }

    /// The losses so far: before the first round, then after each round.
    pub(super) fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// Records the loss after the last round. Returns whether training ends: none of the last
    /// `n_iter_no_change` losses is better by more than `tol` than the one before them.
    pub(super) fn should_stop(&mut self, model: &Predictors, training: &LogLoss) -> bool {
        let loss = if self.pixels.is_empty() {
            training.mean()
        } else {
            for round in self.rounds..model.rounds() {
                model.add_round(round, &self.pixels, self.d, self.loss.scores_mut());
            }
            self.rounds = model.rounds();
            self.loss.mean()
        };
        self.losses.push(loss);
        let Some(reference) = self.losses.len().checked_sub(self.n_iter_no_change + 1) else { return false };
        let (reference, recent) = (self.losses[reference] - self.tol, &self.losses[reference + 1..]);
        !recent.iter().any(|&loss| loss < reference)
    }
}

/// The training rows and the held-out rows, both ascending, as scikit-learn's stratified `train_test_split`:
/// the ceiling of `fraction` x n rows are held out, of every class its share, with the largest remainders
/// rounded up. `Err` if a side would have fewer rows than classes, or a class fewer than two rows or none to
/// train on.
pub(super) fn split(
    targets: &[u8],
    classes: usize,
    fraction: f64,
    seed: u64,
) -> Result<(Vec<u32>, Vec<u32>), FitError> {
    let n = targets.len();
    let size = (fraction * n as f64).ceil() as usize;
    if size < classes || n - size.min(n) < classes {
        return Err(FitError::UnusableData(format!(
            "early stopping would keep {size} of {n} rows aside; each of {classes} classes needs rows on both sides"
        )));
    }
    let mut rows_of = vec![Vec::new(); classes];
    targets.iter().enumerate().for_each(|(row, &class)| rows_of[usize::from(class)].push(row as u32));
    let least = rows_of.iter().map(Vec::len).min().unwrap_or(0);
    if least < 2 {
        return Err(FitError::UnusableData(format!(
            "early stopping needs two rows of each class, a class has {least}; take more rows or set \
             early_stopping to false"
        )));
    }
    let share = |class: usize| rows_of[class].len() as f64 / n as f64 * size as f64;
    let mut counts: Vec<usize> = (0..classes).map(|class| share(class) as usize).collect();
    let mut by_remainder: Vec<usize> = (0..classes).collect();
    by_remainder.sort_by(|&a, &b| share(b).fract().total_cmp(&share(a).fract()));
    let missing = size - counts.iter().sum::<usize>();
    by_remainder.iter().take(missing).for_each(|&class| counts[class] += 1);
    if rows_of.iter().zip(&counts).any(|(rows, &count)| rows.len() == count) {
        return Err(FitError::UnusableData(format!(
            "early stopping would keep all rows of a class aside; take a validation_fraction below {fraction}"
        )));
    }
    let mut is_held_out = vec![false; n];
    let mut random = Random::new(seed);
    for (rows, count) in rows_of.iter_mut().zip(counts) {
        random.shuffle_front(rows, count);
        rows[..count].iter().for_each(|&row| is_held_out[row as usize] = true);
    }
    let (held_out, kept): (Vec<u32>, Vec<u32>) = (0..n as u32).partition(|&row| is_held_out[row as usize]);
    Ok((kept, held_out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_share_of_the_rows_kept_aside() {
        let targets: Vec<u8> = (0..1003).map(|row| [0, 0, 0, 1, 1, 2][row % 6]).collect();
        let (kept, held_out) = split(&targets, 3, 0.1, 7).unwrap();
        assert_eq!((kept.len(), held_out.len()), (902, 101));
        let count = |class: u8| held_out.iter().filter(|&&row| targets[row as usize] == class).count();
        assert_eq!((count(0), count(1), count(2)), (50, 34, 17));
        let mut all = [kept, held_out.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..1003).collect::<Vec<u32>>());
        assert_ne!(split(&targets, 3, 0.1, 8).unwrap().1, held_out);
        assert!(split(&targets[..20], 3, 0.1, 7).is_err());
    }

    #[test]
    fn every_class_needs_a_row_on_both_sides() {
        let of = |targets: &[u8], fraction: f64| split(targets, 2, fraction, 7).is_ok();
        let mut targets = [0; 20];
        targets[19] = 1;
        assert!(!of(&targets, 0.1) && !of(&targets, 0.9));
        targets[18] = 1;
        assert!(of(&targets, 0.1) && !of(&targets, 0.9));
    }

    #[test]
    fn boosting_ends_when_the_last_losses_are_not_better() {
        let model = Predictors::new(vec![0.0; 3], vec![0, 1, 2]);
        let training = LogLoss::new(vec![0, 1, 2], 3);
        let mut validation =
            Validation::new(Vec::new(), 4, LogLoss::for_rows(&training, Vec::new()), 2, 1e-7);
        // The same loss every time: two after the first are no better.
        assert!(!validation.should_stop(&model, &training));
        assert!(!validation.should_stop(&model, &training));
        assert!(validation.should_stop(&model, &training));
        assert!((validation.losses[0] - 3f64.ln()).abs() < 1e-12);
    }
}

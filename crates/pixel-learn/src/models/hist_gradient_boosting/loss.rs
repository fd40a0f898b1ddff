//! Log loss: scores of every class, their probabilities, gradients and Hessians.

use rayon::prelude::*;

/// Rows of one task.
const ROWS: usize = 512;

/// The scores of rows under a growing model.
pub(super) struct LogLoss {
    /// The class of each row.
    targets: Vec<u8>,
    /// The scores before the first round, one for each tree of a round.
    baseline: Vec<f64>,
    /// The scores, tree after tree of a round: one for each class, or that of class 1 for two classes.
    scores: Vec<Vec<f64>>,
    /// The probabilities at the last [`LogLoss::update_probabilities`].
    probabilities: Vec<Vec<f64>>,
}

impl LogLoss {
    /// The loss of rows with these classes, at the baseline: the logarithms of the class frequencies, shifted
    /// to sum to 0; for two classes the log-odds.
    pub(super) fn new(targets: Vec<u8>, classes: usize) -> LogLoss {
        let n = targets.len() as f64;
        let mut counts = vec![0usize; classes];
        targets.iter().for_each(|&class| counts[usize::from(class)] += 1);
        let share = |count: usize| (count as f64 / n).clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        let baseline = if classes == 2 {
            vec![(share(counts[1]) / (1.0 - share(counts[1]))).ln()]
        } else {
            let logarithms: Vec<f64> = counts.iter().map(|&count| share(count).ln()).collect();
            let mean = logarithms.iter().sum::<f64>() / classes as f64;
            logarithms.iter().map(|logarithm| logarithm - mean).collect()
        };
        LogLoss::starting_from(baseline, targets)
    }

    /// The loss of other rows under the same model.
    pub(super) fn for_rows(other: &LogLoss, targets: Vec<u8>) -> LogLoss {
        LogLoss::starting_from(other.baseline.clone(), targets)
    }

    fn starting_from(baseline: Vec<f64>, targets: Vec<u8>) -> LogLoss {
        let scores: Vec<Vec<f64>> = baseline.iter().map(|&score| vec![score; targets.len()]).collect();
        LogLoss { targets, baseline, probabilities: scores.clone(), scores }
    }

    /// The scores before the first round.
    pub(super) fn baseline(&self) -> &[f64] {
        &self.baseline
    }

    /// The scores, tree after tree of a round.
    pub(super) fn scores_mut(&mut self) -> &mut [Vec<f64>] {
        &mut self.scores
    }

    /// Sets the probabilities to those of the present scores. O(n classes).
    pub(super) fn update_probabilities(&mut self) {
        let scores = &self.scores;
        if let [probabilities] = self.probabilities.as_mut_slice() {
            probabilities.par_chunks_mut(ROWS).zip(scores[0].par_chunks(ROWS)).for_each(|(chunk, scores)| {
                chunk.iter_mut().zip(scores).for_each(|(p, score)| *p = 1.0 / (1.0 + (-score).exp()));
            });
            return;
        }
        // A task takes a chunk of rows for all classes.
        let mut chunks: Vec<Vec<&mut [f64]>> = Vec::new();
        for class in &mut self.probabilities {
            for (index, chunk) in class.chunks_mut(ROWS).enumerate() {
                if chunks.len() <= index {
                    chunks.push(Vec::new());
                }
                chunks[index].push(chunk);
            }
        }
        chunks.par_iter_mut().enumerate().for_each(|(index, classes)| {
            let first = index * ROWS;
            let rows = classes[0].len();
            let mut largest = [f64::NEG_INFINITY; ROWS];
            for scores in scores {
                let scores = &scores[first..first + rows];
                largest.iter_mut().zip(scores).for_each(|(most, &score)| *most = most.max(score));
            }
            let mut sums = [0.0; ROWS];
            for (class, scores) in classes.iter_mut().zip(scores) {
                let scores = &scores[first..first + rows];
                for (((p, score), most), sum) in class.iter_mut().zip(scores).zip(&largest).zip(&mut sums) {
                    *p = (score - most).exp();
                    *sum += *p;
                }
            }
            for class in classes {
                class.iter_mut().zip(&sums).for_each(|(p, sum)| *p /= sum);
            }
        });
    }

    /// The loss as each tree of a round sees it, in parallel.
    pub(super) fn classes(&mut self) -> impl IndexedParallelIterator<Item = TreeLoss<'_>> {
        let targets = &self.targets;
        // With two classes the one tree is that of class 1.
        let first_class = u8::from(self.scores.len() == 1);
        self.scores.par_iter_mut().zip(&self.probabilities).enumerate().map(
            move |(index, (scores, probabilities))| TreeLoss {
                targets,
                class: index as u8 + first_class,
                probabilities,
                scores,
            },
        )
    }

    /// The mean log loss: -log(probability of the true class). O(n classes).
    pub(super) fn mean(&self) -> f64 {
        let of_row = |row: usize| {
            let target = usize::from(self.targets[row]);
            if let [scores] = self.scores.as_slice() {
                let margin = if target == 1 { scores[row] } else { -scores[row] };
                return (-margin).max(0.0) + (-margin.abs()).exp().ln_1p();
            }
            let scores = self.scores.iter().map(|scores| scores[row]);
            let most = scores.clone().fold(f64::NEG_INFINITY, f64::max);
            most + scores.map(|score| (score - most).exp()).sum::<f64>().ln() - self.scores[target][row]
        };
        let n = self.targets.len();
        let chunks: Vec<f64> = (0..n.div_ceil(ROWS))
            .into_par_iter()
            .map(|index| (index * ROWS..((index + 1) * ROWS).min(n)).map(of_row).sum())
            .collect();
        chunks.iter().sum::<f64>() / n as f64
    }
}

/// The loss as one tree of a round sees it: targets, probabilities and scores of one class.
pub(super) struct TreeLoss<'a> {
    targets: &'a [u8],
    class: u8,
    probabilities: &'a [f64],
    scores: &'a mut Vec<f64>,
}

impl TreeLoss<'_> {
    /// First and second derivative of the loss of a row by its score.
    #[inline(always)]
    pub(super) fn gradient_and_hessian(&self, row: usize) -> (f64, f64) {
        let p = self.probabilities[row];
        let target = f64::from(u8::from(self.targets[row] == self.class));
        (p - target, p * (1.0 - p))
    }

    /// Adds the value of a leaf to the scores of its rows.
    pub(super) fn add(&mut self, value: f64, rows: &[u32]) {
        rows.iter().for_each(|&row| self.scores[row as usize] += value);
    }
}

//! Learning rate schedules.

use serde::Deserialize;

use super::error::NetworkError;

/// The factor of the learning rate in each step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// 1.
    #[default]
    Constant,
    /// 1 / (1 + decay steps): the `decay` of Keras's older optimisers.
    Inverse {
        /// The decay per step.
        decay: f64,
    },
    /// `factor` to the power of the finished epochs divided by `every`, rounded down.
    Steps {
        /// Epochs between two changes.
        every: usize,
        /// Factor of each change.
        factor: f64,
    },
    /// A linear rise over `warmup` epochs, then half a cosine from 1 to 0 over the remaining epochs.
    Cosine {
        /// Epochs of linear rise.
        #[serde(default)]
        warmup: f64,
    },
}

/// The progress of a training.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Steps made before this one.
    pub step: u64,
    /// Steps in one epoch.
    pub steps_an_epoch: u64,
    /// Epochs of the whole training.
    pub epochs: usize,
}

impl Schedule {
    /// The factor of the next step.
    pub fn factor(&self, progress: Progress) -> f64 {
        let epoch = progress.step as f64 / progress.steps_an_epoch.max(1) as f64;
        match *self {
            Schedule::Constant => 1.0,
            Schedule::Inverse { decay } => 1.0 / (1.0 + decay * progress.step as f64),
            Schedule::Steps { every, factor } => factor.powf((epoch / every as f64).floor()),
            Schedule::Cosine { warmup } => {
                // The present step counts, so that a warm-up does not begin with a rate of 0.
                let epoch = epoch + 1.0 / progress.steps_an_epoch.max(1) as f64;
                if epoch < warmup {
                    return epoch / warmup;
                }
                let share = (epoch - warmup) / (progress.epochs as f64 - warmup).max(1e-9);
                0.5 * (1.0 + (std::f64::consts::PI * share.min(1.0)).cos())
            }
        }
    }

    /// `Err` for a value out of range.
    pub fn check(&self) -> Result<(), NetworkError> {
        let fine = match *self {
            Schedule::Constant => true,
            Schedule::Inverse { decay } => decay >= 0.0,
            Schedule::Steps { every, factor } => every > 0 && factor > 0.0,
            Schedule::Cosine { warmup } => warmup >= 0.0,
        };
        let wrong = || NetworkError::Definition(format!("schedule: out of range: {self:?}"));
        if fine { Ok(()) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_at_the_edges() {
        let at = |schedule: Schedule, step| schedule.factor(Progress { step, steps_an_epoch: 10, epochs: 5 });
        assert_eq!(at(Schedule::Constant, 49), 1.0);
        assert_eq!(at(Schedule::Inverse { decay: 0.1 }, 10), 0.5);
        assert_eq!(at(Schedule::Steps { every: 2, factor: 0.1 }, 19), 1.0);
        assert_eq!(at(Schedule::Steps { every: 2, factor: 0.1 }, 20), 0.1);
        let cosine = Schedule::Cosine { warmup: 1.0 };
        assert_eq!(at(cosine, 0), 0.1);
        assert!((at(cosine, 9) - 1.0).abs() < 1e-12);
        assert!(at(cosine, 49) < 1e-12);
    }
}

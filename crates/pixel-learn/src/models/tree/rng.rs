//! Seeded random numbers: integers, thresholds, and independent streams for numbered tasks.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// The random number generator of one task, such as a tree.
pub(crate) struct Random(Pcg64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(Pcg64::seed_from_u64(seed))
    }

    /// The generator of task `number`: each number has its own stream.
    pub(crate) fn of_task(seed: u64, number: u64) -> Random {
        // The streams of PCG differ by their odd increment; the state is that of [`Random::new`]'s seed.
        let mut state = Pcg64::seed_from_u64(seed);
        let low = u128::from(state.next_u64());
        let high = u128::from(state.next_u64());
        Random(Pcg64::new(high << 64 | low, u128::from(number)))
    }

    /// A seed for work with a generator of its own.
    pub(crate) fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// An integer below `bound`, which is at least 1. The bias is below bound / 2^32.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (((self.0.next_u64() >> 32) * bound as u64) >> 32) as usize
    }

    /// Moves `count` members of `items`, drawn without replacement, to the front (Fisher and Yates, ended
    /// early).
    pub(crate) fn shuffle_front<T>(&mut self, items: &mut [T], count: usize) {
        for at in 0..count {
            items.swap(at, at + self.below(items.len() - at));
        }
    }

    /// A number uniform in [low, high).
    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        let unit = (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        low + unit * (high - low)
    }
}

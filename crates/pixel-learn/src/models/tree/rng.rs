//! Seeded random numbers: whole numbers, thresholds, and streams for numbered tasks.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// The random numbers of one task, such as a tree.
pub(crate) struct Random(Pcg64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(Pcg64::seed_from_u64(seed))
    }

    /// The generator of one of many numbered tasks: every number is a stream of its own.
    pub(crate) fn of_task(seed: u64, number: u64) -> Random {
        // PCG's streams differ by the odd increment; the state comes from the seed as above.
        let mut state = Pcg64::seed_from_u64(seed);
        let low = u128::from(state.next_u64());
        let high = u128::from(state.next_u64());
        Random(Pcg64::new(high << 64 | low, u128::from(number)))
    }

    /// A seed for work that draws its own numbers.
    pub(crate) fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A whole number below `bound`, which is at least 1 (bias below bound / 2^32).
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (((self.0.next_u64() >> 32) * bound as u64) >> 32) as usize
    }

    /// A real number in [low, high).
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        let unit = (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        low + unit * (high - low)
    }
}

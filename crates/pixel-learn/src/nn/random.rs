//! Random numbers by their place: what a step, an epoch or an image draws follows from the seed and its number,
//! so that a training goes on from a checkpoint as if it had never stopped.

use rand::SeedableRng;
use rand_pcg::Pcg64;

/// A number that follows from both without showing it (the finaliser of SplitMix64).
pub fn mixed(seed: u64, place: u64) -> u64 {
    let mut z = seed ^ place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A generator for one purpose at one place.
pub fn generator(seed: u64, purpose: Purpose, place: u64) -> Pcg64 {
    Pcg64::seed_from_u64(mixed(mixed(seed, purpose as u64), place))
}

/// What random numbers are drawn for: each has a stream of its own.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// The initial weights.
    Weights = 1,
    /// The order of the rows.
    Order = 2,
    /// How images are changed.
    Augmentation = 3,
    /// What is dropped.
    Dropout = 4,
    /// Which rows are held out.
    Validation = 5,
}

//! Random numbers keyed by seed, purpose and place (the number of a step, an epoch or an image), so that
//! training that resumes from a checkpoint draws the same numbers as without the interruption.

use rand::SeedableRng;
use rand_pcg::Pcg64;

/// A hash of both numbers (the finaliser of SplitMix64).
pub fn hash(seed: u64, place: u64) -> u64 {
    let mut z = seed ^ place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A generator for one purpose at one place.
pub fn generator(seed: u64, purpose: Purpose, place: u64) -> Pcg64 {
    Pcg64::seed_from_u64(hash(hash(seed, purpose as u64), place))
}

/// The purpose of random numbers; each has a stream of its own.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// The initial weights.
    Weights = 1,
    /// The order of the rows.
    Order = 2,
    /// The augmentation of images.
    Augmentation = 3,
    /// The masks of dropout.
    Dropout = 4,
    /// The rows that are held out.
    Validation = 5,
}

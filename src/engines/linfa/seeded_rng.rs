//! This project's seeded generator under the `RngCore` of the `rand` version that linfa uses; linfa's default
//! has no fixed seed.

use rand::{Rng, SeedableRng};
use rand_core_06::{Error, RngCore, impls};
use rand_pcg::Pcg64;

/// A seeded generator for linfa's ensembles.
#[derive(Clone)]
pub struct SeededRng(Pcg64);

impl SeededRng {
    pub fn seeded(seed: u64) -> SeededRng {
        SeededRng(Pcg64::seed_from_u64(seed))
    }
}

impl RngCore for SeededRng {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        impls::fill_bytes_via_next(self, bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

//! Random numbers that are the same everywhere, for made-up data.

/// Knuth's linear congruential generator (MMIX), of which only the upper bits are random.
pub struct Lcg(pub u64);

impl Lcg {
    /// The next `bits` random bits, at most 32.
    pub fn bits(&mut self, bits: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> (64 - bits)) as u32
    }
}

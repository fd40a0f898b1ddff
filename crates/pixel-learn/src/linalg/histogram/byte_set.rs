//! The set of byte values that occur: adding a value is one store, and the set is listed as bits.

/// A set of bytes.
pub(super) struct ByteSet([u8; 256]);

impl Default for ByteSet {
    fn default() -> Self {
        ByteSet([0; 256])
    }
}

impl ByteSet {
    /// Adds a value: one store, which unlike setting a bit does not read the word before.
    #[inline(always)]
    pub(super) fn insert(&mut self, value: u8) {
        self.0[usize::from(value)] = u8::MAX;
    }

    /// Empties the set and returns its values as bits, 64 in a word.
    #[inline(always)]
    pub(super) fn take(&mut self) -> [u64; 4] {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(self.0.as_chunks_mut::<64>().0) {
            for (part, bytes) in bytes.as_chunks_mut::<16>().0.iter_mut().enumerate() {
                *word |= u64::from(top_bits(bytes)) << (16 * part);
                *bytes = [0; 16];
            }
        }
        words
    }
}

/// The top bit of each byte, by an SSE2 instruction.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn top_bits(bytes: &[u8; 16]) -> u16 {
    use std::arch::x86_64::{_mm_loadu_si128, _mm_movemask_epi8};
    // SAFETY: sixteen bytes are read from an array of as many, and SSE2 is part of x86-64.
    unsafe { _mm_movemask_epi8(_mm_loadu_si128(bytes.as_ptr().cast())) as u16 }
}

/// The top bit of each byte: the scalar reference.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn top_bits(bytes: &[u8; 16]) -> u16 {
    bytes.iter().enumerate().map(|(k, byte)| u16::from(byte >> 7) << k).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_its_values_once() {
        let mut present = ByteSet::default();
        for step in 1..200usize {
            let values: Vec<u8> = (0..256).step_by(step).map(|value| value as u8).collect();
            values.iter().for_each(|&value| present.insert(value));
            let bits = present.take();
            let listed = (0..=255u8).filter(|value| bits[usize::from(value / 64)] >> (value % 64) & 1 == 1);
            assert_eq!(listed.collect::<Vec<u8>>(), values);
            assert_eq!(present.take(), [0; 4]);
        }
    }
}

//! Prefetching: memory reads that start before their values are needed.

/// Prefetches values that are needed soon into the cache. Affects speed only; does nothing on machines other
/// than x86-64.
#[inline]
pub fn prefetch<T: Copy>(values: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in values.chunks((64 / size_of::<T>()).max(1)) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: SSE is part of x86-64, and a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_for_memory_does_nothing_else() {
        prefetch::<u16>(&[]);
        prefetch(&[1u8; 784]);
    }
}

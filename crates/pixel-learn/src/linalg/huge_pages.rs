//! Memory in huge pages (Linux's MADV_HUGEPAGE), for rows that are visited in random order: with pages of 4 KB almost
//! every row would miss the TLB.

/// An empty vector with room for `capacity` values, in huge pages where the system grants them. Affects speed
/// only.
pub fn with_capacity<T>(capacity: usize) -> Vec<T> {
    let vector = Vec::with_capacity(capacity);
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let (start, bytes) = (vector.as_ptr() as usize, capacity * size_of::<T>());
        // Whole pages within the allocation.
        let (from, to) = (start.next_multiple_of(PAGE), (start + bytes) / PAGE * PAGE);
        if from < to {
            // SAFETY: the pages belong to the vector, and the advice changes nothing that can be read from them.
            unsafe { libc::madvise(from as *mut libc::c_void, to - from, libc::MADV_HUGEPAGE) };
        }
    }
    vector
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_vector_of_large_pages_is_a_vector() {
        for n in [0, 1, 5000, 3_000_000] {
            let mut vector: Vec<u16> = super::with_capacity(n);
            assert!(vector.is_empty() && vector.capacity() >= n);
            vector.extend((0..n).map(|i| i as u16));
            assert!(vector.iter().enumerate().all(|(i, &value)| value == i as u16));
        }
    }
}

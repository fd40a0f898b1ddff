//! The training rows of a run and their order: a seeded stratified subset, and a seeded shuffle.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use super::{Images, Split};

/// The numbers 0 to n - 1 in an order drawn from `seed` (Fisher-Yates).
pub fn shuffled(n: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    shuffle(&mut order, &mut Pcg64::seed_from_u64(seed));
    order
}

/// `n` rows, in ascending order, drawn from `seed` so that each class keeps its share: exact shares are
/// rounded by largest remainder (ties to the first class), and a class that occurs keeps at least one row
/// where `n` allows it. All rows when there are no more than `n`.
pub fn stratified(labels: &[u8], n: usize, seed: u64) -> Vec<usize> {
    if n >= labels.len() {
        return (0..labels.len()).collect();
    }
    let classes = labels.iter().max().map_or(0, |&most| usize::from(most) + 1);
    let mut rows = vec![Vec::new(); classes];
    for (row, &label) in labels.iter().enumerate() {
        rows[usize::from(label)].push(row);
    }
    let counts: Vec<usize> = rows.iter().map(Vec::len).collect();
    let mut chosen = Vec::with_capacity(n);
    let mut random = Pcg64::seed_from_u64(seed);
    for (class, quota) in quotas(&counts, n).into_iter().enumerate() {
        shuffle(&mut rows[class], &mut random);
        chosen.extend_from_slice(&rows[class][..quota]);
    }
    chosen.sort_unstable();
    chosen
}

/// How many of `n` rows each class gets; `n` is at most the sum of `counts`.
fn quotas(counts: &[usize], n: usize) -> Vec<usize> {
    let total: usize = counts.iter().sum();
    let share = |count: usize| count as u128 * n as u128;
    let mut quotas: Vec<usize> =
        counts.iter().map(|&count| (share(count) / total.max(1) as u128) as usize).collect();
    let mut by_remainder: Vec<usize> = (0..counts.len()).collect();
    by_remainder.sort_by_key(|&class| std::cmp::Reverse(share(counts[class]) % total.max(1) as u128));
    let left = n - quotas.iter().sum::<usize>();
    for &class in &by_remainder[..left] {
        quotas[class] += 1;
    }
    // A class that got no row takes one from the class with the most.
    for class in 0..counts.len() {
        let richest = (0..counts.len()).rev().max_by_key(|&other| quotas[other]).unwrap_or(class);
        if counts[class] > 0 && quotas[class] == 0 && quotas[richest] > 1 {
            quotas[richest] -= 1;
            quotas[class] = 1;
        }
    }
    quotas
}

fn shuffle(list: &mut [usize], random: &mut Pcg64) {
    for last in (1..list.len()).rev() {
        // A draw below `last + 1`; the bias of the multiplication is below 2^-40 for any list that fits
        // memory.
        let other = (u128::from(random.next_u64()) * (last as u128 + 1)) >> 64;
        list.swap(last, other as usize);
    }
}

impl Split {
    /// These rows in this order. Panics when a row is beyond the last.
    pub fn select(&self, rows: &[usize]) -> Split {
        let d = self.images.rows * self.images.columns;
        let mut pixels = Vec::with_capacity(rows.len() * d);
        for &row in rows {
            pixels.extend_from_slice(&self.images.pixels[row * d..(row + 1) * d]);
        }
        Split {
            images: Images { pixels, count: rows.len(), ..self.images },
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares_are_exact() {
        assert_eq!(quotas(&[6000; 10], 5000), [500; 10]);
        assert_eq!(quotas(&[50, 30, 20], 10), [5, 3, 2]);
        assert_eq!(quotas(&[1000, 1, 0, 1], 10), [8, 1, 0, 1]);
        assert_eq!(quotas(&[5, 5, 5], 2), [1, 1, 0]);
        assert_eq!(quotas(&[0, 0], 0), [0, 0]);
    }

    #[test]
    fn the_order_follows_from_the_seed() {
        assert_eq!(shuffled(1000, 7), shuffled(1000, 7));
        assert_ne!(shuffled(1000, 7), shuffled(1000, 8));
        // Written down so that a change of generator does not go unnoticed.
        assert_eq!(shuffled(8, 1), [2, 5, 1, 3, 4, 7, 0, 6]);
    }

    #[test]
    fn rows_keep_their_labels() {
        let images = Images { pixels: (0..12).collect(), count: 3, rows: 2, columns: 2 };
        let split = Split { images, labels: vec![5, 6, 7] }.select(&[2, 0]);
        assert_eq!(split.images.pixels, [8, 9, 10, 11, 0, 1, 2, 3]);
        assert_eq!((split.images.count, split.labels), (2, vec![7, 5]));
    }

    proptest! {
        #[test]
        fn a_shuffle_is_a_permutation(n in 0usize..500, seed: u64) {
            let mut order = shuffled(n, seed);
            order.sort_unstable();
            prop_assert_eq!(order, (0..n).collect::<Vec<_>>());
        }

        #[test]
        fn a_subset_is_stratified(labels in prop::collection::vec(0u8..6, 0..300), share in 0usize..=100, seed: u64) {
            let n = labels.len() * share / 100;
            let rows = stratified(&labels, n, seed);
            prop_assert_eq!(rows.len(), n);
            prop_assert!(rows.is_sorted() && rows.windows(2).all(|pair| pair[0] != pair[1]));
            let present = (0..6).filter(|class| labels.contains(class)).count();
            for class in 0..6 {
                let all = labels.iter().filter(|&&label| label == class).count();
                let got = rows.iter().filter(|&&row| labels[row] == class).count();
                let exact = all as f64 * n as f64 / labels.len().max(1) as f64;
                prop_assert!((got as f64 - exact).abs() < 6.0);
                prop_assert!(n < present || all == 0 || got > 0);
            }
            prop_assert_eq!(rows, stratified(&labels, n, seed));
        }
    }
}

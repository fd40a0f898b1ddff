//! Groups of entries that cannot be told apart, instead of an order that chance made.

use std::collections::HashMap;

use rayon::prelude::*;

use super::holm;
use super::paired::Discordant;

/// The level of the whole table.
pub const LEVEL: f64 = 0.05;

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Which of the entries.
    pub entry: usize,
    /// Groups count from 1, the best first.
    pub group: usize,
    pub correct: usize,
    /// Adjusted p-value against the best entry of its group; 1 for that entry itself.
    pub against_best: f64,
}

/// Puts entries of one table (predictions on the same images) into tie groups, in order of group and then of
/// accuracy.
///
/// The best entry leads a group, and every entry that the exact McNemar test does not separate from it belongs
/// to it; the best of those left leads the next. The p-values of *all* pairs of the table are adjusted by
/// Holm's method, because which pairs are looked at follows from the results. Equal accuracies keep the order
/// of `entries`. An entry can be tied with a better one although one between them is not: the two agree on
/// more images, so fewer decide.
pub fn groups(entries: &[&[u8]], labels: &[u8]) -> Vec<Standing> {
    let count = entries.len();
    let right: Vec<Vec<u64>> = entries.iter().map(|entry| mask(entry, labels)).collect();
    let ones = |mask: &Vec<u64>| mask.iter().map(|word| word.count_ones() as usize).sum::<usize>();
    let correct: Vec<usize> = right.iter().map(ones).collect();
    let adjusted = adjusted(&right);
    let pair = |a: usize, b: usize| {
        let between = Discordant::of_masks(&right[a], &right[b]).unordered();
        adjusted.get(&between).copied().unwrap_or(1.0)
    };
    let mut left: Vec<usize> = (0..count).collect();
    left.sort_by_key(|&entry| (std::cmp::Reverse(correct[entry]), entry));
    let (mut standings, mut group) = (Vec::with_capacity(count), 0);
    while let Some(&best) = left.first() {
        group += 1;
        left.retain(|&entry| {
            let against_best = if entry == best { 1.0 } else { pair(best, entry) };
            let tied = against_best > LEVEL;
            if tied {
                standings.push(Standing { entry, group, correct: correct[entry], against_best });
            }
            !tied
        });
    }
    standings
}

/// The adjusted p-value of every split that a pair of the table has. Pairs with the same split share it, so that
/// what is kept grows with the splits, and not with the square of the entries.
fn adjusted(right: &[Vec<u64>]) -> HashMap<Discordant, f64> {
    let count = |mut counts: HashMap<Discordant, u64>, first: usize| {
        for second in first + 1..right.len() {
            *counts.entry(Discordant::of_masks(&right[first], &right[second]).unordered()).or_default() += 1;
        }
        counts
    };
    let join = |one: HashMap<Discordant, u64>, other: HashMap<Discordant, u64>| {
        let (mut large, small) = if one.len() < other.len() { (other, one) } else { (one, other) };
        for (split, times) in small {
            *large.entry(split).or_default() += times;
        }
        large
    };
    let counts: Vec<(Discordant, u64)> = (0..right.len())
        .into_par_iter()
        .fold(HashMap::new, count)
        .reduce(HashMap::new, join)
        .into_iter()
        .collect();
    let p_values: Vec<(f64, u64)> =
        counts.par_iter().map(|&(split, times)| (split.p_value(), times)).collect();
    counts.into_iter().map(|(split, _)| split).zip(holm::adjust_counted(&p_values)).collect()
}

/// Which images an entry gets right, 64 to a word.
fn mask(entry: &[u8], labels: &[u8]) -> Vec<u64> {
    let word = |(entry, labels): (&[u8], &[u8])| {
        let right = entry.iter().zip(labels).enumerate();
        right.fold(0u64, |word, (bit, (class, label))| word | (u64::from(class == label) << bit))
    };
    entry.chunks(64).zip(labels.chunks(64)).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Predictions that miss the images of `wrong` out of 100 of class 0.
    fn entry(wrong: std::ops::Range<usize>) -> Vec<u8> {
        (0..100).map(|image| u8::from(wrong.contains(&image))).collect()
    }

    #[test]
    fn near_entries_tie_and_far_ones_do_not() {
        let (best, near, far) = (entry(0..2), entry(0..5), entry(0..60));
        let standings = groups(&[&far, &near, &best], &[0; 100]);
        let order: Vec<(usize, usize)> = standings.iter().map(|s| (s.entry, s.group)).collect();
        assert_eq!(order, [(2, 1), (1, 1), (0, 2)]);
        assert_eq!(standings[0].correct, 98);
        assert!(standings[2].against_best == 1.0, "the leader of its own group");
    }

    #[test]
    fn every_entry_stands_once_and_equals_keep_their_order() {
        let same = entry(0..3);
        let standings = groups(&[&same, &same, &same], &[0; 100]);
        assert_eq!(standings.iter().map(|s| s.entry).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(standings.iter().all(|s| s.group == 1));
        assert!(groups(&[], &[0; 100]).is_empty());
    }

    #[test]
    fn more_entries_make_the_same_difference_less_sure() {
        // 0 against 9 decided images: p = 0.0039, enough alone and not among many.
        let (best, other) = (entry(0..0), entry(0..9));
        assert_eq!(groups(&[&best, &other], &[0; 100])[1].group, 2);
        let mut table: Vec<Vec<u8>> = vec![best, other];
        table.extend((0..12).map(|n| entry(0..40 + n)));
        let table: Vec<&[u8]> = table.iter().map(Vec::as_slice).collect();
        let standings = groups(&table, &[0; 100]);
        assert_eq!(standings.iter().find(|s| s.entry == 1).unwrap().group, 1);
    }
}

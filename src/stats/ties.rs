//! Tie groups: entries that a paired test does not separate, instead of a ranking by chance.

use rayon::prelude::*;

use super::holm;
use super::paired::Discordant;

/// Significance level of the whole table.
pub const LEVEL: f64 = 0.05;
/// Pairs in a block: 32 MB of splits.
const PAIRS: usize = 1 << 22;

/// The rank of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Index of the entry.
    pub entry: usize,
    /// Groups count from 1, the best first.
    pub group: usize,
    pub correct: usize,
    /// Adjusted p-value against the best entry of its group; 1 for that entry itself.
    pub against_best: f64,
}

/// Sorts entries of one table (predictions on the same images) into tie groups, by group and then by
/// accuracy.
///
/// The best entry leads a group, and every entry that the exact McNemar test does not separate from it
/// belongs to it; the best of those left leads the next. The p-values of *all* pairs of the table are
/// adjusted by Holm's method, because which pairs are looked at follows from the results. Equal accuracies
/// keep the order of `entries`. An entry can be tied with a better one although one between them is not,
/// since the test depends on how many images the two disagree on.
pub fn groups(entries: &[&[u8]], labels: &[u8]) -> Vec<Standing> {
    let count = entries.len();
    let right: Vec<Vec<u64>> = entries.iter().map(|entry| mask(entry, labels)).collect();
    let ones = |mask: &Vec<u64>| mask.iter().map(|word| word.count_ones() as usize).sum::<usize>();
    let correct: Vec<usize> = right.iter().map(ones).collect();
    let adjusted = adjusted(&right, &correct);
    let pair = |a: usize, b: usize| {
        let split = split(&right, &correct, a, b);
        adjusted.binary_search_by_key(&split, |&(split, _)| split).map_or(1.0, |at| adjusted[at].1)
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

/// The adjusted p-value of every split that a pair of the table has, in order of the splits. Pairs with the
/// same split share it, so that what is kept grows with the splits, and not with the square of the entries.
fn adjusted(right: &[Vec<u64>], correct: &[usize]) -> Vec<(Split, f64)> {
    let counts = counted_splits(right, correct);
    let p_values: Vec<(f64, u64)> =
        counts.par_iter().map(|&(split, times)| (discordant(split).p_value(), times)).collect();
    counts.into_iter().map(|(split, _)| split).zip(holm::adjust_counted(&p_values)).collect()
}

/// The split of a pair: the smaller count in the upper half of the word, the larger in the lower.
type Split = u64;

fn split(right: &[Vec<u64>], correct: &[usize], first: usize, second: usize) -> Split {
    let Discordant { only_first, only_second } =
        Discordant::of_masks((&right[first], correct[first]), (&right[second], correct[second])).unordered();
    only_first << 32 | only_second
}

fn discordant(split: Split) -> Discordant {
    Discordant { only_first: split >> 32, only_second: split & u64::from(u32::MAX) }
}

/// Distinct splits with their numbers of pairs, in order. Blocks of pairs are sorted and merged: ten thousand
/// entries have fifty million pairs, and a hash map would miss the cache with each.
fn counted_splits(right: &[Vec<u64>], correct: &[usize]) -> Vec<(Split, u64)> {
    let (mut counts, mut first) = (Vec::new(), 0);
    while first < right.len() {
        let (start, mut pairs) = (first, 0);
        while first < right.len() && pairs < PAIRS {
            pairs += right.len() - first - 1;
            first += 1;
        }
        let mut splits: Vec<Split> = (start..first)
            .into_par_iter()
            .flat_map_iter(|first| {
                (first + 1..right.len()).map(move |second| split(right, correct, first, second))
            })
            .collect();
        splits.par_sort_unstable();
        counts = merged(&counts, &splits);
    }
    counts
}

/// The counts with the splits of a block, both in order.
fn merged(counts: &[(Split, u64)], splits: &[Split]) -> Vec<(Split, u64)> {
    let runs = splits.chunk_by(|one, other| one == other).map(|run| (run[0], run.len() as u64));
    let mut merged: Vec<(Split, u64)> = Vec::with_capacity(counts.len() + splits.len() / 4);
    let mut counts = counts.iter().copied().peekable();
    for (split, times) in runs {
        while let Some(before) = counts.next_if(|before| before.0 < split) {
            merged.push(before);
        }
        let before = counts.next_if(|before| before.0 == split).map_or(0, |before| before.1);
        merged.push((split, before + times));
    }
    merged.extend(counts);
    merged
}

/// Bit set of the images that an entry gets right, 64 in a word.
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
    fn every_pair_is_counted_once() {
        let right: Vec<Vec<u64>> = (0..40u64).map(|i| vec![i * 0x9e37 % 257, i % 7]).collect();
        let ones = |mask: &Vec<u64>| mask.iter().map(|word| word.count_ones() as usize).sum();
        let correct: Vec<usize> = right.iter().map(ones).collect();
        let mut each = std::collections::BTreeMap::new();
        for first in 0..right.len() {
            for second in first + 1..right.len() {
                *each.entry(split(&right, &correct, first, second)).or_insert(0) += 1;
            }
        }
        let counts = counted_splits(&right, &correct);
        assert_eq!(counts, each.clone().into_iter().collect::<Vec<_>>());
        // In two blocks it is the same.
        let all: Vec<Split> = each.iter().flat_map(|(split, times)| vec![*split; *times as usize]).collect();
        let (mut some, mut others) = (all[..300].to_vec(), all[300..].to_vec());
        (some[7], others[5]) = (others[5], some[7]);
        some.sort();
        others.sort();
        assert_eq!(merged(&merged(&[], &some), &others), counts);
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

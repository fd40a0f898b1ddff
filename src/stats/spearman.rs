//! Spearman's rank correlation: how far two orders of the same things agree.

/// Spearman's rho of paired values: Pearson's correlation of their ranks, equal values sharing the mean of their
/// ranks. `None` for fewer than two pairs, and where one side has a single value throughout.
///
/// Spearman (1904), American Journal of Psychology 15:72-101.
pub fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let first = ranks(pairs.iter().map(|pair| pair.0));
    let second = ranks(pairs.iter().map(|pair| pair.1));
    let mean = (pairs.len() as f64 + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    let scale = (product(&first, &first) * product(&second, &second)).sqrt();
    (scale > 0.0).then(|| product(&first, &second) / scale)
}

/// Ranks from 1, equal values sharing the mean of theirs.
fn ranks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let values: Vec<f64> = values.collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let equal = order[start..].iter().take_while(|&&at| values[at] == values[order[start]]).count();
        let shared = start as f64 + (equal as f64 + 1.0) / 2.0;
        order[start..start + equal].iter().for_each(|&at| ranks[at] = shared);
        start += equal;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_agree_reverse_and_tie() {
        assert_eq!(correlation(&[(1.0, 5.0), (2.0, 6.0), (9.0, 7.0)]), Some(1.0));
        assert_eq!(correlation(&[(1.0, 7.0), (2.0, 6.0), (9.0, 5.0)]), Some(-1.0));
        // scipy.stats.spearmanr([1, 2, 2, 4], [1, 3, 2, 4]).statistic
        let tied = correlation(&[(1.0, 1.0), (2.0, 3.0), (2.0, 2.0), (4.0, 4.0)]).unwrap();
        assert!((tied - 0.948_683_298_050_513_8).abs() < 1e-12, "{tied}");
        assert_eq!(correlation(&[(1.0, 1.0), (1.0, 2.0)]), None);
        assert_eq!(correlation(&[(1.0, 1.0)]), None);
    }
}

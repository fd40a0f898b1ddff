//! Holm's correction for multiple tests.

/// Holm's adjusted p-values, in the order of `p_values`. Rejecting at 0.05 keeps the probability of one or
/// more false rejections in the whole table (the family-wise error rate) at or below 5 %, for any dependence
/// of the tests.
///
/// Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics
/// 6:65-70.
pub fn adjust(p_values: &[f64]) -> Vec<f64> {
    let count = p_values.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![1.0; count];
    let mut highest: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        highest = highest.max(((count - rank) as f64 * p_values[index]).min(1.0));
        adjusted[index] = highest;
    }
    adjusted
}

/// Adjusted p-values of distinct p-values with multiplicities: a table of ten thousand entries has fifty
/// million pairs, but far fewer distinct p-values. Equal p-values have equal adjusted ones, since the first
/// of them has the largest factor and the others cannot fall below it.
pub fn adjust_counted(p_values: &[(f64, u64)]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].0.total_cmp(&p_values[b].0));
    let mut left: u64 = p_values.iter().map(|&(_, times)| times).sum();
    let mut adjusted = vec![1.0; p_values.len()];
    let mut highest: f64 = 0.0;
    for index in order {
        let (p_value, times) = p_values[index];
        highest = highest.max((left as f64 * p_value).min(1.0));
        adjusted[index] = highest;
        left -= times;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_steps_of_the_paper() {
        assert_eq!(adjust(&[]), Vec::<f64>::new());
        assert_eq!(adjust(&[0.5]), [0.5]);
        let adjusted = adjust(&[0.01, 0.04, 0.03, 0.005]);
        let expected = [0.03, 0.06, 0.06, 0.02];
        assert!(adjusted.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{adjusted:?}");
    }

    #[test]
    fn counted_values_are_adjusted_as_if_each_stood_there() {
        let counted = [(0.01, 3), (0.002, 1), (0.2, 2), (0.01, 1), (0.004, 2), (1.0, 5)];
        let spelled: Vec<f64> = counted.iter().flat_map(|&(p, times)| vec![p; times as usize]).collect();
        let each = adjust(&spelled);
        let mut at = 0;
        for ((p, times), adjusted) in counted.into_iter().zip(adjust_counted(&counted)) {
            let own = &each[at..at + times as usize];
            assert!(own.iter().all(|one| *one == adjusted), "{p}: {own:?} and {adjusted}");
            at += times as usize;
        }
        assert!(adjust_counted(&[]).is_empty());
    }

    #[test]
    fn keeps_the_order_and_stays_a_probability() {
        let adjusted = adjust(&[0.9, 0.8, 0.3, 0.4]);
        assert_eq!(adjusted, [1.0, 1.0, 1.0, 1.0]);
    }
}

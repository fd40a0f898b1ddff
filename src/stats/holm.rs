//! Many tests at once: Holm's correction.

/// Adjusted p-values in the order of `p_values`: whoever rejects where the adjusted value is at most 0.05
/// rejects even one true hypothesis of the whole table in at most 5 % of such tables, however the tests depend
/// on each other.
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
    fn keeps_the_order_and_stays_a_probability() {
        let adjusted = adjust(&[0.9, 0.8, 0.3, 0.4]);
        assert_eq!(adjusted, [1.0, 1.0, 1.0, 1.0]);
    }
}

//! The median of figures.

/// The middle one of the sorted values, or the mean of the two in the middle. `None` without values.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let below = sorted.len().checked_sub(1)? / 2;
    Some((sorted[below] + sorted[sorted.len() / 2]) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_values_in_the_middle_give_their_mean() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[0.1]), Some(0.1));
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }
}

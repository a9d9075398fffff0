//! Several tests at once.

/// The p-values of a family of tests, so adjusted that those below 0.05 hold together: the probability that any of them
/// is below it by chance is at most 0.05 (Holm, 1979).
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let (mut adjusted, mut most) = (vec![1.0; p_values.len()], 0.0f64);
    for (rank, place) in order.into_iter().enumerate() {
        most = most.max(((p_values.len() - rank) as f64 * p_values[place]).min(1.0));
        adjusted[place] = most;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_are_adjusted_as_r_s_p_adjust_does() {
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(close(&holm(&[0.01, 0.04, 0.03, 0.005]), &[0.03, 0.06, 0.06, 0.02]));
        assert!(close(&holm(&[0.6, 0.9]), &[1.0, 1.0]));
        assert_eq!(holm(&[]), Vec::<f64>::new());
    }
}

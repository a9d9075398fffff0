//! Linear prediction for Shorten's command 7: coefficients in 1/32, found by Levinson's recursion.

/// Fraction bits of Shorten's quantised coefficients.
const FRACTION_BITS: u32 = 5;

/// Predictor coefficients of every order from 1 to `max_order` for `signal`, quantised to 1/32.
/// `coefficients[p - 1][j]` weighs the sample `j + 1` places back. Stops early when prediction is perfect.
pub(crate) fn predictors(signal: &[i64], max_order: usize) -> Vec<Vec<i64>> {
    let n = signal.len() as f64;
    // A Welch window: without it the block's edges dominate the autocorrelation.
    let windowed: Vec<f64> = signal
        .iter()
        .enumerate()
        .map(|(i, &x)| {
            let t = (2.0 * (i as f64 + 0.5) - n) / n;
            x as f64 * (1.0 - t * t)
        })
        .collect();
    let correlation: Vec<f64> = (0..=max_order.min(signal.len().saturating_sub(1)))
        .map(|lag| windowed[lag..].iter().zip(&windowed).map(|(a, b)| a * b).sum())
        .collect();
    let mut error = correlation.first().copied().unwrap_or(0.0);
    let mut a: Vec<f64> = Vec::new();
    let mut all = Vec::new();
    for p in 1..correlation.len() {
        if error <= 1e-9 {
            break;
        }
        let predicted: f64 = a.iter().enumerate().map(|(j, c)| c * correlation[p - 1 - j]).sum();
        let reflection = (correlation[p] - predicted) / error;
        let mirrored: Vec<f64> = a.iter().rev().map(|c| reflection * c).collect();
        for (c, m) in a.iter_mut().zip(mirrored) {
            *c -= m;
        }
        a.push(reflection);
        error *= 1.0 - reflection * reflection;
        let scale = f64::from(1 << FRACTION_BITS);
        all.push(a.iter().map(|c| (c * scale).round() as i64).collect());
    }
    all
}

/// What Shorten predicts from `history`, whose last sample is the newest; offset already removed.
// Half a step would round; a whole one is what the format has.
pub(crate) fn predict(coefficients: &[i64], history: &[i64]) -> i64 {
    let sum: i64 = coefficients.iter().zip(history.iter().rev()).map(|(a, y)| a * y).sum();
    ((1 << FRACTION_BITS) + sum) >> FRACTION_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decaying_recursion_is_recovered() {
        // x[t] = 0.75 x[t-1] + noise: the first-order predictor is 0.75 = 24/32.
        let mut state = 12345u32;
        let mut x = 0.0f64;
        let signal: Vec<i64> = (0..20_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                x = 0.75 * x + f64::from(state >> 16) / 65536.0 * 1000.0 - 500.0;
                x as i64
            })
            .collect();
        let all = predictors(&signal, 2);
        assert_eq!(all[0], [24]);
        assert!(all[1][1].abs() <= 1, "{all:?}");
    }

    #[test]
    fn silence_has_no_predictor() {
        assert!(predictors(&[0; 64], 8).is_empty());
    }
}

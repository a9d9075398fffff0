//! Consistency between two views of an utterance. `docs/consistency.md` says how training uses it.

use crate::check::shape;
use crate::error::CtcError;

/// How far the distributions of one view are from those of another: Σ over frames of the Kullback-Leibler divergence
/// Σₖ q(k) ln (q(k) / p(k)), in nats, with p of `log_probs` and q of `other` (Yao et al., 2025, "CR-CTC: Consistency
/// regularization on CTC for improved speech recognition", section 3.2).
///
/// Both are `(frames, tokens)`, natural logarithms of normalised rows. `gradient`, of their size, is overwritten with the
/// derivative by `log_probs` alone, −q(k): the other view is what this one is drawn to, and gets none.
///
/// # Errors
///
/// Slices of different sizes.
pub fn consistency_loss(
    log_probs: &[f32],
    other: &[f32],
    gradient: Option<&mut [f32]>,
) -> Result<f64, CtcError> {
    shape("the other view's log-probabilities", log_probs.len(), other.len())?;
    let mut unused = Vec::new();
    let gradient = match gradient {
        Some(gradient) => gradient,
        None => {
            unused.resize(other.len(), 0.0);
            &mut unused
        }
    };
    shape("gradient", log_probs.len(), gradient.len())?;
    let mut loss = 0.0;
    for ((&own, &other), gradient) in log_probs.iter().zip(other).zip(gradient) {
        let q = other.exp();
        *gradient = -q;
        // A token that the other view rules out has no share, as x ln x is 0 at 0.
        if q > 0.0 {
            loss += f64::from(q) * f64::from(other - own);
        }
    }
    Ok(loss)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of log-probabilities, from logits.
    fn log_probs(logits: &[f32], tokens: usize) -> Vec<f32> {
        let row = |row: &[f32]| {
            let total = row.iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
            row.iter().map(|x| (f64::from(*x) - total) as f32).collect::<Vec<_>>()
        };
        logits.chunks(tokens).flat_map(row).collect()
    }

    fn logits(seed: u32, count: usize) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 22) as f32 - 2.0
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn it_is_the_divergence_and_its_gradient_draws_to_the_other_view() {
        let (tokens, frames) = (4, 3);
        let (own, other) = (logits(1, tokens * frames), log_probs(&logits(2, tokens * frames), tokens));
        let loss = |logits: &[f32]| consistency_loss(&log_probs(logits, tokens), &other, None).unwrap();
        let p: Vec<f64> = log_probs(&own, tokens).iter().map(|x| f64::from(*x).exp()).collect();
        let q: Vec<f64> = other.iter().map(|x| f64::from(*x).exp()).collect();
        let want: f64 = p.iter().zip(&q).map(|(p, q)| q * (q / p).ln()).sum();
        assert!((loss(&own) - want).abs() < 1e-5 && want > 0.1, "{} {want}", loss(&own));
        assert!(loss(&logits(2, tokens * frames)).abs() < 1e-5);

        let mut gradient = vec![0.0; own.len()];
        consistency_loss(&log_probs(&own, tokens), &other, Some(&mut gradient)).unwrap();
        for i in 0..own.len() {
            // By the logits: log-softmax makes p − q of it.
            let row = i / tokens * tokens..(i / tokens + 1) * tokens;
            let sum: f32 = gradient[row].iter().sum();
            let by_logit = f64::from(gradient[i]) - p[i] * f64::from(sum);
            assert!((by_logit - (p[i] - q[i])).abs() < 1e-5);
            let moved = |by: f32| {
                let mut moved = own.clone();
                moved[i] += by;
                loss(&moved)
            };
            let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((by_logit - difference).abs() < 1e-3, "{i}: {by_logit} {difference}");
        }
    }

    #[test]
    fn tokens_that_are_ruled_out_count_nothing() {
        let other = [0.0, f32::NEG_INFINITY];
        assert_eq!(consistency_loss(&[0.0, f32::NEG_INFINITY], &other, None), Ok(0.0));
        assert_eq!(consistency_loss(&[-1.0, -2.0], &other, None), Ok(1.0));
    }

    #[test]
    fn views_of_different_sizes_are_refused() {
        assert!(matches!(consistency_loss(&[0.0; 4], &[0.0; 2], None), Err(CtcError::Shape { .. })));
        let gradient = Some(&mut [0.0; 2][..]);
        assert!(matches!(consistency_loss(&[0.0; 4], &[0.0; 4], gradient), Err(CtcError::Shape { .. })));
    }
}

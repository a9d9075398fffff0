//! The LF-MMI loss: minus the logarithm of the labels' posterior.

use super::denominator::Denominator;
use crate::check::shape;
use crate::error::CtcError;
use crate::loss::ctc_loss_batch;

/// The LF-MMI loss of each utterance of a ragged batch, plus `ctc_weight` times its CTC loss.
///
/// With P(y) the n-gram's probability of the labels, and S(y) the sum over their paths, whose negative logarithm is
/// CTC's loss, the loss is −ln P(y) S(y) / Σ P(y′) S(y′), which is at least 0 but for rounding. All sums are over paths
/// in CTC's topology.
///
/// `log_probs` is `(sum of lengths, tokens)`, as [`ctc_loss_batch`] has them; `lengths` are the utterances' frames and
/// `labels` their labels. A number that is added to all log-probabilities of a frame changes the CTC loss alone.
///
/// `gradient`, of the size of `log_probs`, is overwritten with the derivative by the log-probabilities as independent
/// variables: the share of the denominator that goes through the token at the frame, less (1 + `ctc_weight`) times the
/// share of the numerator. In each frame it sums to −`ctc_weight`.
///
/// # Errors
///
/// Of each utterance by itself, with a gradient of zero, those of [`crate::ctc_loss`] and of [`Denominator::log_sums`];
/// slices that don't fit each other are an error of all.
pub fn lf_mmi_loss_batch(
    log_probs: &[f32],
    lengths: &[usize],
    labels: &[Vec<u32>],
    denominator: &Denominator,
    ctc_weight: f64,
    mut gradient: Option<&mut [f32]>,
) -> Vec<Result<f64, CtcError>> {
    let (tokens, blank) = (denominator.tokens(), denominator.blank());
    let gradient_len = gradient.as_ref().map_or(log_probs.len(), |gradient| gradient.len());
    let fits = shape("gradient", log_probs.len(), gradient_len)
        .and_then(|()| shape("label sequences", lengths.len(), labels.len()));
    if let Err(error) = fits {
        if let Some(gradient) = gradient {
            gradient.fill(0.0);
        }
        return vec![Err(error); lengths.len()];
    }
    let mut posteriors = gradient.is_some().then(|| vec![0.0; log_probs.len()]);
    let (numerators, sums) = rayon::join(
        || ctc_loss_batch(log_probs, lengths, tokens, labels, blank, gradient.as_deref_mut()),
        || denominator.log_sums(log_probs, lengths, posteriors.as_deref_mut()),
    );
    let both = numerators.into_iter().zip(sums).zip(labels);
    let results: Vec<Result<f64, CtcError>> = both
        .map(|((ctc, sum), labels)| {
            let (ctc, sum) = (ctc?, sum?);
            let prior = denominator.log_probability(labels);
            let loss = sum - prior + (1.0 + ctc_weight) * ctc;
            if loss.is_finite() { Ok(loss) } else { Err(CtcError::ZeroProbability) }
        })
        .collect();
    if let (Some(gradient), Some(posteriors)) = (gradient, posteriors) {
        let weight = (1.0 + ctc_weight) as f32;
        let mut end = 0;
        for (result, length) in results.iter().zip(lengths) {
            let own = end..end + length * tokens;
            end = own.end;
            let (gradient, posteriors) = (&mut gradient[own.clone()], &posteriors[own]);
            match result {
                Ok(_) => gradient.iter_mut().zip(posteriors).for_each(|(g, p)| *g = p + weight * *g),
                Err(_) => gradient.fill(0.0),
            }
        }
    }
    results
}

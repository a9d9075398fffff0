//! The CTC loss and its gradient, for one utterance and for a ragged batch.

use rayon::prelude::*;

use crate::check::{check, shape};
use crate::error::CtcError;
use crate::forward_backward;

/// The fewest frames in which `labels` can be said: one each, and a blank between equal neighbours.
pub fn required_frames(labels: &[u32]) -> usize {
    labels.len() + labels.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

/// The negative natural log-likelihood of `labels`, and its gradient.
///
/// `log_probs` is `(frames, tokens)`, row-major, natural logarithms; −∞ (or anything below −1e10) is a
/// probability of zero. Rows needn't be normalised. `blank` is the blank's token id. Empty `labels` stand
/// for blanks only, whose likelihood over no frames is 1.
///
/// `gradient`, of the size of `log_probs`, is overwritten with the loss' derivative by the
/// log-probabilities taken as independent variables: −(share of the labels' probability that goes through
/// the token at the frame), which sums to −1 in each frame. [`crate::log_softmax_backward_rows`] leads on
/// to the logits. After an error it is zero.
///
/// A long utterance's two directions run on two threads of rayon's pool; the result is the same to the bit.
///
/// # Errors
///
/// See [`CtcError`]: slices that don't fit, labels out of range, fewer frames than the labels need, values
/// that are no log-probabilities, a likelihood of zero.
pub fn ctc_loss(
    log_probs: &[f32],
    tokens: usize,
    labels: &[u32],
    blank: u32,
    mut gradient: Option<&mut [f32]>,
) -> Result<f64, CtcError> {
    let result = check(log_probs, tokens, labels, blank, gradient.as_deref())
        .and_then(|()| forward_backward::run(log_probs, tokens, labels, blank, gradient.as_deref_mut()));
    if let (Err(_), Some(gradient)) = (&result, gradient) {
        gradient.fill(0.0);
    }
    result
}

/// [`ctc_loss`] of many utterances, in parallel on rayon's pool.
///
/// `log_probs` is `(sum of lengths, tokens)`: the utterances' frames one after the other without padding;
/// `lengths` are their frames and `labels` their labels. `gradient` has the size of `log_probs`. The
/// result has an entry for each length; an utterance in error has a gradient of zero and leaves the others
/// as they are. If the slices don't fit each other, every entry is [`CtcError::Shape`].
pub fn ctc_loss_batch(
    log_probs: &[f32],
    lengths: &[usize],
    tokens: usize,
    labels: &[Vec<u32>],
    blank: u32,
    gradient: Option<&mut [f32]>,
) -> Vec<Result<f64, CtcError>> {
    let total: usize = lengths.iter().sum();
    let shapes = shape("label sequences", lengths.len(), labels.len())
        .and_then(|()| shape("log-probabilities", total.saturating_mul(tokens), log_probs.len()))
        .and_then(|()| match &gradient {
            Some(gradient) => shape("gradient", log_probs.len(), gradient.len()),
            None => Ok(()),
        });
    if let Err(error) = shapes {
        if let Some(gradient) = gradient {
            gradient.fill(0.0);
        }
        return vec![Err(error); lengths.len()];
    }
    let mut gradient = gradient;
    let mut rest = log_probs;
    let mut jobs = Vec::with_capacity(lengths.len());
    for (&length, labels) in lengths.iter().zip(labels) {
        let (own, others) = rest.split_at(length * tokens);
        rest = others;
        let own_gradient = gradient.take().map(|all| {
            let (own_gradient, others) = all.split_at_mut(length * tokens);
            gradient = Some(others);
            own_gradient
        });
        jobs.push((own, labels, own_gradient));
    }
    jobs.into_par_iter()
        .with_max_len(1)
        .map(|(log_probs, labels, gradient)| ctc_loss(log_probs, tokens, labels, blank, gradient))
        .collect()
}

//! How sure a decoder is of its words.

use itertools::Itertools;

use super::hypothesis::{Hypothesis, Word};

/// The most hypotheses that share out the probability.
pub(crate) const MOST: usize = 200;

/// The shares of hypotheses in their probability, the best hypothesis first.
pub(crate) fn shares(hypotheses: &[Hypothesis]) -> Vec<f64> {
    let Some(best) = hypotheses.first() else { return Vec::new() };
    // Broken-off hypotheses count only where there are no others.
    let counts =
        |h: &Hypothesis| if h.complete == best.complete { (h.score - best.score).exp() } else { 0.0 };
    let weights = hypotheses.iter().map(counts).collect_vec();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// The confidences of a hypothesis' words.
///
/// A word's confidence is the share of the hypotheses in which it occurs at a time that overlaps its own, times the
/// mean posterior of its tokens on the best path (Wessel et al. 2001 use the share alone, over a lattice). Of
/// hypotheses that tell no times any occurrence counts.
pub(crate) fn confidences(rated: &Hypothesis, hypotheses: &[Hypothesis], shares: &[f64]) -> Vec<f32> {
    let confidence = |word: &Word| {
        let all = hypotheses.iter().zip(shares).filter(|&(_, &share)| share > 0.0);
        let share: f64 = all.filter(|(other, _)| occurs(word, other)).map(|(_, share)| share).sum();
        (share * posterior(rated, word)).clamp(0.0, 1.0) as f32
    };
    rated.words.iter().map(confidence).collect()
}

/// Whether a hypothesis has the word at about the same time.
fn occurs(word: &Word, other: &Hypothesis) -> bool {
    if other.spans.is_empty() {
        return other.words.iter().any(|candidate| candidate.text == word.text);
    }
    let first = other.words.partition_point(|candidate| candidate.end <= word.start);
    let overlapping = other.words[first..].iter().take_while(|candidate| candidate.start < word.end);
    overlapping.into_iter().any(|candidate| candidate.text == word.text)
}

/// The mean of a word's tokens' posteriors.
fn posterior(rated: &Hypothesis, word: &Word) -> f64 {
    let spans = rated.spans.get(word.tokens.clone()).unwrap_or_default();
    let sum: f64 = spans.iter().map(|span| f64::from(span.posterior)).sum();
    if spans.is_empty() { 1.0 } else { sum / spans.len() as f64 }
}

//! Greedy decoding, in the form that a search gives.

use linnet_text::TokenTable;

use super::boundary::Boundary;
use super::error::BeamError;
use super::frame;
use super::hypothesis::{Hypothesis, Word};
use super::results::word;
use crate::greedy::{Span, greedy_spans};

/// The best token of each frame, collapsed; its score is the log-probability of that one path, and the blank has id 0.
///
/// `log_probs` is `(frames, tokens)`, row-major, natural logarithms. There are words if the tokens spell them, see
/// [`spells_words`](super::spells_words); a word's confidence is the mean posterior of its tokens.
///
/// # Errors
///
/// Values that are no whole frames, or no log-probabilities.
pub fn greedy_hypothesis(log_probs: &[f32], table: &TokenTable) -> Result<Hypothesis, BeamError> {
    frame::check(log_probs, table.len(), 0)?;
    let spans = greedy_spans(log_probs, table.len(), 0);
    let best = |frame: &[f32]| frame.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let score = log_probs.chunks_exact(table.len()).map(|frame| f64::from(best(frame))).sum();
    let tokens: Vec<u32> = spans.iter().map(|span| span.token).collect();
    let rated = |(range, text)| {
        let word = word(range, None, text, &spans);
        Word { confidence: mean_posterior(&spans[word.tokens.clone()]), ..word }
    };
    let words = Boundary::of(table).words(&tokens, table).into_iter().map(rated).collect();
    Ok(Hypothesis { tokens, spans, words, score, acoustic: score, model: 0.0, complete: true })
}

fn mean_posterior(spans: &[Span]) -> f32 {
    spans.iter().map(|span| span.posterior).sum::<f32>() / spans.len() as f32
}

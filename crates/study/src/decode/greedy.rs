//! Greedy decoding, in the form that a search gives.

use linnet_ctc::{Hypothesis, Span, Word, greedy_spans};
use linnet_text::{SPACE, TokenTable};

/// The best token of each frame, collapsed; its score is the log-probability of that one path, and the blank has id 0.
///
/// Words end at `<space>` or before a symbol that begins with `▁`, if the table has either; a word's confidence is the mean
/// posterior of its tokens.
pub fn greedy_hypothesis(log_probs: &[f32], table: &TokenTable) -> Hypothesis {
    let spans = greedy_spans(log_probs, table.len(), 0);
    let best = |frame: &[f32]| frame.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let score = log_probs.chunks_exact(table.len()).map(|frame| f64::from(best(frame))).sum();
    let tokens = spans.iter().map(|span| span.token).collect();
    let words = if super::vocabulary::spells(table) { words(&spans, table) } else { Vec::new() };
    Hypothesis { tokens, spans, words, score, acoustic: score, model: 0.0, complete: true }
}

fn words(spans: &[Span], table: &TokenTable) -> Vec<Word> {
    let symbol = |span: &Span| table.symbol(span.token).unwrap_or_default();
    let mut words: Vec<Word> = Vec::new();
    let mut begins = true;
    for (place, span) in spans.iter().enumerate() {
        let symbol = symbol(span);
        if symbol == SPACE {
            begins = true;
            continue;
        }
        if begins || symbol.starts_with('▁') {
            let tokens = place..place;
            words.push(Word {
                text: String::new(),
                id: None,
                tokens,
                start: span.start,
                end: 0,
                confidence: 0.0,
            });
            begins = false;
        }
        if let Some(word) = words.last_mut() {
            word.text += symbol.trim_start_matches('▁');
            (word.tokens.end, word.end) = (place + 1, span.end);
            word.confidence += span.posterior;
        }
    }
    words.retain(|word| !word.text.is_empty());
    for word in &mut words {
        word.confidence /= word.tokens.len() as f32;
    }
    words
}

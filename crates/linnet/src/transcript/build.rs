//! From hypotheses to a segment.

use linnet_ctc::{Hypothesis, Span};
use linnet_text::TokenTable;

use super::clock::Clock;
use super::parts::{Alternative, Segment, Token, Word};
use crate::search::Search;

/// The segment of these hypotheses, the best first; `None` if the best has no word.
pub(crate) fn segment(hypotheses: &[Hypothesis], search: &Search, clock: Clock) -> Option<Segment> {
    let (best, others) = hypotheses.split_first()?;
    let words = words(best, search, clock);
    let (first, last) = (words.first()?, words.last()?);
    let alternative = |other: &Hypothesis| {
        let words = self::words(other, search, clock);
        Alternative { text: text(&words), score: other.score - best.score, words }
    };
    Some(Segment {
        channel: None,
        start: first.start,
        end: last.end,
        confidence: words.iter().map(|word| word.confidence).sum::<f32>() / words.len() as f32,
        text: text(&words),
        alternatives: others.iter().map(alternative).collect(),
        words,
    })
}

fn words(hypothesis: &Hypothesis, search: &Search, clock: Clock) -> Vec<Word> {
    let token = |span: &Span| token(span, search.table(), clock);
    if search.has_words() {
        let word = |word: &linnet_ctc::Word| Word {
            word: word.text.clone(),
            start: clock.seconds(word.start),
            end: clock.seconds(word.end),
            confidence: word.confidence,
            tokens: hypothesis.spans[word.tokens.clone()].iter().map(token).collect(),
        };
        return hypothesis.words.iter().map(word).collect();
    }
    let alone = |span: &Span| {
        let token = token(span);
        let Token { start, end, confidence, .. } = token;
        Word { word: token.token.clone(), start, end, confidence, tokens: vec![token] }
    };
    hypothesis.spans.iter().map(alone).collect()
}

fn token(span: &Span, table: &TokenTable, clock: Clock) -> Token {
    Token {
        token: table.symbol(span.token).unwrap_or_default().to_string(),
        start: clock.seconds(span.start),
        end: clock.seconds(span.end),
        confidence: span.posterior,
    }
}

fn text(words: &[Word]) -> String {
    words.iter().map(|word| word.word.as_str()).collect::<Vec<_>>().join(" ")
}

//! From the prefixes that win to hypotheses with words.

use std::collections::HashSet;
use std::ops::Range;

use itertools::Itertools;
use linnet_text::TokenTable;

use super::boundary::Boundary;
use super::confidence;
use super::decoder::Decoder;
use super::finals::{Final, Spelling};
use super::guide::Guide;
use super::hypothesis::{Hypothesis, Partial, Word};
use super::model::WordModel;
use super::search::Search;
use super::tree::NONE;
use crate::greedy::Span;

/// A word's tokens, its id, and its text.
type Spelt = (Range<usize>, Option<u32>, String);

impl<M: WordModel> Decoder<M> {
    pub(crate) fn hypotheses<G: Guide>(&self, mut search: Search<G>) -> Vec<Hypothesis> {
        // Words are rated by the hypotheses beside theirs, and of those that say the same in other tokens the best is
        // taken; without words neither is needed.
        let (count, has_words) = (self.options().nbest, self.has_words());
        let mut finals = search.finals(if has_words { usize::MAX } else { count });
        finals.truncate(count.max(confidence::MOST));
        let hypothesis = |last: Final| {
            let spelt = self.spelt(&last.spelling);
            let Final { entry, score, model, complete, spelling: Spelling { tokens, .. } } = last;
            let spans = match &search.times {
                Some(times) => times.spans(entry, &tokens, search.frames as u32),
                None => Vec::new(),
            };
            let words = spelt.into_iter().map(|(range, id, text)| word(range, id, text, &spans)).collect();
            Hypothesis { tokens, spans, words, score, acoustic: score - model, model, complete }
        };
        let hypotheses: Vec<Hypothesis> = finals.into_iter().map(hypothesis).collect();
        if !has_words {
            return hypotheses;
        }
        let shares = confidence::shares(&hypotheses);
        let mut said = HashSet::new();
        let is_new = |h: &&Hypothesis| self.setup.is_none() || said.insert((h.complete, h.text()));
        let rated = |hypothesis: &Hypothesis| {
            let confidences = confidence::confidences(hypothesis, &hypotheses, &shares);
            let mut hypothesis = hypothesis.clone();
            for (word, raw) in hypothesis.words.iter_mut().zip(confidences) {
                word.confidence = self.calibration.apply(raw);
            }
            hypothesis
        };
        hypotheses.iter().filter(is_new).take(count).map(rated).collect()
    }

    /// What a running search says.
    pub(crate) fn partial<G: Guide>(&self, search: &Search<G>) -> Partial {
        let [stable, best] = search.partial();
        let text = |spelling| self.spelt(spelling).into_iter().map(|(_, _, text)| text).join(" ");
        let (stable_text, best_text) = (text(&stable), text(&best));
        Partial { stable: stable.tokens, best: best.tokens, stable_text, best_text }
    }

    fn has_words(&self) -> bool {
        self.setup.is_some() || self.boundary() != Boundary::None
    }

    fn spelt(&self, last: &Spelling) -> Vec<Spelt> {
        let Some(setup) = &self.setup else {
            let words = self.boundary().words(&last.tokens, self.table());
            return words.into_iter().map(|(range, text)| (range, None, text)).collect();
        };
        let mut words = Vec::new();
        let mut start = 0;
        let mut end_word = |range: Range<usize>, label: u32| match setup.trie.words().get(label as usize) {
            Some(text) => words.push((range, Some(label), text.clone())),
            None => words.push((
                range.clone(),
                None,
                free_word(&last.tokens[range], self.table(), self.boundary()),
            )),
        };
        for (place, (&token, &label)) in last.tokens.iter().zip(&last.labels).enumerate() {
            let parts = Some(token) == self.boundary().token();
            if label != NONE {
                end_word(start..if parts { place } else { place + 1 }, label);
            }
            if label != NONE || parts {
                start = place + 1;
            }
        }
        if last.ending != NONE {
            end_word(start..last.tokens.len(), last.ending);
        }
        words
    }
}

/// What tokens spell that make no word of the lexicon; phones spell nothing.
fn free_word(tokens: &[u32], table: &TokenTable, boundary: Boundary) -> String {
    if boundary == Boundary::None {
        return "<unk>".to_string();
    }
    boundary.words(tokens, table).into_iter().map(|(_, text)| text).collect()
}

/// A word with its times, not yet rated.
pub(crate) fn word(tokens: Range<usize>, id: Option<u32>, text: String, spans: &[Span]) -> Word {
    let spans = spans.get(tokens.clone()).unwrap_or_default();
    let start = spans.first().map_or(0, |span| span.start);
    let end = spans.last().map_or(0, |span| span.end);
    Word { text, id, tokens, start, end, confidence: 0.0 }
}

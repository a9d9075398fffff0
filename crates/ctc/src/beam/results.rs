//! From the prefixes that win to hypotheses with words.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
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
        let (count, has_words) = (self.options().nbest, self.has_words());
        // Alternatives of alternatives are countless.
        let most = if self.options().recombine { self.options().beam.max(count) } else { usize::MAX };
        let finals = search.finals(if has_words { most } else { count });
        let hypothesis = |last: Final, spelt: Vec<Spelt>| {
            let Final { entry, score, model, complete, spelling: Spelling { tokens, .. }, turns } = last;
            let spans = match &search.times {
                Some(times) => times.spans(entry, &tokens, &turns, search.frames as u32),
                None => Vec::new(),
            };
            let words = spelt.into_iter().map(|(range, id, text)| word(range, id, text, &spans)).collect();
            Hypothesis { tokens, spans, words, score, acoustic: score - model, model, complete }
        };
        if !has_words {
            return finals.into_iter().map(|last| hypothesis(last, Vec::new())).collect();
        }
        // Words are rated by the hypotheses beside theirs.
        let mut said = self.merged(finals);
        said.truncate(count.max(confidence::MOST));
        let mut hypotheses: Vec<Hypothesis> =
            said.into_iter().map(|(last, spelt)| hypothesis(last, spelt)).collect();
        let shares = confidence::shares(&hypotheses);
        let rate = |hypothesis: &Hypothesis| confidence::confidences(hypothesis, &hypotheses, &shares);
        let confidences: Vec<Vec<f32>> = hypotheses.iter().take(count).map(rate).collect();
        hypotheses.truncate(count);
        for (hypothesis, confidences) in hypotheses.iter_mut().zip(confidences) {
            for (word, raw) in hypothesis.words.iter_mut().zip(confidences) {
                word.confidence = self.calibration.apply(raw);
            }
        }
        hypotheses
    }

    /// Of the rows of tokens that say the same the best, with the sum of their probabilities; the best first.
    fn merged(&self, finals: Vec<Final>) -> Vec<(Final, Vec<Spelt>)> {
        let mut places: HashMap<(bool, String), usize> = HashMap::new();
        let mut merged: Vec<(Final, Vec<Spelt>)> = Vec::new();
        for last in finals {
            let spelt = self.spelt(&last.spelling);
            let text = spelt.iter().map(|(_, _, text)| text).join(" ");
            // Phones that are no known word may be different words, and broken-off words are still unknown.
            let adds = last.complete && spelt.iter().all(|(.., text)| text != UNKNOWN);
            match places.entry((last.complete, text)) {
                Entry::Vacant(place) => {
                    place.insert(merged.len());
                    merged.push((last, spelt));
                }
                Entry::Occupied(place) if adds => {
                    let (best, words) = &mut merged[*place.get()];
                    let score = best.score + (last.score - best.score).exp().ln_1p();
                    // A row of the beam itself stands for the words before one that was left.
                    if !best.turns.is_empty() && last.turns.is_empty() {
                        (*best, *words) = (last, spelt);
                    }
                    best.score = score;
                }
                Entry::Occupied(_) => {}
            }
        }
        merged.sort_by(|(a, _), (b, _)| b.complete.cmp(&a.complete).then(b.score.total_cmp(&a.score)));
        merged
    }

    /// What a running search says.
    pub(crate) fn partial<G: Guide>(&self, search: &Search<G>) -> Partial {
        let [stable, best] = search.partial();
        let text = |spelling| self.spelt(spelling).into_iter().map(|(_, _, text)| text).join(" ");
        let (stable_text, best_text) = (text(&stable), text(&best));
        Partial { stable: stable.tokens, best: best.tokens, stable_text, best_text }
    }

    fn has_words(&self) -> bool {
        self.words_of_lexicon().is_some() || self.boundary() != Boundary::None
    }

    /// The words of a lexicon, if hypotheses have these.
    fn words_of_lexicon(&self) -> Option<&[String]> {
        let trie = &self.setup.as_ref()?.trie;
        (!trie.is_over_tokens()).then(|| trie.words())
    }

    fn spelt(&self, last: &Spelling) -> Vec<Spelt> {
        let Some(known) = self.words_of_lexicon() else {
            let words = self.boundary().words(&last.tokens, self.table());
            return words.into_iter().map(|(range, text)| (range, None, text)).collect();
        };
        let mut words = Vec::new();
        let mut start = 0;
        let mut end_word = |range: Range<usize>, label: u32| match known.get(label as usize) {
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

/// The text of phones that are no word of the lexicon.
const UNKNOWN: &str = "<unk>";

/// What tokens spell that make no word of the lexicon; phones spell nothing.
fn free_word(tokens: &[u32], table: &TokenTable, boundary: Boundary) -> String {
    if boundary == Boundary::None {
        return UNKNOWN.to_string();
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

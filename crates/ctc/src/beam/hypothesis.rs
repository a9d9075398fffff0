//! What a decoder returns.

use std::ops::Range;

use crate::greedy::Span;

/// A transcript that the search found, with its scores and times.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Token ids without blanks and repeats; of several rows that say the same words the most probable.
    pub tokens: Vec<u32>,
    /// Each token's frames on the most probable path, and the mean of its posterior there; empty without
    /// [`super::BeamOptions::times`].
    pub spans: Vec<Span>,
    /// The words, if the token table or the lexicon has any.
    pub words: Vec<Word>,
    /// Natural logarithm of the whole score, `acoustic + model`.
    pub score: f64,
    /// Natural log-probability, summed over all paths that the search kept: of the tokens, or where there are words, of
    /// all rows of tokens that say these.
    pub acoustic: f64,
    /// The share of language model, bonuses and hotwords, already weighted; their share for `tokens` where a language
    /// model over tokens tells rows apart that say the same.
    pub model: f64,
    /// Whether every word is finished; hypotheses that break off within a word rank below all others.
    pub complete: bool,
}

impl Hypothesis {
    /// The words, parted by spaces.
    pub fn text(&self) -> String {
        itertools::join(self.words.iter().map(|word| &word.text), " ")
    }
}

/// A word of a hypothesis.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// Its spelling.
    pub text: String,
    /// Its index in the lexicon; `None` for a word that isn't there.
    pub id: Option<u32>,
    /// Its tokens, as a range of the hypothesis' tokens, without the boundary.
    pub tokens: Range<usize>,
    /// First frame, 0 without [`super::BeamOptions::times`].
    pub start: usize,
    /// The frame after the last, 0 without [`super::BeamOptions::times`].
    pub end: usize,
    /// How sure the decoder is, 0 to 1: the share of the word in the probability of all hypotheses, times the mean
    /// posterior of its tokens; through [`super::Decoder::with_calibration`], the probability that it is correct.
    pub confidence: f32,
}

/// What a stream can say before its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Partial {
    /// Token ids that all prefixes in the beam begin with: whatever comes, the best hypothesis begins with them, unless an
    /// alternative that recombination left ([`super::BeamOptions::recombine`]) sums up to more over several prefixes than
    /// any of these. Other hypotheses may begin otherwise.
    pub stable: Vec<u32>,
    /// Token ids of the hypothesis that is best at present; begins with `stable`.
    pub best: Vec<u32>,
    /// The words of `stable`, parted by spaces. With a lexicon, finished words alone; else the last may grow.
    pub stable_text: String,
    /// The words of `best`, as those of `stable`.
    pub best_text: String,
}

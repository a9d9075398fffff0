//! How wide the search is.

use super::error::BeamError;

/// How wide a prefix beam search is. Every cut loses probability; [`BeamOptions::exact`] makes none but the beam's.
#[derive(Clone, Debug, PartialEq)]
pub struct BeamOptions {
    /// The number of prefixes that live on after each frame, at least 1. Default 100.
    pub beam: usize,
    /// The number of hypotheses to return, at least 1; without a lexicon no more than `beam` are there. Hypotheses that
    /// have the same words are one. Default 1.
    pub nbest: usize,
    /// Natural log-probability below which a token is skipped in a frame, but for the frame's best token and the blank,
    /// which always count; −∞ skips none. Default −7 (a probability of 0.0009).
    pub token_threshold: f32,
    /// The most tokens besides the blank that count in a frame, the most probable ones, at least 1. Default: all.
    pub max_tokens: usize,
    /// Prefixes are dropped whose score lies further than this below the frame's best, in natural logarithms; ∞ drops
    /// none. Default 30.
    pub score_threshold: f32,
    /// Whether to track each token's frames and posterior. Without, spans are empty, confidences rest on the hypotheses'
    /// probabilities alone, and the probabilities of alternatives are rougher. Default true.
    pub times: bool,
    /// Whether of prefixes that no later frame can tell apart (the same place in the lexicon, the same state of the
    /// language model, the same last token) only the most probable stays in the beam; the others stay in the list of
    /// hypotheses. Default true.
    pub recombine: bool,
    /// How far, in natural logarithms, the words before a word are taken to lift its weighted score above the one that it
    /// has by itself ([`WordModel::unigram`](super::WordModel::unigram)), at least 0: the model isn't asked about a word
    /// that needs more to enter the beam. The word may still come in a frame where its last token is more probable. ∞ asks
    /// about all. Default 3: on LibriSpeech's sentences nothing is lost down to there, and a third of the time is saved.
    pub most_lift: f32,
}

impl Default for BeamOptions {
    fn default() -> Self {
        Self {
            beam: 100,
            nbest: 1,
            token_threshold: -7.0,
            max_tokens: usize::MAX,
            score_threshold: 30.0,
            times: true,
            recombine: true,
            most_lift: 3.0,
        }
    }
}

impl BeamOptions {
    /// Defaults with this beam, and without any other cut or recombination.
    pub fn exact(beam: usize) -> Self {
        Self {
            beam,
            token_threshold: f32::NEG_INFINITY,
            score_threshold: f32::INFINITY,
            recombine: false,
            most_lift: f32::INFINITY,
            ..Default::default()
        }
    }

    pub(crate) fn check(&self) -> Result<(), BeamError> {
        let option = |name, problem| Err(BeamError::Option { name, problem });
        if self.beam == 0 || self.beam > MOST_PREFIXES {
            return option("beam", "it must lie between 1 and 1,000,000");
        }
        if self.nbest == 0 {
            return option("nbest", "it must be at least 1");
        }
        if self.max_tokens == 0 {
            return option("max_tokens", "it must be at least 1");
        }
        if self.token_threshold.is_nan() || self.token_threshold > 0.0 {
            return option("token_threshold", "it is a log-probability, which is at most 0");
        }
        if self.most_lift.is_nan() || self.most_lift < 0.0 {
            return option("most_lift", "it is a distance, which is at least 0");
        }
        if self.score_threshold.is_nan() || self.score_threshold < 0.0 {
            return option("score_threshold", "it is a distance, which is at least 0");
        }
        Ok(())
    }
}

const MOST_PREFIXES: usize = 1_000_000;

//! How wide the search is.

use super::error::BeamError;

/// How wide a prefix beam search is. Every cut loses probability; [`BeamOptions::exact`] makes none but the beam's.
#[derive(Clone, Debug, PartialEq)]
pub struct BeamOptions {
    /// Token id of the blank. Default 0.
    pub blank: u32,
    /// The number of prefixes that live on after each frame, at least 1. Default 100.
    pub beam: usize,
    /// The number of hypotheses to return, at least 1; no more than `beam` are there. Those that have the same words
    /// are one. Default 1.
    pub nbest: usize,
    /// Natural log-probability below which a token is skipped in a frame, but for the frame's best token and the blank,
    /// which always count; −∞ skips none. Default −7 (a probability of 0.0009).
    pub token_threshold: f32,
    /// The most tokens besides the blank that count in a frame, the most probable ones, at least 1. Default: all.
    pub max_tokens: usize,
    /// Prefixes are dropped whose score lies further than this below the frame's best, in natural logarithms; ∞ drops
    /// none. Default 30.
    pub score_threshold: f32,
    /// Whether to track each token's frames and posterior. Without, spans are empty and confidences rest on the
    /// hypotheses' probabilities alone. Default true.
    pub times: bool,
    /// Whether of prefixes that no later frame can tell apart (the same place in the lexicon, the same state of the
    /// language model, the same last token) only the most probable stays in the beam; the others stay in the list of
    /// hypotheses. Default true.
    pub recombine: bool,
}

impl Default for BeamOptions {
    fn default() -> Self {
        Self {
            blank: 0,
            beam: 100,
            nbest: 1,
            token_threshold: -7.0,
            max_tokens: usize::MAX,
            score_threshold: 30.0,
            times: true,
            recombine: true,
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
            ..Default::default()
        }
    }

    pub(crate) fn check(&self, tokens: usize) -> Result<(), BeamError> {
        let option = |name, problem| Err(BeamError::Option { name, problem });
        if self.blank as usize >= tokens {
            return Err(BeamError::BlankOutOfRange { blank: self.blank, tokens });
        }
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
        if self.score_threshold.is_nan() || self.score_threshold < 0.0 {
            return option("score_threshold", "it is a distance, which is at least 0");
        }
        Ok(())
    }
}

const MOST_PREFIXES: usize = 1_000_000;

//! How to search.

use std::path::PathBuf;

use linnet_ctc::{BeamOptions, Calibration, Fusion};

/// How wide to search, by which knowledge, and how it weighs.
#[derive(Clone, Debug, Default)]
pub struct SearchOptions {
    /// How wide.
    pub beam: BeamOptions,
    /// How lexicon and language model weigh.
    pub fusion: Fusion,
    /// The language model: an ARPA file or its compact form.
    pub lm: Option<PathBuf>,
    /// The lexicon: pronunciations in the table's tokens, or where the tokens spell words, the words that count.
    pub lexicon: Option<PathBuf>,
    /// The grammar of the sentences that are allowed.
    pub grammar: Option<PathBuf>,
    /// Phrases that are worth more, one a line; a weight of its own may follow behind a tab or a colon.
    pub hotwords: Option<PathBuf>,
    /// The natural logarithm that a phrase without a weight of its own adds.
    pub hotword_weight: f32,
    /// From raw confidences to probabilities.
    pub calibration: Calibration,
}

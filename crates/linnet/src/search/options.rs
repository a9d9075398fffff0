//! How to search.

use std::path::PathBuf;

use linnet_ctc::{BeamOptions, Calibration, Fusion};

use super::rescoring::Rescoring;

/// How wide to search, with which files, and how they weigh.
///
/// ```
/// use linnet::SearchOptions;
/// use linnet::ctc::{BeamOptions, Fusion};
///
/// let options = SearchOptions {
///     lm: Some("lm.arpa".into()),
///     beam: BeamOptions { beam: 200, nbest: 5, ..BeamOptions::default() },
///     fusion: Fusion { weight: 0.8, word_bonus: 0.5, ..Fusion::default() },
///     ..SearchOptions::default()
/// };
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SearchOptions {
    /// Beam width, n-best, thresholds.
    pub beam: BeamOptions,
    /// How lexicon and language model weigh.
    pub fusion: Fusion,
    /// The language model: an ARPA file or its compact form.
    pub lm: Option<PathBuf>,
    /// The second pass over the hypotheses by another language model; `None`: there is none.
    pub rescoring: Option<Rescoring>,
    /// The lexicon: pronunciations in the table's tokens, or where the tokens spell words, the words that count.
    pub lexicon: Option<PathBuf>,
    /// The grammar of the sentences that are allowed.
    pub grammar: Option<PathBuf>,
    /// Phrases that are worth more, one a line; a weight of its own may follow behind a tab or a colon.
    pub hotwords: Option<PathBuf>,
    /// The natural logarithm that a phrase without a weight of its own adds. Default 5.
    pub hotword_weight: f32,
    /// From raw confidences to probabilities.
    pub calibration: Calibration,
}

impl Default for SearchOptions {
    /// A beam search without any file.
    fn default() -> Self {
        Self {
            beam: BeamOptions::default(),
            fusion: Fusion::default(),
            lm: None,
            rescoring: None,
            lexicon: None,
            grammar: None,
            hotwords: None,
            hotword_weight: 5.0,
            calibration: Calibration::default(),
        }
    }
}

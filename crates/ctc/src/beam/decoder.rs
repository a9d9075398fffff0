//! The decoder's face: from a matrix to hypotheses.

use std::sync::Arc;

use linnet_text::TokenTable;

use super::boundary::Boundary;
use super::calibration::Calibration;
use super::error::BeamError;
use super::guide::Free;
use super::hot_guide::Hot;
use super::hotwords::Hotwords;
use super::hypothesis::Hypothesis;
use super::lexicon_guide::Words;
use super::model::{Fusion, NoModel, WordModel};
use super::options::BeamOptions;
use super::phrases::Phrases;
use super::search::Search;
use super::setup::Setup;
use super::stream::{Running, Stream};
use super::trie::LexiconTrie;

/// A prefix beam search over log-probabilities (Graves 2012; Hannun et al. 2014, algorithm 1).
///
/// A hypothesis is a row of tokens; its probability is the sum over all paths that collapse to it. Prefixes that the
/// beam has dropped don't count, so that the sum is exact only if the beam is wide enough. Where hypotheses have words,
/// several rows of tokens may say the same, by other pronunciations, pieces of words, or boundaries between them: they
/// are one hypothesis, whose probability is the sum of theirs.
///
/// With a lexicon, prefixes of one future are recombined ([`BeamOptions::recombine`]): where the place in the lexicon, the
/// state of the language model and the last token are the same, the same may follow with the same scores, so that the
/// best prefix stays the best. Prefixes that say the same words become one, with the sum of their probabilities. Of
/// others the best stays in the beam and remembers the rest as its alternatives, as a word graph does (Ney and Aubert
/// 1994); the list of hypotheses is longer than the beam by them. A prefix that was left and becomes the better one after
/// all has lost a little of its probability.
///
/// The result depends on the input alone. Hypotheses of equal score are ordered by their token ids, then by their
/// words' ids. Of equal prefixes at the beam's edge those win that were in the beam before; then those that grow from
/// the prefix which has been in the beam longer; then those whose last token is more probable, or has the lower id.
///
/// ```
/// use linnet_ctc::{BeamOptions, Decoder};
/// use linnet_text::TokenTable;
///
/// let table = TokenTable::new(["<space>", "a", "b"].map(String::from).into());
/// let decoder = Decoder::new(&table, BeamOptions { beam: 10, nbest: 2, ..Default::default() })?;
/// let probabilities = [0.1, 0.1, 0.7, 0.1, 0.2, 0.1, 0.1, 0.6_f32];
/// let log_probs: Vec<f32> = probabilities.iter().map(|p| p.ln()).collect();
/// let hypotheses = decoder.decode(&log_probs, 4)?;
/// assert_eq!(hypotheses[0].text(), "ab");
/// # Ok::<(), linnet_ctc::BeamError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder<M = NoModel> {
    options: BeamOptions,
    table: TokenTable,
    boundary: Boundary,
    /// Hotwords where there is no lexicon.
    phrases: Option<Phrases>,
    pub(crate) setup: Option<Setup<M>>,
    pub(crate) calibration: Calibration,
}

impl Decoder {
    /// A decoder for the tokens of `table`.
    ///
    /// If the table has `<space>`, or symbols that begin with `▁`, hypotheses have words.
    ///
    /// # Errors
    ///
    /// If an option is out of range.
    pub fn new(table: &TokenTable, options: BeamOptions) -> Result<Self, BeamError> {
        options.check()?;
        let boundary = Boundary::of(table);
        Ok(Self {
            options,
            table: table.clone(),
            boundary,
            phrases: None,
            setup: None,
            calibration: Calibration::default(),
        })
    }
}

impl<M: WordModel> Decoder<M> {
    /// Restricts hypotheses to the words of a lexicon, scored by a language model; [`NoModel`] gives every word the
    /// same.
    ///
    /// Hotwords must be set again.
    ///
    /// # Errors
    ///
    /// If the lexicon was made for another token table, or a weight is out of range.
    pub fn with_lexicon<N: WordModel>(
        self,
        trie: impl Into<Arc<LexiconTrie>>,
        model: N,
        fusion: Fusion,
    ) -> Result<Decoder<N>, BeamError> {
        let setup = Setup::new(trie.into(), model, fusion, self.options.most_lift, &self.table)?;
        let Self { options, table, boundary, calibration, .. } = self;
        Ok(Decoder { options, table, boundary, phrases: None, setup: Some(setup), calibration })
    }

    /// Adds to the scores of hypotheses that contain these phrases.
    ///
    /// # Errors
    ///
    /// If a phrase has a word that is not in the lexicon, or without one, that the tokens don't spell.
    pub fn with_hotwords(mut self, hotwords: &Hotwords) -> Result<Self, BeamError> {
        match &mut self.setup {
            Some(setup) => setup.bias(hotwords, &self.table)?,
            None => self.phrases = Some(Phrases::new(hotwords, &self.table, None)?),
        }
        Ok(self)
    }

    /// Maps the words' confidences to probabilities, as fitted on other utterances.
    pub fn with_calibration(mut self, calibration: Calibration) -> Self {
        self.calibration = calibration;
        self
    }

    /// The best hypotheses of an utterance, at most [`BeamOptions::nbest`], the best first.
    ///
    /// `log_probs` is `(frames, tokens)`, row-major, natural logarithms; −∞ is allowed. No frames give the empty
    /// hypothesis, of score 0 but for what a language model says of it.
    ///
    /// # Errors
    ///
    /// If `tokens` isn't the size of the token table, the values don't fill whole frames, one is NaN or above zero
    /// beyond rounding, a frame sums to more than one, or everything has probability zero.
    pub fn decode(&self, log_probs: &[f32], tokens: usize) -> Result<Vec<Hypothesis>, BeamError> {
        if tokens != self.table.len() {
            return Err(BeamError::Tokens { expected: self.table.len(), found: tokens });
        }
        let mut stream = self.stream();
        stream.push(log_probs)?;
        Ok(stream.finish())
    }

    /// The same search over chunks of frames.
    pub fn stream(&self) -> Stream<'_, M> {
        let (options, tokens) = (self.options.clone(), self.table.len());
        let running = match (&self.setup, &self.phrases) {
            (Some(setup), _) => Running::Words(Search::new(Words::new(setup), options, tokens)),
            (None, Some(phrases)) => Running::Hot(Search::new(Hot { phrases }, options, tokens)),
            (None, None) => Running::Free(Search::new(Free, options, tokens)),
        };
        Stream::new(self, running)
    }

    /// The options.
    pub fn options(&self) -> &BeamOptions {
        &self.options
    }

    /// The token table.
    pub fn table(&self) -> &TokenTable {
        &self.table
    }

    pub(crate) fn boundary(&self) -> Boundary {
        self.boundary
    }
}

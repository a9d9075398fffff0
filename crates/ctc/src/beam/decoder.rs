//! The decoder's face: from a matrix to hypotheses.

use linnet_text::TokenTable;

use super::boundary::Boundary;
use super::error::BeamError;
use super::finals::Final;
use super::guide::Free;
use super::hypothesis::{Hypothesis, Word};
use super::options::BeamOptions;
use super::search::Search;
use super::stream::Stream;
use super::times::Times;

/// A prefix beam search over log-probabilities (Graves 2012; Hannun et al. 2014, algorithm 1).
///
/// A hypothesis is a row of tokens; its probability is the sum over all paths that collapse to it. Prefixes that the
/// beam has dropped don't count, so that the sum is exact only if the beam is wide enough.
///
/// The result depends on the input alone. Hypotheses of equal score are ordered by their token ids. Of equal prefixes
/// at the beam's edge those win that were in the beam before; then those that grow from the prefix which has been in the
/// beam longer; then those whose last token is more probable, or has the lower id.
#[derive(Clone, Debug)]
pub struct Decoder {
    options: BeamOptions,
    table: TokenTable,
    boundary: Boundary,
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
        options.check(table.len())?;
        Ok(Self { options, table: table.clone(), boundary: Boundary::of(table) })
    }

    /// The best hypotheses of an utterance, at most [`BeamOptions::nbest`], the best first.
    ///
    /// `log_probs` is `(frames, tokens)`, row-major, natural logarithms; −∞ is allowed. No frames give the empty
    /// hypothesis, of score 0.
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
    pub fn stream(&self) -> Stream<'_> {
        Stream::new(self, Search::new(Free, self.options.clone(), self.table.len()))
    }

    pub(crate) fn options(&self) -> &BeamOptions {
        &self.options
    }

    pub(crate) fn hypothesis(&self, last: Final, times: Option<&Times>, frames: usize) -> Hypothesis {
        let Final { entry, score, model, complete, tokens, .. } = last;
        let spans = times.map_or_else(Vec::new, |times| times.spans(entry, &tokens, frames as u32));
        let word = |(range, text): (std::ops::Range<usize>, String)| {
            let (start, end) = match spans.get(range.clone()) {
                Some([first, .., last]) => (first.start, last.end),
                Some([only]) => (only.start, only.end),
                _ => (0, 0),
            };
            Word { text, id: None, tokens: range, start, end, confidence: 0.0 }
        };
        let words = self.boundary.words(&tokens, &self.table).into_iter().map(word).collect();
        Hypothesis { tokens, spans, words, score, acoustic: score - model, model, complete }
    }
}

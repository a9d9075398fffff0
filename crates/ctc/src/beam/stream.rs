//! The search over chunks.

use super::decoder::Decoder;
use super::error::BeamError;
use super::frame;
use super::guide::Free;
use super::hot_guide::Hot;
use super::hypothesis::{Hypothesis, Partial};
use super::lexicon_guide::Words;
use super::model::{NoModel, WordModel};
use super::search::Search;

/// An utterance that arrives in chunks; the result is that of the whole, to the bit.
///
/// It remembers the prefixes in the beam, and the alternatives of the last thousand tokens: it grows with the length of the
/// output, by some hundred bytes a token, and not with the number of frames.
pub struct Stream<'a, M: WordModel = NoModel> {
    decoder: &'a Decoder<M>,
    running: Running<'a, M>,
}

/// The search in each of its kinds.
pub(crate) enum Running<'a, M: WordModel> {
    Free(Search<Free>),
    Hot(Search<Hot<'a>>),
    Words(Search<Words<'a, M>>),
}

/// The same expression for the search of either kind.
macro_rules! each {
    ($running:expr, $search:ident => $result:expr) => {
        match $running {
            Running::Free($search) => $result,
            Running::Hot($search) => $result,
            Running::Words($search) => $result,
        }
    };
}

impl<'a, M: WordModel> Stream<'a, M> {
    pub(crate) fn new(decoder: &'a Decoder<M>, running: Running<'a, M>) -> Self {
        Self { decoder, running }
    }

    /// Reads a chunk, `(frames, tokens)`, of any number of whole frames.
    ///
    /// # Errors
    ///
    /// As [`Decoder::decode`]. A chunk with a value that is no log-probability is not read at all; of one with another
    /// fault the frames before it are.
    pub fn push(&mut self, log_probs: &[f32]) -> Result<(), BeamError> {
        frame::check(log_probs, self.decoder.table().len(), self.frames())?;
        each!(&mut self.running, search => search.advance(log_probs))
    }

    /// The number of frames read.
    pub fn frames(&self) -> usize {
        each!(&self.running, search => search.frames)
    }

    /// What is certain and what is best at present.
    pub fn partial(&self) -> Partial {
        each!(&self.running, search => self.decoder.partial(search))
    }

    /// Ends the utterance: its best hypotheses, the best first.
    pub fn finish(self) -> Vec<Hypothesis> {
        each!(self.running, search => self.decoder.hypotheses(search))
    }
}

#[cfg(test)]
mod tests {
    use linnet_text::TokenTable;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::Running;
    use crate::{BeamOptions, Decoder, log_softmax_rows};

    #[test]
    fn memory_grows_with_the_output_alone() {
        let table = TokenTable::new((1..8).map(|t| format!("t{t}")).collect());
        let decoder = Decoder::new(&table, BeamOptions::exact(20)).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut stream = decoder.stream();
        let mut most = 0;
        for chunk in 0..200 {
            // Sure of a token for 100 frames, then unsure for 100 that are likely blank.
            let mut rows: Vec<f32> = (0..200 * 8)
                .map(|i| {
                    let (frame, token) = (i / 8, i % 8);
                    let likely = if frame < 100 { 1 + chunk % 7 } else { 0 };
                    rng.random_range(-1.0f32..1.0) + if token == likely { 4.0 } else { 0.0 }
                })
                .collect();
            log_softmax_rows(&mut rows, 8);
            stream.push(&rows).unwrap();
            let (tree, times) = each!(&stream.running, search => (search.tree.len(), search.times.as_ref().map_or(0, |t| t.len())));
            most = most.max(tree).max(times);
        }
        let partial = stream.partial();
        assert!(partial.stable.len() > 100 && partial.best.starts_with(&partial.stable), "{partial:?}");
        // 40,000 frames with 20 prefixes each would make 800,000.
        assert!(partial.best.len() < 2000 && most < 10_000, "{} tokens, {most} nodes", partial.best.len());
        let finished = stream.finish();
        assert!(finished[0].tokens.starts_with(&partial.stable));
        assert!(finished[0].acoustic < -3000.0 && finished[0].acoustic.is_finite());
    }
}

//! The search over chunks.

use super::decoder::Decoder;
use super::error::BeamError;
use super::frame;
use super::guide::Free;
use super::hypothesis::{Hypothesis, Partial};
use super::search::Search;

/// An utterance that arrives in chunks; the result is that of the whole, to the bit.
///
/// What it remembers are the living prefixes: it grows with the length of the output, about 60 bytes a token, and not
/// with the number of frames.
pub struct Stream<'a> {
    decoder: &'a Decoder,
    search: Search<Free>,
}

impl<'a> Stream<'a> {
    pub(crate) fn new(decoder: &'a Decoder, search: Search<Free>) -> Self {
        Self { decoder, search }
    }

    /// Reads a chunk, `(frames, tokens)`, of any number of whole frames.
    ///
    /// # Errors
    ///
    /// As [`Decoder::decode`]. A chunk with a value that is no log-probability is not read at all; of one with another
    /// fault the frames before it are.
    pub fn push(&mut self, log_probs: &[f32]) -> Result<(), BeamError> {
        frame::check(log_probs, self.search.tokens, self.search.frames)?;
        self.search.advance(log_probs)
    }

    /// The number of frames read.
    pub fn frames(&self) -> usize {
        self.search.frames
    }

    /// What is certain and what is best at present.
    pub fn partial(&self) -> Partial {
        self.search.partial()
    }

    /// Ends the utterance: its best hypotheses, the best first.
    pub fn finish(mut self) -> Vec<Hypothesis> {
        let finals = self.search.finals(self.decoder.options().nbest);
        let (times, frames) = (self.search.times.as_ref(), self.search.frames);
        finals.into_iter().map(|last| self.decoder.hypothesis(last, times, frames)).collect()
    }
}

#[cfg(test)]
mod tests {
    use linnet_text::TokenTable;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

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
            let times = stream.search.times.as_ref().map_or(0, |times| times.len());
            most = most.max(stream.search.tree.len()).max(times);
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

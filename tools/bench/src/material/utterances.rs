//! Batches of real utterances' lengths, with labels at a usual density.

use std::error::Error;
use std::fs::File;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::an4::IndexedBatch;
use crate::case::TOKENS;

/// Frames of 10 ms between two labels, about: phones of read English have some 11.
const FRAMES_PER_LABEL: usize = 12;

/// Batches of a step: short, middling and long utterances.
const BATCHES: usize = 4;

const FILE: &str = "batches.json";

/// The corpus whose utterances' lengths a batch has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Corpus {
    /// The 948 training utterances of AN4, 0.7 to 6.4 s, in batches of 30 s.
    An4,
    /// The 1,519 utterances of LibriSpeech's train-clean-5, 1.9 to 17.3 s, in batches of 120 s.
    LibriSpeech,
}

impl Corpus {
    /// Frames of each utterance.
    fn lengths(self) -> Result<Vec<usize>, std::num::ParseIntError> {
        let text = match self {
            Self::An4 => include_str!("lengths/an4.txt"),
            Self::LibriSpeech => include_str!("lengths/librispeech.txt"),
        };
        text.split_whitespace().map(str::parse).collect()
    }

    /// Frames of a batch, at most.
    fn batch_frames(self) -> usize {
        match self {
            Self::An4 => 3_000,
            Self::LibriSpeech => 12_000,
        }
    }

    /// The batches of a step: utterances of similar lengths together, some batches of all that an epoch would have.
    pub(crate) fn batches(self) -> Result<Vec<IndexedBatch>, std::num::ParseIntError> {
        let mut lengths = self.lengths()?;
        lengths.sort_unstable();
        let mut all: Vec<Vec<usize>> = vec![Vec::new()];
        for length in lengths {
            let full =
                all.last().is_some_and(|last| last.iter().sum::<usize>() + length > self.batch_frames());
            if full {
                all.push(Vec::new());
            }
            if let Some(last) = all.last_mut() {
                last.push(length);
            }
        }
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut label = || rng.random_range(1..TOKENS as u32);
        let chosen = (0..BATCHES).map(|b| all[(2 * b + 1) * all.len() / (2 * BATCHES)].clone());
        Ok(chosen
            .map(|lengths| {
                let labels = lengths.iter().map(|n| (0..n / FRAMES_PER_LABEL).map(|_| label()).collect());
                IndexedBatch { labels: labels.collect(), lengths }
            })
            .collect())
    }
}

/// Writes the batches for both sides.
pub(crate) fn make(corpus: Corpus, folder: &Path) -> Result<(), Box<dyn Error>> {
    serde_json::to_writer(File::create(folder.join(FILE))?, &corpus.batches()?)?;
    Ok(())
}

/// The batches.
pub(crate) fn read(folder: &Path) -> Result<Vec<IndexedBatch>, Box<dyn Error>> {
    Ok(serde_json::from_reader(File::open(folder.join(FILE))?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_full_and_of_similar_lengths() {
        for corpus in [Corpus::An4, Corpus::LibriSpeech] {
            let batches = corpus.batches().unwrap();
            assert_eq!(batches.len(), BATCHES);
            for batch in &batches {
                let frames: usize = batch.lengths.iter().sum();
                assert!(
                    frames <= corpus.batch_frames() && 10 * frames > 8 * corpus.batch_frames(),
                    "{frames}"
                );
                assert!(3 * batch.lengths[0] > 2 * batch.lengths[batch.lengths.len() - 1]);
                assert_eq!(batch.labels.len(), batch.lengths.len());
            }
        }
    }
}

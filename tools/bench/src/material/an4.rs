//! AN4 as both sides train on it: manifests for ours, and the batches of our own first epochs for the peer.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use linnet_corpus::prepare::{Output, an4};
use linnet_corpus::{Augment, BatchOptions, Dataset, Manifest, Shuffle, compute_cmvn};
use linnet_encoder::{EncoderConfig, MixerKind};
use linnet_frontend::{FbankConfig, Normalisation, SpecAugment};
use linnet_text::{Lexicon, TokenTable, Tokenizer, Unit};
use linnet_train::{DataConfig, RunConfig, TrainConfig};
use serde::{Deserialize, Serialize};

/// Parts of an epoch: each step of the measurement trains one.
pub(crate) const PARTS: usize = 8;

/// Epochs that the run is set up for, as the recipe is; how many it makes is up to the other side.
const EPOCHS: u64 = 40;

/// Epochs before those that are measured. By then the features of six utterances in seven are kept at the speed that an
/// epoch draws; the peer has them all from the start.
pub(crate) const SETTLING: usize = 5;

const INDEX: &str = "index.json";

/// The batches of each epoch; their features lie in `epoch-N.f32`, N from 0, one frame after another.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Index {
    /// Values of a frame.
    pub(crate) bands: usize,
    /// Tokens, the blank included.
    pub(crate) tokens: usize,
    /// Parts of an epoch.
    pub(crate) parts: usize,
    /// Epochs of batches.
    pub(crate) epochs: Vec<Vec<IndexedBatch>>,
}

/// A batch's utterances.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct IndexedBatch {
    /// Frames of each.
    pub(crate) lengths: Vec<usize>,
    /// Labels of each.
    pub(crate) labels: Vec<Vec<u32>>,
}

impl Index {
    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        Ok(serde_json::from_reader(File::open(folder.join(INDEX))?)?)
    }

    /// For each batch at which a part of an epoch ends: its place, and how many times more frames the epoch has than
    /// the part.
    pub(crate) fn ends(&self, epoch: usize) -> Vec<(usize, f64)> {
        let batches = &self.epochs[epoch];
        let frames: Vec<usize> = batches.iter().map(|batch| batch.lengths.iter().sum()).collect();
        let all: usize = frames.iter().sum();
        let part = |p: usize| {
            let (begin, end) = (p * batches.len() / self.parts, (p + 1) * batches.len() / self.parts);
            (end - 1, all as f64 / frames[begin..end].iter().sum::<usize>() as f64)
        };
        (0..self.parts).map(part).collect()
    }
}

/// The run that ours is.
pub(crate) fn config(folder: &Path) -> RunConfig {
    RunConfig {
        data: DataConfig {
            train: folder.join("train.jsonl"),
            dev: folder.join("dev.jsonl"),
            tokens: folder.join("tokens.txt"),
            lexicon: folder.join("lexicon.txt"),
            unit: Unit::Phone,
        },
        features: FbankConfig::default(),
        augment: Augment {
            speeds: vec![1.0, 0.9, 1.1],
            spec_augment: Some(SpecAugment::default()),
            ..Augment::default()
        },
        model: EncoderConfig { mixer: MixerKind::Linear, ..EncoderConfig::default() },
        train: TrainConfig { epochs: EPOCHS, batch_seconds: 40.0, ..TrainConfig::default() },
        ..RunConfig::default()
    }
}

/// Prepares the corpus and writes the batches of as many epochs as so many steps need: at the speeds that our epochs
/// draw, normalised, not yet masked.
pub(crate) fn make(corpus: &Path, folder: &Path, steps: usize) -> Result<(), Box<dyn Error>> {
    let output = Output {
        dir: folder.to_path_buf(),
        unit: Unit::Phone,
        lexicons: Vec::new(),
        pronounce: None,
        join: None,
    };
    an4::prepare(&an4::An4Options { root: corpus.to_path_buf(), byte_order: None }, &output, &|_, _| {})?;
    let RunConfig { data, features, augment, train, .. } = config(folder);
    let manifest = Manifest::read(&data.train)?;
    let (cmvn, _) = compute_cmvn(&manifest, &features, None, &|_, _| {})?;
    let tokenizer = Tokenizer {
        unit: data.unit,
        table: TokenTable::read(&data.tokens)?,
        lexicon: Some(Lexicon::read(&data.lexicon)?),
    };
    let frames = |seconds: f64| 1e3 * seconds / features.frame_shift_ms;
    let options = BatchOptions {
        features: features.clone(),
        normalisation: Normalisation::Global,
        cmvn: Some(cmvn),
        augment: Augment { spec_augment: None, ..augment },
        batch_frames: frames(train.batch_seconds) as usize,
        shuffle: Some(Shuffle { noise_frames: frames(train.shuffle_s) }),
        seed: train.seed,
        shortest_s: train.shortest_s,
        longest_s: train.longest_s,
        cache_bytes: 0,
        ..BatchOptions::default()
    };
    let dataset = Dataset::new(&manifest, Some(&tokenizer), options)?;
    let (bands, tokens) = (features.dim(), tokenizer.table.len());
    let mut index = Index { bands, tokens, parts: PARTS, epochs: Vec::new() };
    for number in 0..steps.div_ceil(PARTS) {
        let mut file = BufWriter::new(File::create(folder.join(format!("epoch-{number}.f32")))?);
        let mut batches = Vec::new();
        for batch in dataset.epoch((SETTLING + number) as u64 + 1)? {
            for value in &batch.features.data {
                file.write_all(&value.to_le_bytes())?;
            }
            batches.push(IndexedBatch { lengths: batch.lengths, labels: batch.labels });
        }
        file.flush()?;
        index.epochs.push(batches);
    }
    serde_json::to_writer(File::create(folder.join(INDEX))?, &index)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_an_epoch_and_scale_to_it() {
        let batch = |n: usize| IndexedBatch { lengths: vec![n, 2 * n], labels: Vec::new() };
        let index = Index { bands: 1, tokens: 2, parts: 4, epochs: vec![(1..=10).map(batch).collect()] };
        let ends = index.ends(0);
        assert_eq!(ends.iter().map(|e| e.0).collect::<Vec<_>>(), [1, 4, 6, 9]);
        let shares: f64 = ends.iter().map(|e| 1.0 / e.1).sum();
        assert!((shares - 1.0).abs() < 1e-12, "{shares}");
        assert!((ends[0].1 - 165.0 / 9.0).abs() < 1e-12);
    }
}

//! A manifest's utterances with their labels, ready to be batched.

use std::fs;
use std::sync::Arc;

use linnet_audio::{ReadOptions, probe};
use linnet_frontend::{Fbank, Features};
use linnet_text::Tokenizer;
use rayon::prelude::*;

use super::cache::Cache;
use super::epoch::{Batch, Epoch};
use super::load::Loader;
use super::options::BatchOptions;
use super::plan::{batches, draw_speed, expected_frames};
use crate::random::stream;
use crate::{CorpusError, Manifest, Skipped, Utterance};

/// A manifest's utterances with their labels. A clone shares the cache.
#[derive(Clone)]
pub struct Dataset {
    inner: Arc<Inner>,
}

/// What workers share.
pub(super) struct Inner {
    items: Vec<Item>,
    pub(super) options: BatchOptions,
    cache: Cache,
    skipped: Vec<Skipped>,
}

/// An utterance with its labels.
struct Item {
    utterance: Utterance,
    labels: Vec<u32>,
    duration_s: f64,
}

impl Dataset {
    /// Takes a manifest's utterances. With a tokenizer texts become labels, and utterances with words outside its lexicon are
    /// left out; without one labels are empty. Missing files, and utterances too short or too long, are left out too:
    /// [`skipped`](Self::skipped) lists them after the lines that the manifest itself has left out. Fails where nothing is
    /// left.
    pub fn new(
        manifest: &Manifest,
        tokenizer: Option<&Tokenizer>,
        options: BatchOptions,
    ) -> Result<Self, CorpusError> {
        options.validate()?;
        let prepared: Vec<_> =
            manifest.utterances.par_iter().map(|utterance| prepare(utterance, tokenizer, &options)).collect();
        let (mut items, mut skipped) = (Vec::new(), manifest.skipped.clone());
        for (utterance, item) in manifest.utterances.iter().zip(prepared) {
            match item {
                Ok(item) => items.push(item),
                Err(reason) => skipped.push(Skipped { id: utterance.id.clone(), reason }),
            }
        }
        if items.is_empty() {
            let reason = match skipped.first() {
                Some(Skipped { id, reason }) => format!("{id}: {reason}"),
                None => "there is no line in it".to_owned(),
            };
            return Err(CorpusError::Empty { what: "the manifest".to_owned(), reason });
        }
        let cache = Cache::new(items.len() * options.augment.speeds.len(), options.cache_bytes);
        Ok(Self { inner: Arc::new(Inner { items, options, cache, skipped }) })
    }

    /// The number of utterances.
    pub fn len(&self) -> usize {
        self.inner.items.len()
    }

    /// Whether there is no utterance: never, since [`new`](Self::new) fails then.
    pub fn is_empty(&self) -> bool {
        self.inner.items.is_empty()
    }

    /// Utterances of the manifest that are left out, and why.
    pub fn skipped(&self) -> &[Skipped] {
        &self.inner.skipped
    }

    /// Audio of the utterances at their own speed, seconds.
    pub fn seconds(&self) -> f64 {
        self.inner.items.iter().map(|item| item.duration_s).sum()
    }

    /// Labels of the utterances, all together.
    pub fn labels(&self) -> usize {
        self.inner.items.iter().map(|item| item.labels.len()).sum()
    }

    /// The IDs of each batch of an epoch, in order.
    pub fn plan(&self, epoch: u64) -> Vec<Vec<&str>> {
        let id = |index: usize| self.inner.items[index].utterance.id.as_str();
        let name = |batch: Vec<usize>| batch.into_iter().map(id).collect();
        self.inner.plan(epoch).into_iter().map(name).collect()
    }

    /// Starts making an epoch's batches.
    pub fn epoch(&self, epoch: u64) -> Result<Epoch, CorpusError> {
        self.epoch_from(epoch, 0)
    }

    /// As [`epoch`](Self::epoch), from a batch on: what a run that was interrupted still has to do.
    pub fn epoch_from(&self, epoch: u64, first_batch: usize) -> Result<Epoch, CorpusError> {
        Epoch::start(&self.inner, epoch, first_batch)
    }
}

fn prepare(
    utterance: &Utterance,
    tokenizer: Option<&Tokenizer>,
    options: &BatchOptions,
) -> Result<Item, String> {
    let labels = match tokenizer {
        Some(tokenizer) => tokenizer.encode(&utterance.text).map_err(|error| error.to_string())?,
        None => Vec::new(),
    };
    let duration_s = match utterance.duration_s {
        Some(duration) => {
            let audio = &utterance.audio;
            fs::metadata(audio).map_err(|error| format!("{}: {error}; check the path", audio.display()))?;
            duration
        }
        None => {
            let read = ReadOptions { raw: utterance.raw, ..Default::default() };
            let info = probe(&utterance.audio, &read).map_err(|error| error.to_string())?;
            info.duration_s() - utterance.offset_s
        }
    };
    if duration_s < options.shortest_s {
        return Err(format!("{duration_s:.2} s is shorter than {} s", options.shortest_s));
    }
    if duration_s > options.longest_s {
        return Err(format!("{duration_s:.2} s is longer than {} s", options.longest_s));
    }
    Ok(Item { utterance: utterance.clone(), labels, duration_s })
}

impl Inner {
    /// The utterances of each batch of an epoch.
    pub(super) fn plan(&self, epoch: u64) -> Vec<Vec<usize>> {
        let options = &self.options;
        // Dataset::new has made one of the same settings.
        let Ok(fbank) = Fbank::new(&options.features) else { return Vec::new() };
        let frames: Vec<usize> = self
            .items
            .iter()
            .map(|item| {
                let mut rng = stream(options.seed, "augment", epoch, &item.utterance.id);
                let speed = options.augment.speeds[draw_speed(&mut rng, options.augment.speeds.len())];
                expected_frames(&fbank, item.duration_s, speed)
            })
            .collect();
        batches(&frames, options.batch_frames, options.shuffle, options.seed, epoch)
    }

    /// Makes a batch of utterances; those that fail are listed in it.
    pub(super) fn batch(&self, loader: &mut Loader, epoch: u64, index: usize, items: &[usize]) -> Batch {
        let options = &self.options;
        let mut batch = Batch::empty(index, options.features.bands);
        let mut augmented = Features::new(options.features.bands);
        for &number in items {
            let item = &self.items[number];
            let id = &item.utterance.id;
            let mut rng = stream(options.seed, "augment", epoch, id);
            let speed = draw_speed(&mut rng, options.augment.speeds.len());
            let features = match self.features(loader, number, speed) {
                Ok(features) => features,
                Err(error) => {
                    batch.skipped.push(Skipped { id: id.clone(), reason: error.reason() });
                    continue;
                }
            };
            let data = match &options.augment.spec_augment {
                None => &features.data,
                Some(masks) => {
                    augmented.data.clone_from(&features.data);
                    masks.apply(&mut augmented, &mut rng);
                    &augmented.data
                }
            };
            batch.features.data.extend_from_slice(data);
            batch.lengths.push(features.frames());
            batch.labels.push(item.labels.clone());
            batch.ids.push(id.clone());
            batch.speakers.push(item.utterance.speaker.clone());
        }
        batch
    }

    fn features(&self, loader: &mut Loader, item: usize, speed: usize) -> Result<Arc<Features>, CorpusError> {
        let speeds = &self.options.augment.speeds;
        let slot = item * speeds.len() + speed;
        if let Some(features) = self.cache.get(slot) {
            return Ok(features);
        }
        let features = loader.shared(&self.items[item].utterance, speeds[speed])?;
        self.cache.put(slot, &features);
        Ok(features)
    }
}

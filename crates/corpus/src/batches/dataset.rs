//! A manifest's utterances with their labels, ready to be batched.

use std::iter::repeat_n;
use std::mem::take;
use std::sync::Arc;

use linnet_audio::{ByteOrder, RawFormat};
use linnet_frontend::{Fbank, Features};
use linnet_text::{Tokenizer, Unit};
use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::cache::Cache;
use super::epoch::{Batch, Epoch, Share};
use super::load::Loader;
use super::options::BatchOptions;
use super::plan::{Piece, Planned, Sequence, batches, draw_speed, expected_frames};
use crate::durations::{Measured, measure, note_of_cut};
use crate::join::{by_speaker, joined_id};
use crate::random::stream;
use crate::{CorpusError, Manifest, Skipped, Utterance};

/// A manifest's utterances with their labels. A clone shares the cache.
#[derive(Clone)]
pub struct Dataset {
    inner: Arc<Inner>,
}

/// Data that workers share.
pub(super) struct Inner {
    items: Vec<Item>,
    pub(super) options: BatchOptions,
    cache: Cache,
    skipped: Vec<Skipped>,
    note: Option<String>,
    /// The label between two words, where there is one.
    between_words: Option<u32>,
}

/// An utterance with its labels.
struct Item {
    utterance: Utterance,
    labels: Vec<u32>,
    duration_s: f64,
}

impl Dataset {
    /// Takes a manifest's utterances. With a tokenizer texts become labels, and utterances without a transcript or with
    /// words outside its lexicon are left out; without one labels are empty. Missing files, and utterances too short or
    /// too long, are left out too: [`skipped`](Self::skipped) lists them after the lines that the manifest itself has
    /// left out.
    ///
    /// # Errors
    ///
    /// Options that don't [validate](BatchOptions::validate); nothing that is left; with a tokenizer, no text that has
    /// a word.
    pub fn new(
        manifest: &Manifest,
        tokenizer: Option<&Tokenizer>,
        options: BatchOptions,
    ) -> Result<Self, CorpusError> {
        options.validate()?;
        let between_words = tokenizer.and_then(Tokenizer::between_words);
        let spaced =
            tokenizer.is_none_or(|tokenizer| tokenizer.unit == Unit::Phone) || between_words.is_some();
        if options.augment.join.is_some() && !spaced {
            let problem =
                "the token table has no space, which stands between joined utterances; leave joining out"
                    .to_owned();
            return Err(CorpusError::Option { key: "join", problem });
        }
        let Measured { durations, .. } = measure(&manifest.utterances, &|_| {});
        let note = note_of_cut(&manifest.utterances, &durations);
        let utterances = manifest.utterances.par_iter().zip(durations);
        let prepared: Vec<_> =
            utterances.map(|(u, duration)| prepare(u, duration, tokenizer, &options)).collect();
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
                None => "there is no utterance in it; give a manifest of recordings and texts".to_owned(),
            };
            return Err(CorpusError::Empty { what: "the manifest".to_owned(), reason });
        }
        if tokenizer.is_some() && items.iter().all(|item| item.labels.is_empty()) {
            let reason = "all of its texts are empty; write what is said into them".to_owned();
            return Err(CorpusError::Empty { what: "the manifest".to_owned(), reason });
        }
        let cache = Cache::new(items.len() * options.augment.speeds.len(), options.cache_bytes);
        Ok(Self { inner: Arc::new(Inner { items, options, cache, skipped, note, between_words }) })
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

    /// How many utterances end behind their recordings and are cut there, if any do.
    pub fn note(&self) -> Option<&str> {
        self.inner.note.as_deref()
    }

    /// The utterances, with their durations as the recordings have them.
    pub fn utterances(&self) -> impl Iterator<Item = Utterance> {
        let measured =
            |item: &Item| Utterance { duration_s: Some(item.duration_s), ..item.utterance.clone() };
        self.inner.items.iter().map(measured)
    }

    /// Audio of the utterances at their own speed, seconds.
    pub fn seconds(&self) -> f64 {
        self.inner.items.iter().map(|item| item.duration_s).sum()
    }

    /// Labels of the utterances, all together.
    pub fn labels(&self) -> usize {
        self.inner.items.iter().map(|item| item.labels.len()).sum()
    }

    /// The labels of each utterance.
    pub fn label_sequences(&self) -> impl Iterator<Item = &[u32]> {
        self.inner.items.iter().map(|item| &item.labels[..])
    }

    /// A checksum (CRC-32C) of the utterances' IDs, speakers, durations and labels, and of which part of their files they
    /// are: the same wherever the corpus lies.
    pub fn checksum(&self) -> u32 {
        self.inner.items.iter().fold(0, |sum, Item { utterance, labels, duration_s }| {
            let speaker = utterance.speaker.as_deref().unwrap_or_default();
            let labels: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
            let Utterance { id, offset_s, channel, raw, .. } = utterance;
            // Whole files, which nearly all are, have no part.
            let part = match (*offset_s, channel, raw) {
                (0.0, None, None) => Vec::new(),
                (offset_s, channel, raw) => part(offset_s, *channel, *raw),
            };
            let own = [id.as_bytes(), speaker.as_bytes(), &duration_s.to_le_bytes(), &labels];
            let parts = own.into_iter().chain((!part.is_empty()).then_some(&part[..]));
            parts.fold(sum, |sum, part| {
                let sum = crc32c::crc32c_append(sum, &(part.len() as u64).to_le_bytes());
                crc32c::crc32c_append(sum, part)
            })
        })
    }

    /// The number of batches of an epoch.
    pub fn batches(&self, epoch: u64) -> usize {
        self.inner.plan(epoch).len()
    }

    /// The IDs of each batch of an epoch, in order; of joined utterances the first's, and how many follow:
    /// `an251-fash-b+3`.
    pub fn plan(&self, epoch: u64) -> Vec<Vec<String>> {
        let id = |sequence: Sequence| joined_id(&self.inner.items[sequence[0]].utterance.id, sequence.len());
        let name = |batch: Planned| batch.sequences.into_iter().map(id).collect();
        self.inner.plan(epoch).into_iter().map(name).collect()
    }

    /// Starts making an epoch's batches.
    ///
    /// # Errors
    ///
    /// Threads that the system has no room for.
    pub fn epoch(&self, epoch: u64) -> Result<Epoch, CorpusError> {
        self.epoch_from(epoch, 0)
    }

    /// As [`epoch`](Self::epoch), from a batch on: what a run that was interrupted still has to do.
    ///
    /// # Errors
    ///
    /// As for [`epoch`](Self::epoch).
    pub fn epoch_from(&self, epoch: u64, first_batch: usize) -> Result<Epoch, CorpusError> {
        self.share(epoch, Share { first: first_batch, ..Share::default() })
    }

    /// As [`epoch`](Self::epoch), of a share of its batches: what one of several processes has to do.
    ///
    /// # Errors
    ///
    /// Those of [`epoch`](Self::epoch).
    pub fn share(&self, epoch: u64, share: Share) -> Result<Epoch, CorpusError> {
        Epoch::start(&self.inner, epoch, share)
    }
}

fn prepare(
    utterance: &Utterance,
    duration_s: Result<f64, String>,
    tokenizer: Option<&Tokenizer>,
    options: &BatchOptions,
) -> Result<Item, String> {
    let labels = match tokenizer {
        Some(tokenizer) => tokenizer.encode(utterance.transcript()?).map_err(|error| error.to_string())?,
        None => Vec::new(),
    };
    let duration_s = duration_s?;
    if duration_s < options.shortest_s {
        return Err(format!("{duration_s:.2} s is shorter than {} s", options.shortest_s));
    }
    if duration_s > options.longest_s {
        return Err(format!("{duration_s:.2} s is longer than {} s", options.longest_s));
    }
    let part = Utterance { duration_s: utterance.duration_s.map(|_| duration_s), ..utterance.clone() };
    Ok(Item { utterance: part, labels, duration_s })
}

/// What tells a part of a file from others: where it begins, which channel it is, and how headerless samples are read.
fn part(offset_s: f64, channel: Option<usize>, raw: Option<RawFormat>) -> Vec<u8> {
    let mut bytes = offset_s.to_le_bytes().to_vec();
    bytes.extend(channel.map_or(u64::MAX, |channel| channel as u64).to_le_bytes());
    if let Some(RawFormat { sample_rate, byte_order, channels }) = raw {
        bytes.extend(sample_rate.to_le_bytes());
        bytes.push(match byte_order {
            None => 0,
            Some(ByteOrder::Little) => 1,
            Some(ByteOrder::Big) => 2,
        });
        bytes.extend((channels as u64).to_le_bytes());
    }
    bytes
}

impl Inner {
    /// The batches of an epoch.
    pub(super) fn plan(&self, epoch: u64) -> Vec<Planned> {
        let options = &self.options;
        // Dataset::new has made one of the same settings.
        let Ok(fbank) = Fbank::new(&options.features) else { return Vec::new() };
        let speeds: Vec<f64> =
            (0..self.items.len()).map(|item| options.augment.speeds[self.draw(item, epoch).0]).collect();
        let mut sequences = self.sequences(epoch, &speeds);
        let frames = |&item: &usize| expected_frames(&fbank, self.items[item].duration_s, speeds[item]);
        let frames: Vec<usize> = sequences.iter().map(|parts| parts.iter().map(frames).sum()).collect();
        let plan =
            batches(&frames, options.batch_frames / options.views, options.shuffle, options.seed, epoch);
        // Each is in one batch.
        let mut planned = |batch: Vec<usize>| Planned {
            frames: batch.iter().map(|&i| frames[i]).collect(),
            sequences: batch.into_iter().map(|i| take(&mut sequences[i])).collect(),
            views: options.views,
        };
        plan.into_iter().map(&mut planned).collect()
    }

    /// The speed, by its place in the list, that an utterance has in an epoch, and the rest of its numbers.
    fn draw(&self, item: usize, epoch: u64) -> (usize, impl RngExt) {
        let mut rng = stream(self.options.seed, "augment", epoch, &self.items[item].utterance.id);
        (draw_speed(&mut rng, self.options.augment.speeds.len()), rng)
    }

    /// All utterances, joined where that is asked for.
    fn sequences(&self, epoch: u64, speeds: &[f64]) -> Vec<Sequence> {
        let Some(join) = self.options.augment.join else {
            return (0..self.items.len()).map(|item| vec![item]).collect();
        };
        let mut sequences = Vec::new();
        for (speaker, mut items) in
            by_speaker(self.items.iter().map(|item| item.utterance.speaker.as_deref()))
        {
            let mut rng = stream(self.options.seed, "join", epoch, speaker);
            items.shuffle(&mut rng);
            let durations: Vec<f64> =
                items.iter().map(|&item| self.items[item].duration_s / speeds[item]).collect();
            let groups = join.groups(&durations, |_| rng.random());
            sequences.extend(groups.into_iter().map(|group| items[group].to_vec()));
        }
        sequences
    }

    /// Makes a piece of a batch of an epoch, masked or not; utterances that fail are listed in it, and missing in what they
    /// are part of.
    pub(super) fn batch(
        &self,
        loader: &mut Loader,
        (epoch, masks): (u64, bool),
        (index, planned): (usize, &Planned),
        piece: Piece,
    ) -> Batch {
        let mut batch = Batch::empty(index, self.options.features.dim());
        batch.before = piece.before;
        for sequence in piece.sequences.iter().map(|&place| &planned.sequences[place]) {
            let mut joined = Features::new(self.options.features.dim());
            let mut labels = Vec::new();
            let mut first = None;
            let mut parts_speeds = Vec::new();
            for &number in sequence {
                let item = &self.items[number];
                let (drawn, rng) = self.draw(number, epoch);
                let speed = self.options.augment.speeds[drawn];
                match self.features(loader, number, drawn) {
                    Ok(features) => joined.data.extend_from_slice(&features.data),
                    Err(error) => {
                        batch.skipped.push(Skipped::at_speed(
                            &item.utterance.id,
                            Some(speed),
                            error.reason(),
                        ));
                        continue;
                    }
                }
                if !labels.is_empty() && !item.labels.is_empty() {
                    labels.extend(self.between_words);
                }
                labels.extend_from_slice(&item.labels);
                first.get_or_insert((&item.utterance, rng));
                parts_speeds.push(speed);
            }
            let Some((utterance, mut rng)) = first else { continue };
            let id = joined_id(&utterance.id, parts_speeds.len());
            parts_speeds.dedup();
            let speed = if let [speed] = parts_speeds[..] { Some(speed) } else { None };
            for mut view in repeat_n(joined, self.options.views) {
                if let Some(masks) = self.options.augment.spec_augment.as_ref().filter(|_| masks) {
                    masks.apply(&mut view, self.options.features.bands, &mut rng);
                }
                batch.lengths.push(view.frames());
                batch.features.data.append(&mut view.data);
                batch.labels.push(labels.clone());
                batch.ids.push(id.clone());
                batch.speeds.push(speed);
                batch.speakers.push(utterance.speaker.clone());
            }
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

//! An epoch's batches, made by threads beside and handed over in order.

use std::collections::VecDeque;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use linnet_frontend::Features;

use super::dataset::Inner;
use super::load::Loader;
use crate::{CorpusError, Skipped};

/// Some utterances, ragged: their frames one after the other beside their lengths.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Place in the epoch's plan, from 0; that of the whole batch where this is a piece.
    pub index: usize,
    /// Frames that each utterance, or view, of the pieces before this one is expected to have; none of a whole batch.
    pub before: Vec<usize>,
    /// Frames of all utterances, `(sum of lengths, dim)`, where `dim` is
    /// [`FbankConfig::dim`](linnet_frontend::FbankConfig::dim).
    pub features: Features,
    /// Frames of each utterance, or of each view of it ([`BatchOptions::views`](super::BatchOptions::views)), as all that follow.
    pub lengths: Vec<usize>,
    /// Labels of each utterance; empty where the dataset has no tokenizer.
    pub labels: Vec<Vec<u32>>,
    /// ID of each utterance.
    pub ids: Vec<String>,
    /// Speaker of each utterance, where known.
    pub speakers: Vec<Option<String>>,
    /// Speed of each utterance; `None` where joined ones have several.
    pub speeds: Vec<Option<f64>>,
    /// Utterances of the plan that are not here because their audio could not be read.
    pub skipped: Vec<Skipped>,
}

impl Batch {
    pub(super) fn empty(index: usize, dim: usize) -> Self {
        let features = Features::new(dim);
        let (before, lengths, labels, ids, speakers, speeds, skipped) = Default::default();
        Self { index, before, features, lengths, labels, ids, speakers, speeds, skipped }
    }

    /// The number of utterances, each as often as it has views.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is no utterance.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }
}

/// The share of an epoch's batches that is made: by default all of them, each whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// The first batch that is made, by its place in the epoch's plan.
    pub first: usize,
    /// From there on every batch (1), every second one (2), and so on.
    pub every: usize,
    /// Pieces of about the same number of frames that a batch is cut into, by utterances.
    pub pieces: usize,
    /// The pieces that are made, from 0.
    pub own: Range<usize>,
    /// Whether features are masked, where the options have masks.
    pub masks: bool,
}

impl Default for Share {
    fn default() -> Self {
        Self { first: 0, every: 1, pieces: 1, own: 0..1, masks: true }
    }
}

/// How an epoch's loading goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoaderStats {
    /// How long the consumer has waited for batches.
    pub wait: Duration,
    /// How long the workers have worked, all together.
    pub busy: Duration,
    /// Batches, or pieces of them, handed over.
    pub batches: usize,
    /// Utterances in them.
    pub utterances: usize,
    /// Frames in them.
    pub frames: usize,
}

/// An epoch's batches, or pieces of them, in the order of its plan. Those of which no utterance could be read are left
/// out.
///
/// Dropping it ends its threads once they have finished the batch at hand.
pub struct Epoch {
    /// One channel a worker; worker w of n has batches w, w + n, w + 2n, … of the share.
    channels: Vec<Receiver<Vec<Batch>>>,
    workers: Vec<JoinHandle<()>>,
    share: Share,
    /// Batches of the share handed over.
    next: usize,
    batches: usize,
    /// Pieces that were received and not handed over yet.
    ready: VecDeque<Batch>,
    busy_ns: Arc<AtomicU64>,
    stats: LoaderStats,
    skipped: Vec<Skipped>,
}

impl Epoch {
    pub(super) fn start(inner: &Arc<Inner>, epoch: u64, share: Share) -> Result<Self, CorpusError> {
        let plan = Arc::new(inner.plan(epoch));
        let busy_ns = Arc::new(AtomicU64::new(0));
        let count = inner.options.workers;
        let (mut channels, mut workers) = (Vec::new(), Vec::new());
        for worker in 0..count {
            let options = &inner.options;
            let mut loader = Loader::new(options)?;
            let (sender, receiver) = sync_channel(options.ahead);
            let (inner, plan, busy_ns) = (Arc::clone(inner), Arc::clone(&plan), Arc::clone(&busy_ns));
            let Share { first, every, pieces, own, masks } = share.clone();
            let work = move || {
                for index in (first + worker * every..plan.len()).step_by(count * every) {
                    let start = Instant::now();
                    let planned = &plan[index];
                    let own = planned.pieces(pieces).into_iter().skip(own.start).take(own.len());
                    let made =
                        own.map(|piece| inner.batch(&mut loader, (epoch, masks), (index, planned), piece));
                    let made: Vec<Batch> = made.collect();
                    busy_ns.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
                    if sender.send(made).is_err() {
                        return; // The consumer has enough.
                    }
                }
            };
            let name = format!("batches-{worker}");
            let handle =
                thread::Builder::new().name(name).spawn(work).map_err(|error| CorpusError::Option {
                    key: "workers",
                    problem: format!("cannot start thread {worker}: {error}"),
                })?;
            channels.push(receiver);
            workers.push(handle);
        }
        let (next, batches) = (0, plan.len());
        let (ready, stats, skipped) = Default::default();
        Ok(Self { channels, workers, share, next, batches, ready, busy_ns, stats, skipped })
    }

    /// Batches in the epoch's plan, those before the first one asked for included.
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// How loading has gone so far.
    pub fn stats(&self) -> LoaderStats {
        let busy = Duration::from_nanos(self.busy_ns.load(Ordering::Relaxed));
        LoaderStats { busy, ..self.stats.clone() }
    }

    /// Utterances of the batches so far whose audio could not be read.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The pieces of the next batch that the share has, in order, those of which no utterance could be read included;
    /// `None` after the last batch.
    pub fn next_pieces(&mut self) -> Option<Vec<Batch>> {
        if self.share.first + self.next * self.share.every >= self.batches {
            return None;
        }
        let pieces = self.receive();
        self.next += 1;
        for piece in &pieces {
            self.skipped.extend_from_slice(&piece.skipped);
            self.stats.batches += usize::from(!piece.is_empty());
            self.stats.utterances += piece.len();
            self.stats.frames += piece.features.frames();
        }
        Some(pieces)
    }

    fn receive(&mut self) -> Vec<Batch> {
        let worker = self.next % self.channels.len();
        let start = Instant::now();
        let batch = self.channels[worker].recv();
        self.stats.wait += start.elapsed();
        batch.unwrap_or_else(|_| self.fail(worker))
    }

    /// A worker ends early only by a panic, which is the consumer's to have.
    fn fail(&mut self, worker: usize) -> ! {
        self.channels.clear();
        match self.workers.swap_remove(worker).join() {
            Err(panic) => resume_unwind(panic),
            Ok(()) => unreachable!("a worker sends all its batches"),
        }
    }
}

impl Iterator for Epoch {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        loop {
            match self.ready.pop_front() {
                Some(batch) if batch.is_empty() => {}
                Some(batch) => return Some(batch),
                None => self.ready = self.next_pieces()?.into(),
            }
        }
    }
}

impl Drop for Epoch {
    fn drop(&mut self) {
        // Workers see that nobody listens.
        self.channels.clear();
        for worker in self.workers.drain(..) {
            // A worker's panic has either been raised by `next` or concerns a batch that nobody wants any more.
            let _ = worker.join();
        }
    }
}

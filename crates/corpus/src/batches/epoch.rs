//! An epoch's batches, made by threads beside and handed over in order.

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
    /// Place in the epoch's plan, from 0.
    pub index: usize,
    /// Frames of all utterances, `(sum of lengths, dim)`, where `dim` is
    /// [`FbankConfig::dim`](linnet_frontend::FbankConfig::dim).
    pub features: Features,
    /// Frames of each utterance.
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
        let (lengths, labels, ids, speakers, speeds, skipped) = Default::default();
        Self { index, features, lengths, labels, ids, speakers, speeds, skipped }
    }

    /// The number of utterances.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is no utterance.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }
}

/// How an epoch's loading goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoaderStats {
    /// How long the consumer has waited for batches.
    pub wait: Duration,
    /// How long the workers have worked, all together.
    pub busy: Duration,
    /// Batches handed over.
    pub batches: usize,
    /// Utterances in them.
    pub utterances: usize,
    /// Frames in them.
    pub frames: usize,
}

/// An epoch's batches in the order of its plan. Batches of which no utterance could be read are left out.
///
/// Dropping it ends its threads once they have finished the batch at hand.
pub struct Epoch {
    /// One channel a worker; worker w of n has batches w, w + n, w + 2n, …
    channels: Vec<Receiver<Batch>>,
    workers: Vec<JoinHandle<()>>,
    first: usize,
    next: usize,
    batches: usize,
    busy_ns: Arc<AtomicU64>,
    stats: LoaderStats,
    skipped: Vec<Skipped>,
}

impl Epoch {
    pub(super) fn start(inner: &Arc<Inner>, epoch: u64, first: usize) -> Result<Self, CorpusError> {
        let plan = Arc::new(inner.plan(epoch));
        let busy_ns = Arc::new(AtomicU64::new(0));
        let count = inner.options.workers;
        let (mut channels, mut workers) = (Vec::new(), Vec::new());
        for worker in 0..count {
            let options = &inner.options;
            let mut loader = Loader::new(options)?;
            let (sender, receiver) = sync_channel(options.ahead);
            let (inner, plan, busy_ns) = (Arc::clone(inner), Arc::clone(&plan), Arc::clone(&busy_ns));
            let work = move || {
                for index in (first + worker..plan.len()).step_by(count) {
                    let start = Instant::now();
                    let batch = inner.batch(&mut loader, epoch, index, &plan[index]);
                    busy_ns.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
                    if sender.send(batch).is_err() {
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
        let (stats, skipped) = Default::default();
        Ok(Self { channels, workers, first, next: first, batches: plan.len(), busy_ns, stats, skipped })
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

    fn receive(&mut self) -> Batch {
        let worker = (self.next - self.first) % self.channels.len();
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
        while self.next < self.batches {
            let batch = self.receive();
            self.next += 1;
            self.skipped.extend_from_slice(&batch.skipped);
            if batch.is_empty() {
                continue;
            }
            self.stats.batches += 1;
            self.stats.utterances += batch.len();
            self.stats.frames += batch.features.frames();
            return Some(batch);
        }
        None
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

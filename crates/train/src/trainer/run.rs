//! A run's epochs, step by step.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use linnet::Model;
use linnet_corpus::{Batch, Share};

use super::start::new_model;
use crate::checkpoint::{Checkpoints, State};
use crate::config::RunConfig;
use crate::data::RunData;
use crate::error::TrainError;
use crate::metrics::EpochRecord;
use crate::observer::{Observer, Start, StepReport, TRAIN, Told};
use crate::optimizer::Adam;
use crate::ranks::{Communicator, SumMemory, own_pieces};
use crate::schedule::Schedule;
use crate::tensorboard::EventWriter;
use crate::update::Updater;

/// A run at work.
pub(super) struct Run<'a> {
    pub(super) config: &'a RunConfig,
    pub(super) out: &'a Path,
    pub(super) data: RunData,
    /// Once true on a rank, the run saves its place and returns.
    interrupt: Option<&'a AtomicBool>,
    pub(super) ranks: &'a dyn Communicator,
    pub(super) model: Model,
    pub(super) adam: Adam,
    sum_memory: SumMemory,
    pub(super) checkpoints: Checkpoints,
    /// TensorBoard's, of a run that has not ended, on the first rank.
    pub(super) events: Option<EventWriter>,
    /// On the first rank.
    pub(super) records: Vec<EpochRecord>,
    pub(super) state: State,
    pub(super) total_steps: u64,
    pub(super) told: Told,
    /// Notes for the observer.
    pub(super) notes: Vec<String>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        config: &'a RunConfig,
        out: &'a Path,
        data: RunData,
        (interrupt, ranks): (Option<&'a AtomicBool>, &'a dyn Communicator),
    ) -> Result<Self, TrainError> {
        let model = new_model(config, &data)?;
        let total_steps: u64 = (1..=config.train.epochs).map(|e| data.train.batches(e) as u64).sum();
        let warmup = config.train.warmup_steps(total_steps);
        let schedule = Schedule::new(config.train.schedule, warmup, total_steps, config.train.patience);
        let (best, sums) = Default::default();
        let state =
            State { epoch: 1, batch: 0, step: 0, data: data.checksum(), schedule, best, sums, seconds: 0.0 };
        let adam = Adam::new(&model.encoder, config.train.adam());
        let (checkpoints, events, records) = (Checkpoints::new(out), None, Vec::new());
        let (told, notes) = (Default::default(), data.notes(config));
        Ok(Self {
            config,
            out,
            data,
            interrupt,
            ranks,
            model,
            adam,
            sum_memory: SumMemory::default(),
            checkpoints,
            events,
            records,
            state,
            total_steps,
            told,
            notes,
        })
    }

    pub(super) fn metrics(&self) -> PathBuf {
        self.out.join("metrics.jsonl")
    }

    /// Makes what the run writes into as it goes.
    pub(super) fn open(&mut self) -> Result<(), TrainError> {
        self.checkpoints.open()?;
        if !self.has_ended() {
            self.events = Some(EventWriter::create(self.out)?);
        }
        Ok(())
    }

    pub(super) fn start(&self, observer: &mut dyn Observer) {
        let (train, dev) = (&self.data.train, &self.data.dev);
        observer.started(&Start {
            parameters: self.model.encoder.parameter_count(),
            utterances: train.len(),
            seconds: train.seconds(),
            dev_utterances: dev.len(),
            skipped: &[train.skipped(), dev.skipped()].concat(),
            notes: &self.notes,
            epochs: self.config.train.epochs,
            steps: self.total_steps,
            done: self.state.step,
        });
    }

    /// Whether all epochs are done, or training stopped early. An epoch that is begun is first brought to its end.
    pub(super) fn has_ended(&self) -> bool {
        let best = self.state.best.map_or(0, |(_, epoch)| epoch);
        self.state.batch == 0 && self.config.train.ends(self.state.epoch - 1, best)
    }

    /// Whether training ended before all epochs were done.
    pub(super) fn stopped_early(&self) -> bool {
        self.has_ended() && self.state.epoch <= self.config.train.epochs
    }

    pub(super) fn interrupted(&self) -> bool {
        self.interrupt.is_some_and(|interrupt| interrupt.load(Ordering::Relaxed))
    }

    /// Writes a checkpoint, on the first rank.
    pub(super) fn save(&self) -> Result<(), TrainError> {
        self.ranks.lead(|| self.checkpoints.save(&self.model.encoder, &self.adam, &self.state)).map(|_| ())
    }

    /// Runs the epoch at hand from its next batch to its end. `false`: it was interrupted.
    pub(super) fn epoch(&mut self, observer: &mut dyn Observer) -> Result<bool, TrainError> {
        if self.ranks.any(self.interrupted()) {
            self.save()?;
            return Ok(false);
        }
        let pieces = self.config.train.pieces;
        let own = own_pieces(pieces, self.ranks);
        let first_step = self.state.step - self.state.sums.steps as u64;
        let is_regularised = first_step >= self.config.train.regularise_after;
        let share = Share { first: self.state.batch, pieces, own, masks: is_regularised, ..Share::default() };
        let started = self.data.train.share(self.state.epoch, share);
        let mut epoch = self.ranks.agree(started.map_err(TrainError::from))?;
        let before = self.state.sums.clone();
        let start = Instant::now();
        self.model.encoder.take_times();
        while let Some(pieces) = epoch.next_pieces() {
            self.state.batch += 1;
            if !self.step(pieces, is_regularised, observer)? {
                continue;
            }
            self.state.step += 1;
            let stats = epoch.stats();
            let sums = &mut self.state.sums;
            sums.seconds = before.seconds + start.elapsed().as_secs_f64();
            sums.wait = before.wait + stats.wait.as_secs_f64();
            sums.work = before.work + stats.busy.as_secs_f64();
            let times = self.model.encoder.take_times();
            sums.subsampling += times.first().map_or(0.0, |t| t.seconds);
            observer.step(&self.report());
            let interrupted = self.ranks.any(self.interrupted());
            let every = self.config.train.checkpoint_steps;
            if interrupted || (every > 0 && self.state.step.is_multiple_of(every)) {
                self.save()?;
            }
            if interrupted {
                return Ok(false);
            }
        }
        if self.state.sums.steps == 0 {
            let problem =
                "none of its utterances could be trained on; the warnings above say why, mend what they name"
                    .into();
            return Err(TrainError::Config { file: self.config.data.train.clone(), problem });
        }
        // Only the development set is left of it.
        self.state.batch = epoch.batches();
        drop(epoch);
        self.end_of_epoch(observer)
    }

    fn report(&self) -> StepReport {
        let sums = &self.state.sums;
        StepReport {
            epoch: self.state.epoch,
            step: self.state.step,
            loss: sums.loss / sums.labels.max(1) as f64,
            frames_per_s: sums.frames as f64 / sums.seconds.max(1e-9),
        }
    }

    /// Trains on a batch, of which these are the own pieces. `false`: nothing of it could be read.
    fn step(
        &mut self,
        pieces: Vec<Batch>,
        dropout: bool,
        observer: &mut dyn Observer,
    ) -> Result<bool, TrainError> {
        let at = (self.state.step, self.learning_rate());
        let mut updater = Updater {
            encoder: &self.model.encoder,
            criterion: &self.data.criterion,
            config: &self.config.train,
            dropout,
            ranks: self.ranks,
            memory: &mut self.sum_memory,
        };
        let update = updater.update(&mut self.adam, pieces, at)?;
        self.told.tell(TRAIN, &update.unreadable, observer);
        self.told.tell(TRAIN, &update.impossible, observer);
        let sums = &mut self.state.sums;
        sums.skipped += update.unreadable.len() + update.impossible.len();
        if update.frames == 0 {
            return Ok(false);
        }
        sums.loss += update.loss;
        sums.labels += update.labels;
        sums.gradient_norm += update.gradient_norm;
        sums.steps += 1;
        sums.utterances += update.utterances;
        sums.frames += update.frames;
        sums.ranks_wait += update.wait_s;
        sums.ranks_sum += update.sum_s;
        Ok(true)
    }

    fn learning_rate(&self) -> f64 {
        self.config.train.learning_rate * self.state.schedule.factor(self.state.step)
    }
}

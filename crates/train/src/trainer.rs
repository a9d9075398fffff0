//! The loop: epochs of steps, the development set, checkpoints, the model.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use linnet::{Model, ModelConfig, keep_pronunciations};
use linnet_corpus::Batch;

use crate::checkpoint::{Checkpoints, State, write_beside};
use crate::config::{DataConfig, RunConfig, Select};
use crate::ctc_op::BLANK;
use crate::data::RunData;
use crate::environment;
use crate::error::TrainError;
use crate::evaluate::{Evaluation, evaluate};
use crate::folder::{FolderLock, same_run};
use crate::metrics::{EpochRecord, read_metrics, write_metrics};
use crate::observer::{Observer, Start, StepReport};
use crate::optimizer::Adam;
use crate::schedule::Schedule;
use crate::tensorboard::EventWriter;
use crate::update::update;

/// The blank's probability before the first step. CTC wants blanks in nearly all frames at first, whatever the seed.
/// From weights that are random in this, too, another token may win all frames, from where training doesn't return when
/// frames are many to a token.
const BLANKS_AT_FIRST: f64 = 0.9;

/// How a run starts and ends, beside its configuration.
#[derive(Debug, Default)]
pub struct Options<'a> {
    /// Continue the run that the experiment folder holds.
    pub resume: bool,
    /// Start from the weights of this model folder.
    pub init: Option<PathBuf>,
    /// Once true, the run saves a checkpoint and returns after the step at hand.
    pub interrupt: Option<&'a AtomicBool>,
    /// The program's version, for `env.json`; this crate's where there is none.
    pub version: Option<&'a str>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// All epochs are done, or training stopped early; the model is written.
    Finished {
        /// The development error rate of the model that was written, in percent.
        dev_error_rate: f64,
    },
    /// It was interrupted; the checkpoint holds its place.
    Interrupted {
        /// The epoch at hand, from 1.
        epoch: u64,
        /// Steps done.
        step: u64,
    },
}

/// Trains a model: makes or continues the experiment folder `out`.
///
/// The folder holds `config.toml` (resolved), `env.json`, `metrics.jsonl`, TensorBoard events, `checkpoints/` and in
/// the end `model/`. One process trains in it at a time; a run that ended before its first checkpoint starts anew.
///
/// # Errors
///
/// A configuration that isn't valid, data that can't be read, a folder in which another process trains or another run
/// lies, a loss that is no number, a file that can't be written.
pub fn train(
    config: &RunConfig,
    out: &Path,
    options: &Options<'_>,
    observer: &mut dyn Observer,
) -> Result<Outcome, TrainError> {
    train_in(config, &FolderLock::new(out)?, options, observer)
}

/// As [`train`], in a folder that the caller holds.
///
/// # Errors
///
/// Those of [`train`].
pub fn train_in(
    config: &RunConfig,
    folder: &FolderLock,
    options: &Options<'_>,
    observer: &mut dyn Observer,
) -> Result<Outcome, TrainError> {
    let out = folder.path();
    let resolved = out.join("config.toml");
    if options.resume {
        same_run(config, &resolved)?;
    } else if resolved.exists() && Checkpoints::begun(out) {
        return Err(TrainError::Exists { path: out.to_path_buf() });
    }
    environment::forget_peak();
    let data = RunData::read(config)?;
    let mut run = Run::new(config, out, data)?;
    if let Some(init) = &options.init {
        run.model.encoder.load(&init.join("model.safetensors"))?;
    }
    if options.resume {
        run.resume()?;
    }
    run.open()?;
    write_beside(&resolved, config.to_toml()?.as_bytes())?;
    if !run.has_ended() {
        environment::write(out, options, run.state.epoch)?;
    }
    run.start(observer);
    while !run.has_ended() {
        if !run.epoch(options.interrupt, observer)? {
            return Ok(Outcome::Interrupted { epoch: run.state.epoch, step: run.state.step });
        }
    }
    run.finish()
}

/// A model with the weights that training starts from.
pub(crate) fn new_model(config: &RunConfig, data: &RunData) -> Result<Model, TrainError> {
    let model_config = ModelConfig {
        unit: config.data.unit,
        normalisation: config.train.normalisation,
        features: config.features.clone(),
        model: config.model.clone(),
        text: data.spelling,
    };
    let mut model = Model::new(model_config, data.tokens.clone(), config.train.seed)?;
    (model.cmvn, model.lexicon) = (data.cmvn.clone(), data.lexicon.clone());
    model.encoder.set_recompute(config.train.recompute);
    model.encoder.favour(BLANK as usize, BLANKS_AT_FIRST)?;
    Ok(model)
}

struct Run<'a> {
    config: &'a RunConfig,
    out: &'a Path,
    data: RunData,
    model: Model,
    adam: Adam,
    checkpoints: Checkpoints,
    /// TensorBoard's, of a run that has not ended.
    events: Option<EventWriter>,
    records: Vec<EpochRecord>,
    state: State,
    total_steps: u64,
}

impl<'a> Run<'a> {
    fn new(config: &'a RunConfig, out: &'a Path, data: RunData) -> Result<Self, TrainError> {
        let model = new_model(config, &data)?;
        let total_steps: u64 = (1..=config.train.epochs).map(|e| data.train.batches(e) as u64).sum();
        let warmup = (config.train.warmup * total_steps as f64).ceil() as u64;
        let schedule = Schedule::new(config.train.schedule, warmup, total_steps, config.train.patience);
        let (best, sums) = Default::default();
        let state =
            State { epoch: 1, batch: 0, step: 0, data: data.checksum(), schedule, best, sums, seconds: 0.0 };
        let adam = Adam::new(&model.encoder, config.train.adam());
        let (checkpoints, events, records) = (Checkpoints::new(out), None, Vec::new());
        Ok(Self { config, out, data, model, adam, checkpoints, events, records, state, total_steps })
    }

    fn metrics(&self) -> PathBuf {
        self.out.join("metrics.jsonl")
    }

    /// Goes on from the last checkpoint.
    fn resume(&mut self) -> Result<(), TrainError> {
        let data = self.state.data;
        self.state = self.checkpoints.restore(&self.model.encoder, &mut self.adam)?;
        if self.state.data != data {
            let DataConfig { train, dev, tokens, .. } = &self.config.data;
            let problem = format!(
                "the run was started on other utterances, transcripts or tokens than {}, {} and {} hold now; give the \
                 run's own, or another folder",
                train.display(),
                dev.display(),
                tokens.display()
            );
            return Err(TrainError::Checkpoint { path: self.checkpoints.latest(), problem });
        }
        let done = self.state.epoch - 1;
        if done > 0 {
            self.records = read_metrics(&self.metrics())?;
            // An epoch whose record was written after the checkpoint comes again.
            self.records.truncate(done as usize);
        }
        if self.records.len() as u64 != done {
            let problem = format!(
                "it has {} epochs, and the checkpoint {done}; bring the file back, or start anew in another folder",
                self.records.len()
            );
            return Err(TrainError::Config { file: self.metrics(), problem });
        }
        Ok(())
    }

    /// Makes what the run writes into as it goes.
    fn open(&mut self) -> Result<(), TrainError> {
        self.checkpoints.open()?;
        if !self.has_ended() {
            self.events = Some(EventWriter::create(self.out)?);
        }
        Ok(())
    }

    fn start(&self, observer: &mut dyn Observer) {
        let (train, dev) = (&self.data.train, &self.data.dev);
        observer.started(&Start {
            parameters: self.model.encoder.parameter_count(),
            utterances: train.len(),
            seconds: train.seconds(),
            dev_utterances: dev.len(),
            skipped: &[train.skipped(), dev.skipped()].concat(),
            notes: &self.data.notes(self.config),
            epochs: self.config.train.epochs,
            steps: self.total_steps,
            done: self.state.step,
        });
    }

    /// Whether all epochs are done, or training stopped early.
    fn has_ended(&self) -> bool {
        let best = self.state.best.map_or(0, |(_, epoch)| epoch);
        self.config.train.ends(self.state.epoch - 1, best)
    }

    fn save(&self) -> Result<(), TrainError> {
        self.checkpoints.save(&self.model.encoder, &self.adam, &self.state)
    }

    /// Runs the epoch at hand from its next batch to its end. `false`: it was interrupted.
    fn epoch(
        &mut self,
        interrupt: Option<&AtomicBool>,
        observer: &mut dyn Observer,
    ) -> Result<bool, TrainError> {
        let interrupted = || interrupt.is_some_and(|i| i.load(Ordering::Relaxed));
        if interrupted() {
            self.save()?;
            return Ok(false);
        }
        let mut epoch = self.data.train.epoch_from(self.state.epoch, self.state.batch)?;
        let mut told = 0;
        let before = self.state.sums.clone();
        let start = Instant::now();
        self.model.encoder.take_times();
        loop {
            let batch = epoch.next();
            let skipped = &epoch.skipped()[told..];
            skipped.iter().for_each(|skipped| observer.skipped(skipped));
            self.state.sums.skipped += skipped.len();
            told += skipped.len();
            let Some(batch) = batch else { break };
            self.state.batch = batch.index + 1;
            self.step(batch, observer)?;
            self.state.step += 1;
            let stats = epoch.stats();
            let sums = &mut self.state.sums;
            sums.seconds = before.seconds + start.elapsed().as_secs_f64();
            sums.wait = before.wait + stats.wait.as_secs_f64();
            sums.work = before.work + stats.busy.as_secs_f64();
            let times = self.model.encoder.take_times();
            sums.subsampling += times.first().map_or(0.0, |t| t.seconds);
            observer.step(&self.report());
            let (interrupted, every) = (interrupted(), self.config.train.checkpoint_steps);
            if interrupted || (every > 0 && self.state.step.is_multiple_of(every)) {
                self.save()?;
            }
            if interrupted {
                return Ok(false);
            }
        }
        if self.state.sums.steps == 0 {
            let problem =
                "no recording of it can be read, so that there is nothing to train on; look at the paths"
                    .into();
            return Err(TrainError::Config { file: self.config.data.train.clone(), problem });
        }
        self.end_of_epoch(observer)?;
        Ok(true)
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

    fn step(&mut self, batch: Batch, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let at = (self.state.step, self.learning_rate());
        let update = update(&self.model.encoder, &mut self.adam, batch, &self.config.train, at)?;
        update.impossible.iter().for_each(|skipped| observer.skipped(skipped));
        let sums = &mut self.state.sums;
        sums.skipped += update.impossible.len();
        sums.loss += update.loss;
        sums.labels += update.labels;
        sums.gradient_norm += update.gradient_norm;
        sums.steps += 1;
        sums.utterances += update.utterances;
        sums.frames += update.frames;
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.config.train.learning_rate * self.state.schedule.factor(self.state.step)
    }

    fn evaluate(&self) -> Result<Evaluation, TrainError> {
        evaluate(&self.model.encoder, &self.data.dev, &self.config.data.dev, self.state.step)
    }

    fn end_of_epoch(&mut self, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let evaluation = self.evaluate()?;
        evaluation.skipped.iter().for_each(|skipped| observer.skipped(skipped));
        let sums = std::mem::take(&mut self.state.sums);
        self.state.seconds += sums.seconds;
        let share = |seconds: f64| seconds / sums.seconds.max(1e-9);
        let record = EpochRecord {
            epoch: self.state.epoch,
            step: self.state.step,
            loss: sums.loss / sums.labels.max(1) as f64,
            dev_loss: evaluation.loss,
            dev_error_rate: evaluation.counts.rate(),
            learning_rate: self.config.train.learning_rate
                * self.state.schedule.factor(self.state.step.saturating_sub(1)),
            gradient_norm: sums.gradient_norm / sums.steps.max(1) as f64,
            parameters: self.model.encoder.parameter_count(),
            utterances: sums.utterances,
            skipped: sums.skipped,
            frames: sums.frames,
            seconds: sums.seconds,
            total_seconds: self.state.seconds,
            frames_per_s: sums.frames as f64 / sums.seconds.max(1e-9),
            data_wait: share(sums.wait),
            data_work: share(sums.work),
            subsampling: share(sums.subsampling),
            peak_mb: environment::peak_mb(),
        };
        self.state.schedule.epoch_ended(record.dev_error_rate);
        if self.state.best.is_none_or(|(best, _)| record.dev_error_rate < best) {
            self.state.best = Some((record.dev_error_rate, record.epoch));
            self.checkpoints.save_weights(&self.model.encoder, &self.checkpoints.best())?;
        }
        self.checkpoints.save_weights(&self.model.encoder, &self.checkpoints.epoch(record.epoch))?;
        if let Some(old) = record.epoch.checked_sub(self.config.train.average as u64) {
            self.checkpoints.forget(old)?;
        }
        let values = [
            ("loss/train", record.loss),
            ("loss/dev", record.dev_loss),
            ("error_rate/dev", record.dev_error_rate),
            ("learning_rate", record.learning_rate),
            ("gradient_norm", record.gradient_norm),
            ("frames_per_s", record.frames_per_s),
        ];
        self.events.as_mut().map_or(Ok(()), |events| events.scalars(record.step, &values))?;
        observer.epoch(&record);
        self.records.push(record);
        write_metrics(&self.metrics(), &self.records)?;
        self.state.epoch += 1;
        self.state.batch = 0;
        self.save()
    }

    /// Writes the model folder with the chosen weights.
    fn finish(&mut self) -> Result<Outcome, TrainError> {
        let last = self.state.epoch - 1;
        let encoder = &self.model.encoder;
        let chosen = match self.config.train.select {
            Select::Last => format!("the weights of epoch {last}, the last"),
            Select::Best => {
                encoder.load(&self.checkpoints.best())?;
                format!("the weights of epoch {}, the best", self.state.best.map_or(last, |(_, epoch)| epoch))
            }
            Select::Average => {
                let first = (last + 1).saturating_sub(self.config.train.average as u64).max(1);
                self.checkpoints.average(encoder, &(first..=last).collect::<Vec<_>>())?;
                format!("the mean of the weights of epochs {first} to {last}")
            }
        };
        let evaluation = self.evaluate()?;
        let dev_error_rate = evaluation.counts.rate();
        let about = format!(
            "# A Linnet model\n\n{} mixer, {} parameters, {} tokens: {chosen}.\n\
             Token error rate on {}: {dev_error_rate:.2} %.\n\nTranscribe with `linnet transcribe THIS_FOLDER AUDIO`.\n",
            self.config.model.mixer.name(),
            encoder.parameter_count(),
            encoder.tokens(),
            self.config.data.dev.display(),
        );
        let folder = self.out.join("model");
        self.model.write(&folder, &about)?;
        // Of characters the configuration's lexicon is not the run's.
        let corpus = self.model.lexicon.as_ref().and(self.config.data.lexicon.parent());
        keep_pronunciations(corpus, &folder)?;
        Ok(Outcome::Finished { dev_error_rate })
    }
}

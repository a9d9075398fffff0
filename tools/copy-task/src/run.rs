//! A run: updates, the validation set, and what is written of them.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use candle_core::{Device, Tensor};
use linnet_encoder::{Encoder, Lengths, Mode};
use linnet_train::{Adam, AdamSettings, FolderLock, OptimizerKind, gradient_norm, save_checkpoint};

use crate::Result;
use crate::checkpoint::{self, Progress};
use crate::loss::{Score, cross_entropy, score};
use crate::metrics::{self, Record};
use crate::settings::Settings;
use crate::task::Batch;

/// Updates between records, validations and checkpoints; a checkpoint comes after a record, so that it needs no part of
/// one.
const RECORD: u64 = 20;
const VALIDATE: u64 = 100;
const CHECKPOINT: u64 = 200;

/// Training with the constants of RAdam's paper; the copy task's tells of no others.
fn adam(settings: &Settings) -> AdamSettings {
    AdamSettings {
        kind: OptimizerKind::RAdam,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: settings.weight_decay,
    }
}

/// What is told after every update.
pub(crate) struct Report<'a> {
    /// Updates done.
    pub(crate) update: u64,
    /// Estimated seconds to the end.
    pub(crate) left_s: f64,
    /// The record that the update completes.
    pub(crate) record: Option<&'a Record>,
}

struct Run<'a> {
    settings: &'a Settings,
    encoder: Encoder,
    adam: Adam,
    progress: Progress,
}

/// Starts the run of a folder, or goes on with it from its last checkpoint, until it is done or `told` breaks off.
pub(crate) fn train(
    settings: &Settings,
    folder: &Path,
    told: &mut dyn FnMut(&Report<'_>) -> ControlFlow<()>,
) -> Result<()> {
    settings.validate()?;
    let _lock = FolderLock::new(folder)?;
    settings.enter(folder)?;
    let tokens = settings.task.tokens();
    let encoder = Encoder::new(&settings.model, tokens, tokens, settings.seed)?;
    let mut adam = Adam::new(&encoder, adam(settings));
    let progress = checkpoint::restore(folder, &encoder, &mut adam)?;
    let mut records = if progress.update > 0 { metrics::read(folder)? } else { Vec::new() };
    records.retain(|record| record.update <= progress.update);
    let mut run = Run { settings, encoder, adam, progress };
    let validation = settings.task.validation();
    let (sitting, done, mut sum) = (Instant::now(), run.progress.update, Score::default());
    while run.progress.update < settings.updates {
        let start = Instant::now();
        let (score, gradient_norm) = run.update()?;
        run.progress.seconds += start.elapsed().as_secs_f64();
        sum.add(score);
        let update = run.progress.update;
        let at = |every: u64| update.is_multiple_of(every) || update == settings.updates;
        if at(RECORD) {
            let validated = if at(VALIDATE) { Some(run.validate(&validation)?) } else { None };
            records.push(Record {
                update,
                loss: std::mem::take(&mut sum).loss(),
                validation_loss: validated.map(|score| score.loss()),
                validation_right: validated.map(|score| score.right()),
                learning_rate: settings.rate(update),
                gradient_norm,
                seconds: run.progress.seconds,
                threads: rayon::current_num_threads(),
                parameters: run.encoder.parameter_count(),
            });
            metrics::write(folder, &records)?;
        }
        if at(CHECKPOINT) {
            save_checkpoint(&checkpoint::path(folder), &run.encoder, &run.adam, &run.progress)?;
        }
        let pace = sitting.elapsed().as_secs_f64() / (update - done) as f64;
        let left_s = pace * (settings.updates - update) as f64;
        let record = records.last().filter(|record| record.update == update);
        if told(&Report { update, left_s, record }).is_break() {
            break;
        }
    }
    Ok(())
}

impl Run<'_> {
    /// The log-probabilities of a batch, (inputs, tokens).
    fn forward(&self, batch: &Batch, mode: Mode) -> Result<Tensor> {
        let tokens = self.settings.task.tokens();
        let rows = Tensor::from_vec(batch.one_hot(tokens), (batch.inputs.len(), tokens), &Device::Cpu)?;
        Ok(self.encoder.forward(&rows, &Lengths::new(&batch.lengths), mode)?.0)
    }

    /// One update of the weights: the score before it and the gradient's length.
    fn update(&mut self) -> Result<(Score, f64)> {
        let (seed, step) = (self.settings.seed, self.progress.update + 1);
        let batch = self.settings.task.batch(seed, step, self.settings.batch);
        let log_probs = self.forward(&batch, Mode::Train { seed, step })?;
        let (loss, score) = cross_entropy(&log_probs, &batch.targets)?;
        let gradient = self.encoder.take_gradient(&loss.backward()?)?;
        let norm = gradient_norm(&gradient);
        if !(score.nats.is_finite() && norm.is_finite()) {
            let problem = "the loss or its gradient is not finite; try a lower --learning-rate";
            return Err(format!("update {step}: {problem}").into());
        }
        self.adam.step(&self.encoder, &gradient, self.settings.rate(step), 1.0)?;
        self.progress.update = step;
        Ok((score, norm))
    }

    fn validate(&self, batches: &[Batch]) -> Result<Score> {
        let mut sum = Score::default();
        for batch in batches {
            sum.add(score(&self.forward(batch, Mode::Infer)?, &batch.targets)?);
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use linnet_encoder::MixerKind;

    use super::*;
    use crate::settings::tiny;

    /// Trains until an update; returns the records without what differs between runs, and the checkpoint's weights.
    fn until(settings: &Settings, folder: &Path, last: u64) -> (Vec<Record>, Vec<Vec<u8>>) {
        train(settings, folder, &mut |report| match report.update == last {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
        .unwrap();
        let mut records = metrics::read(folder).unwrap();
        records.iter_mut().for_each(|record| record.seconds = 0.0);
        let bytes = std::fs::read(checkpoint::path(folder)).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let mut named: Vec<_> = tensors.tensors();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        (records, named.into_iter().map(|(_, tensor)| tensor.data().to_vec()).collect())
    }

    #[test]
    fn a_run_that_was_killed_ends_as_one_that_was_not() {
        let folder = tempfile::tempdir().unwrap();
        let settings = tiny(MixerKind::CausalLinear);
        let whole = until(&settings, &folder.path().join("whole"), u64::MAX);
        let parts = folder.path().join("parts");
        // Before the first checkpoint, between two, and with records that no checkpoint knows of.
        for last in [150, 250, 399] {
            until_killed(&settings, &parts, last);
        }
        let resumed = until(&settings, &parts, u64::MAX);
        assert!(whole == resumed);
        let updates: Vec<u64> = resumed.0.iter().map(|record| record.update).collect();
        assert_eq!(updates, (1..=21).map(|i| i * 20).chain([430]).collect::<Vec<_>>());
        let validated = |r: &&Record| r.validation_loss.is_some() && r.validation_right.is_some();
        assert_eq!(resumed.0.iter().filter(validated).count(), 5);
        // Once done, there is nothing left to do.
        let mut told = 0;
        train(&settings, &parts, &mut |_| {
            told += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(told, 0);
    }

    fn until_killed(settings: &Settings, folder: &Path, last: u64) {
        let mut told = |report: &Report<'_>| match report.update == last {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        train(settings, folder, &mut told).unwrap();
    }

    #[test]
    fn a_damaged_checkpoint_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { updates: 3, ..tiny(MixerKind::CausalSoftmax) };
        until(&settings, folder.path(), u64::MAX);
        let path = checkpoint::path(folder.path());
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let error = train(&settings, folder.path(), &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(error.to_string().contains("checkpoint.safetensors"), "{error}");
    }

    #[test]
    fn the_gradient_of_an_update_matches_finite_differences() {
        let settings = tiny(MixerKind::CausalLsh);
        let tokens = settings.task.tokens();
        let encoder = Encoder::new(&settings.model, tokens, tokens, 1).unwrap();
        let adam = Adam::new(&encoder, adam(&settings));
        let run = Run { settings: &settings, encoder, adam, progress: Progress::default() };
        let batch = settings.task.batch(1, 1, 8);
        let loss = || {
            let log_probs = run.forward(&batch, Mode::Train { seed: 0, step: 1 }).unwrap();
            cross_entropy(&log_probs, &batch.targets).unwrap()
        };
        let gradient = run.encoder.take_gradient(&loss().0.backward().unwrap()).unwrap().to_vec();
        let weights = run.encoder.weights();
        let start = weights.as_tensor().copy().unwrap();
        // The head's bias comes last: its shift moves the log-probabilities of every row.
        for i in [gradient.len() - 1, gradient.len() - tokens, gradient.len() - tokens - 3] {
            let at = |by: f32| {
                let mut moved = start.to_vec1::<f32>().unwrap();
                moved[i] += by;
                weights.set(&Tensor::from_vec(moved, start.dims(), &Device::Cpu).unwrap()).unwrap();
                loss().1.loss()
            };
            let want = (at(1e-2) - at(-1e-2)) / 2e-2;
            weights.set(&start).unwrap();
            assert!((f64::from(gradient[i]) - want).abs() < 1e-4, "{i}: {}, not {want}", gradient[i]);
        }
    }
}

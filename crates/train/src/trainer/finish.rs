//! The end of an epoch, and of the run.

use linnet::keep_pronunciations;

use super::run::Run;
use super::start::{MODEL, Outcome};
use crate::config::Select;
use crate::environment;
use crate::error::TrainError;
use crate::evaluate::{Evaluation, evaluate};
use crate::metrics::{EpochRecord, write_metrics};
use crate::observer::{DEV, Observer};

impl Run<'_> {
    /// The development set's rates; `None`: it was interrupted.
    fn evaluate(&self) -> Result<Option<Evaluation>, TrainError> {
        let (model, dev) = (&self.model, (&self.data.dev, &self.data.criterion));
        let place = (self.config.data.dev.as_path(), self.state.step);
        evaluate(model, dev, place, self.ranks, &|| self.interrupted())
    }

    /// Validates and records the epoch at hand. `false`: it was interrupted, and the epoch has yet to be validated.
    pub(super) fn end_of_epoch(&mut self, observer: &mut dyn Observer) -> Result<bool, TrainError> {
        self.compare_weights()?;
        let evaluation = match self.evaluate() {
            Ok(Some(evaluation)) => evaluation,
            Err(error) => {
                // The epoch isn't lost with a development set that can't be read now. Other ranks may not be here.
                if self.ranks.leads()
                    && !matches!(error, TrainError::NotFinite { .. } | TrainError::Rank { .. })
                {
                    self.checkpoints.save(&self.model.encoder, &self.adam, &self.state)?;
                }
                return Err(error);
            }
            Ok(None) => {
                self.save()?;
                return Ok(false);
            }
        };
        self.told.tell(DEV, &evaluation.skipped, observer);
        let sums = std::mem::take(&mut self.state.sums);
        self.state.seconds += sums.seconds;
        let share = |seconds: f64| seconds / sums.seconds.max(1e-9);
        let record = EpochRecord {
            epoch: self.state.epoch,
            step: self.state.step,
            loss: sums.loss / sums.labels.max(1) as f64,
            dev_loss: evaluation.loss,
            dev_error_rate: evaluation.counts.rate(),
            dev_skipped: evaluation.skipped.len(),
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
            ranks_wait: share(sums.ranks_wait),
            ranks_sum: share(sums.ranks_sum),
            peak_mb: environment::peak_mb(),
        };
        self.state.schedule.epoch_ended(record.dev_error_rate);
        let best = self.state.best.is_none_or(|(best, _)| record.dev_error_rate < best);
        if best {
            self.state.best = Some((record.dev_error_rate, record.epoch));
        }
        let written = if self.ranks.leads() { self.write_epoch(record, observer) } else { Ok(()) };
        self.ranks.agree(written)?;
        self.state.epoch += 1;
        self.state.batch = 0;
        self.save()?;
        self.ranks.lead(|| self.tidy())?;
        Ok(true)
    }

    /// Brings the weights of other epochs to the last checkpoint's place: the best epoch's are kept, those that no mean
    /// wants any more are not. Only now, since a run that is ended before goes on from the checkpoint before.
    pub(super) fn tidy(&self) -> Result<(), TrainError> {
        let last = self.state.epoch - 1;
        if self.state.best.is_some_and(|(_, best)| best == last) {
            self.checkpoints.keep_best(last)?;
        }
        last.checked_sub(self.config.train.average as u64).map_or(Ok(()), |old| self.checkpoints.forget(old))
    }

    /// Writes what an epoch leaves behind.
    fn write_epoch(&mut self, record: EpochRecord, observer: &mut dyn Observer) -> Result<(), TrainError> {
        self.checkpoints.save_weights(&self.model.encoder, &self.checkpoints.epoch(record.epoch))?;
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
        write_metrics(&self.metrics(), &self.records)
    }

    /// Writes the model folder with the chosen weights.
    pub(super) fn finish(&mut self) -> Result<Outcome, TrainError> {
        let chosen = self.ranks.lead(|| self.choose())?.unwrap_or_default();
        self.spread_weights()?;
        let Some(evaluation) = self.evaluate()? else {
            return Ok(Outcome::Interrupted { epoch: self.state.epoch - 1, step: self.state.step });
        };
        let dev_error_rate = evaluation.counts.rate();
        self.ranks.lead(|| self.write_model(&chosen, dev_error_rate))?;
        Ok(Outcome::Finished { dev_error_rate })
    }

    /// Validates the model of a run that has ended before, on the first rank's weights.
    pub(super) fn finish_again(&self, observer: &mut dyn Observer) -> Result<Outcome, TrainError> {
        self.spread_weights()?;
        self.start(observer);
        let evaluation = self.evaluate()?;
        Ok(evaluation.map_or(Outcome::NotBegun, |evaluation| Outcome::Finished {
            dev_error_rate: evaluation.counts.rate(),
        }))
    }

    /// Gives the model the weights that the configuration selects, and says which these are.
    fn choose(&self) -> Result<String, TrainError> {
        let last = self.state.epoch - 1;
        let encoder = &self.model.encoder;
        Ok(match self.config.train.select {
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
        })
    }

    fn write_model(&self, chosen: &str, dev_error_rate: f64) -> Result<(), TrainError> {
        let encoder = &self.model.encoder;
        let about = format!(
            "# A Linnet model\n\n{} mixer, {} parameters, {} tokens: {chosen}.\n\
             Token error rate on {}: {dev_error_rate:.2} %.\n\nTranscribe with `linnet transcribe THIS_FOLDER AUDIO`.\n",
            self.config.model.mixer.name(),
            encoder.parameter_count(),
            encoder.tokens(),
            self.config.data.dev.display(),
        );
        let folder = self.out.join(MODEL);
        self.model.write(&folder, &about)?;
        // Of characters the configuration's lexicon is not the run's.
        let corpus = self.model.lexicon.as_ref().and(self.config.data.lexicon.parent());
        Ok(keep_pronunciations(corpus, &folder)?)
    }
}

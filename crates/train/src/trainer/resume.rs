//! Where a run goes on, and to which end.

use std::path::PathBuf;

use super::run::Run;
use super::start::MODEL;
use crate::config::{DataConfig, TrainConfig};
use crate::environment::{Environment, Extension};
use crate::error::TrainError;
use crate::metrics::{EpochRecord, read_metrics};

impl Run<'_> {
    /// Goes on from the last checkpoint of a run that was last trained with `earlier`, to the end that the
    /// configuration has now. Tells if it isn't the end that it had.
    pub(super) fn resume(&mut self, earlier: &TrainConfig) -> Result<Option<Extension>, TrainError> {
        // First, as with other tokens no weights fit.
        self.same_data(self.checkpoints.state()?.data, self.checkpoints.latest())?;
        self.state = self.checkpoints.restore(&self.model.encoder, &mut self.adam)?;
        let done = self.state.epoch - 1;
        if done > 0 {
            self.records = read_metrics(&self.metrics())?;
            // An epoch whose record was written after the checkpoint comes again.
            self.records.truncate(done as usize);
        }
        // It may have ended between the checkpoint and the weights beside it.
        if done > 0 && self.checkpoints.epoch(done).is_file() {
            self.tidy()?;
        }
        if self.records.len() as u64 != done {
            let problem = format!(
                "it has {} epochs, and the checkpoint {done}; bring the file back, or start anew in another folder",
                self.records.len()
            );
            return Err(TrainError::Config { file: self.metrics(), problem });
        }
        self.end_at(earlier)
    }

    /// Loads the model of a run that has ended, last trained with `earlier`, and has no checkpoint any more. `false`: it has
    /// one, or there is no model.
    pub(super) fn load_model(&mut self, earlier: &TrainConfig) -> Result<bool, TrainError> {
        let (latest, weights) = (self.checkpoints.latest(), self.out.join(MODEL).join("model.safetensors"));
        if latest.is_file() || !weights.is_file() {
            return Ok(false);
        }
        self.records = read_metrics(&self.metrics())?;
        let (last, best) = (self.records.last(), EpochRecord::best(&self.records));
        let own = &self.config.train;
        let ends = |train: &TrainConfig| last.zip(best).is_some_and(|(l, b)| train.ends(l.epoch, b.epoch));
        if earlier.epochs != own.epochs || !ends(own) {
            let problem = "it is missing, and without it the run can't be trained on; bring it back, give the settings that \
                           it ended with, or another folder"
                .into();
            return Err(TrainError::Checkpoint { path: latest, problem });
        }
        (self.state.epoch, self.state.step) = last.map_or((1, 0), |last| (last.epoch + 1, last.step));
        self.state.best = best.map(|best| (best.dev_error_rate, best.epoch));
        if let Some(data) = Environment::read(self.out)?.and_then(|environment| environment.data) {
            self.same_data(data, weights.clone())?;
        }
        self.model.encoder.load(&weights)?;
        Ok(true)
    }

    /// Fails unless the data have the checksum that the file at `path` was made with.
    fn same_data(&self, checksum: u32, path: PathBuf) -> Result<(), TrainError> {
        if checksum == self.state.data {
            return Ok(());
        }
        let DataConfig { train, dev, tokens, .. } = &self.config.data;
        let problem = format!(
            "the run was started on other utterances, transcripts or tokens than {}, {} and {} hold now; give the run's \
             own, or another folder",
            train.display(),
            dev.display(),
            tokens.display()
        );
        Err(TrainError::Checkpoint { path, problem })
    }

    /// Gives the run its end, unless that lies in what it has done.
    fn end_at(&mut self, earlier: &TrainConfig) -> Result<Option<Extension>, TrainError> {
        // Also with an end that is known already: no step may have been done since it was given.
        self.state.schedule.end_after(self.total_steps);
        let (epochs, before) = (self.config.train.epochs, earlier.epochs);
        if epochs == before {
            return Ok(None);
        }
        let error = |problem: String| Err(TrainError::Config { file: self.out.join("config.toml"), problem });
        let begun = self.state.epoch - u64::from(self.state.batch == 0);
        if epochs < begun {
            return error(format!(
                "the run has begun epoch {begun} of {before}, so that it can't end after {epochs}; give train.epochs of at \
                 least {begun}"
            ));
        }
        if epochs > before && self.stopped_early() {
            return error(format!(
                "the run ended early, after epoch {}, by train.stop_after = {}; to train on, set that to 0 or higher too",
                self.state.epoch - 1,
                self.config.train.stop_after
            ));
        }
        Ok(Some(Extension { epoch: self.state.epoch, epochs_before: before, epochs }))
    }
}

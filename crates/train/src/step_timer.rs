//! How long training steps of a configuration take.

use std::time::Instant;

use linnet::Model;
use linnet_corpus::Batch;

use crate::config::RunConfig;
use crate::data::RunData;
use crate::error::TrainError;
use crate::optimizer::Adam;
use crate::trainer::new_model;
use crate::update::update;

/// The first batches of a configuration's training, to be timed again and again.
pub struct StepTimer {
    config: RunConfig,
    data: RunData,
    batches: Vec<Batch>,
}

impl StepTimer {
    /// Reads so many batches of the first epoch, or all that it has.
    ///
    /// # Errors
    ///
    /// As [`train`](crate::train), and if there is no batch.
    pub fn new(config: &RunConfig, batches: usize) -> Result<Self, TrainError> {
        let data = RunData::read(config, None)?;
        let epoch = data.train.epoch(1)?;
        let batches: Vec<Batch> = epoch.filter(|batch| !batch.is_empty()).take(batches).collect();
        if batches.is_empty() {
            let problem = "no utterance is left to train on".into();
            return Err(TrainError::Config { file: config.data.train.clone(), problem });
        }
        Ok(Self { config: config.clone(), data, batches })
    }

    /// How many batches it has.
    pub fn batches(&self) -> usize {
        self.batches.len()
    }

    /// The frames of features of its batches.
    pub fn frames(&self) -> usize {
        self.batches.iter().flat_map(|batch| &batch.lengths).sum()
    }

    /// The seconds of a step on each batch: forward, loss, backward, update, of new weights, which stay as they are,
    /// and after one step that is not counted.
    ///
    /// # Errors
    ///
    /// Those of the steps, as of a batch without any utterance that CTC has room for.
    pub fn time(&self) -> Result<Vec<f64>, TrainError> {
        let Model { encoder, .. } = new_model(&self.config, &self.data)?;
        let (config, mut adam) = (&self.config.train, Adam::new(&encoder, self.config.train.adam()));
        let mut seconds = Vec::with_capacity(self.batches.len());
        let first = self.batches.first();
        for (step, batch) in (0..).zip(first.into_iter().chain(&self.batches)) {
            let (batch, start) = (batch.clone(), Instant::now());
            // Without warm-up, steps of any size could lead where losses are no numbers; they cost the same.
            update(&encoder, &mut adam, batch, config, (step, 0.0))?;
            seconds.push(start.elapsed().as_secs_f64());
        }
        Ok(seconds.split_off(1.min(seconds.len())))
    }
}

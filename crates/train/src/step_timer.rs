//! How long training steps of a configuration take.

use std::time::Instant;

use linnet::Model;
use linnet_corpus::{Batch, Share};

use crate::config::RunConfig;
use crate::data::RunData;
use crate::error::TrainError;
use crate::optimizer::Adam;
use crate::ranks::Alone;
use crate::trainer::new_model;
use crate::update::Updater;

/// The first batches of a configuration's training, to be timed again and again.
pub struct StepTimer {
    config: RunConfig,
    data: RunData,
    /// Each in its pieces.
    batches: Vec<Vec<Batch>>,
}

impl StepTimer {
    /// Reads so many batches of the first epoch, or all that it has.
    ///
    /// # Errors
    ///
    /// As [`train`](crate::train), and if there is no batch.
    pub fn new(config: &RunConfig, batches: usize) -> Result<Self, TrainError> {
        let data = RunData::read(config, None)?;
        let pieces = config.train.pieces;
        let mut epoch = data.train.share(1, Share { pieces, own: 0..pieces, ..Share::default() })?;
        let made = std::iter::from_fn(|| epoch.next_pieces());
        let batches: Vec<Vec<Batch>> =
            made.filter(|batch| !batch.iter().all(Batch::is_empty)).take(batches).collect();
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
        self.batches.iter().flatten().flat_map(|piece| &piece.lengths).sum()
    }

    /// The seconds of a step on each batch: forward, loss, backward, update, of new weights, which stay as they are,
    /// and after one step that is not counted.
    ///
    /// # Errors
    ///
    /// Those of the steps, as of a batch without any utterance that CTC has room for.
    pub fn time(&self) -> Result<Vec<f64>, TrainError> {
        let Model { encoder, .. } = new_model(&self.config, &self.data)?;
        let mut adam = Adam::new(&encoder, self.config.train.adam());
        let updater = Updater { encoder: &encoder, config: &self.config.train, ranks: &Alone };
        let mut seconds = Vec::with_capacity(self.batches.len());
        let first = self.batches.first();
        for (step, batch) in (0..).zip(first.into_iter().chain(&self.batches)) {
            let (batch, start) = (batch.clone(), Instant::now());
            // Without warm-up, steps of any size could lead where losses are no numbers; they cost the same.
            updater.update(&mut adam, batch, (step, 0.0))?;
            seconds.push(start.elapsed().as_secs_f64());
        }
        Ok(seconds.split_off(1.min(seconds.len())))
    }
}

//! How long training steps of a configuration take.

use std::time::{Duration, Instant};

use linnet::Model;
use linnet_corpus::{Batch, Share};

use crate::config::RunConfig;
use crate::data::RunData;
use crate::error::TrainError;
use crate::optimizer::Adam;
use crate::ranks::{Alone, SumMemory};
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
        let data = RunData::read(config, None, None, &Alone)?;
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
        self.batches.iter().map(|batch| frames(batch)).sum()
    }

    /// The seconds of a step on each batch: forward, loss, backward, update, of new weights, which stay as they are,
    /// and after one step that is not counted.
    ///
    /// # Errors
    ///
    /// Those of the steps.
    pub fn time(&self) -> Result<Vec<f64>, TrainError> {
        let mut seconds = Vec::with_capacity(self.batches.len());
        self.steps(&self.batches, &mut |_, took| {
            seconds.push(took);
            true
        })?;
        Ok(seconds)
    }

    /// The pace of steps on its batches, again and again, until so much time is over or `go_on` says no, after one step
    /// that is not counted. `go_on` hears the seconds so far.
    ///
    /// # Errors
    ///
    /// Those of [`time`](Self::time); batches none of whose utterances can be trained on.
    pub fn pace(&self, time: Duration, go_on: &mut dyn FnMut(f64) -> bool) -> Result<Pace, TrainError> {
        let views = self.config.criterion.views() as f64;
        let epoch_frames = views * self.data.train.seconds() * 1e3 / self.config.features.frame_shift_ms;
        let mut pace = Pace { steps: 0, frames: 0, seconds: 0.0, epoch_frames };
        let mut passed = 0;
        self.steps(self.batches.iter().cycle(), &mut |trained, took| {
            passed += 1;
            pace.steps += usize::from(trained > 0);
            pace.frames += trained;
            pace.seconds += took;
            let more = match pace.steps {
                0 => passed < self.batches.len(),
                _ => pace.seconds < time.as_secs_f64(),
            };
            more && go_on(pace.seconds)
        })?;
        if pace.steps == 0 && passed == self.batches.len() {
            let problem = "no utterance of its first batches has room for its labels, so that no step can be made; check the \
                           transcripts, or lower model.subsampling"
                .into();
            return Err(TrainError::Config { file: self.config.data.train.clone(), problem });
        }
        Ok(pace)
    }

    /// Steps on these batches while `told`, which hears each one's frames of features and seconds, says so; before them one on the first batch,
    /// of which it doesn't hear.
    fn steps<'a>(
        &'a self,
        batches: impl IntoIterator<Item = &'a Vec<Batch>>,
        told: &mut dyn FnMut(usize, f64) -> bool,
    ) -> Result<(), TrainError> {
        let Model { encoder, .. } = new_model(&self.config, &self.data)?;
        let mut adam = Adam::new(&encoder, self.config.train.adam());
        let mut updater = Updater {
            encoder: &encoder,
            criterion: &self.data.criterion,
            config: &self.config.train,
            dropout: true,
            ranks: &Alone,
            memory: &mut SumMemory::default(),
        };
        for (step, batch) in (0..).zip(self.batches.first().into_iter().chain(batches)) {
            let (owned, start) = (batch.clone(), Instant::now());
            // Without warm-up, steps of any size could lead where losses are no numbers; they cost the same.
            let update = updater.update(&mut adam, owned, (step, 0.0))?;
            if step > 0 && !told(update.frames, start.elapsed().as_secs_f64()) {
                break;
            }
        }
        Ok(())
    }
}

fn frames(pieces: &[Batch]) -> usize {
    pieces.iter().flat_map(|piece| &piece.lengths).sum()
}

/// How fast steps went, and how much an epoch has.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    /// Steps that were timed.
    pub steps: usize,
    /// Frames of features in them.
    pub frames: usize,
    /// Seconds that they took.
    pub seconds: f64,
    /// Frames of features in an epoch, at the recordings' own speed.
    pub epoch_frames: f64,
}

impl Pace {
    /// Seconds of an epoch at this pace, without the development set.
    pub fn epoch_seconds(&self) -> f64 {
        self.epoch_frames * self.seconds / self.frames.max(1) as f64
    }
}

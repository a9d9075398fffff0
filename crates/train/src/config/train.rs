//! The `[train]` table.

use linnet_corpus::LONGEST_S;
use linnet_frontend::Normalisation;
use serde::{Deserialize, Serialize};

use crate::optimizer::{AdamSettings, OptimizerKind};
use crate::schedule::ScheduleKind;

/// Which weights become the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Select {
    /// The mean of the last `average` epochs' weights.
    Average,
    /// The weights of the epoch with the lowest development error rate.
    Best,
    /// The last weights.
    Last,
}

/// The `[train]` table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// The seed of everything that is random: starting weights, order, dropout, augmentation.
    pub seed: u64,
    /// Passes over the training set. A run that is continued may have other ones than before, but not fewer than it
    /// has begun; see [`train`](crate::train).
    pub epochs: u64,
    /// Audio in a batch, in seconds; where utterances have two views (`criterion.consistency_weight`), of both.
    pub batch_seconds: f64,
    /// Pieces of about the same length that a batch is cut into, by its utterances: what ranks share. The gradients of
    /// the pieces are summed. The numbers depend on how many pieces there are (by rounding, and dropout is drawn in the
    /// order of the pieces), but not on how many ranks.
    pub pieces: usize,
    /// The rule of the update.
    pub optimizer: OptimizerKind,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Decay of the gradient's mean.
    pub beta1: f64,
    /// Decay of the squared gradient's mean.
    pub beta2: f64,
    /// Added to the optimiser's denominator.
    pub epsilon: f64,
    /// Decay of the matrices, per unit of learning rate.
    pub weight_decay: f64,
    /// The longest gradient; a longer one is shortened to it. 0: no limit.
    pub clip: f64,
    /// The learning rate's course.
    pub schedule: ScheduleKind,
    /// Share of all steps in which the learning rate climbs, at most [`regularise_after`](Self::regularise_after) steps where
    /// there are any; 0: it doesn't.
    pub warmup: f64,
    /// The steps after which masks over the features and dropout begin, with the next epoch; 0: from the first step on.
    /// Without them CTC leaves blanks behind sooner, and by a short warm-up; with them a short one holds it there
    /// (`recipes/an4/studies/plateau.toml`).
    pub regularise_after: u64,
    /// Epochs without improvement after which the plateau schedule halves the learning rate.
    pub patience: usize,
    /// Epochs without improvement after which training stops; 0: never. It may change when a run is continued.
    pub stop_after: usize,
    /// Which weights become the model.
    pub select: Select,
    /// Epochs whose weights are averaged.
    pub average: usize,
    /// Steps between checkpoints within an epoch; 0: only at its end.
    pub checkpoint_steps: u64,
    /// Whether utterances too short for their labels are skipped and counted; otherwise they end the run.
    pub skip_impossible: bool,
    /// The most labels for each frame that subsampling leaves, over the training set, where two equal ones in a row count
    /// as three, for the blank between them. Denser sets are refused. On five hours of LibriSpeech at 4× subsampling,
    /// phones (0.40) are past blanks and a few tokens after 566 updates, characters (0.60) were not after 950. A run may
    /// be continued with another value.
    pub label_density: f64,
    /// How features are normalised.
    pub normalisation: Normalisation,
    /// Utterances shorter than this are left out, in seconds.
    pub shortest_s: f64,
    /// Utterances longer than this are left out, in seconds.
    pub longest_s: f64,
    /// Noise on the length by which utterances are sorted into batches, in seconds.
    pub shuffle_s: f64,
    /// Threads that make batches.
    pub workers: usize,
    /// Memory for features that are kept from epoch to epoch, in megabytes.
    pub cache_mb: usize,
    /// Keep each block's input alone and compute the rest again in the backward pass: less memory, a third more work,
    /// the same numbers.
    pub recompute: bool,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            epochs: 40,
            batch_seconds: 40.0,
            pieces: 1,
            optimizer: OptimizerKind::AdamW,
            learning_rate: 1.5e-3,
            beta1: 0.9,
            beta2: 0.98,
            epsilon: 1e-8,
            weight_decay: 0.01,
            clip: 5.0,
            schedule: ScheduleKind::Cosine,
            warmup: 0.1,
            regularise_after: 0,
            patience: 5,
            stop_after: 0,
            select: Select::Average,
            average: 5,
            checkpoint_steps: 0,
            skip_impossible: true,
            label_density: 0.5,
            normalisation: Normalisation::Global,
            shortest_s: 0.1,
            longest_s: LONGEST_S,
            shuffle_s: 0.6,
            workers: 1,
            cache_mb: 1024,
            recompute: false,
        }
    }
}

/// More would be planned for minutes before the first step.
const MOST_EPOCHS: u64 = 100_000;

/// More than any batch has utterances.
const MOST_PIECES: usize = 1 << 16;

impl TrainConfig {
    /// Whether training ends after an epoch: the last one, or as many as `stop_after` after the best (the first of
    /// equal ones).
    pub fn ends(&self, epoch: u64, best: u64) -> bool {
        epoch >= self.epochs || self.stop_after > 0 && epoch.saturating_sub(best) >= self.stop_after as u64
    }

    /// The optimiser's constants.
    /// The steps of the warm-up, of so many in all.
    pub(crate) fn warmup_steps(&self, total: u64) -> u64 {
        let share = (self.warmup * total as f64).ceil() as u64;
        if self.regularise_after == 0 { share } else { share.min(self.regularise_after) }
    }

    pub(crate) fn adam(&self) -> AdamSettings {
        AdamSettings {
            kind: self.optimizer,
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
            weight_decay: self.weight_decay,
        }
    }

    /// Checks every value's range; the error names the key.
    pub(super) fn validate(&self) -> Result<(), String> {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let share = |x: f64| (0.0..1.0).contains(&x);
        // The optimiser computes with f32.
        let small = |x: f64| share(x) && share(f64::from(x as f32));
        for (key, fine, range) in [
            ("epochs", (1..=MOST_EPOCHS).contains(&self.epochs), "from 1 to 100,000"),
            ("batch_seconds", positive(self.batch_seconds), "above 0"),
            ("pieces", (1..=MOST_PIECES).contains(&self.pieces), "from 1 to 65,536"),
            ("learning_rate", positive(self.learning_rate), "above 0"),
            ("beta1", small(self.beta1), "from 0 to below 1, as an f32"),
            ("beta2", small(self.beta2), "from 0 to below 1, as an f32"),
            ("epsilon", positive(f64::from(self.epsilon as f32)), "above 0, as an f32"),
            ("weight_decay", self.weight_decay >= 0.0 && self.weight_decay.is_finite(), "0 or above"),
            ("clip", self.clip >= 0.0 && self.clip.is_finite(), "0 (no limit) or above"),
            ("warmup", share(self.warmup), "a share of all steps, from 0 to below 1"),
            ("patience", self.patience > 0, "above 0"),
            ("average", self.average > 0, "above 0"),
            ("label_density", positive(self.label_density), "above 0"),
            (
                "shortest_s",
                self.shortest_s >= 0.0 && self.shortest_s < self.longest_s,
                "0 or above, below longest_s",
            ),
            ("shuffle_s", (0.0..=1e6).contains(&self.shuffle_s), "from 0 to a million"),
            ("workers", (1..=256).contains(&self.workers), "from 1 to 256"),
        ] {
            if !fine {
                return Err(format!("train.{key} must be {range}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warm_up_is_over_when_masks_begin() {
        let train =
            |warmup, regularise_after| TrainConfig { warmup, regularise_after, ..TrainConfig::default() };
        let steps =
            [(0.1, 0), (0.1, 300), (0.1, 2000), (0.0, 300)].map(|(w, r)| train(w, r).warmup_steps(8150));
        assert_eq!(steps, [815, 300, 815, 0]);
    }
}

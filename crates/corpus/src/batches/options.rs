//! Settings of datasets.

use linnet_frontend::{Cmvn, FbankConfig, Normalisation, SpecAugment};
use serde::{Deserialize, Serialize};

use crate::{CorpusError, Join};

/// The longest utterance that training takes unless it is told otherwise, seconds.
pub const LONGEST_S: f64 = 60.0;

/// How utterances become batches.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchOptions {
    /// The features.
    pub features: FbankConfig,
    /// Normalisation before augmentation.
    pub normalisation: Normalisation,
    /// A corpus's statistics for [`Normalisation::Global`], see [`compute_cmvn`](crate::compute_cmvn).
    pub cmvn: Option<Cmvn>,
    /// Variety for training.
    pub augment: Augment,
    /// Frames that a batch has at most, all its utterances together; a longer one is a batch of its own.
    pub batch_frames: usize,
    /// How often each utterance stands in its batch, one view behind the other, each with masks of its own. All of them
    /// count as frames of the batch.
    pub views: usize,
    /// How the order differs from epoch to epoch; `None`: by length, the same each time.
    pub shuffle: Option<Shuffle>,
    /// Seed of the order and of augmentation.
    pub seed: u64,
    /// Utterances shorter than this are left out, seconds.
    pub shortest_s: f64,
    /// Utterances longer than this are left out, seconds.
    pub longest_s: f64,
    /// Threads that make batches.
    pub workers: usize,
    /// Batches that each worker may be ahead.
    pub ahead: usize,
    /// Memory for features that are kept from epoch to epoch, bytes; 0: all are computed each time.
    pub cache_bytes: usize,
}

impl Default for BatchOptions {
    /// 80 bands, no normalisation or augmentation, batches of 40 s, one worker, a gibibyte of cache.
    fn default() -> Self {
        Self {
            features: FbankConfig::default(),
            normalisation: Normalisation::None,
            cmvn: None,
            augment: Augment::default(),
            batch_frames: 4000,
            views: 1,
            shuffle: None,
            seed: 0,
            shortest_s: 0.0,
            longest_s: f64::INFINITY,
            workers: 1,
            ahead: 2,
            cache_bytes: 1 << 30,
        }
    }
}

/// Variety for training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augment {
    /// Speeds of which each utterance draws one each epoch; 1.1 is faster and higher.
    pub speeds: Vec<f64>,
    /// Joins utterances of each speaker, in an order drawn anew each epoch, to long ones, features to features; absent:
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join: Option<Join>,
    /// Masks over frequency and time; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec_augment: Option<SpecAugment>,
}

impl Default for Augment {
    /// None.
    fn default() -> Self {
        Self { speeds: vec![1.0], join: None, spec_augment: None }
    }
}

impl Augment {
    /// Checks every setting.
    ///
    /// # Errors
    ///
    /// The first one that cannot be, with the reason and the mend.
    pub fn validate(&self) -> Result<(), CorpusError> {
        let fail = |problem: String| Err(CorpusError::Option { key: "speeds", problem });
        if self.speeds.is_empty() {
            return fail("empty; give [1.0] for none".to_owned());
        }
        if let Some(speed) = self.speeds.iter().find(|speed| !SPEEDS.contains(speed)) {
            return fail(format!("{speed} is not from 0.25 to 4, like 0.9"));
        }
        if let Some(join) = self.join {
            join.validate()?;
        }
        if let Some(masks) = &self.spec_augment {
            masks.validate()?;
        }
        Ok(())
    }
}

/// How an epoch's order is drawn: utterances are sorted by their length and some noise and cut into batches, and the
/// batches are shuffled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shuffle {
    /// The noise is drawn evenly from 0 to this, frames. With more than the longest utterance has, batches are nearly
    /// random.
    pub noise_frames: f64,
}

impl Default for Shuffle {
    /// 0.6 s at a shift of 10 ms.
    fn default() -> Self {
        Self { noise_frames: 60.0 }
    }
}

/// Slowest and fastest speed: beyond, speech is no speech, and a slip of the pen would exhaust memory.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.25..=4.0;

impl BatchOptions {
    /// Checks every setting.
    ///
    /// # Errors
    ///
    /// The first one that cannot be, with the reason and the mend.
    pub fn validate(&self) -> Result<(), CorpusError> {
        let fail = |key, problem: String| Err(CorpusError::Option { key, problem });
        self.features.validate()?;
        self.normalisation.check(self.cmvn.as_ref(), self.features.dim())?;
        self.augment.validate()?;
        if self.batch_frames == 0 {
            return fail("batch_frames", "0; give the frames of a batch, like 4000".to_owned());
        }
        if self.views == 0 {
            return fail("views", "0; give 1, or more for several views of each utterance".to_owned());
        }
        if let Some(Shuffle { noise_frames }) = self.shuffle
            && !(noise_frames.is_finite() && noise_frames >= 0.0)
        {
            return fail("noise_frames", format!("{noise_frames} is not 0 or more"));
        }
        if self.shortest_s.is_nan() || self.longest_s.is_nan() || self.shortest_s > self.longest_s {
            let (shortest, longest) = (self.shortest_s, self.longest_s);
            return fail("shortest_s", format!("{shortest} s is above longest_s, {longest} s"));
        }
        if self.workers == 0 || self.ahead == 0 {
            return fail(
                "workers",
                "0 workers, or workers that may be 0 batches ahead, make no batch".to_owned(),
            );
        }
        Ok(())
    }
}

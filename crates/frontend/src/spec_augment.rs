//! Masks over frequency and time for training.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::{Features, FrontendError};

/// SpecAugment (Park et al., 2019) without time warping; the number and width of time masks may follow the utterance's
/// length (Park et al., 2020, "SpecAugment on large scale datasets"). To be applied after CMVN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpecAugment {
    /// Frequency masks an utterance.
    pub frequency_masks: usize,
    /// Greatest width of a frequency mask, bands. Widths are drawn evenly from 0 to this.
    pub frequency_mask_width: usize,
    /// Time masks an utterance, or the most of them where their number follows the length.
    pub time_masks: usize,
    /// Time masks a frame of the utterance, rounded down: 0.01 is one a second at 10 ms. 0: always `time_masks`.
    pub time_masks_per_frame: f64,
    /// Greatest width of a time mask, frames. Widths are drawn evenly from 0 to this.
    pub time_mask_width: usize,
    /// Greatest width of a time mask, as a share of the utterance's frames, in [0, 1].
    pub time_mask_share: f64,
    /// The value of masked features.
    pub fill: MaskFill,
}

/// The value of masked features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MaskFill {
    /// 0, which after CMVN is the mean.
    #[default]
    Zero,
    /// Each band's mean over the utterance, taken before masking; for features without CMVN.
    Mean,
}

impl Default for SpecAugment {
    /// Two masks of up to 27 bands; a time mask a second, at most 10, of up to 50 frames and a twentieth each.
    fn default() -> Self {
        Self {
            frequency_masks: 2,
            frequency_mask_width: 27,
            time_masks: 10,
            time_masks_per_frame: 0.01,
            time_mask_width: 50,
            time_mask_share: 0.05,
            fill: MaskFill::Zero,
        }
    }
}

impl SpecAugment {
    /// Checks every setting.
    ///
    /// # Errors
    ///
    /// The first one that cannot be, with the reason and the mend.
    pub fn validate(&self) -> Result<(), FrontendError> {
        if !(0.0..=1.0).contains(&self.time_mask_share) {
            let problem = "must be a share of the utterance, from 0 to 1, like 0.05";
            return Err(FrontendError::config("time_mask_share", self.time_mask_share, problem));
        }
        if !(0.0..=1.0).contains(&self.time_masks_per_frame) {
            let problem = "must be from 0 (a fixed number) to 1, like 0.01 for one mask in 100 frames";
            return Err(FrontendError::config("time_masks_per_frame", self.time_masks_per_frame, problem));
        }
        Ok(())
    }

    /// Masks an utterance, `(frames, dim)`, in place: bands, and with them what each further block of as many values
    /// has of them (their slopes), and frames. The same `rng` gives the same masks.
    pub fn apply(&self, features: &mut Features, bands: usize, rng: &mut impl Rng) {
        let (frames, dim) = (features.frames(), features.dim);
        if frames == 0 {
            return;
        }
        let fill = self.fill_values(features);
        for _ in 0..self.frequency_masks {
            let (begin, end) = mask(bands, self.frequency_mask_width, rng);
            for row in features.rows_mut() {
                for (block, fill) in row.chunks_exact_mut(bands.max(1)).zip(fill.chunks_exact(bands.max(1))) {
                    block[begin..end].copy_from_slice(&fill[begin..end]);
                }
            }
        }
        let width = self.time_mask_width.min((self.time_mask_share * frames as f64) as usize);
        for _ in 0..self.time_masks_in(frames) {
            let (begin, end) = mask(frames, width, rng);
            for row in features.data[begin * dim..end * dim].chunks_exact_mut(dim) {
                row.copy_from_slice(&fill);
            }
        }
    }

    fn time_masks_in(&self, frames: usize) -> usize {
        match self.time_masks_per_frame {
            0.0 => self.time_masks,
            rate => self.time_masks.min((rate * frames as f64) as usize),
        }
    }

    fn fill_values(&self, features: &Features) -> Vec<f32> {
        let mut sums = vec![0.0f64; features.dim];
        if self.fill == MaskFill::Mean {
            for row in features.rows() {
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += f64::from(value);
                }
            }
        }
        sums.into_iter().map(|sum| (sum / features.frames() as f64) as f32).collect()
    }
}

/// A range of up to `width` within `0..length`, its width and then its place drawn evenly.
fn mask(length: usize, width: usize, rng: &mut impl Rng) -> (usize, usize) {
    let width = rng.random_range(0..=width.min(length));
    let begin = rng.random_range(0..=length - width);
    (begin, begin + width)
}

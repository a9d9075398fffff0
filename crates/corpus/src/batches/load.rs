//! One utterance's samples and features.

use std::sync::Arc;

use linnet_audio::{Channel, ReadOptions, change_speed, read, resample};
use linnet_frontend::{Cmvn, Fbank, FbankConfig, Features, FrontendError, Normalisation};

use super::options::BatchOptions;
use crate::random::stream;
use crate::{CorpusError, Utterance};

/// Samples of an utterance, mono, in [-1, 1), at `sample_rate` Hz: its part of the file, its channel (or all, mixed).
///
/// # Errors
///
/// A file that can't be read, by the utterance's name; a rate that can't be resampled.
pub fn read_samples(utterance: &Utterance, sample_rate: u32) -> Result<Vec<f32>, CorpusError> {
    let fail = |source| CorpusError::Audio { id: utterance.id.clone(), source };
    let options =
        ReadOptions { raw: utterance.raw, offset_s: utterance.offset_s, duration_s: utterance.duration_s };
    let audio = read(&utterance.audio, &options).map_err(fail)?;
    let samples = audio.channel(utterance.channel.map_or(Channel::Mix, Channel::Index)).map_err(fail)?;
    if audio.sample_rate == sample_rate {
        return Ok(samples);
    }
    resample(&samples, audio.sample_rate, sample_rate).map_err(fail)
}

/// Makes features; one serves one thread.
pub(super) struct Loader {
    fbank: Fbank,
    normalisation: Normalisation,
    cmvn: Option<Cmvn>,
    seed: u64,
}

impl Loader {
    /// For what the options say.
    pub(super) fn new(options: &BatchOptions) -> Result<Self, CorpusError> {
        let BatchOptions { features, normalisation, cmvn, seed, .. } = options;
        let fbank = Fbank::new(features)?;
        Ok(Self { fbank, normalisation: *normalisation, cmvn: cmvn.clone(), seed: *seed })
    }

    /// For features that are not normalised.
    pub(super) fn plain(config: &FbankConfig) -> Result<Self, CorpusError> {
        Ok(Self { fbank: Fbank::new(config)?, normalisation: Normalisation::None, cmvn: None, seed: 0 })
    }

    /// Normalised features of an utterance, `(frames, dim)`, at a speed.
    pub(super) fn features(&mut self, utterance: &Utterance, speed: f64) -> Result<Features, CorpusError> {
        let id = || utterance.id.clone();
        let mut samples = read_samples(utterance, self.fbank.config().sample_rate)?;
        if speed != 1.0 {
            samples =
                change_speed(&samples, speed).map_err(|source| CorpusError::Audio { id: id(), source })?;
        }
        if self.fbank.config().dither > 0.0 {
            // The noise must not depend on what this thread has dithered before.
            let mut noise = stream(self.seed, "dither", speed.to_bits(), &utterance.id);
            self.fbank.set_dither_seed(rand::RngExt::random(&mut noise));
        }
        let fail = |source: FrontendError| CorpusError::Features { id: id(), source };
        let mut features = self.fbank.compute_checked(&samples).map_err(fail)?;
        self.normalisation.apply(self.cmvn.as_ref(), &mut features).map_err(fail)?;
        Ok(features)
    }

    /// As [`features`](Self::features), to be shared.
    pub(super) fn shared(&mut self, utterance: &Utterance, speed: f64) -> Result<Arc<Features>, CorpusError> {
        self.features(utterance, speed).map(Arc::new)
    }
}

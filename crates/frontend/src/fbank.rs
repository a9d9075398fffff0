//! Filterbanks of a whole utterance.

use crate::engine::{Engine, Span};
use crate::{FbankConfig, Features, FrontendError, deltas};

/// Frames to each side that a slope is taken over: Kaldi's default.
const DELTA_WINDOW: usize = 2;

/// Computes log-mel filterbanks by Kaldi's definition.
///
/// Each frame has its mean subtracted, is pre-emphasised, windowed, padded with zeros to a power of two and
/// transformed; the power spectrum is summed in triangular mel bands, and of each sum, at least the `f32` epsilon, the
/// natural logarithm is taken. One `Fbank` serves one thread; its buffers are reused from call to call.
pub struct Fbank {
    config: FbankConfig,
    engine: Engine,
}

impl Fbank {
    /// Makes ready for these features.
    ///
    /// # Errors
    ///
    /// A configuration that doesn't [validate](FbankConfig::validate).
    pub fn new(config: &FbankConfig) -> Result<Self, FrontendError> {
        Ok(Self { config: config.clone(), engine: Engine::new(config)? })
    }

    /// The settings that it was made with.
    pub fn config(&self) -> &FbankConfig {
        &self.config
    }

    /// Values a frame.
    pub fn dim(&self) -> usize {
        self.config.dim()
    }

    /// Frames that an utterance of `samples` samples has.
    pub fn frames(&self, samples: usize) -> usize {
        self.engine.framing.frames(samples)
    }

    /// Takes the dither's noise from another seed than the configuration's: say, one of the utterance and epoch.
    /// Without dither it changes nothing.
    pub fn set_dither_seed(&mut self, seed: u64) {
        self.engine.set_dither(seed, self.config.dither);
    }

    /// Features of one utterance, `(frames, dim)`, from its `samples` in [-1, 1) at the configured rate. An utterance
    /// too short for a frame has none.
    pub fn compute(&mut self, samples: &[f32]) -> Features {
        let mut features = Features::new(self.dim());
        self.compute_into(samples, &mut features);
        features
    }

    /// As [`compute`](Self::compute), for what must have features.
    ///
    /// # Errors
    ///
    /// Samples that are too short for a frame; a feature that is infinite or not a number.
    pub fn compute_checked(&mut self, samples: &[f32]) -> Result<Features, FrontendError> {
        let features = self.compute(samples);
        if features.is_empty() {
            let sample_rate = self.config.sample_rate;
            return Err(FrontendError::TooShort { samples: samples.len(), sample_rate });
        }
        features.check_finite()?;
        Ok(features)
    }

    /// As [`compute`](Self::compute), into `features`, whose content is replaced and, without slopes, whose memory is
    /// reused.
    pub fn compute_into(&mut self, samples: &[f32], features: &mut Features) {
        features.dim = self.config.bands;
        features.data.clear();
        features.data.resize(self.frames(samples.len()) * features.dim, 0.0);
        let span = Span { samples, start: 0, total: samples.len() };
        self.engine.compute(span, 0, &mut features.data);
        if self.config.deltas > 0 {
            *features = deltas(features, self.config.deltas, DELTA_WINDOW);
        }
    }
}

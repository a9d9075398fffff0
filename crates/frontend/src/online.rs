//! Filterbanks of samples that arrive in pieces.

use crate::engine::{Engine, Span};
use crate::{FbankConfig, Features, FrontendError};

/// Computes the frames of [`Fbank`](crate::Fbank), bit for bit, from pieces of any size.
///
/// Latency: a frame is given as soon as its last sample is there, which is one frame length (25 ms) after its first.
/// With `snip_edges` off, frames begin earlier, mirrored at the start: frame 0 is given after
/// (length + shift) / 2 = 17.5 ms of audio, and frame t as a rule 10·t ms later. At the end of the signal,
/// [`finish`](Self::finish) gives the last frames (one or two at 25/10 ms), which mirror it. Kept between calls: less
/// than a frame's samples.
pub struct OnlineFbank {
    engine: Engine,
    /// Samples from `start` on that frames to come need.
    pending: Vec<f32>,
    /// Index in the signal of the first pending sample.
    start: usize,
    /// Samples that came so far.
    received: usize,
    /// Frames given so far.
    given: usize,
}

impl OnlineFbank {
    /// Makes ready for a signal.
    ///
    /// # Errors
    ///
    /// A configuration that doesn't [validate](FbankConfig::validate), or asks for slopes, which take frames that come
    /// later.
    pub fn new(config: &FbankConfig) -> Result<Self, FrontendError> {
        if config.deltas > 0 {
            let problem = "takes frames that come later; audio that comes in pieces needs deltas = 0";
            return Err(FrontendError::config("deltas", config.deltas, problem));
        }
        Ok(Self { engine: Engine::new(config)?, pending: Vec::new(), start: 0, received: 0, given: 0 })
    }

    /// Values a frame.
    pub fn dim(&self) -> usize {
        self.engine.bands()
    }

    /// Takes the next `samples` in [-1, 1) of the signal and appends the frames that are now complete to `features`,
    /// which must have [`dim`](Self::dim) dimensions.
    ///
    /// # Errors
    ///
    /// Features of another dimension.
    pub fn accept(&mut self, samples: &[f32], features: &mut Features) -> Result<(), FrontendError> {
        features.check_dim(self.dim())?;
        // Samples that lie before the next frame (they exist where the shift is longer than a frame) are skipped.
        let skipped = self.start.saturating_sub(self.received).min(samples.len());
        self.pending.extend_from_slice(&samples[skipped..]);
        self.received += samples.len();
        self.give(self.engine.framing.complete_frames(self.received), features);
        self.forget();
        Ok(())
    }

    /// Ends the signal: appends its last frames to `features` and makes ready for another signal.
    ///
    /// # Errors
    ///
    /// Features of another dimension.
    pub fn finish(&mut self, features: &mut Features) -> Result<(), FrontendError> {
        features.check_dim(self.dim())?;
        self.give(self.engine.framing.frames(self.received), features);
        self.pending.clear();
        (self.start, self.received, self.given) = (0, 0, 0);
        Ok(())
    }

    fn give(&mut self, frames: usize, features: &mut Features) {
        if frames > self.given {
            let old = features.data.len();
            features.data.resize(old + (frames - self.given) * features.dim, 0.0);
            let span = Span { samples: &self.pending, start: self.start, total: self.received };
            self.engine.compute(span, self.given, &mut features.data[old..]);
            self.given = frames;
        }
    }

    /// Drops the samples that no later frame needs. A frame mirrored at the end of the signal reaches back one sample
    /// before its own first where the length is odd.
    fn forget(&mut self) {
        let needed = usize::try_from(self.engine.framing.begin(self.given) - 1).unwrap_or(0);
        if needed > self.start {
            self.pending.drain(..(needed - self.start).min(self.pending.len()));
            self.start = needed;
        }
    }
}

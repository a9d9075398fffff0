//! Window functions and where frames lie.

use crate::{FbankConfig, WindowShape};

/// Full scale of Kaldi's 16-bit samples; a power of two, so that scaling is exact wherever it is done.
pub(crate) const FULL_SCALE: f64 = 32768.0;

/// The window's coefficients, `(length)`, each times [`FULL_SCALE`].
///
/// Kaldi's `FeatureWindowFunction` with a = 2π / (length − 1).
pub(crate) fn coefficients(shape: WindowShape, length: usize) -> Vec<f64> {
    let step = std::f64::consts::TAU / (length.max(2) - 1) as f64;
    (0..length)
        .map(|i| {
            let phase = step * i as f64;
            let value = match shape {
                WindowShape::Povey => (0.5 - 0.5 * phase.cos()).powf(0.85),
                WindowShape::Hann => 0.5 - 0.5 * phase.cos(),
                WindowShape::Hamming => 0.54 - 0.46 * phase.cos(),
                WindowShape::Blackman => 0.42 - 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos(),
                WindowShape::Rectangular => 1.0,
            };
            value * FULL_SCALE
        })
        .collect()
}

/// Where frames lie on the time axis, in samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Framing {
    pub(crate) length: usize,
    pub(crate) shift: usize,
    pub(crate) snip_edges: bool,
}

impl Framing {
    pub(crate) fn new(config: &FbankConfig) -> Self {
        Self { length: config.frame_length(), shift: config.frame_shift(), snip_edges: config.snip_edges }
    }

    /// Frames of an utterance of `samples` samples.
    pub(crate) fn frames(&self, samples: usize) -> usize {
        match self.snip_edges {
            true if samples < self.length => 0,
            true => 1 + (samples - self.length) / self.shift,
            false => (samples + self.shift / 2) / self.shift,
        }
    }

    /// First sample of `frame`; negative where the frame begins before the utterance.
    pub(crate) fn begin(&self, frame: usize) -> isize {
        let begin = (frame * self.shift) as isize;
        match self.snip_edges {
            true => begin,
            false => begin + (self.shift / 2) as isize - (self.length / 2) as isize,
        }
    }

    /// Frames that need no sample beyond the first `samples`, whatever follows.
    pub(crate) fn complete_frames(&self, samples: usize) -> usize {
        let first_end = self.begin(0) + self.length as isize;
        match samples as isize - first_end {
            missing if missing < 0 => 0,
            spare => 1 + spare as usize / self.shift,
        }
    }
}

/// The sample that stands for `index` of `samples` many: the signal is mirrored at both its ends, end samples doubled.
pub(crate) fn mirror(index: isize, samples: usize) -> usize {
    let period = 2 * samples as isize;
    let folded = index.rem_euclid(period.max(1));
    if folded < samples as isize { folded as usize } else { (period - 1 - folded) as usize }
}

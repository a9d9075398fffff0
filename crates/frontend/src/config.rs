//! Settings of the filterbanks.

use serde::{Deserialize, Serialize};

use crate::FrontendError;
use crate::mel::MelBank;

/// Settings of the filterbanks; names and defaults follow Kaldi's `compute-fbank-feats`, but for 80 bands,
/// `snip_edges` off and no dither.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FbankConfig {
    /// Rate of the samples, Hz. Audio of another rate must be resampled before.
    pub sample_rate: u32,
    /// Mel bands.
    pub bands: usize,
    /// Orders of slopes over time that follow the bands, each over two frames to both sides of the last
    /// ([`deltas`](crate::deltas)): with 2, a frame has three values a band. Only whole utterances have them.
    pub deltas: usize,
    /// Length of a frame, milliseconds.
    pub frame_length_ms: f64,
    /// From a frame's start to the next one's, milliseconds.
    pub frame_shift_ms: f64,
    /// Coefficient of the pre-emphasis filter x\[i\] − c·x\[i−1\], in [0, 1]; 0 is off.
    pub preemphasis: f64,
    /// Whether each frame's mean is subtracted from it.
    pub remove_dc: bool,
    /// Window function.
    pub window: WindowShape,
    /// Lower edge of the first band, Hz.
    pub low_hz: f64,
    /// Upper edge of the last band, Hz; 0 or below counts from the Nyquist frequency down.
    pub high_hz: f64,
    /// Standard deviation of the Gaussian noise that is added to every frame, in steps of 16-bit samples; 0 is off.
    pub dither: f64,
    /// Seed of the dither's noise.
    pub dither_seed: u64,
    /// Whether only frames that lie wholly within the signal are made. If not, there is one frame for each shift and
    /// the signal is mirrored at its ends.
    pub snip_edges: bool,
}

/// Window functions by Kaldi's definitions, over the frame's length − 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WindowShape {
    /// Hann to the power of 0.85: Kaldi's own, zero at the edges.
    #[default]
    Povey,
    /// Raised cosine, zero at the edges.
    Hann,
    /// Raised cosine on a pedestal of 0.08.
    Hamming,
    /// Three cosine terms with the constant 0.42.
    Blackman,
    /// No window.
    Rectangular,
}

impl Default for FbankConfig {
    fn default() -> Self {
        Self {
            sample_rate: 16_000,
            bands: 80,
            deltas: 0,
            frame_length_ms: 25.0,
            frame_shift_ms: 10.0,
            preemphasis: 0.97,
            remove_dc: true,
            window: WindowShape::Povey,
            low_hz: 20.0,
            high_hz: 0.0,
            dither: 0.0,
            dither_seed: 0,
            snip_edges: false,
        }
    }
}

/// Samples a frame may have: over a second at any rate in use, and a bound on memory for absurd settings.
const MAX_FRAME_LENGTH: usize = 1 << 18;
/// Bands there may be; far more than any FFT in use can serve.
const MAX_BANDS: usize = 4096;
/// Orders of slopes there may be; recognisers take 2 at the most.
const MAX_DELTAS: usize = 4;

impl FbankConfig {
    /// Samples a frame: Kaldi's truncation of rate × time.
    pub fn frame_length(&self) -> usize {
        samples(self.sample_rate, self.frame_length_ms)
    }

    /// Samples from a frame's start to the next one's: Kaldi's truncation of rate × time.
    pub fn frame_shift(&self) -> usize {
        samples(self.sample_rate, self.frame_shift_ms)
    }

    /// Values a frame: the bands and their slopes.
    pub fn dim(&self) -> usize {
        self.bands * (self.deltas + 1)
    }

    /// Points of the FFT: the next power of two from the frame's length.
    pub fn fft_length(&self) -> usize {
        self.frame_length().next_power_of_two()
    }

    /// Upper edge of the last band, Hz, counted from 0.
    pub fn upper_edge_hz(&self) -> f64 {
        if self.high_hz > 0.0 { self.high_hz } else { self.nyquist_hz() + self.high_hz }
    }

    /// Checks every setting.
    ///
    /// # Errors
    ///
    /// The first one that cannot be, with the reason and the mend.
    pub fn validate(&self) -> Result<(), FrontendError> {
        let fail = |key, value: &dyn std::fmt::Display, problem: &str| {
            Err(FrontendError::config(key, value, problem))
        };
        if self.sample_rate == 0 {
            return fail("sample_rate", &self.sample_rate, "must be the rate of the audio in Hz, like 16000");
        }
        if self.bands == 0 || self.bands > MAX_BANDS {
            return fail("bands", &self.bands, "must be from 1 to 4096, like 40 or 80");
        }
        if self.deltas > MAX_DELTAS {
            return fail("deltas", &self.deltas, "must be from 0 (none) to 4, like 2");
        }
        if !self.frame_length_ms.is_finite() || !(4..=MAX_FRAME_LENGTH).contains(&self.frame_length()) {
            return fail(
                "frame_length_ms",
                &self.frame_length_ms,
                "must span from 4 to 262144 samples, like 25.0",
            );
        }
        if !self.frame_shift_ms.is_finite() || !(1..=MAX_FRAME_LENGTH).contains(&self.frame_shift()) {
            return fail(
                "frame_shift_ms",
                &self.frame_shift_ms,
                "must span from 1 to 262144 samples, like 10.0",
            );
        }
        if !(0.0..=1.0).contains(&self.preemphasis) {
            return fail("preemphasis", &self.preemphasis, "must be from 0 (off) to 1, like 0.97");
        }
        if !self.dither.is_finite() || self.dither < 0.0 {
            return fail("dither", &self.dither, "must be 0 (off) or a positive level, like 1.0");
        }
        let nyquist = self.nyquist_hz();
        if !(0.0..nyquist).contains(&self.low_hz) {
            let problem = format!("must be from 0 to below half the sample rate, {nyquist}");
            return fail("low_hz", &self.low_hz, &problem);
        }
        let upper = self.upper_edge_hz();
        if !self.high_hz.is_finite() || upper <= self.low_hz || upper > nyquist {
            let problem = format!(
                "puts the upper edge at {upper} Hz; must lie above low_hz = {} and up to half the sample rate, {nyquist}",
                self.low_hz
            );
            return fail("high_hz", &self.high_hz, &problem);
        }
        MelBank::new(self).map(|_| ())
    }

    fn nyquist_hz(&self) -> f64 {
        0.5 * f64::from(self.sample_rate)
    }
}

fn samples(rate: u32, milliseconds: f64) -> usize {
    (f64::from(rate) * 0.001 * milliseconds) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(config: FbankConfig) -> String {
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn the_default_is_valid_and_has_kaldis_sizes() {
        let config = FbankConfig::default();
        config.validate().unwrap();
        assert_eq!((config.frame_length(), config.frame_shift(), config.fft_length()), (400, 160, 512));
        let odd = FbankConfig { sample_rate: 11_025, ..config };
        assert_eq!((odd.frame_length(), odd.frame_shift(), odd.fft_length()), (275, 110, 512));
    }

    #[test]
    fn a_setting_that_cannot_be_is_named() {
        let base = FbankConfig::default;
        assert!(problem(FbankConfig { sample_rate: 0, ..base() }).starts_with("sample_rate = 0: "));
        assert!(problem(FbankConfig { bands: 0, ..base() }).starts_with("bands = 0: "));
        assert!(problem(FbankConfig { deltas: 5, ..base() }).starts_with("deltas = 5: "));
        assert!(
            problem(FbankConfig { frame_length_ms: f64::NAN, ..base() })
                .starts_with("frame_length_ms = NaN: ")
        );
        assert!(problem(FbankConfig { frame_length_ms: 1e300, ..base() }).starts_with("frame_length_ms"));
        assert!(
            problem(FbankConfig { frame_shift_ms: -10.0, ..base() }).starts_with("frame_shift_ms = -10: ")
        );
        assert!(problem(FbankConfig { preemphasis: 1.5, ..base() }).starts_with("preemphasis = 1.5: "));
        assert!(problem(FbankConfig { dither: -1.0, ..base() }).starts_with("dither = -1: "));
        assert!(problem(FbankConfig { low_hz: 8000.0, ..base() }).starts_with("low_hz = 8000: "));
        assert!(problem(FbankConfig { high_hz: 9000.0, ..base() }).starts_with("high_hz = 9000: "));
        assert!(problem(FbankConfig { high_hz: -8000.0, ..base() }).starts_with("high_hz = -8000: "));
        assert!(problem(FbankConfig { high_hz: f64::NAN, ..base() }).starts_with("high_hz = NaN: "));
    }

    #[test]
    fn bands_too_narrow_for_the_fft_are_refused() {
        let problem = problem(FbankConfig { bands: 200, ..FbankConfig::default() });
        assert!(problem.contains("band 3 ") && problem.contains("fewer bands"), "{problem}");
    }

    #[test]
    fn unknown_keys_are_refused_and_missing_ones_filled() {
        let config: FbankConfig = serde_json::from_str(r#"{"bands": 40, "window": "hamming"}"#).unwrap();
        let expected = FbankConfig { bands: 40, window: WindowShape::Hamming, ..FbankConfig::default() };
        assert_eq!(config, expected);
        let error = serde_json::from_str::<FbankConfig>(r#"{"band": 40}"#).unwrap_err().to_string();
        assert!(error.contains("`band`") && error.contains("`bands`"), "{error}");
    }
}

//! The mel matrix as bands.

use crate::{FbankConfig, FrontendError};

/// Triangular bands on the mel scale, each as its first FFT bin and its weights from there on: a band overlaps its
/// neighbours only, so that the matrix has but two weights a bin.
#[derive(Clone, Debug)]
pub(crate) struct MelBank {
    bands: Vec<Band>,
    /// All bands' weights in a row.
    weights: Vec<f32>,
}

#[derive(Clone, Copy, Debug)]
struct Band {
    /// First FFT bin with a weight.
    first_bin: usize,
    /// Where the band's weights begin and end.
    begin: usize,
    end: usize,
}

/// Mel of a frequency in Hz: HTK's and Kaldi's scale.
fn mel(hz: f64) -> f64 {
    1127.0 * (hz / 700.0).ln_1p()
}

impl MelBank {
    /// Kaldi's `MelBanks`: centres equally spaced in mel, triangles linear in mel, bins below the Nyquist frequency.
    pub(crate) fn new(config: &FbankConfig) -> Result<Self, FrontendError> {
        let bins = config.fft_length() / 2;
        let bin_mels: Vec<f64> = (0..bins)
            .map(|bin| mel(bin as f64 * f64::from(config.sample_rate) / config.fft_length() as f64))
            .collect();
        let lowest = mel(config.low_hz);
        let step = (mel(config.upper_edge_hz()) - lowest) / (config.bands + 1) as f64;
        let mut bank = Self { bands: Vec::with_capacity(config.bands), weights: Vec::new() };
        for index in 0..config.bands {
            let left = lowest + index as f64 * step;
            let right = left + 2.0 * step;
            let first_bin = bin_mels.partition_point(|&bin| bin <= left);
            let begin = bank.weights.len();
            for bin in bin_mels[first_bin..].iter().take_while(|&&bin| bin < right) {
                bank.weights.push(((bin - left).min(right - bin) / step) as f32);
            }
            let end = bank.weights.len();
            if begin == end {
                let problem = format!(
                    "band {} lies between two bins of the {}-point FFT; use fewer bands, longer frames or a higher low_hz",
                    index + 1,
                    config.fft_length()
                );
                return Err(FrontendError::config("bands", config.bands, problem));
            }
            bank.bands.push(Band { first_bin, begin, end });
        }
        Ok(bank)
    }

    /// The number of bands.
    pub(crate) fn len(&self) -> usize {
        self.bands.len()
    }

    /// Energy in each band of several frames at once: `power` is `(bins, N)`, `energies` is `(bands, N)`.
    #[inline(always)]
    pub(crate) fn apply<const N: usize>(&self, power: &[[f32; N]], energies: &mut [[f32; N]]) {
        for (band, energy) in self.bands.iter().zip(energies) {
            let weights = &self.weights[band.begin..band.end];
            let mut sum = [0.0; N];
            for (&weight, bin) in weights.iter().zip(&power[band.first_bin..]) {
                for (sum, &power) in sum.iter_mut().zip(bin) {
                    *sum += weight * power;
                }
            }
            *energy = sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_each_bin_between_their_centres() {
        let config = FbankConfig::default();
        let bank = MelBank::new(&config).unwrap();
        let mut sums = vec![0.0; config.fft_length() / 2];
        for band in &bank.bands {
            for (offset, weight) in bank.weights[band.begin..band.end].iter().enumerate() {
                sums[band.first_bin + offset] += weight;
            }
        }
        // From the first centre (about 41 Hz) to the last (about 7,730 Hz) the two triangles over a bin sum to one.
        for (bin, sum) in sums.iter().enumerate().take(248).skip(2) {
            assert!((sum - 1.0).abs() < 1e-6, "bin {bin}: {sum}");
        }
        assert_eq!(sums[0], 0.0);
    }

    #[test]
    fn bands_are_the_dense_matrix() {
        let config = FbankConfig { bands: 23, low_hz: 100.0, high_hz: -400.0, ..FbankConfig::default() };
        let bank = MelBank::new(&config).unwrap();
        let mut power = vec![[0.0f32; 2]; 256];
        for (bin, power) in power.iter_mut().enumerate() {
            *power = [bin as f32, 1.0 / (1 + bin) as f32];
        }
        let mut energies = vec![[0.0; 2]; 23];
        bank.apply(&power, &mut energies);
        let (low, high) = (1127.0 * (1.0f64 + 100.0 / 700.0).ln(), 1127.0 * (1.0f64 + 7600.0 / 700.0).ln());
        for (index, energy) in energies.iter().enumerate() {
            let centre = low + (index + 1) as f64 * (high - low) / 24.0;
            let mut expected = [0.0; 2];
            for (bin, power) in power.iter().enumerate() {
                let mel = 1127.0 * (1.0 + bin as f64 * 31.25 / 700.0).ln();
                let weight = (1.0 - (mel - centre).abs() / ((high - low) / 24.0)).max(0.0);
                expected[0] += weight * f64::from(power[0]);
                expected[1] += weight * f64::from(power[1]);
            }
            for (found, expected) in energy.iter().zip(expected) {
                assert!(
                    (f64::from(*found) - expected).abs() < 1e-5 * expected,
                    "band {index}: {found} {expected}"
                );
            }
        }
    }
}

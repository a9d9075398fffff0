//! Gaussian noise for dithering.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Adds noise to frames. A frame's noise depends on the seed and the frame's index alone, so that it is the same
/// whichever way the samples arrive.
pub(crate) struct Dither {
    rng: ChaCha8Rng,
    /// Standard deviation, in the scale of the samples.
    deviation: f32,
}

impl Dither {
    pub(crate) fn new(seed: u64, deviation: f32) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed), deviation }
    }

    pub(crate) fn is_off(&self) -> bool {
        self.deviation == 0.0
    }

    /// Adds the noise of frame `index`.
    pub(crate) fn add(&mut self, frame: &mut [f32], index: usize) {
        self.rng.set_stream(index as u64);
        self.rng.set_word_pos(0);
        for pair in frame.chunks_mut(2) {
            // Box and Muller: two normal values from two uniform ones, the first in (0, 1].
            let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * self.deviation;
            let (sine, cosine) = (std::f32::consts::TAU * self.uniform()).sin_cos();
            for (sample, part) in pair.iter_mut().zip([cosine, sine]) {
                *sample += radius * part;
            }
        }
    }

    /// Uniform in [0, 1), in steps of 2⁻²⁴.
    fn uniform(&mut self) -> f32 {
        (self.rng.next_u32() >> 8) as f32 / (1 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_normal_and_belongs_to_seed_and_frame() {
        let mut dither = Dither::new(1, 2.0);
        let mut noise = vec![0.0; 100_001];
        dither.add(&mut noise, 3);
        let count = noise.len() as f64;
        let mean = noise.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
        let moment = |power| noise.iter().map(|&x| (f64::from(x) / 2.0).powi(power)).sum::<f64>() / count;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((moment(2) - 1.0).abs() < 0.03, "{}", moment(2));
        assert!((moment(4) - 3.0).abs() < 0.15, "{}", moment(4));

        let mut frame = |seed, index| {
            let mut frame = vec![0.0; 9];
            if seed == 1 {
                dither.add(&mut frame, index)
            } else {
                Dither::new(seed, 2.0).add(&mut frame, index)
            };
            frame
        };
        assert_eq!(frame(1, 3), noise[..9]);
        assert_ne!(frame(1, 4), noise[..9]);
        assert_ne!(frame(2, 3), noise[..9]);
    }
}

//! Where a recording is quiet, by its energy.

use std::ops::Range;

/// Frames of loudness in a second.
pub(super) const FRAMES_PER_S: usize = 100;

/// Frames over which loudness is smoothed: one frame of noise is louder than its neighbour by chance.
const SMOOTHED: usize = 5;

/// The least difference between loud and quiet, in dB, that is speech and pauses.
const LEAST_CONTRAST: f32 = 10.0;

/// Below this loudness, in dB of full scale, nothing is speech.
const SILENCE: f32 = -60.0;

/// Of the contrast, how far above the quiet a pause may reach; and the least of it, in dB.
const SHARE: f32 = 0.3;
const LEAST_MARGIN: f32 = 5.0;

/// The energy of samples that arrive in pieces, by frames of 10 ms.
#[derive(Debug)]
pub(super) struct Loudness {
    /// Samples of a frame.
    hop: usize,
    /// The energy and samples of the frame that isn't full yet.
    energy: f64,
    samples: usize,
    /// The mean energy of each full frame.
    frames: Vec<f32>,
}

impl Loudness {
    /// Of samples at this rate, in Hz.
    pub(super) fn new(sample_rate: u32) -> Self {
        let hop = (sample_rate as usize / FRAMES_PER_S).max(1);
        Self { hop, energy: 0.0, samples: 0, frames: Vec::new() }
    }

    /// Samples of a frame.
    pub(super) fn hop(&self) -> usize {
        self.hop
    }

    pub(super) fn accept(&mut self, samples: &[f32]) {
        for &sample in samples {
            self.energy += f64::from(sample) * f64::from(sample);
            self.samples += 1;
            if self.samples == self.hop {
                self.frames.push((self.energy / self.hop as f64) as f32);
                (self.energy, self.samples) = (0.0, 0);
            }
        }
    }

    /// Which of the frames are quiet. Without a clear difference between loud and quiet, as under steady noise, none is,
    /// unless all are silence.
    pub(super) fn quiet(&self) -> Vec<bool> {
        let levels = self.levels();
        let mut sorted = levels.clone();
        sorted.sort_by(f32::total_cmp);
        let at = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied().unwrap_or(SILENCE);
        let (floor, top) = (at(0.1).max(SILENCE - 20.0), at(0.95));
        let contrast = top - floor;
        let limit = match () {
            () if top < SILENCE => f32::INFINITY,
            () if contrast < LEAST_CONTRAST => SILENCE,
            () => (floor + LEAST_MARGIN.max(SHARE * contrast)).max(SILENCE),
        };
        levels.iter().map(|&level| level < limit).collect()
    }

    /// Forgets all samples.
    pub(super) fn clear(&mut self) {
        (self.energy, self.samples) = (0.0, 0);
        self.frames.clear();
    }

    /// The frames that are full.
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// Smoothed, in dB of full scale.
    fn levels(&self) -> Vec<f32> {
        let reach = SMOOTHED / 2;
        let mean = |frame: usize| {
            let around =
                &self.frames[frame.saturating_sub(reach)..(frame + reach + 1).min(self.frames.len())];
            around.iter().sum::<f32>() / around.len() as f32
        };
        (0..self.frames.len()).map(|frame| 10.0 * mean(frame).max(1e-12).log10()).collect()
    }
}

/// The stretches on which `is` holds, in order.
pub(super) fn runs(is: &[bool]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (place, _) in is.iter().enumerate().filter(|(_, is)| **is) {
        match runs.last_mut() {
            Some(run) if run.end == place => run.end += 1,
            _ => runs.push(place..place + 1),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds of a tone of this amplitude.
    fn tone(seconds: f64, amplitude: f32) -> Vec<f32> {
        let sample = |t: usize| amplitude * (t as f32 * 0.3).sin();
        (0..(seconds * 16_000.0) as usize).map(sample).collect()
    }

    fn quiet(sound: &[Vec<f32>]) -> Vec<Range<usize>> {
        let mut loudness = Loudness::new(16_000);
        // Pieces that are no whole frames.
        sound.concat().chunks(111).for_each(|piece| loudness.accept(piece));
        runs(&loudness.quiet())
    }

    #[test]
    fn pauses_are_found_beside_noise_of_any_level() {
        for noise in [0.0, 1e-4, 0.01] {
            let sound = [tone(1.0, 0.1), tone(0.5, noise), tone(2.0, 0.2), tone(0.3, noise)];
            let found = quiet(&sound);
            assert_eq!(found.len(), 2, "{noise}: {found:?}");
            let near = |a: usize, b: usize| a.abs_diff(b) <= SMOOTHED;
            assert!(near(found[0].start, 100) && near(found[0].end, 150) && near(found[1].start, 350));
        }
    }

    #[test]
    fn steady_sound_has_no_pause_and_silence_is_one() {
        assert!(quiet(&[tone(2.0, 0.1)]).is_empty());
        assert!(quiet(&[tone(1.0, 0.1), tone(1.0, 0.05)]).is_empty());
        for silence in [0.0, 5e-4] {
            let found = quiet(&[tone(1.0, silence)]);
            assert!(found.len() == 1 && found[0] == (0..100), "{found:?}");
        }
    }
}

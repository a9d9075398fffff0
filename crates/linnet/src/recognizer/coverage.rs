//! How much of a recording's sound got no words.

use super::loudness::{FRAMES_PER_S, Loudness, runs};

/// Frames that are judged together: 30 s.
const BLOCK: usize = 30 * FRAMES_PER_S;

/// How far from a word, in seconds, sound belongs to it: CTC's tokens are shorter than their sounds.
const REACH_S: f64 = 0.5;

/// Stretches of sound, in seconds, of samples that arrive in pieces.
#[derive(Debug)]
pub(super) struct Coverage {
    loudness: Loudness,
    /// Frames before the block at hand.
    before: usize,
    /// Samples that the block at hand still takes.
    left: usize,
    /// Seconds of a frame.
    frame_s: f64,
    sound: Vec<(f64, f64)>,
}

impl Coverage {
    pub(super) fn new(sample_rate: u32) -> Self {
        let loudness = Loudness::new(sample_rate);
        let frame_s = loudness.hop() as f64 / f64::from(sample_rate);
        let left = BLOCK * loudness.hop();
        Self { loudness, before: 0, left, frame_s, sound: Vec::new() }
    }

    pub(super) fn accept(&mut self, samples: &[f32]) {
        let mut rest = samples;
        while !rest.is_empty() {
            // Blocks end at the same places however samples come.
            let (some, later) = rest.split_at(rest.len().min(self.left));
            self.loudness.accept(some);
            self.left -= some.len();
            if self.left == 0 {
                self.judge();
            }
            rest = later;
        }
    }

    /// The seconds of sound, and those of them that lie near none of the words, each from a start to an end in seconds.
    pub(super) fn finish(mut self, words: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
        self.judge();
        let length = |stretches: &[(f64, f64)]| stretches.iter().fold(0.0, |sum, (from, to)| sum + to - from);
        let all = length(&self.sound);
        let mut covered = 0.0;
        let mut words = words.map(|(from, to)| (from - REACH_S, to + REACH_S)).peekable();
        for (from, to) in &self.sound {
            // Words and sound are in order; a word may reach over several stretches.
            let mut at = *from;
            while let Some(&(start, end)) = words.peek() {
                if start >= *to {
                    break;
                }
                covered += (end.min(*to) - start.max(at)).max(0.0);
                at = at.max(end.min(*to));
                if end > *to {
                    break;
                }
                words.next();
            }
        }
        let rounded = |seconds: f64| (seconds * 1e3).round() / 1e3;
        (rounded(all), rounded((all - covered).max(0.0)))
    }

    fn judge(&mut self) {
        let second = |frame: usize| (self.before + frame) as f64 * self.frame_s;
        let loud: Vec<bool> = self.loudness.quiet().into_iter().map(|quiet| !quiet).collect();
        self.sound.extend(runs(&loud).into_iter().map(|run| (second(run.start), second(run.end))));
        self.before += self.loudness.len();
        self.loudness.clear();
        self.left = BLOCK * self.loudness.hop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[(f64, f32)], words: &[(f64, f64)]) -> (f64, f64) {
        let mut coverage = Coverage::new(16_000);
        for &(seconds, amplitude) in parts {
            let samples: Vec<f32> =
                (0..(seconds * 16_000.0) as usize).map(|t| amplitude * (t as f32 * 0.3).sin()).collect();
            coverage.accept(&samples);
        }
        coverage.finish(words.iter().copied())
    }

    fn near(found: (f64, f64), wanted: (f64, f64)) {
        let close = |a: f64, b: f64| (a - b).abs() < 0.2;
        assert!(close(found.0, wanted.0) && close(found.1, wanted.1), "{found:?} is not {wanted:?}");
    }

    #[test]
    fn sound_far_from_words_is_uncovered() {
        let parts = [(10.0, 0.2), (5.0, 0.0), (10.0, 0.2), (20.0, 0.0), (4.0, 0.2)];
        near(of(&parts, &[]), (24.0, 24.0));
        // The first stretch has words throughout, the second at its end, the third none.
        let words: Vec<(f64, f64)> =
            (0..10).map(|s| (f64::from(s), f64::from(s) + 0.4)).chain([(22.0, 25.0)]).collect();
        near(of(&parts, &words), (24.0, 6.5 + 4.0));
        near(of(&parts, &[(0.0, 49.0)]), (24.0, 0.0));
        let silence = of(&[(3.0, 0.0)], &[]);
        assert!(silence == (0.0, 0.0) && silence.0.is_sign_positive(), "{silence:?}");
        // Overlapping words count once.
        near(of(&[(10.0, 0.2), (1.0, 0.0)], &[(1.0, 3.0), (2.0, 4.0)]), (10.0, 10.0 - 4.0));
    }
}

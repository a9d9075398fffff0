//! The results of all recordings, counted.

use std::path::{Path, PathBuf};

use linnet::Transcript;

/// Seconds of sound from which on a recording should have words.
const LEAST_SOUND_S: f64 = 0.3;

/// The results of all recordings.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) done: usize,
    transcribed: usize,
    pub(super) failed: usize,
    /// Whether hotwords of a recording were left out.
    pub(super) partly: bool,
    seconds: f64,
    sound: f64,
    uncovered: f64,
    /// Recordings of a lower sampling rate than the model's, and the lowest one, Hz.
    lower: usize,
    lowest: u32,
    /// Recordings with sound and without words, and the first of them.
    without_words: usize,
    first_without: PathBuf,
}

impl Tally {
    /// Before the first recording: so many were done in earlier runs, and so many can't be looked at.
    pub(super) fn new(done: usize, failed: usize) -> Self {
        Self { done, failed, ..Self::default() }
    }

    pub(super) fn heard_at(&mut self, rate: u32, model_rate: u32) {
        if rate < model_rate {
            self.lowest = if self.lower == 0 { rate } else { rate.min(self.lowest) };
            self.lower += 1;
        }
    }

    /// A note about recordings that lack the upper part of what the model hears.
    pub(super) fn lower_rates(&self, model_rate: u32) -> Option<String> {
        let Self { lower, lowest, .. } = self;
        (*lower > 0).then(|| {
            format!(
                "note: {lower} recordings have a lower sampling rate (down to {lowest} Hz) than the model's {model_rate} Hz: \
                 its upper bands are empty in them, which a model hears well only if it was trained so"
            )
        })
    }

    /// A note about recordings with sound in which nothing was found.
    pub(super) fn without_words(&self) -> Option<String> {
        let Self { without_words, transcribed, first_without, .. } = self;
        (*without_words > 0).then(|| {
            format!(
                "note: no words were found in {without_words} of {transcribed} recordings, though they have sound; the first \
                 is {}",
                first_without.display()
            )
        })
    }

    pub(super) fn add(&mut self, path: &Path, transcript: &Transcript) {
        self.transcribed += 1;
        if transcript.sound >= LEAST_SOUND_S && transcript.segments.is_empty() {
            if self.without_words == 0 {
                self.first_without = path.to_path_buf();
            }
            self.without_words += 1;
        }
        self.seconds += transcript.duration;
        self.sound += transcript.sound;
        self.uncovered += transcript.uncovered;
    }

    /// The line of `--summary`, after so many seconds.
    pub(super) fn summary(&self, took_s: f64) -> String {
        let Self { done, transcribed, failed, seconds, sound, uncovered, .. } = self;
        let (hours, times) = (seconds / 3600.0, seconds / took_s.max(1e-9));
        format!(
            "{transcribed} recordings of {hours:.3} hours in {took_s:.1} s, {times:.1} times as fast as they last; \
             {done} were done before, {failed} failed; {uncovered:.0} of {sound:.0} s of sound got no words"
        )
    }
}

#[cfg(test)]
mod tests {
    use linnet::Segment;

    use super::*;

    #[test]
    fn recordings_with_sound_and_no_words_are_told() {
        let mut tally = Tally::new(0, 0);
        let transcript = |sound, segments| Transcript { sound, segments, ..Transcript::default() };
        tally.add(Path::new("speech"), &transcript(2.0, vec![Segment::default()]));
        tally.add(Path::new("silence"), &transcript(0.1, Vec::new()));
        assert_eq!(tally.without_words(), None);
        tally.add(Path::new("a"), &transcript(2.0, Vec::new()));
        tally.add(Path::new("b"), &transcript(2.0, Vec::new()));
        let note = tally.without_words().unwrap();
        assert!(
            note.starts_with("note: no words were found in 2 of 4") && note.ends_with("the first is a"),
            "{note}"
        );
    }
}

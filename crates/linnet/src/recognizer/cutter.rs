//! A long recording in pieces: cut where it is quiet, or else so that pieces overlap.

use std::mem;
use std::ops::Range;

use super::loudness::{FRAMES_PER_S, Loudness, runs};
use crate::model::ModelConfig;

/// How long recordings are cut into pieces that the encoder sees whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cutting {
    /// The longest piece, in seconds, from 1 to 86,400. Default 15, and of a model whose training utterances were shorter
    /// their length ([`Cutting::of`]): a model hears longer pieces less well, and a language model sees no end of a
    /// sentence within one.
    pub longest_s: f64,
    /// The shortest pause that is cut at, in seconds; ∞: none is. Default 0.25.
    pub pause_s: f64,
    /// How far pieces overlap where there is no pause, in seconds, at most half of the longest piece. Default 4.
    pub overlap_s: f64,
}

impl Default for Cutting {
    /// Pieces of at most 15 s, cut at pauses of 0.25 s, else with an overlap of 4 s.
    fn default() -> Self {
        Self { longest_s: 15.0, pause_s: 0.25, overlap_s: 4.0 }
    }
}

/// Shorter pieces leave a model too little around each word, seconds.
const LEAST_S: f64 = 2.0;

/// The longest piece that may be asked for, in seconds: a day.
const MOST_S: f64 = 86_400.0;

impl Cutting {
    /// The default for a model: pieces as long as its training utterances were, from 2 to 15 s.
    pub fn of(model: &ModelConfig) -> Self {
        let own = Self::default();
        let heard = model.utterance_s.filter(|seconds| !seconds.is_nan());
        Self {
            longest_s: heard.map_or(own.longest_s, |seconds| seconds.clamp(LEAST_S, own.longest_s)),
            ..own
        }
    }

    /// The longest piece, in seconds, within bounds.
    pub(super) fn longest(self) -> f64 {
        if self.longest_s.is_nan() { 1.0 } else { self.longest_s.clamp(1.0, MOST_S) }
    }
}

/// What is left behind a cut, in seconds, before a recording is cut there: no piece is shorter.
const REST_S: f64 = 1.0;

/// A piece of a recording.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    /// The recording's frame of log-probabilities that its first one is.
    pub(super) first: usize,
    /// Its samples.
    pub(super) samples: Vec<f32>,
    /// The recording's frame that is the first one of the piece that follows, if any does.
    pub(super) next: usize,
    /// Whether a pause follows it, or the recording's end.
    pub(super) pause: bool,
}

/// Cuts samples that arrive in pieces of any size; it holds little more than the longest piece.
#[derive(Debug)]
pub(super) struct Cutter {
    cutting: Cutting,
    sample_rate: usize,
    /// Samples of a frame of log-probabilities: pieces begin with a frame of the recording.
    grid: usize,
    loudness: Loudness,
    /// Samples from `start` on.
    samples: Vec<f32>,
    /// The recording's sample that is the first here, a multiple of `grid`.
    start: usize,
}

impl Cutter {
    /// `grid`: samples of a frame of log-probabilities.
    pub(super) fn new(cutting: Cutting, sample_rate: u32, grid: usize) -> Self {
        let loudness = Loudness::new(sample_rate);
        Self { cutting, sample_rate: sample_rate as usize, grid, loudness, samples: Vec::new(), start: 0 }
    }

    /// Begins at this sample of the recording, a multiple of `grid`.
    pub(super) fn start_at(&mut self, sample: usize) {
        self.start = sample;
    }

    /// The recording's sample that the next piece begins at.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Takes samples. Returns the pieces that are whole now.
    pub(super) fn accept(&mut self, mut samples: &[f32]) -> Vec<Piece> {
        let full = self.longest() + self.samples_of(REST_S);
        let mut pieces = Vec::new();
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(full - self.samples.len()));
            self.loudness.accept(now);
            self.samples.extend_from_slice(now);
            samples = later;
            if self.samples.len() == full {
                pieces.push(self.cut());
            }
        }
        pieces
    }

    /// The last piece; `None` where there are no samples.
    pub(super) fn finish(mut self) -> Option<Piece> {
        let samples = mem::take(&mut self.samples);
        let first = self.start / self.grid;
        (!samples.is_empty()).then_some(Piece { first, samples, next: usize::MAX, pause: true })
    }

    fn samples_of(&self, seconds: f64) -> usize {
        (seconds * self.sample_rate as f64) as usize
    }

    /// The samples of the longest piece, whole frames.
    fn longest(&self) -> usize {
        (self.samples_of(self.cutting.longest()) / self.grid).max(1) * self.grid
    }

    fn cut(&mut self) -> Piece {
        let first = self.start / self.grid;
        let (end, next, pause) = match self.pause() {
            Some(at) => (at, at, true),
            None => {
                let end = self.longest();
                let overlap = self.samples_of(self.cutting.overlap_s.max(0.0)).min(end / 2);
                (end, ((end - overlap) / self.grid).max(1) * self.grid, false)
            }
        };
        let samples = self.samples[..end].to_vec();
        self.samples.drain(..next);
        self.start += next;
        // The frames of loudness begin where the next piece does.
        self.loudness.clear();
        self.loudness.accept(&self.samples);
        Piece { first, samples, next: self.start / self.grid, pause }
    }

    /// The middle of the longest pause in the second half of the longest piece, or else in the first.
    fn pause(&self) -> Option<usize> {
        let (hop, longest) = (self.loudness.hop(), self.longest());
        let least = ((self.cutting.pause_s * FRAMES_PER_S as f64).max(1.0)) as usize;
        let middle = |run: &Range<usize>| (run.start + run.end) / 2 * hop / self.grid * self.grid;
        let pauses: Vec<_> =
            runs(&self.loudness.quiet()).into_iter().filter(|run| run.len() >= least).collect();
        let longest_within = |from: usize, to: usize| {
            let within = pauses.iter().filter(|run| (from..=to).contains(&middle(run)));
            within.max_by_key(|run| run.len()).map(middle)
        };
        let shortest = self.samples_of(REST_S).max(self.grid);
        longest_within((longest / 2).max(shortest), longest).or_else(|| longest_within(shortest, longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: usize = 640;

    const LONG: Cutting = Cutting { longest_s: 30.0, pause_s: 0.25, overlap_s: 4.0 };

    /// Seconds of a tone, or of silence.
    fn sound(parts: &[(f64, f32)]) -> Vec<f32> {
        let part = |&(seconds, amplitude): &(f64, f32)| {
            (0..(seconds * 16_000.0) as usize).map(move |t| amplitude * (t as f32 * 0.3).sin())
        };
        parts.iter().flat_map(part).collect()
    }

    fn pieces(sound: &[f32], cutting: Cutting, step: usize) -> Vec<Piece> {
        let mut cutter = Cutter::new(cutting, 16_000, GRID);
        let mut pieces: Vec<Piece> = sound.chunks(step).flat_map(|some| cutter.accept(some)).collect();
        pieces.extend(cutter.finish());
        pieces
    }

    /// Where pieces begin and end, in samples, and whether a pause follows.
    fn places(pieces: &[Piece]) -> Vec<(usize, usize, bool)> {
        pieces.iter().map(|p| (p.first * GRID, p.first * GRID + p.samples.len(), p.pause)).collect()
    }

    #[test]
    fn pieces_end_in_pauses_and_hold_every_sample_once() {
        let talk = [(12.0, 0.2), (0.5, 0.0)];
        let sound = sound(&[talk, talk, talk, talk, talk].concat());
        let found = pieces(&sound, LONG, 999);
        let whole: Vec<f32> = found.iter().flat_map(|piece| piece.samples.clone()).collect();
        assert!(whole == sound);
        for (_, end, pause) in &places(&found)[..found.len() - 1] {
            // 12.0 to 12.5 s, 24.5 to 25 s …
            let beyond = (*end as f64 / 16_000.0 + 0.5) % 12.5;
            assert!(*pause && (0.05..0.45).contains(&beyond), "{end}: {beyond}");
        }
        assert!(found.len() == 3 && found.iter().all(|piece| piece.samples.len() <= 30 * 16_000));
    }

    #[test]
    fn without_a_pause_pieces_overlap() {
        let found = pieces(&sound(&[(70.0, 0.2)]), LONG, 1 << 20);
        let s = 16_000;
        assert_eq!(places(&found), [(0, 30 * s, false), (26 * s, 56 * s, false), (52 * s, 70 * s, true)]);
    }

    #[test]
    fn a_frame_as_long_as_a_piece_is_a_piece() {
        let mut cutter = Cutter::new(LONG, 16_000, 30 * 16_000);
        let found = cutter.accept(&sound(&[(70.0, 0.2)]));
        assert_eq!(found.iter().map(|piece| piece.first).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn pieces_do_not_depend_on_how_the_samples_come() {
        let sound = sound(&[(20.0, 0.2), (0.4, 0.001), (40.0, 0.1), (3.0, 0.0), (8.0, 0.3)]);
        let wanted = pieces(&sound, LONG, sound.len());
        assert!(places(&wanted)[0].2);
        for step in [77, 16_000, 500_000] {
            assert!(pieces(&sound, LONG, step) == wanted, "{step}");
        }
    }

    #[test]
    fn short_recordings_are_one_piece_and_none_has_none() {
        let second = sound(&[(1.0, 0.2)]);
        assert_eq!(places(&pieces(&second, LONG, 100)), [(0, 16_000, true)]);
        assert_eq!(pieces(&[], LONG, 100), []);
        // Nonsense is brought within bounds.
        for longest_s in [0.0, -3.0, f64::NAN] {
            let odd = Cutting { longest_s, pause_s: 0.0, overlap_s: 99.0 };
            assert!(pieces(&sound(&[(5.0, 0.2)]), odd, 100).len() > 4, "{longest_s}");
        }
        let endless = Cutting { longest_s: f64::INFINITY, ..LONG };
        assert_eq!(places(&pieces(&second, endless, 100)), [(0, 16_000, true)]);
    }
}

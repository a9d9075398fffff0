//! Other sampling rates and speeds, through rubato's FFT resampler.

use std::cell::RefCell;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use crate::error::AudioError;

/// Input samples of one block of the resampler, about: its filter is as long, and steeper the longer it is.
const BLOCK: usize = 1024;

/// Sampling rates that are accepted, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 100..=768_000;

/// Samples at another rate, in Hz: as many as the duration asks for, rounded.
///
/// # Errors
///
/// A rate that is not from 100 to 768,000 Hz.
pub fn resample(samples: &[f32], from: u32, to: u32) -> Result<Vec<f32>, AudioError> {
    check(from, to)?;
    if from == to || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    convert(samples, from as usize, to as usize)
}

fn check(from: u32, to: u32) -> Result<(), AudioError> {
    match [from, to].into_iter().find(|rate| !RATES.contains(rate)) {
        Some(rate) => Err(AudioError::Setting(format!(
            "a sampling rate of {rate} Hz can't be resampled; it must be from 100 to 768000"
        ))),
        None => Ok(()),
    }
}

/// Samples that pass `factor` times as fast, at the same rate: 1 / `factor` as many, higher by `factor`.
///
/// The factor is rounded to thousandths.
///
/// # Errors
///
/// A factor that is not from 0.1 to 10.
pub fn change_speed(samples: &[f32], factor: f64) -> Result<Vec<f32>, AudioError> {
    if !(0.1..=10.0).contains(&factor) {
        return Err(AudioError::Setting(format!(
            "a speed of {factor} is out of range; it must be from 0.1 to 10"
        )));
    }
    let thousandths = (factor * 1000.0).round() as usize;
    if thousandths == 1000 || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    convert(samples, thousandths, 1000)
}

/// A resampler and the ratio, (from, to), that it was made for.
type Made = ((usize, usize), Fft<f32>);

/// Ratios whose resamplers a thread keeps: making one costs as much as a second of audio.
const KEPT: usize = 4;

thread_local! {
    static MADE: RefCell<Vec<Made>> = const { RefCell::new(Vec::new()) };
}

/// Samples at another rate as they come: put together, those of [`resample`], to the bit.
pub struct Resampler {
    ratio: (usize, usize),
    /// `None` where both rates are the same.
    fft: Option<Fft<f32>>,
    /// Samples that don't fill a block yet.
    pending: Vec<f32>,
    /// Samples that came.
    received: usize,
    /// Samples that were given.
    given: usize,
    /// Samples of the filter's delay that are still to be dropped.
    delay: usize,
}

impl Resampler {
    /// From a rate to another, in Hz.
    ///
    /// # Errors
    ///
    /// A rate that is not from 100 to 768,000 Hz.
    pub fn new(from: u32, to: u32) -> Result<Self, AudioError> {
        check(from, to)?;
        Self::of(from as usize, to as usize)
    }

    fn of(from: usize, to: usize) -> Result<Self, AudioError> {
        let ratio = (from, to);
        if from == to {
            return Ok(Self { ratio, fft: None, pending: Vec::new(), received: 0, given: 0, delay: 0 });
        }
        let known = MADE.with_borrow_mut(|made| {
            let at = made.iter().position(|(known, _)| *known == ratio)?;
            Some(made.remove(at).1)
        });
        let mut fft = match known {
            Some(fft) => fft,
            None => make(from, to).ok_or_else(|| failed(ratio))?,
        };
        fft.reset();
        let delay = fft.output_delay();
        Ok(Self { ratio, fft: Some(fft), pending: Vec::new(), received: 0, given: 0, delay })
    }

    /// Takes the next samples. Returns those at the other rate that can be told now.
    ///
    /// # Errors
    ///
    /// If the resampler refuses a block, which it doesn't.
    pub fn accept(&mut self, samples: &[f32]) -> Result<Vec<f32>, AudioError> {
        self.received += samples.len();
        let Some(fft) = &mut self.fft else { return Ok(samples.to_vec()) };
        self.pending.extend_from_slice(samples);
        let (block, mut output, mut done) = (fft.input_frames_next(), Vec::new(), 0);
        while self.pending.len() - done >= block {
            pump(fft, &self.pending[done..done + block], &mut output).ok_or_else(|| failed(self.ratio))?;
            done += block;
        }
        self.pending.drain(..done);
        Ok(self.give(output))
    }

    /// Ends the samples: the last at the other rate, so that all are as many as the duration asks for, rounded.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    pub fn finish(mut self) -> Result<Vec<f32>, AudioError> {
        let Some(mut fft) = self.fft.take() else { return Ok(Vec::new()) };
        let (from, to) = self.ratio;
        let all = (self.received as f64 * to as f64 / from as f64).round() as usize;
        let mut last = Vec::new();
        while self.received > 0 && self.given + last.len() < all {
            let mut block = std::mem::take(&mut self.pending);
            block.resize(fft.input_frames_next(), 0.0);
            let mut output = Vec::new();
            pump(&mut fft, &block, &mut output).ok_or_else(|| failed(self.ratio))?;
            let dropped = self.delay.min(output.len());
            self.delay -= dropped;
            last.extend_from_slice(&output[dropped..]);
        }
        last.truncate(all.saturating_sub(self.given));
        MADE.with_borrow_mut(|made| {
            made.insert(0, (self.ratio, fft));
            made.truncate(KEPT);
        });
        Ok(last)
    }

    /// Drops the delay.
    fn give(&mut self, mut output: Vec<f32>) -> Vec<f32> {
        let dropped = self.delay.min(output.len());
        output.drain(..dropped);
        self.delay -= dropped;
        self.given += output.len();
        output
    }
}

/// Resamples one block, and appends what comes of it.
fn pump(fft: &mut Fft<f32>, block: &[f32], output: &mut Vec<f32>) -> Option<()> {
    let (start, room) = (output.len(), fft.output_frames_next());
    output.resize(start + room, 0.0);
    let input = InterleavedSlice::new(block, 1, block.len()).ok()?;
    let mut into = InterleavedSlice::new_mut(&mut output[start..], 1, room).ok()?;
    let (_, written) = fft.process_into_buffer(&input, &mut into, None).ok()?;
    output.truncate(start + written);
    Some(())
}

fn failed((from, to): (usize, usize)) -> AudioError {
    AudioError::Setting(format!("samples can't be resampled by {to}/{from}; take a rate of a simpler ratio"))
}

fn convert(samples: &[f32], from: usize, to: usize) -> Result<Vec<f32>, AudioError> {
    let mut resampler = Resampler::of(from, to)?;
    let mut output = resampler.accept(samples)?;
    output.extend(resampler.finish()?);
    Ok(output)
}

fn make(from: usize, to: usize) -> Option<Fft<f32>> {
    // The filter delays by half a block, which must be a whole number of samples before and after: a block of an even
    // multiple of the shortest one.
    let unit = 2 * from / gcd(from, to);
    let block = BLOCK.div_ceil(unit) * unit;
    Fft::new(from, to, block, 1, FixedSync::Both).ok()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate: f64, samples: usize) -> Vec<f32> {
        (0..samples).map(|i| (0.5 * (std::f64::consts::TAU * hz * i as f64 / rate).sin()) as f32).collect()
    }

    /// The largest difference in the middle, away from the ends' ringing.
    fn difference(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        let middle = a.len() / 8..a.len() - a.len() / 8;
        a[middle.clone()]
            .iter()
            .zip(&b[middle])
            .map(|(x, y)| (x - y).abs())
            .max_by(f32::total_cmp)
            .unwrap_or(0.0)
    }

    #[test]
    fn a_tone_keeps_its_pitch_and_its_place() {
        for (from, to) in [(44_100, 16_000), (8_000, 16_000), (48_000, 16_000), (22_050, 16_000)] {
            let n = from as usize * 2;
            let got = resample(&tone(440.0, f64::from(from), n), from, to).unwrap();
            let far = difference(&got, &tone(440.0, f64::from(to), 2 * to as usize));
            assert!(far < 2e-3, "{from} to {to}: {far}");
        }
    }

    #[test]
    fn what_the_lower_rate_has_no_room_for_is_gone() {
        let loud = |hz| {
            let got = resample(&tone(hz, 44_100.0, 88_200), 44_100, 16_000).unwrap();
            difference(&got, &vec![0.0; got.len()])
        };
        assert!(loud(9000.0) < 0.5e-3 && loud(15_000.0) < 0.5e-4, "{} {}", loud(9000.0), loud(15_000.0));
        assert!(loud(7000.0) > 0.49);
    }

    #[test]
    fn speed_shortens_and_raises() {
        let got = change_speed(&tone(400.0, 16_000.0, 32_000), 1.1).unwrap();
        assert!(difference(&got, &tone(440.0, 16_000.0, 29_091)) < 1e-4);
        assert_eq!(change_speed(&[0.1; 10], 1.0).unwrap(), [0.1; 10]);
        assert!(change_speed(&[0.1; 10], f64::NAN).is_err());
        assert!(resample(&[0.1; 10], 0, 16_000).is_err());
    }

    #[test]
    fn a_resampler_used_again_remembers_nothing() {
        let clip = tone(400.0, 16_000.0, 5000);
        let first = change_speed(&clip, 0.9).unwrap();
        for factor in [1.1, 0.9, 0.8, 0.7, 0.95, 1.2] {
            change_speed(&tone(1000.0, 16_000.0, 3000), factor).unwrap();
            assert_eq!(change_speed(&clip, 0.9).unwrap(), first);
        }
    }

    #[test]
    fn a_ratio_that_cannot_be_is_named_in_own_words() {
        let error = convert(&[0.1; 10], 8000, 0).unwrap_err().to_string();
        assert_eq!(error, "samples can't be resampled by 0/8000; take a rate of a simpler ratio");
    }

    #[test]
    fn samples_that_come_in_pieces_give_the_same() {
        for (from, to) in [(44_100, 16_000), (8_000, 16_000), (11_025, 16_000), (16_000, 16_000)] {
            for n in [1, 700, 30_000] {
                let clip = tone(440.0, f64::from(from), n);
                let whole = resample(&clip, from, to).unwrap();
                for piece in [1.max(n / 50), 1024, n] {
                    let mut resampler = Resampler::new(from, to).unwrap();
                    let mut found = Vec::new();
                    clip.chunks(piece).for_each(|some| found.extend(resampler.accept(some).unwrap()));
                    found.extend(resampler.finish().unwrap());
                    assert!(found == whole, "{from} to {to}, {n} by {piece}");
                }
            }
        }
        assert!(Resampler::new(16_000, 8_000).unwrap().finish().unwrap().is_empty());
    }

    #[test]
    fn short_clips_keep_their_length() {
        for n in [1, 2, 17, 1000] {
            assert_eq!(
                resample(&vec![0.5; n], 32_000, 16_000).unwrap().len(),
                (n as f64 / 2.0).round() as usize
            );
        }
    }
}

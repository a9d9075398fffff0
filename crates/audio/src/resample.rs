//! Other sampling rates and speeds, through rubato's FFT resampler.

use std::cell::RefCell;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

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
    for rate in [from, to] {
        if !RATES.contains(&rate) {
            return Err(AudioError::Setting(format!(
                "a sampling rate of {rate} Hz can't be resampled; it must be from 100 to 768000"
            )));
        }
    }
    if from == to || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    convert(samples, from as usize, to as usize)
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

fn convert(samples: &[f32], from: usize, to: usize) -> Result<Vec<f32>, AudioError> {
    let failed = || {
        AudioError::Setting(format!(
            "{} samples can't be resampled by {to}/{from}; take a rate of a simpler ratio",
            samples.len()
        ))
    };
    let known = MADE.with_borrow_mut(|made| {
        let at = made.iter().position(|(ratio, _)| *ratio == (from, to))?;
        Some(made.remove(at).1)
    });
    let mut resampler = match known {
        Some(resampler) => resampler,
        None => make(from, to).ok_or_else(failed)?,
    };
    let input = InterleavedSlice::new(samples, 1, samples.len()).map_err(|_| failed())?;
    // It starts anew with every call.
    let output = resampler.process_all(&input, samples.len(), None).map_err(|_| failed())?;
    MADE.with_borrow_mut(|made| {
        made.insert(0, ((from, to), resampler));
        made.truncate(KEPT);
    });
    let mut output = output.take_data();
    output.resize((samples.len() as f64 * to as f64 / from as f64).round() as usize, 0.0);
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
        assert_eq!(error, "10 samples can't be resampled by 0/8000; take a rate of a simpler ratio");
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

//! Filterbanks against the formulas in f64, written plainly.
#![allow(clippy::unwrap_used)]

use linnet_frontend::{Fbank, FbankConfig, FrontendError, WindowShape};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Kaldi's definition, sample by sample, with a plain Fourier sum; `(frames, bands)`.
fn reference(samples: &[f32], config: &FbankConfig) -> Vec<f64> {
    let rate = f64::from(config.sample_rate);
    let length = (rate * 0.001 * config.frame_length_ms) as i64;
    let shift = (rate * 0.001 * config.frame_shift_ms) as i64;
    let points = (length as usize).next_power_of_two();
    let total = samples.len() as i64;
    let frames = match config.snip_edges {
        true if total < length => 0,
        true => 1 + (total - length) / shift,
        false => (total + shift / 2) / shift,
    };
    let mel = |hz: f64| 1127.0 * (1.0 + hz / 700.0).ln();
    let high = if config.high_hz > 0.0 { config.high_hz } else { rate / 2.0 + config.high_hz };
    let step = (mel(high) - mel(config.low_hz)) / (config.bands + 1) as f64;
    let mut out = Vec::new();
    for frame in 0..frames {
        let begin = if config.snip_edges { frame * shift } else { frame * shift + shift / 2 - length / 2 };
        let mut x: Vec<f64> = (begin..begin + length)
            .map(|mut index| {
                while index < 0 || index >= total {
                    index = if index < 0 { -index - 1 } else { 2 * total - 1 - index };
                }
                f64::from(samples[index as usize]) * 32768.0
            })
            .collect();
        if config.remove_dc {
            let mean = x.iter().sum::<f64>() / length as f64;
            x.iter_mut().for_each(|x| *x -= mean);
        }
        for i in (0..x.len()).rev() {
            x[i] -= config.preemphasis * x[i.saturating_sub(1)];
        }
        for (i, x) in x.iter_mut().enumerate() {
            let cosine = (std::f64::consts::TAU * i as f64 / (length - 1) as f64).cos();
            *x *= match config.window {
                WindowShape::Povey => (0.5 - 0.5 * cosine).powf(0.85),
                WindowShape::Hann => 0.5 - 0.5 * cosine,
                WindowShape::Hamming => 0.54 - 0.46 * cosine,
                WindowShape::Blackman => 0.42 - 0.5 * cosine + 0.08 * (2.0 * cosine * cosine - 1.0),
                WindowShape::Rectangular => 1.0,
            };
        }
        let power: Vec<f64> = (0..points / 2)
            .map(|bin| {
                let (mut re, mut im) = (0.0, 0.0);
                for (i, x) in x.iter().enumerate() {
                    let angle = std::f64::consts::TAU * ((bin * i) % points) as f64 / points as f64;
                    re += x * angle.cos();
                    im += x * angle.sin();
                }
                re * re + im * im
            })
            .collect();
        for band in 0..config.bands {
            let centre = mel(config.low_hz) + (band + 1) as f64 * step;
            let energy: f64 = power
                .iter()
                .enumerate()
                .map(|(bin, power)| {
                    let distance = (mel(bin as f64 * rate / points as f64) - centre).abs() / step;
                    power * (1.0 - distance).max(0.0)
                })
                .sum();
            out.push(energy.max(f64::from(f32::EPSILON)).ln());
        }
    }
    out
}

/// A voiced-like sum of partials with noise, on the grid of 16-bit samples.
fn signal(rate: u32, count: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|i| {
            let time = i as f64 / f64::from(rate);
            let tone: f64 =
                (1..20).map(|k| (time * 733.0 * f64::from(k)).sin() / f64::from(k * k)).sum::<f64>() * 0.3;
            let sample = tone * (3.0 * time).sin() + rng.random_range(-2e-4..2e-4);
            ((sample * 32768.0).round().clamp(-32768.0, 32767.0) / 32768.0) as f32
        })
        .collect()
}

#[test]
fn all_settings_agree_to_f32s_precision() {
    let base = FbankConfig::default;
    let cases = [
        base(),
        FbankConfig { snip_edges: true, bands: 40, ..base() },
        FbankConfig { window: WindowShape::Hann, preemphasis: 0.0, ..base() },
        FbankConfig { window: WindowShape::Hamming, remove_dc: false, ..base() },
        FbankConfig { window: WindowShape::Blackman, low_hz: 60.0, high_hz: -500.0, ..base() },
        FbankConfig { window: WindowShape::Rectangular, high_hz: 7000.0, bands: 1, ..base() },
        FbankConfig { sample_rate: 8000, bands: 23, ..base() },
        FbankConfig { sample_rate: 44_100, bands: 128, ..base() },
        FbankConfig { sample_rate: 11_025, bands: 40, frame_length_ms: 31.3, frame_shift_ms: 7.7, ..base() },
        FbankConfig { sample_rate: 16_000, bands: 2, frame_length_ms: 1.0, frame_shift_ms: 3.0, ..base() },
    ];
    for (number, config) in cases.iter().enumerate() {
        // Short of a block of frames, and more than one.
        for count in [900, 4321] {
            let samples = signal(config.sample_rate, count, number as u64);
            let expected = reference(&samples, config);
            let found = Fbank::new(config).unwrap().compute(&samples);
            assert_eq!(found.data.len(), expected.len(), "case {number}");
            for (at, (found, expected)) in found.data.iter().zip(&expected).enumerate() {
                let error = (f64::from(*found) - expected).abs();
                assert!(error < 4e-6, "case {number}, frame {}: {found} {expected}", at / config.bands);
            }
        }
    }
}

#[test]
fn short_signals_are_mirrored_as_often_as_it_takes() {
    let config = FbankConfig::default();
    let mut fbank = Fbank::new(&config).unwrap();
    for count in [0, 1, 79, 80, 81, 159, 200, 240, 399] {
        let samples = signal(16_000, count, 5);
        let expected = reference(&samples, &config);
        let found = fbank.compute(&samples);
        assert_eq!(found.frames(), (count + 80) / 160);
        assert_eq!(found.data.len(), expected.len());
        for (found, expected) in found.data.iter().zip(&expected) {
            assert!((f64::from(*found) - expected).abs() < 4e-6, "{count} samples: {found} {expected}");
        }
    }
}

#[test]
fn what_must_have_features_and_has_none_is_named() {
    let mut fbank = Fbank::new(&FbankConfig { deltas: 2, ..FbankConfig::default() }).unwrap();
    let error = fbank.compute_checked(&[0.1; 5]).unwrap_err().to_string();
    assert_eq!(
        error,
        "5 samples at 16000 Hz are too short for one frame of features; leave the recording out"
    );
    let error = fbank.compute_checked(&[f32::NAN; 800]).unwrap_err();
    assert!(matches!(error, FrontendError::NotFinite { frame: 0, dimension: 0 }), "{error}");
    assert_eq!(fbank.compute_checked(&[0.1; 800]).unwrap(), fbank.compute(&[0.1; 800]));
}

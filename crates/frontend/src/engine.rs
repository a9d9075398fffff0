//! Frames to log-mel energies, several at a time.

use pulp::{Arch, NullaryFnOnce};
use rustfft::num_complex::Complex64;

use crate::dither::Dither;
use crate::ln::ln;
use crate::mel::MelBank;
use crate::spectrum::PowerSpectrum;
use crate::window::{FULL_SCALE, Framing, coefficients, mirror};
use crate::{FbankConfig, FrontendError};

/// Frames whose mel energies and logarithms are computed side by side, one a vector lane. Lanes never mix: a frame's
/// values don't depend on which others it shares a block with.
const LANES: usize = 8;

/// Samples at a place of the signal.
#[derive(Clone, Copy)]
pub(crate) struct Span<'a> {
    pub(crate) samples: &'a [f32],
    /// Index in the signal of the first of `samples`.
    pub(crate) start: usize,
    /// Samples the signal has, where that is known; only frames that reach beyond `samples` need it.
    pub(crate) total: usize,
}

/// All that a frame's computation needs; nothing is allocated after `new`.
pub(crate) struct Engine {
    pub(crate) framing: Framing,
    arch: Arch,
    bank: MelBank,
    spectrum: PowerSpectrum,
    dither: Dither,
    window: Vec<f64>,
    preemphasis: f64,
    remove_dc: bool,
    /// A frame that had to be put together or dithered, `(length)`.
    gathered: Vec<f32>,
    /// A frame, windowed and padded with zeros, `(fft length)`.
    windowed: Vec<f64>,
    /// Power spectra of a block of frames, `(LANES, bins)`.
    spectra: Vec<f32>,
    /// The same, `(bins, LANES)`.
    power: Vec<[f32; LANES]>,
    /// Log energies of a block of frames, `(bands, LANES)`.
    energies: Vec<[f32; LANES]>,
}

impl Engine {
    pub(crate) fn new(config: &FbankConfig) -> Result<Self, FrontendError> {
        config.validate()?;
        let bank = MelBank::new(config)?;
        let (length, fft_length) = (config.frame_length(), config.fft_length());
        Ok(Self {
            framing: Framing::new(config),
            arch: Arch::new(),
            spectrum: PowerSpectrum::new(fft_length),
            dither: Dither::new(config.dither_seed, (config.dither / FULL_SCALE) as f32),
            window: coefficients(config.window, length),
            preemphasis: config.preemphasis,
            remove_dc: config.remove_dc,
            gathered: vec![0.0; length],
            windowed: vec![0.0; fft_length],
            spectra: vec![0.0; fft_length / 2 * LANES],
            power: vec![[0.0; LANES]; fft_length / 2],
            energies: vec![[0.0; LANES]; bank.len()],
            bank,
        })
    }

    pub(crate) fn bands(&self) -> usize {
        self.bank.len()
    }

    pub(crate) fn set_dither(&mut self, seed: u64, level: f64) {
        self.dither = Dither::new(seed, (level / FULL_SCALE) as f32);
    }

    /// Frames `first..` of the signal into `rows`, `(frames, bands)`.
    pub(crate) fn compute(&mut self, span: Span<'_>, first: usize, rows: &mut [f32]) {
        let bands = self.bank.len();
        for (block, rows) in rows.chunks_mut(LANES * bands).enumerate() {
            for lane in 0..rows.len() / bands {
                self.frame(span, first + block * LANES + lane, lane);
            }
            self.arch.dispatch(LogMel {
                bank: &self.bank,
                spectra: &self.spectra,
                power: &mut self.power,
                energies: &mut self.energies,
                rows,
            });
        }
    }

    /// The power spectrum of one frame into its lane.
    fn frame(&mut self, span: Span<'_>, index: usize, lane: usize) {
        let begin = self.framing.begin(index);
        let length = self.framing.length;
        let offset = begin - span.start as isize;
        let inside =
            usize::try_from(offset).ok().and_then(|offset| span.samples.get(offset..offset + length));
        let samples = match inside {
            Some(samples) if self.dither.is_off() => samples,
            _ => {
                match inside {
                    Some(samples) => self.gathered.copy_from_slice(samples),
                    None => {
                        for (i, sample) in self.gathered.iter_mut().enumerate() {
                            *sample = span.samples[mirror(begin + i as isize, span.total) - span.start];
                        }
                    }
                }
                if !self.dither.is_off() {
                    self.dither.add(&mut self.gathered, index);
                }
                &self.gathered
            }
        };
        self.arch.dispatch(Windowed {
            samples,
            window: &self.window,
            preemphasis: self.preemphasis,
            remove_dc: self.remove_dc,
            windowed: &mut self.windowed,
            packed: &mut self.spectrum.packed,
        });
        self.spectrum.transform();
        let bins = self.power.len();
        let power = &mut self.spectra[lane * bins..(lane + 1) * bins];
        self.arch.dispatch(Power { spectrum: &mut self.spectrum, power });
    }
}

/// Subtracts the mean, pre-emphasises, windows, and packs two samples a point.
struct Windowed<'a> {
    samples: &'a [f32],
    window: &'a [f64],
    preemphasis: f64,
    remove_dc: bool,
    windowed: &'a mut [f64],
    packed: &'a mut [Complex64],
}

impl NullaryFnOnce for Windowed<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { samples, window, preemphasis, remove_dc, windowed, packed } = self;
        let mean = if remove_dc { sum(samples) / samples.len() as f64 } else { 0.0 };
        // The mean's share of a pre-emphasised sample.
        let offset = mean - preemphasis * mean;
        // The first sample has no predecessor: Kaldi takes itself.
        let first = f64::from(samples[0]);
        windowed[0] = (first - preemphasis * first - offset) * window[0];
        let neighbours = samples.iter().zip(&samples[1..]);
        for (((&before, &sample), weight), out) in neighbours.zip(&window[1..]).zip(&mut windowed[1..]) {
            *out = (f64::from(sample) - preemphasis * f64::from(before) - offset) * weight;
        }
        for (point, pair) in packed.iter_mut().zip(windowed.chunks_exact(2)) {
            *point = Complex64::new(pair[0], pair[1]);
        }
    }
}

/// The sum, in as many parts as keep the vector units busy. It is exact for 16-bit samples in frames of up to 8,192
/// (half a second at 16 kHz): a part has 512 of them then, which come to 2²⁴ steps at most.
#[inline(always)]
fn sum(samples: &[f32]) -> f64 {
    let mut parts = [0.0; 16];
    let chunks = samples.chunks_exact(parts.len());
    let rest: f64 = chunks.remainder().iter().map(|&sample| f64::from(sample)).sum();
    for chunk in chunks {
        for (part, &sample) in parts.iter_mut().zip(chunk) {
            *part += sample;
        }
    }
    // Pairs of pairs, since one addition after the other waits for its predecessor.
    let fours: [f64; 4] = std::array::from_fn(|i| {
        let part = |group: usize| f64::from(parts[4 * group + i]);
        (part(0) + part(1)) + (part(2) + part(3))
    });
    rest + ((fours[0] + fours[1]) + (fours[2] + fours[3]))
}

/// Squares of one frame's spectrum.
struct Power<'a> {
    spectrum: &'a mut PowerSpectrum,
    power: &'a mut [f32],
}

impl NullaryFnOnce for Power<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.spectrum.power(self.power);
    }
}

/// Log energies of a block's bands into its rows.
struct LogMel<'a> {
    bank: &'a MelBank,
    spectra: &'a [f32],
    power: &'a mut [[f32; LANES]],
    energies: &'a mut [[f32; LANES]],
    rows: &'a mut [f32],
}

impl NullaryFnOnce for LogMel<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { bank, spectra, power, energies, rows } = self;
        transpose(spectra, power);
        bank.apply(power, energies);
        for energy in energies.as_flattened_mut() {
            // Kaldi's floor; not `max`, which would hide a NaN.
            *energy = ln(if *energy < f32::EPSILON { f32::EPSILON } else { *energy });
        }
        for (lane, row) in rows.chunks_exact_mut(energies.len()).enumerate().take(LANES) {
            for (value, energy) in row.iter_mut().zip(energies.iter()) {
                *value = energy[lane];
            }
        }
    }
}

/// `(LANES, bins)` to `(bins, LANES)`.
#[inline(always)]
fn transpose(spectra: &[f32], power: &mut [[f32; LANES]]) {
    let bins = power.len();
    let lanes: [&[f32]; LANES] = std::array::from_fn(|lane| &spectra[lane * bins..(lane + 1) * bins]);
    for (bin, power) in power.iter_mut().enumerate() {
        *power = std::array::from_fn(|lane| lanes[lane][bin]);
    }
}

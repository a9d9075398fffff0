//! Power spectra of real frames.

use std::sync::Arc;

use rustfft::num_complex::Complex64;
use rustfft::{Fft, FftPlanner};

/// The power spectrum of one real frame, by a complex FFT of half its length.
///
/// Even samples are the real parts and odd ones the imaginary parts. With Z the FFT of those M points,
/// E = (Z\[k\] + Z̄\[M−k\]) / 2, O = (Z\[k\] − Z̄\[M−k\]) / 2i and T = e^(−πik/M)·O, the spectrum is X\[k\] = E + T and
/// X\[M−k\] = conj(E − T). Only their squares are wanted, so that they are never stored.
///
/// In `f64`, because a bin can be 10⁻⁸ of the frame's energy, where an FFT in `f32` is off by several thousandths of
/// the logarithm. It costs a fifth of a microsecond a frame.
pub(crate) struct PowerSpectrum {
    fft: Arc<dyn Fft<f64>>,
    /// The packed frame, then its FFT: `(M)`.
    pub(crate) packed: Vec<Complex64>,
    scratch: Vec<Complex64>,
    /// The FFT's real and imaginary parts: `(M)`.
    re: Vec<f64>,
    im: Vec<f64>,
    /// Z\[M−k\] beside k from 1 to below M/2.
    mirrored_re: Vec<f64>,
    mirrored_im: Vec<f64>,
    /// e^(−πik/M) / 2i for k from 1 to below M/2.
    twiddle_re: Vec<f64>,
    twiddle_im: Vec<f64>,
}

impl PowerSpectrum {
    /// For frames of `length` samples, a power of two from 4 on.
    pub(crate) fn new(length: usize) -> Self {
        let half = length / 2;
        let pairs = half / 2 - 1;
        let fft = FftPlanner::new().plan_fft_forward(half);
        let angle = |k: usize| std::f64::consts::PI * k as f64 / half as f64;
        Self {
            packed: vec![Complex64::default(); half],
            scratch: vec![Complex64::default(); fft.get_inplace_scratch_len()],
            fft,
            re: vec![0.0; half],
            im: vec![0.0; half],
            mirrored_re: vec![0.0; pairs],
            mirrored_im: vec![0.0; pairs],
            // e^(−iα) / 2i = (−sin α − i cos α) / 2
            twiddle_re: (1..=pairs).map(|k| -0.5 * angle(k).sin()).collect(),
            twiddle_im: (1..=pairs).map(|k| -0.5 * angle(k).cos()).collect(),
        }
    }

    /// Transforms `packed` in place.
    pub(crate) fn transform(&mut self) {
        self.fft.process_with_scratch(&mut self.packed, &mut self.scratch);
    }

    /// Squares of bins 0 to below M of the transformed frame, `(M)`. The bin at the Nyquist frequency, which no mel
    /// band sees, is left out.
    #[inline(always)]
    pub(crate) fn power(&mut self, power: &mut [f32]) {
        let middle = self.packed.len() / 2;
        let pairs = middle - 1;
        self.split();
        let (re, im) = (&self.re[1..middle], &self.im[1..middle]);
        let (mirrored_re, mirrored_im) = (&self.mirrored_re[..pairs], &self.mirrored_im[..pairs]);
        let (twiddle_re, twiddle_im) = (&self.twiddle_re[..pairs], &self.twiddle_im[..pairs]);
        let (low, high) = power.split_at_mut(middle);
        let (low, high) = (&mut low[1..], &mut high[1..]);
        let (low, high) = (&mut low[..pairs], &mut high[..pairs]);
        for k in 0..pairs {
            let (even_re, even_im) = (0.5 * (re[k] + mirrored_re[k]), 0.5 * (im[k] - mirrored_im[k]));
            let (odd_re, odd_im) = (re[k] - mirrored_re[k], im[k] + mirrored_im[k]);
            let turned_re = odd_re * twiddle_re[k] - odd_im * twiddle_im[k];
            let turned_im = odd_re * twiddle_im[k] + odd_im * twiddle_re[k];
            low[k] = ((even_re + turned_re).powi(2) + (even_im + turned_im).powi(2)) as f32;
            high[k] = ((even_re - turned_re).powi(2) + (even_im - turned_im).powi(2)) as f32;
        }
        high.reverse();
        power[0] = (self.re[0] + self.im[0]).powi(2) as f32;
        power[middle] = (self.re[middle].powi(2) + self.im[middle].powi(2)) as f32;
    }

    /// Parts the complex points, and turns the upper ones round, so that all that follows runs forwards in memory.
    #[inline(always)]
    fn split(&mut self) {
        for ((point, re), im) in self.packed.iter().zip(&mut self.re).zip(&mut self.im) {
            (*re, *im) = (point.re, point.im);
        }
        let upper = self.packed.len() / 2 + 1..;
        self.mirrored_re.copy_from_slice(&self.re[upper.clone()]);
        self.mirrored_re.reverse();
        self.mirrored_im.copy_from_slice(&self.im[upper]);
        self.mirrored_im.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_plain_sum_for_all_lengths() {
        for length in [4, 8, 16, 64, 512, 2048] {
            let frame: Vec<f64> = (0..length).map(|i| ((i * i * 7 + i) % 23) as f64 - 11.0).collect();
            let mut spectrum = PowerSpectrum::new(length);
            for (point, pair) in spectrum.packed.iter_mut().zip(frame.chunks_exact(2)) {
                *point = Complex64::new(pair[0], pair[1]);
            }
            spectrum.transform();
            let mut power = vec![f32::NAN; length / 2];
            spectrum.power(&mut power);
            for (bin, &found) in power.iter().enumerate() {
                let (mut re, mut im) = (0.0, 0.0);
                for (i, &x) in frame.iter().enumerate() {
                    let angle = std::f64::consts::TAU * (bin * i % length) as f64 / length as f64;
                    re += x * angle.cos();
                    im -= x * angle.sin();
                }
                let expected = re * re + im * im;
                let error = (f64::from(found) - expected).abs();
                assert!(error <= 1e-7 * expected + 1e-12, "length {length}, bin {bin}: {error}");
            }
        }
    }
}

//! Power spectra of real frames.

use std::sync::Arc;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

/// The power spectrum of one real frame, by a complex FFT of half its length.
///
/// Even samples are the real parts and odd ones the imaginary parts. With Z the FFT of those M points,
/// E = (Z\[k\] + Z̄\[M−k\]) / 2, O = (Z\[k\] − Z̄\[M−k\]) / 2i and T = e^(−πik/M)·O, the spectrum is X\[k\] = E + T and
/// X\[M−k\] = conj(E − T). Only their squares are wanted, so that they are never stored.
pub(crate) struct PowerSpectrum {
    fft: Arc<dyn Fft<f32>>,
    /// The packed frame, then its FFT: `(M)`.
    pub(crate) packed: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// e^(−πik/M) / 2i for k from 1 to below M/2.
    twiddles: Vec<Complex32>,
}

impl PowerSpectrum {
    /// For frames of `length` samples, a power of two from 4 on.
    pub(crate) fn new(length: usize) -> Self {
        let half = length / 2;
        let fft = FftPlanner::new().plan_fft_forward(half);
        let twiddles = (1..half / 2)
            .map(|k| {
                let angle = std::f64::consts::PI * k as f64 / half as f64;
                // e^(−iα) / 2i = (−sin α − i cos α) / 2
                Complex32::new((-0.5 * angle.sin()) as f32, (-0.5 * angle.cos()) as f32)
            })
            .collect();
        Self {
            packed: vec![Complex32::default(); half],
            scratch: vec![Complex32::default(); fft.get_inplace_scratch_len()],
            twiddles,
            fft,
        }
    }

    /// Transforms `packed` in place.
    pub(crate) fn transform(&mut self) {
        self.fft.process_with_scratch(&mut self.packed, &mut self.scratch);
    }

    /// The squares of bins 0 to below M of the transformed frame, `(M)`; the bin at the Nyquist frequency, which no
    /// mel band sees, is left out.
    #[inline(always)]
    pub(crate) fn power(&self, power: &mut [f32]) {
        let half = self.packed.len();
        let middle = half / 2;
        let first = self.packed[0];
        power[0] = (first.re + first.im) * (first.re + first.im);
        power[middle] =
            self.packed[middle].re * self.packed[middle].re + self.packed[middle].im * self.packed[middle].im;
        let (power_low, power_high) = power.split_at_mut(middle);
        let (low, high) = self.packed.split_at(middle);
        let pairs = low[1..].iter().zip(high[1..].iter().rev()).zip(&self.twiddles);
        let powers = power_low[1..].iter_mut().zip(power_high[1..].iter_mut().rev());
        for (((a, b), twiddle), (power_a, power_b)) in pairs.zip(powers) {
            let (even_re, even_im) = (0.5 * (a.re + b.re), 0.5 * (a.im - b.im));
            let (odd_re, odd_im) = (a.re - b.re, a.im + b.im);
            let turned_re = odd_re * twiddle.re - odd_im * twiddle.im;
            let turned_im = odd_re * twiddle.im + odd_im * twiddle.re;
            let (sum_re, sum_im) = (even_re + turned_re, even_im + turned_im);
            let (difference_re, difference_im) = (even_re - turned_re, even_im - turned_im);
            *power_a = sum_re * sum_re + sum_im * sum_im;
            *power_b = difference_re * difference_re + difference_im * difference_im;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_plain_sum_for_all_lengths() {
        for length in [4, 8, 16, 64, 512, 2048] {
            let frame: Vec<f32> = (0..length).map(|i| ((i * i * 7 + i) % 23) as f32 - 11.0).collect();
            let mut spectrum = PowerSpectrum::new(length);
            for (point, pair) in spectrum.packed.iter_mut().zip(frame.chunks_exact(2)) {
                *point = Complex32::new(pair[0], pair[1]);
            }
            spectrum.transform();
            let mut power = vec![f32::NAN; length / 2];
            spectrum.power(&mut power);
            let energy: f64 = frame.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            for (bin, &found) in power.iter().enumerate() {
                let (mut re, mut im) = (0.0, 0.0);
                for (i, &x) in frame.iter().enumerate() {
                    let angle = std::f64::consts::TAU * (bin * i % length) as f64 / length as f64;
                    re += f64::from(x) * angle.cos();
                    im -= f64::from(x) * angle.sin();
                }
                let error = (f64::from(found) - re * re - im * im).abs();
                assert!(error < 1e-6 * energy * length as f64, "length {length}, bin {bin}: {error}");
            }
        }
    }
}

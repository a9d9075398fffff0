//! The 3×3 convolution of a single channel: nine multiply-adds a value, fewer than it takes to lay out patches for a
//! product.

use std::ops::Range;

use crate::ops::conv2d::Conv2d;
use crate::ops::math::{relu, vectorised_fn};
use crate::ops::scratch::{self, Scratch};

/// Outputs of one position that are computed together.
const LANES: usize = 16;

/// Values of a patch.
const TAPS: usize = 9;

/// One utterance before a convolution.
pub(crate) struct Planar<'a> {
    x: &'a [f32],
    bands: usize,
    output_bands: usize,
    outputs: usize,
    stride: usize,
}

impl<'a> Planar<'a> {
    pub(crate) fn new(conv: &Conv2d, x: &'a [f32]) -> Self {
        let Conv2d { bands, outputs, stride, .. } = *conv;
        Self { x, bands, output_bands: conv.output_bands(), outputs, stride }
    }

    /// Room for three padded frames: a zero before the first band and zeros behind the last one, so that no band is at
    /// an edge.
    fn room(&self) -> Scratch {
        scratch::zeros(3 * self.padded())
    }

    /// Bands of a padded frame.
    fn padded(&self) -> usize {
        2 * self.output_bands + 1
    }

    /// The three frames that output frame `t` reads.
    #[inline(always)]
    fn read(&self, t: usize, room: &mut [f32]) {
        for (k, row) in room.chunks_exact_mut(self.padded()).enumerate() {
            let row = &mut row[1..=self.bands];
            let frame = (self.stride * t + k).checked_sub(1);
            match frame.and_then(|frame| self.x.chunks_exact(self.bands).nth(frame)) {
                Some(frame) => row.copy_from_slice(frame),
                None => row.fill(0.0),
            }
        }
    }

    /// y = max(0, conv(x) + bias) for a range of output frames.
    pub(crate) fn forward(&self, kernel: &[f32], bias: &[f32], range: Range<usize>, y: &mut [f32]) {
        let mut room = self.room();
        for first in (0..self.outputs).step_by(LANES) {
            let lanes = LANES.min(self.outputs - first);
            // Missing outputs have weights of 0.
            let (mut taps, mut start) = ([[0.0; LANES]; TAPS], [0.0; LANES]);
            start[..lanes].copy_from_slice(&bias[first..first + lanes]);
            for lane in 0..lanes {
                for (tap, row) in taps.iter_mut().enumerate() {
                    row[lane] = kernel[(first + lane) * TAPS + tap];
                }
            }
            forward_lanes(self, first, lanes, &taps, &start, range.clone(), &mut room, y);
        }
    }

    /// Adds the gradients of kernel and bias from a range of output frames, given `dy` before the ReLU for that range.
    pub(crate) fn backward_weight(
        &self,
        dy: &[f32],
        range: Range<usize>,
        dkernel: &mut [f32],
        dbias: &mut [f32],
    ) {
        let mut room = self.room();
        for first in (0..self.outputs).step_by(LANES) {
            let lanes = LANES.min(self.outputs - first);
            let (mut taps, mut total) = ([[0.0; LANES]; TAPS], [0.0; LANES]);
            backward_lanes(self, first, lanes, dy, range.clone(), &mut room, &mut taps, &mut total);
            for lane in 0..lanes {
                dbias[first + lane] += total[lane];
                for (tap, row) in taps.iter().enumerate() {
                    dkernel[(first + lane) * TAPS + tap] += row[lane];
                }
            }
        }
    }

    /// What an output band reads of three padded frames.
    #[inline(always)]
    fn patch(&self, frames: &[f32], band: usize) -> [f32; TAPS] {
        let mut patch = [0.0; TAPS];
        for (row, frame) in patch.chunks_exact_mut(3).zip(frames.chunks_exact(self.padded())) {
            row.copy_from_slice(&frame[2 * band..2 * band + 3]);
        }
        patch
    }
}

vectorised_fn! {
    fn forward_lanes<'a>(
        planar: &'a Planar<'a>,
        first: usize,
        lanes: usize,
        taps: &'a [[f32; LANES]; TAPS],
        start: &'a [f32; LANES],
        range: Range<usize>,
        room: &'a mut [f32],
        y: &'a mut [f32],
    ) {
        let (taps, start) = (*taps, *start);
        for (t, y) in range.zip(y.chunks_exact_mut(planar.output_bands * planar.outputs)) {
            planar.read(t, room);
            for (band, y) in y.chunks_exact_mut(planar.outputs).enumerate() {
                let patch = planar.patch(room, band);
                let mut sums = start;
                for tap in 0..TAPS {
                    for lane in 0..LANES {
                        sums[lane] += patch[tap] * taps[tap][lane];
                    }
                }
                store(&sums, &mut y[first..first + lanes]);
            }
        }
    }
}

vectorised_fn! {
    fn backward_lanes<'a>(
        planar: &'a Planar<'a>,
        first: usize,
        lanes: usize,
        dy: &'a [f32],
        range: Range<usize>,
        room: &'a mut [f32],
        taps: &'a mut [[f32; LANES]; TAPS],
        total: &'a mut [f32; LANES],
    ) {
        let (mut sums, mut whole) = (*taps, *total);
        for (t, dy) in range.zip(dy.chunks_exact(planar.output_bands * planar.outputs)) {
            planar.read(t, room);
            for (band, dy) in dy.chunks_exact(planar.outputs).enumerate() {
                let (d, patch) = (load(&dy[first..first + lanes]), planar.patch(room, band));
                for tap in 0..TAPS {
                    for lane in 0..LANES {
                        sums[tap][lane] += patch[tap] * d[lane];
                    }
                }
                for lane in 0..LANES {
                    whole[lane] += d[lane];
                }
            }
        }
        (*taps, *total) = (sums, whole);
    }
}

// Both take whole vectors apart from the rest so that neither becomes a call of the library's copy.

/// y = max(0, sums)
#[inline(always)]
fn store(sums: &[f32; LANES], y: &mut [f32]) {
    match y.first_chunk_mut() {
        Some(whole) => *whole = sums.map(relu),
        None => y.iter_mut().zip(sums).for_each(|(y, sum)| *y = relu(*sum)),
    }
}

#[inline(always)]
fn load(dy: &[f32]) -> [f32; LANES] {
    match dy.first_chunk() {
        Some(whole) => *whole,
        None => std::array::from_fn(|lane| if lane < dy.len() { dy[lane] } else { 0.0 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_gradients_match_plain_loops() {
        for (frames, bands, outputs, stride) in [
            (1, 1, 1, 2),
            (5, 7, 16, 2),
            (6, 8, 20, 2),
            (2, 3, 33, 2),
            (5, 7, 16, 3),
            (9, 8, 4, 3),
            (4, 5, 2, 1),
        ] {
            let conv = Conv2d { bands, inputs: 1, outputs, stride };
            let value = |i: usize| ((i * 29 % 23) as f32 - 11.0) / 16.0;
            let x: Vec<f32> = (0..frames * bands).map(value).collect();
            let (kernel, bias): (Vec<f32>, Vec<f32>) =
                ((0..outputs * TAPS).map(|i| value(i + 1)).collect(), (0..outputs).map(value).collect());
            let (rows, columns) = (frames.div_ceil(stride), bands.div_ceil(2));
            let dy: Vec<f32> = (0..rows * columns * outputs).map(|i| value(i + 5)).collect();
            let read = |t: usize, band: usize, tap: usize| {
                let (at, b) = ((stride * t + tap / 3).checked_sub(1), (2 * band + tap % 3).checked_sub(1));
                match (at.filter(|&at| at < frames), b.filter(|&b| b < bands)) {
                    (Some(at), Some(b)) => x[at * bands + b],
                    _ => 0.0,
                }
            };
            let (mut y, mut dkernel, mut dbias) =
                (vec![f32::NAN; dy.len()], vec![0.5; kernel.len()], vec![0.25; outputs]);
            // In two parts, as the callers do it.
            let half = rows / 2;
            let (head, tail) = (half * columns * outputs, rows);
            let planar = Planar::new(&conv, &x);
            planar.forward(&kernel, &bias, 0..half, &mut y[..head]);
            planar.forward(&kernel, &bias, half..tail, &mut y[head..]);
            planar.backward_weight(&dy[..head], 0..half, &mut dkernel, &mut dbias);
            planar.backward_weight(&dy[head..], half..tail, &mut dkernel, &mut dbias);
            for (i, &y) in y.iter().enumerate() {
                let (o, band, t) = (i % outputs, i / outputs % columns, i / outputs / columns);
                let sum: f32 = (0..TAPS).map(|tap| read(t, band, tap) * kernel[o * TAPS + tap]).sum();
                assert!((y - (sum + bias[o]).max(0.0)).abs() < 1e-5, "{frames}×{bands} {i}");
            }
            for o in 0..outputs {
                let places = || (0..rows * columns).map(|p| (p / columns, p % columns, dy[p * outputs + o]));
                let total: f32 = places().map(|(.., d)| d).sum();
                assert!((dbias[o] - 0.25 - total).abs() < 1e-4);
                for tap in 0..TAPS {
                    let sum: f32 = places().map(|(t, band, d)| read(t, band, tap) * d).sum();
                    assert!((dkernel[o * TAPS + tap] - 0.5 - sum).abs() < 1e-4, "{frames}×{bands} {o} {tap}");
                }
            }
        }
    }
}

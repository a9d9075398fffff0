//! 3×3 convolution of stride 2 over mel bands and of any from 1 to 3 over time, one line of zeros around each utterance,
//! then ReLU.
//!
//! A frame is (band, channel), channels together. The kernel is (outputs, 3 frames, 3 bands, inputs).

use std::ops::Range;

use crate::lengths::Lengths;
use crate::ops::linear;
use crate::ops::math::{relu, vectorised, vectorised_fn};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::planar::Planar;
use crate::ops::scratch;

/// One convolution's sizes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Conv2d {
    /// Bands of an input frame.
    pub(crate) bands: usize,
    /// Channels of an input frame.
    pub(crate) inputs: usize,
    /// Channels of an output frame.
    pub(crate) outputs: usize,
    /// Input frames from one output frame to the next.
    pub(crate) stride: usize,
}

/// Output frames whose patches are unfolded at once.
pub(crate) const FRAMES: usize = 16;

impl Conv2d {
    /// Bands of an output frame.
    pub(crate) fn output_bands(&self) -> usize {
        self.bands.div_ceil(2)
    }

    /// The lengths of the outputs for inputs of such lengths.
    pub(crate) fn output_lengths(&self, lengths: &Lengths) -> Lengths {
        Lengths::new(&lengths.iter().map(|rows| rows.len().div_ceil(self.stride)).collect::<Vec<_>>())
    }

    /// Values of an input frame.
    pub(crate) fn input_dim(&self) -> usize {
        self.bands * self.inputs
    }

    /// Values of an output frame.
    pub(crate) fn output_dim(&self) -> usize {
        self.output_bands() * self.outputs
    }

    /// Values of one patch of the input.
    pub(crate) fn patch(&self) -> usize {
        9 * self.inputs
    }

    /// Where, for one output band, the patch's bands lie: (first value in the frame, first value in the patch's row,
    /// how many values).
    #[inline(always)]
    fn run(&self, band: usize) -> (usize, usize, usize) {
        let first = (2 * band).saturating_sub(1);
        let last = (2 * band + 2).min(self.bands);
        (first * self.inputs, (first + 1 - 2 * band) * self.inputs, (last - first) * self.inputs)
    }

    /// The patches of a range of output frames of an utterance, (frames · bands, patch).
    fn unfold(&self, x: &[f32], range: Range<usize>, patches: &mut [f32]) {
        let (dim, row) = (self.input_dim(), 3 * self.inputs);
        let frames = x.len() / dim;
        for (t, frame) in range.zip(patches.chunks_exact_mut(self.output_bands() * self.patch())) {
            for (band, patch) in frame.chunks_exact_mut(self.patch()).enumerate() {
                let (from, to, len) = self.run(band);
                for (k, patch) in patch.chunks_exact_mut(row).enumerate() {
                    if !(1..=frames).contains(&(self.stride * t + k)) {
                        patch.fill(0.0);
                        continue;
                    }
                    let source = (self.stride * t + k - 1) * dim + from;
                    patch[..to].fill(0.0);
                    patch[to..to + len].copy_from_slice(&x[source..source + len]);
                    patch[to + len..].fill(0.0);
                }
            }
        }
    }

    /// y = max(0, conv(x) + bias) for a range of an utterance's output frames.
    pub(crate) fn forward(
        &self,
        x: &[f32],
        kernel: &[f32],
        bias: &[f32],
        range: Range<usize>,
        y: &mut [f32],
    ) {
        if self.inputs == 1 {
            return Planar::new(self, x).forward(kernel, bias, range, y);
        }
        for (part, y) in parts(range).zip(y.chunks_mut(FRAMES * self.output_dim())) {
            let mut patches = scratch::take(part.len() * self.output_bands() * self.patch());
            self.unfold(x, part, &mut patches);
            let kernel = Matrix::new(kernel, self.patch()).t();
            matmul(Matrix::new(&patches, self.patch()), kernel, 1.0, false, y);
            vectorised(|| {
                for y in y.chunks_exact_mut(self.outputs) {
                    y.iter_mut().zip(bias).for_each(|(y, b)| *y = relu(*y + b));
                }
            });
        }
    }

    /// Adds the gradients of kernel and bias from a range of an utterance's output frames, given `dy` before the ReLU
    /// for that range.
    pub(crate) fn backward_weight(
        &self,
        x: &[f32],
        dy: &[f32],
        range: Range<usize>,
        dkernel: &mut [f32],
        dbias: &mut [f32],
    ) {
        if self.inputs == 1 {
            return Planar::new(self, x).backward_weight(dy, range, dkernel, dbias);
        }
        for (part, dy) in parts(range).zip(dy.chunks(FRAMES * self.output_dim())) {
            let mut patches = scratch::take(part.len() * self.output_bands() * self.patch());
            self.unfold(x, part, &mut patches);
            linear::backward_weight(&patches, dy, dkernel, dbias);
        }
    }

    /// dx for a range of an utterance's input frames, from `dy` (before the ReLU) of all its output frames.
    pub(crate) fn backward_input(&self, dy: &[f32], kernel: &[f32], range: Range<usize>, dx: &mut [f32]) {
        let patch_frame = self.output_bands() * self.patch();
        let frames = dy.len() / self.output_dim();
        dx.fill(0.0);
        // Output frame t reads the input frames st − 1 to st + 1 with the stride s.
        let first = range.start.saturating_sub(1).div_ceil(self.stride);
        let readers = first..(range.end / self.stride + 1).min(frames);
        for part in parts(readers) {
            let mut patches = scratch::take(part.len() * patch_frame);
            let dy = &dy[part.start * self.output_dim()..part.end * self.output_dim()];
            matmul(
                Matrix::new(dy, self.outputs),
                Matrix::new(kernel, self.patch()),
                1.0,
                false,
                &mut patches,
            );
            fold(*self, part, &patches, range.clone(), dx);
        }
    }
}

vectorised_fn! {
    /// Adds the patches of some output frames to those of a range of input frames that they were read from.
    fn fold<'a>(
        conv: Conv2d,
        part: Range<usize>,
        patches: &'a [f32],
        range: Range<usize>,
        dx: &'a mut [f32],
    ) {
        let (dim, row, patch_frame) =
            (conv.input_dim(), 3 * conv.inputs, conv.output_bands() * conv.patch());
        for (t, frame) in part.zip(patches.chunks_exact(patch_frame)) {
            for k in 0..3 {
                if !(range.start + 1..range.end + 1).contains(&(conv.stride * t + k)) {
                    continue;
                }
                let dx = &mut dx[(conv.stride * t + k - 1 - range.start) * dim..][..dim];
                for (band, patch) in frame.chunks_exact(conv.patch()).enumerate() {
                    let (to, from, len) = conv.run(band);
                    let source = &patch[k * row + from..][..len];
                    for (d, p) in dx[to..to + len].iter_mut().zip(source) {
                        *d += p;
                    }
                }
            }
        }
    }
}

/// A range in parts of [`FRAMES`].
pub(crate) fn parts(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(FRAMES).map(move |start| start..(start + FRAMES).min(end))
}

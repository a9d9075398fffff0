//! The first block: fewer frames, of the encoder's width, that know where they are.
//!
//! No, one or two 3×3 convolutions of stride 2 with ReLU, a linear map, positions, dropout.

use std::ops::Range;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::positions::PositionTable;
use super::{Block, Done, Memory, Pass, Saved, compose};
use crate::config::EncoderConfig;
use crate::lengths::Lengths;
use crate::ops::conv2d::Conv2d;
use crate::ops::linear::Weight;
use crate::ops::rows::{Cut, split};
use crate::ops::{linear, math, scratch};
use crate::parameters::ParameterGroup;

/// Frames of one task of a convolution.
const TASK: usize = 64;

/// Saves each convolution's output.
#[derive(Debug)]
pub(crate) struct Subsampling {
    parameters: ParameterGroup,
    convolutions: Vec<Conv2d>,
    bands: usize,
    dim: usize,
    /// Outputs of the linear map.
    content: usize,
    positions: PositionTable,
    content_scale: f32,
    dropout: f32,
}

impl Subsampling {
    pub(crate) fn new(config: &EncoderConfig, bands: usize) -> Self {
        let mut parameters = ParameterGroup::default();
        let mut convolutions = Vec::new();
        let mut frame = (bands, 1);
        let names = [["conv1.weight", "conv1.bias"], ["conv2.weight", "conv2.bias"]];
        for ([weight, bias], &stride) in names.into_iter().zip(strides(config.subsampling)) {
            let conv = Conv2d { bands: frame.0, inputs: frame.1, outputs: config.channels, stride };
            parameters = parameters.kernel(weight, &[conv.outputs, 3, 3, conv.inputs], conv.patch()).vector(
                bias,
                conv.outputs,
                0.0,
            );
            frame = (conv.output_bands(), conv.outputs);
            convolutions.push(conv);
        }
        let positions = PositionTable::new(config);
        let content = positions.content();
        let parameters = parameters.matrix("linear.weight", content, frame.0 * frame.1).vector(
            "linear.bias",
            content,
            0.0,
        );
        let EncoderConfig { dim, content_scale, dropout, .. } = *config;
        Self { parameters, convolutions, bands, dim, content, positions, content_scale, dropout }
    }

    /// The lengths before, between and after the convolutions.
    fn stages(&self, lengths: &Lengths) -> Vec<Lengths> {
        let mut stages = vec![lengths.clone()];
        for (i, conv) in self.convolutions.iter().enumerate() {
            stages.push(conv.output_lengths(&stages[i]));
        }
        stages
    }

    /// Multiplies frames, or their gradient, by the content's scale.
    fn scale(&self, rows: &mut [f32]) {
        let scale = self.content_scale;
        if scale != 1.0 {
            math::vectorised(|| rows.iter_mut().for_each(|value| *value *= scale));
        }
    }
}

/// The strides over time of the convolutions that leave every `factor`-th frame. The first takes the larger step, as its
/// inputs are cheap and its outputs are not.
fn strides(factor: usize) -> &'static [usize] {
    match factor {
        1 => &[],
        2 => &[2],
        3 => &[3, 1],
        _ => &[2, 2],
    }
}

/// Tasks of a convolution: (utterance, its output frames), in the order of the rows.
fn tasks(output: &Lengths) -> Vec<(usize, Range<usize>)> {
    let cut = |n: usize| (0..n).step_by(TASK).map(move |t| t..(t + TASK).min(n));
    output.iter().enumerate().flat_map(|(u, rows)| cut(rows.len()).map(move |range| (u, range))).collect()
}

/// One utterance's rows of a matrix of `dim` values a row.
fn utterance<'a>(x: &'a [f32], lengths: &Lengths, u: usize, dim: usize) -> &'a [f32] {
    let rows = lengths.rows(u);
    &x[rows.start * dim..rows.end * dim]
}

impl Block for Subsampling {
    fn parameters(&self) -> &ParameterGroup {
        &self.parameters
    }

    fn dims(&self) -> (usize, usize) {
        (self.bands, self.dim)
    }

    fn output_lengths(&self, lengths: &Lengths) -> Lengths {
        self.convolutions.iter().fold(lengths.clone(), |lengths, conv| conv.output_lengths(&lengths))
    }

    fn multiply_adds(&self, lengths: &Lengths) -> usize {
        let stages = self.stages(lengths);
        let convolutions = self.convolutions.iter().zip(&stages[1..]);
        let convolved: usize =
            convolutions.map(|(conv, output)| output.total() * conv.output_dim() * conv.patch()).sum();
        let width = self.convolutions.last().map_or(self.bands, |conv| conv.output_dim());
        convolved + stages[self.convolutions.len()].total() * width * self.content
    }

    fn streams(&self) -> bool {
        true
    }

    fn forward(&self, pass: &Pass, weights: &[f32], x: &[f32], y: &mut [f32]) -> Saved {
        let w = self.parameters.split(weights);
        let stages = self.stages(&pass.lengths);
        let mut outputs: Saved = Vec::new();
        for (i, conv) in self.convolutions.iter().enumerate() {
            let input = if i == 0 { x } else { &outputs[i - 1] };
            let mut output = pass.pool.take(stages[i + 1].total() * conv.output_dim());
            let tasks = tasks(&stages[i + 1]);
            let pieces = split(&mut output, tasks.iter().map(|(_, range)| range.len() * conv.output_dim()));
            tasks.into_par_iter().zip(pieces).for_each(|((u, range), y)| {
                let x = utterance(input, &stages[i], u, conv.input_dim());
                conv.forward(x, w[2 * i], w[2 * i + 1], range, y);
            });
            outputs.push(output);
        }
        let last = self.convolutions.len();
        let frames = outputs.last().map_or(x, |frames| &frames[..]);
        let (dim, content) = (self.dim, self.content);
        let input_dim = w[2 * last].len() / content;
        let mask = pass.mask(self.dropout, "output");
        let cut = Cut::new(y.len() / dim);
        let longest = stages[last].iter().map(|rows| rows.len()).max().unwrap_or(0);
        let positions = self.positions.first(longest);
        let weight = Weight::new(w[2 * last], input_dim, (y.len() / dim).div_ceil(cut.block), &pass.pool);
        y.par_chunks_mut(cut.block * dim).enumerate().for_each(|(block, y)| {
            let (start, rows) = (block * cut.block, y.len() / dim);
            let frames = &frames[start * input_dim..][..rows * input_dim];
            let map = |y: &mut [f32]| {
                weight.product(frames, y);
                linear::add_bias(w[2 * last + 1], y);
                self.scale(y);
            };
            if content == dim {
                map(y);
            } else {
                let mut own = scratch::take(rows * content);
                map(&mut own);
                let rows = y.chunks_exact_mut(dim).zip(own.chunks_exact(content));
                rows.for_each(|(y, own)| y[..content].copy_from_slice(own));
            }
            for (piece, utterance) in stages[last].pieces(start..start + rows) {
                let y = &mut y[(piece.start - start) * dim..(piece.end - start) * dim];
                self.positions.tell(&positions, piece.start - utterance.start, y);
            }
            mask.apply(start, dim, y);
        });
        outputs
    }

    fn backward(&self, pass: &Pass, done: Done<'_>, dy: &[f32], _dx: &mut [f32], dweights: &mut [f32]) {
        let Done { weights, x, saved, .. } = done;
        let w = self.parameters.split(weights);
        let stages = self.stages(&pass.lengths);
        let last = self.convolutions.len();
        let (dim, content) = (self.dim, self.content);
        let frames = saved.last().map_or(x, |frames| &frames[..]);
        let input_dim = w[2 * last].len() / content;
        let (dconvolutions, dlinear) = dweights.split_at_mut(weights.len() - w[2 * last].len() - content);
        let mask = pass.mask(self.dropout, "output");

        // The gradient of the last convolution before its ReLU.
        let mut gradient = pass.pool.take(frames.len());
        let cut = Cut::new(frames.len() / input_dim);
        cut.for_groups(&mut gradient, input_dim, dlinear, |group, gradient, dlinear| {
            let (dweight, dbias) = dlinear.split_at_mut(content * input_dim);
            for (block, gradient) in cut.blocks(group).zip(gradient.chunks_mut(cut.block * input_dim)) {
                let frames = &frames[block.start * input_dim..block.end * input_dim];
                let [mut scaled, mut dout] = [(); 2].map(|()| scratch::take(block.len() * dim));
                scaled.copy_from_slice(&dy[block.start * dim..block.end * dim]);
                self.scale(&mut scaled);
                if content == dim {
                    linear::finish_backward(&scaled, mask, block.start, &mut dout, dbias);
                } else {
                    // Positions have no gradient: of each row the content's part counts.
                    let mut sums = scratch::zeros(dim);
                    linear::finish_backward(&scaled, mask, block.start, &mut dout, &mut sums);
                    math::add(&sums[..content], dbias);
                    for row in 0..block.len() {
                        dout.copy_within(row * dim..row * dim + content, row * content);
                    }
                }
                let dout = &dout[..block.len() * content];
                linear::backward_matrix(frames, dout, content, dweight);
                if last > 0 {
                    linear::backward_input(dout, w[2 * last], content, false, gradient);
                    relu_backward(frames, gradient);
                }
            }
        });

        let sizes = self.parameters.iter().map(|p| p.len()).take(2 * last);
        let mut sums =
            split(dconvolutions, sizes.collect::<Vec<_>>().chunks(2).map(|pair| pair.iter().sum()));
        for (i, conv) in self.convolutions.iter().enumerate().rev() {
            let input = if i == 0 { x } else { &saved[i - 1] };
            let rows = stages[i + 1].total();
            // Groups own no rows of a gradient here: one value a row stands in.
            let mut rows_only = pass.pool.take(rows);
            Cut::new(rows).for_groups(&mut rows_only, 1, sums[i], |group, _, sums| {
                let (dkernel, dbias) = sums.split_at_mut(w[2 * i].len());
                for (piece, utterance_rows) in stages[i + 1].pieces(group) {
                    let u = stages[i + 1].iter().position(|rows| rows == utterance_rows).unwrap_or_default();
                    let x = utterance(input, &stages[i], u, conv.input_dim());
                    let dy = &gradient[piece.start * conv.output_dim()..piece.end * conv.output_dim()];
                    let range = piece.start - utterance_rows.start..piece.end - utterance_rows.start;
                    conv.backward_weight(x, dy, range, dkernel, dbias);
                }
            });
            if i > 0 {
                let mut previous = pass.pool.take(input.len());
                let tasks = tasks(&stages[i]);
                let pieces =
                    split(&mut previous, tasks.iter().map(|(_, range)| range.len() * conv.input_dim()));
                tasks.into_par_iter().zip(pieces).for_each(|((u, range), dx)| {
                    let dy = utterance(&gradient, &stages[i + 1], u, conv.output_dim());
                    let first = (stages[i].rows(u).start + range.start) * conv.input_dim();
                    conv.backward_input(dy, w[2 * i], range, dx);
                    relu_backward(&input[first..first + dx.len()], dx);
                });
                gradient = previous;
            }
        }
    }

    /// Remembers the input rows of each convolution that it still reaches, with zeros before the first.
    fn step(&self, _pass: &Pass, memory: &mut Memory, weights: &[f32], x: &[f32], end: bool) -> Vec<f32> {
        let w = self.parameters.split(weights);
        let mut frames = x.to_vec();
        let first = memory.rows.is_empty();
        memory.rows.resize_with(self.convolutions.len(), Vec::new);
        for (i, (conv, known)) in self.convolutions.iter().zip(&mut memory.rows).enumerate() {
            let (width, stride) = (conv.input_dim(), conv.stride);
            if first {
                // A stride of zeros, of which the first output wanted reads the last row.
                known.resize(stride * width, 0.0);
            }
            known.extend_from_slice(&frames);
            let rows = known.len() / width;
            // Known row s + st is the middle of output t; its last row is the one behind, or zeros at the end.
            let ready = if end { rows.saturating_sub(1) / stride } else { rows.saturating_sub(2) / stride };
            if ready == 0 {
                frames.clear();
                continue;
            }
            let mut output = vec![0.0; (ready + 1) * conv.output_dim()];
            conv.forward(known, w[2 * i], w[2 * i + 1], 0..ready + 1, &mut output);
            // Output 0 belongs to rows that are there for their neighbours alone.
            frames = output.split_off(conv.output_dim());
            known.drain(..stride * ready * width);
        }
        let last = self.convolutions.len();
        let rows = frames.len() * self.content / w[2 * last].len();
        let mut own = vec![0.0; rows * self.content];
        linear::forward(&frames, w[2 * last], w[2 * last + 1], &mut own);
        self.scale(&mut own);
        let mut y = vec![0.0; rows * self.dim];
        let each = y.chunks_exact_mut(self.dim).zip(own.chunks_exact(self.content));
        each.for_each(|(y, own)| y[..self.content].copy_from_slice(own));
        self.positions.tell(&self.positions.of(memory.frames..memory.frames + rows), 0, &mut y);
        memory.frames += rows;
        y
    }

    fn compose(&self, lengths: &Lengths, w: &[Tensor], x: &Tensor) -> Result<Tensor> {
        let last = self.convolutions.len();
        let mut frames = Vec::with_capacity(lengths.count());
        for rows in lengths.iter().filter(|rows| !rows.is_empty()) {
            // (time, band, channel) all the way
            let mut frame = x.narrow(0, rows.start, rows.len())?.unsqueeze(2)?;
            for (i, conv) in self.convolutions.iter().enumerate() {
                frame = convolve(&frame, conv.stride, &w[2 * i].reshape((conv.outputs, ()))?, &w[2 * i + 1])?;
            }
            let frame = frame.flatten_from(1)?;
            let y = compose::linear(&frame, &w[2 * last], &w[2 * last + 1])?;
            frames.push(self.positions.compose((y * f64::from(self.content_scale))?)?);
        }
        Tensor::cat(&frames, 0)
    }
}

/// The 3×3 convolution and its ReLU on (time, band, channel), with a stride over time and one of 2 over bands, as one
/// product with gathered neighbours: the gradient of candle's own convolution wants time and bands both odd or both even.
fn convolve(x: &Tensor, stride: usize, kernel: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let (frames, bands, _) = x.dims3()?;
    let padded = x.pad_with_zeros(0, 1, 2)?.pad_with_zeros(1, 1, 2)?;
    let every = |stride: usize, from: usize, n: usize| {
        let at: Vec<u32> = (0..n.div_ceil(stride)).map(|i| (stride * i + from) as u32).collect();
        Tensor::new(at, x.device())
    };
    let mut neighbours = Vec::with_capacity(9);
    for i in 0..9 {
        let rows = padded.index_select(&every(stride, i / 3, frames)?, 0)?;
        neighbours.push(rows.index_select(&every(2, i % 3, bands)?, 1)?);
    }
    let patches = Tensor::cat(&neighbours, 2)?;
    let (frames, bands, patch) = patches.dims3()?;
    let y = compose::linear(&patches.reshape((frames * bands, patch))?, kernel, bias)?.relu()?;
    y.reshape((frames, bands, bias.elem_count()))
}

/// Zeroes the gradient where ReLU's output is 0.
fn relu_backward(output: &[f32], gradient: &mut [f32]) {
    math::vectorised(|| {
        gradient.iter_mut().zip(output).for_each(|(g, &o)| *g = if o > 0.0 { *g } else { 0.0 });
    });
}

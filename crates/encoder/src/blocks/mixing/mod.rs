//! The mixer block: y = x + drop(Wₒ·((mixer(projections of norm(x)) + conv(v)) ⊙ silu(gate)) + bₒ).
//!
//! The convolution of the values and the gate are options of every mixer. Rows are normalised and projected block by
//! block, then each utterance and head is mixed by itself, then rows are projected back.

mod heads;
mod weights;

use std::ops::Range;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use self::weights::Weights;
use super::{Block, Done, Memory, Pass, Saved, compose};
use crate::config::EncoderConfig;
use crate::lengths::Lengths;
use crate::mixers::{Mixer, State};
use crate::ops::linear::Weight;
use crate::ops::norm::{self, STATISTICS};
use crate::ops::rows::{
    Cut, Planes, add_rows, add_to_rows, copy_rows, plane_pieces, scatter, scatter_with_bias, split, transpose,
};
use crate::ops::{activation, depthwise, linear, math, scratch};
use crate::parameters::{HeadParameter, Init, ParameterGroup};

/// The gate's projection, beside the mixer's.
const GATE: [&str; 2] = ["gate.weight", "gate.bias"];

/// Saves the norm's statistics, (rows, 2), the projections that the mixer reads, (projection, head, row, head_dim), its
/// output, (head, row, head_dim), what the mixer saves, by head and utterance, and the gate, (rows, dim).
#[derive(Debug)]
pub(crate) struct Mixing {
    parameters: ParameterGroup,
    mixer: Box<dyn Mixer>,
    dim: usize,
    heads: usize,
    /// The kernel of the values' convolution, 0 for none, and how many of its frames lie ahead.
    convolution: usize,
    ahead: usize,
    gate: bool,
    /// Values of one head's own parameters: the mixer's, then the convolution's kernel and bias.
    own: Vec<usize>,
    dropout: f32,
}

impl Mixing {
    pub(crate) fn new(config: &EncoderConfig, mixer: Box<dyn Mixer>) -> Self {
        let (dim, heads, convolution) = (config.dim, config.heads, config.value_convolution);
        let head_dim = config.head_dim();
        let mut parameters =
            ParameterGroup::default().vector("norm.weight", dim, 1.0).vector("norm.bias", dim, 0.0);
        // Weights beside weights and biases beside biases: one product computes all projections.
        let names = || mixer.projections().iter().chain(config.gate.then_some(&GATE));
        for [weight, _] in names() {
            parameters = parameters.matrix(weight, dim, dim);
        }
        for [_, bias] in names() {
            parameters = parameters.vector(bias, dim, 0.0);
        }
        let mut by_head = mixer.parameters(head_dim);
        if convolution > 0 {
            let (name, shape) = ("value_convolution.weight", vec![convolution, head_dim]);
            by_head.push(HeadParameter { name, shape, init: Init::FanIn(convolution) });
            let (name, shape) = ("value_convolution.bias", vec![head_dim]);
            by_head.push(HeadParameter { name, shape, init: Init::Constant(0.0) });
        }
        for parameter in &by_head {
            parameters = parameters.by_head(heads, parameter);
        }
        parameters = parameters.matrix("output.weight", dim, dim).vector("output.bias", dim, 0.0);
        Self {
            parameters,
            mixer,
            dim,
            heads,
            convolution,
            ahead: if config.is_causal() { 0 } else { convolution / 2 },
            gate: config.gate,
            own: by_head.iter().map(HeadParameter::len).collect(),
            dropout: config.dropout,
        }
    }

    /// The norm's statistics and the projections of some rows: those that the mixer reads, a piece a plane, and the
    /// gate.
    fn project(
        &self,
        w: &Weights<'_>,
        weight: &Weight<'_>,
        x: &[f32],
        statistics: &mut [f32],
        pieces: &mut [&mut [f32]],
        gate: &mut [f32],
    ) {
        let mut normal = scratch::take(x.len());
        norm::forward(x, w.gain, w.bias, statistics, &mut normal);
        let (read, projections) = self.projections();
        let mut all = scratch::take(x.len() * projections);
        weight.product(&normal, &mut all);
        scatter_with_bias(&all, w.projections[1], self.dim / self.heads, pieces);
        if self.gate {
            let first = read * self.dim;
            add_rows(&all[first..], &w.projections[1][first..], projections * self.dim, gate);
        }
    }

    /// The plane of a head's values: the last projection that the mixer reads.
    fn value_plane(&self, head: usize) -> usize {
        (self.projections().0 - 1) * self.heads + head
    }

    /// What the gate multiplies, for a range of rows: all heads' outputs beside each other, with the values'
    /// convolution.
    fn join(
        &self,
        own: &[&[f32]],
        projected: Planes<'_>,
        mixed: Planes<'_>,
        lengths: &Lengths,
        range: Range<usize>,
        joined: &mut [f32],
    ) {
        mixed.gather(range.clone(), joined, self.dim);
        let [.., kernels, biases] = own else { return };
        if self.convolution == 0 {
            return;
        }
        let head_dim = self.dim / self.heads;
        let mut local = scratch::take(range.len() * head_dim);
        for head in 0..self.heads {
            let values = projected.plane(self.value_plane(head), 0..projected.rows);
            let size = self.convolution * head_dim;
            let kernel = &kernels[head * size..(head + 1) * size];
            let bias = &biases[head * head_dim..(head + 1) * head_dim];
            depthwise::forward(values, kernel, bias, self.ahead, lengths, range.clone(), &mut local);
            add_to_rows(&local, head_dim, &mut joined[head * head_dim..], self.dim);
        }
    }

    /// Values of a row of the gate, where there is one.
    fn gate_dim(&self) -> usize {
        if self.gate { self.dim } else { 0 }
    }

    /// Multiplies rows by silu(gate).
    fn apply_gate(&self, gate: &[f32], joined: &mut [f32]) {
        if self.gate {
            let mut factor = scratch::take(gate.len());
            activation::silu_forward(gate, &mut factor);
            math::vectorised(|| joined.iter_mut().zip(&*factor).for_each(|(j, f)| *j *= f));
        }
    }
}

impl Block for Mixing {
    fn parameters(&self) -> &ParameterGroup {
        &self.parameters
    }

    fn dims(&self) -> (usize, usize) {
        (self.dim, self.dim)
    }

    fn multiply_adds(&self, lengths: &Lengths) -> usize {
        let (dim, (_, all)) = (self.dim, self.projections());
        let mixed = |frames: usize| frames * self.heads * self.mixer.multiply_adds(frames, dim / self.heads);
        let rows = lengths.total() * ((all + 1) * dim + self.convolution) * dim;
        rows + lengths.iter().map(|utterance| mixed(utterance.len())).sum::<usize>()
    }

    fn forward(&self, pass: &Pass, weights: &[f32], x: &[f32], y: &mut [f32]) -> Saved {
        let w = self.weights(weights);
        let (dim, head_dim, lengths) = (self.dim, self.dim / self.heads, &pass.lengths);
        let rows = x.len() / dim;
        let (cut, (read, _), gate_dim) = (Cut::new(rows), self.projections(), self.gate_dim());

        let (pool, blocks) = (&pass.pool, rows.div_ceil(cut.block));
        let projection = Weight::new(w.projections[0], dim, blocks, pool);
        let output = Weight::new(w.output[0], dim, blocks, pool);
        let mut statistics = pool.take(rows * STATISTICS);
        let (mut projected, mut gate) = (pool.take(read * rows * dim), pool.take(rows * gate_dim));
        let block_lengths = cut.block_lengths();
        x.par_chunks(cut.block * dim)
            .zip(statistics.par_chunks_mut(cut.block * STATISTICS))
            .zip(transpose(plane_pieces(&mut projected, rows, head_dim, &block_lengths)))
            .zip(split(&mut gate, block_lengths.iter().map(|n| n * gate_dim)))
            .for_each(|(((x, statistics), mut pieces), gate)| {
                self.project(&w, &projection, x, statistics, &mut pieces, gate);
            });

        let mut mixed = pool.take(rows * dim);
        let saved_lengths = self.saved_lengths(lengths);
        let mut saved = pool.take(saved_lengths.iter().sum());
        let projected_planes = Planes { data: &projected, rows, head_dim };
        let outputs = plane_pieces(&mut mixed, rows, head_dim, &lengths.to_vec()).into_iter().flatten();
        let tasks = outputs.zip(split(&mut saved, saved_lengths)).collect();
        Self::for_heads(tasks, lengths, |head, utterance, (mixed, saved)| {
            self.with_head(&w.own, projected_planes, head, lengths.rows(utterance), |input| {
                self.mixer.forward(input, saved, mixed);
            });
        });

        let mask = pass.mask(self.dropout, "output");
        let planes = Planes { data: &mixed, rows, head_dim };
        y.par_chunks_mut(cut.block * dim).enumerate().for_each(|(block, y)| {
            let start = block * cut.block;
            let range = start..start + y.len() / dim;
            let mut joined = scratch::take(y.len());
            self.join(&w.own, projected_planes, planes, lengths, range.clone(), &mut joined);
            self.apply_gate(&gate[range.start * gate_dim..range.end * gate_dim], &mut joined);
            output.product(&joined, y);
            linear::finish(&x[start * dim..][..y.len()], w.output[1], mask, start, y);
        });
        vec![statistics, projected, mixed, saved, gate]
    }

    fn backward(&self, pass: &Pass, done: Done<'_>, dy: &[f32], dx: &mut [f32], dweights: &mut [f32]) {
        let Done { weights, x, saved, .. } = done;
        let w = self.weights(weights);
        let (dim, head_dim, lengths) = (self.dim, self.dim / self.heads, &pass.lengths);
        let (rows, (read, all)) = (x.len() / dim, self.projections());
        let (cut, gate_dim) = (Cut::new(rows), self.gate_dim());
        let planes = |data| Planes { data, rows, head_dim };
        let (statistics, projected, mixed) = (&saved[0], planes(&saved[1]), planes(&saved[2]));
        let (saved, gate) = (&saved[3], &saved[4]);
        let mask = pass.mask(self.dropout, "output");
        let sizes = self.sizes();
        let (dinput, rest) = dweights.split_at_mut(sizes[..4].iter().sum());
        let (downs, doutput) = rest.split_at_mut(sizes[4]);

        // The output map: rows of dy to the gradients of the heads' outputs and of the gate.
        let (mut dmixed, mut dgate) = (pass.pool.take(rows * dim), pass.pool.take(rows * gate_dim));
        let block_lengths = cut.block_lengths();
        let pieces = transpose(plane_pieces(&mut dmixed, rows, head_dim, &block_lengths)).into_iter();
        let targets = pieces.zip(split(&mut dgate, block_lengths.iter().map(|n| n * gate_dim))).collect();
        cut.for_blocks(targets, doutput, |block, (mut pieces, dgate), doutput| {
            let (dweight, dbias) = doutput.split_at_mut(dim * dim);
            let own = block.start * dim..block.end * dim;
            let [mut dout, mut joined, mut djoined] = std::array::from_fn(|_| scratch::take(own.len()));
            linear::finish_backward(&dy[own.clone()], mask, block.start, &mut dout, dbias);
            self.join(&w.own, projected, mixed, lengths, block, &mut joined);
            if self.gate {
                let [mut factor, mut gated] = std::array::from_fn(|_| scratch::take(own.len()));
                activation::silu_and_slope(&gate[own], &mut factor, dgate);
                math::vectorised(|| {
                    for ((g, j), f) in gated.iter_mut().zip(&*joined).zip(&*factor) {
                        *g = j * f;
                    }
                });
                linear::backward_matrix(&gated, &dout, dim, dweight);
                linear::backward_input(&dout, w.output[0], dim, false, &mut djoined);
                math::vectorised(|| {
                    let rows = djoined.iter_mut().zip(dgate).zip(joined.iter().zip(&*factor));
                    for ((d, dg), (j, f)) in rows {
                        (*d, *dg) = (*d * f, *d * j * *dg);
                    }
                });
            } else {
                linear::backward_matrix(&joined, &dout, dim, dweight);
                linear::backward_input(&dout, w.output[0], dim, false, &mut djoined);
            }
            scatter(&djoined, head_dim, &mut pieces);
        });

        // The mixer, by utterance and head.
        let mut dprojected = pass.pool.take(rows * read * dim);
        let given = [projected, mixed, planes(&dmixed)];
        self.mix_backward(lengths, &w.own, given, saved, (&mut dprojected, downs));

        // The projections and the norm.
        let dprojected = planes(&dprojected);
        cut.for_groups(dx, dim, dinput, |group, dx, dinput| {
            let [dgain, dbias, dweight, dweight_bias] = {
                let mut parts = split(dinput, sizes[..4].iter().copied()).into_iter();
                std::array::from_fn(|_| parts.next().unwrap_or_default())
            };
            for (block, dx) in cut.blocks(group).zip(dx.chunks_mut(cut.block * dim)) {
                let x = &x[block.start * dim..block.end * dim];
                let statistics = &statistics[block.start * STATISTICS..block.end * STATISTICS];
                let mut dall = scratch::take(block.len() * all * dim);
                dprojected.gather(block.clone(), &mut dall, all * dim);
                if self.gate {
                    let dgate = &dgate[block.start * dim..block.end * dim];
                    copy_rows(dgate, dim, dim, &mut dall[read * dim..], all * dim);
                }
                let mut normal = scratch::take(x.len());
                norm::replay(x, w.gain, w.bias, statistics, &mut normal);
                linear::backward_weight(&normal, &dall, dweight, dweight_bias);
                let mut dnormal = normal;
                linear::backward_input(&dall, w.projections[0], all * dim, false, &mut dnormal);
                let dy = &dy[block.start * dim..block.end * dim];
                norm::backward(x, w.gain, statistics, dy, &mut dnormal, dx, dgain, dbias);
            }
        });
    }

    fn streams(&self) -> bool {
        self.mixer.streams() && self.ahead == 0
    }

    /// Remembers each head's state and the values that the convolution still reaches, (head, row, head_dim) by head.
    fn step(&self, pass: &Pass, memory: &mut Memory, weights: &[f32], x: &[f32], _end: bool) -> Vec<f32> {
        let w = self.weights(weights);
        let (dim, head_dim, rows) = (self.dim, self.dim / self.heads, pass.lengths.total());
        let (read, _) = self.projections();
        let (mut projected, mut gate) = (vec![0.0; rows * dim * read], vec![0.0; rows * self.gate_dim()]);
        let mut pieces: Vec<&mut [f32]> = projected.chunks_exact_mut(rows * head_dim).collect();
        let projection = Weight::new(w.projections[0], dim, 1, &pass.pool);
        self.project(&w, &projection, x, &mut vec![0.0; rows * STATISTICS], &mut pieces, &mut gate);
        let planes = Planes { data: &projected, rows, head_dim };

        memory.heads.resize_with(self.heads, State::default);
        memory.rows.resize_with(self.heads, Vec::new);
        let mut mixed = vec![0.0; rows * dim];
        for (head, mixed) in mixed.chunks_exact_mut(rows * head_dim).enumerate() {
            self.with_head(&w.own, planes, head, 0..rows, |input| {
                self.mixer.step(input, &mut memory.heads[head], mixed);
                let ([.., v], [.., kernel, bias], true) = (input.inputs, input.weights, self.convolution > 0)
                else {
                    return;
                };
                let mut local = vec![0.0; v.len()];
                depthwise::step(&mut memory.rows[head], v, kernel, bias, &mut local);
                math::add(&local, mixed);
            });
        }
        let mut joined = vec![0.0; rows * dim];
        Planes { data: &mixed, rows, head_dim }.gather(0..rows, &mut joined, dim);
        self.apply_gate(&gate, &mut joined);
        let mut y = vec![0.0; x.len()];
        linear::forward(&joined, w.output[0], w.output[1], &mut y);
        math::add(x, &mut y);
        y
    }

    fn compose(&self, lengths: &Lengths, w: &[Tensor], x: &Tensor) -> Result<Tensor> {
        let (rows, head_dim, (read, all)) = (x.dim(0)?, self.dim / self.heads, self.projections());
        let normal = compose::layer_norm(x, &w[0], &w[1])?;
        let projection = |i: usize| compose::linear(&normal, &w[2 + i], &w[2 + all + i]);
        let projected = (0..read)
            .map(|i| projection(i)?.reshape((rows, self.heads, head_dim))?.transpose(0, 1)?.contiguous())
            .collect::<Result<Vec<_>>>()?;
        let own = &w[2 + 2 * all..w.len() - 2];
        let mut mixed = Vec::with_capacity(lengths.count());
        for rows in lengths.iter().filter(|rows| !rows.is_empty()) {
            let inputs: Vec<_> =
                projected.iter().map(|t| t.narrow(1, rows.start, rows.len())).collect::<Result<_>>()?;
            let mut y = self.mixer.compose(&inputs, own)?;
            if let ([.., kernel, bias], true) = (own, self.convolution > 0) {
                let heads = (0..self.heads).map(|h| {
                    let values = inputs[read - 1].get(h)?;
                    compose::depthwise(&values, &kernel.get(h)?, &bias.get(h)?, self.ahead)
                });
                y = (y + Tensor::stack(&heads.collect::<Result<Vec<_>>>()?, 0)?)?;
            }
            mixed.push(y);
        }
        let mut mixed = Tensor::cat(&mixed, 1)?.transpose(0, 1)?.contiguous()?.reshape((rows, self.dim))?;
        if self.gate {
            mixed = (mixed * compose::silu(&projection(read)?)?)?;
        }
        x + compose::linear(&mixed, &w[w.len() - 2], &w[w.len() - 1])?
    }
}

//! The mixer block: y = x + drop(Wₒ·mixer(projections of norm(x)) + bₒ).
//!
//! Rows are normalised and projected block by block, then each utterance and head is mixed by itself, then rows are
//! projected back.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::{Block, Pass, Saved, compose};
use crate::config::EncoderConfig;
use crate::lengths::Lengths;
use crate::mixers::Mixer;
use crate::ops::norm::{self, STATISTICS};
use crate::ops::rows::{Cut, Planes, plane_pieces, scatter, split, transpose};
use crate::ops::{linear, math, scratch};
use crate::parameters::ParameterGroup;

/// Saves the norm's statistics, (rows, 2), the projections and the mixer's output, (projection, head, row, head_dim)
/// each, and what the mixer saves, by head and utterance.
#[derive(Debug)]
pub(crate) struct Mixing {
    parameters: ParameterGroup,
    mixer: Box<dyn Mixer>,
    dim: usize,
    heads: usize,
    dropout: f32,
}

impl Mixing {
    pub(crate) fn new(config: &EncoderConfig) -> Self {
        let (dim, mixer) = (config.dim, config.mixer.mixer());
        let mut parameters =
            ParameterGroup::default().vector("norm.weight", dim, 1.0).vector("norm.bias", dim, 0.0);
        // Weights beside weights and biases beside biases: one product computes all projections.
        for [weight, _] in mixer.projections() {
            parameters = parameters.matrix(weight, dim, dim);
        }
        for [_, bias] in mixer.projections() {
            parameters = parameters.vector(bias, dim, 0.0);
        }
        parameters = parameters.matrix("output.weight", dim, dim).vector("output.bias", dim, 0.0);
        Self { parameters, mixer, dim, heads: config.heads, dropout: config.dropout }
    }

    fn projections(&self) -> usize {
        self.mixer.projections().len()
    }

    /// Cuts a flat slice into the norm's gain and bias, all projections' weights and biases, and the output's.
    fn sizes(&self) -> [usize; 6] {
        let (dim, p) = (self.dim, self.projections());
        [dim, dim, p * dim * dim, p * dim, dim * dim, dim]
    }

    fn weights<'a>(&self, mut flat: &'a [f32]) -> [&'a [f32]; 6] {
        self.sizes().map(|n| {
            let (head, tail) = flat.split_at(n);
            flat = tail;
            head
        })
    }

    /// How many values the mixer saves for each head and utterance, in that order.
    fn saved_lengths(&self, lengths: &Lengths) -> Vec<usize> {
        let one: Vec<_> =
            lengths.iter().map(|rows| self.mixer.saved(rows.len(), self.dim / self.heads)).collect();
        one.repeat(self.heads)
    }

    /// Runs `body(head, utterance, task)` for every head and utterance in parallel.
    fn for_heads<T: Send>(tasks: Vec<T>, utterances: usize, body: impl Fn(usize, usize, T) + Sync) {
        tasks.into_par_iter().enumerate().for_each(|(i, task)| body(i / utterances, i % utterances, task));
    }

    /// The projections of one head in one utterance.
    fn inputs<'a>(
        &self,
        projected: Planes<'a>,
        lengths: &Lengths,
        head: usize,
        utterance: usize,
    ) -> Vec<&'a [f32]> {
        let rows = lengths.rows(utterance);
        (0..self.projections()).map(|p| projected.plane(p * self.heads + head, rows.clone())).collect()
    }
}

impl Block for Mixing {
    fn parameters(&self) -> &ParameterGroup {
        &self.parameters
    }

    fn dims(&self) -> (usize, usize) {
        (self.dim, self.dim)
    }

    fn forward(&self, pass: &Pass, weights: &[f32], x: &[f32], y: &mut [f32]) -> Saved {
        let w = self.weights(weights);
        let (dim, head_dim, lengths) = (self.dim, self.dim / self.heads, &pass.lengths);
        let rows = x.len() / dim;
        let cut = Cut::new(rows);

        let pool = &pass.pool;
        let mut statistics = pool.take(rows * STATISTICS);
        let mut projected = pool.take(self.projections() * rows * dim);
        x.par_chunks(cut.block * dim)
            .zip(statistics.par_chunks_mut(cut.block * STATISTICS))
            .zip(transpose(plane_pieces(&mut projected, rows, head_dim, &cut.block_lengths())))
            .for_each(|((x, statistics), mut pieces)| {
                let mut normal = scratch::take(x.len());
                norm::forward(x, w[0], w[1], statistics, &mut normal);
                let mut all = scratch::take(x.len() * self.projections());
                linear::forward(&normal, w[2], w[3], &mut all);
                scatter(&all, head_dim, &mut pieces);
            });

        let utterances = lengths.count();
        let mut mixed = pool.take(rows * dim);
        let saved_lengths = self.saved_lengths(lengths);
        let mut saved = pool.take(saved_lengths.iter().sum());
        let planes = Planes { data: &projected, rows, head_dim };
        let outputs = plane_pieces(&mut mixed, rows, head_dim, &lengths.to_vec()).into_iter().flatten();
        let tasks = outputs.zip(split(&mut saved, saved_lengths)).collect();
        Self::for_heads(tasks, utterances, |head, utterance, (mixed, saved)| {
            self.mixer.forward(&self.inputs(planes, lengths, head, utterance), head_dim, saved, mixed);
        });

        let mask = pass.mask(self.dropout, "output");
        let planes = Planes { data: &mixed, rows, head_dim };
        y.par_chunks_mut(cut.block * dim).enumerate().for_each(|(block, y)| {
            let start = block * cut.block;
            let mut joined = scratch::take(y.len());
            planes.gather(start..start + y.len() / dim, &mut joined);
            linear::forward(&joined, w[4], w[5], y);
            mask.apply(start * dim, y);
            math::vectorised(|| math::add(&x[start * dim..][..y.len()], y));
        });
        vec![statistics, projected, mixed, saved]
    }

    fn backward(
        &self,
        pass: &Pass,
        weights: &[f32],
        x: &[f32],
        _y: &[f32],
        saved: &Saved,
        dy: &[f32],
        dx: &mut [f32],
        dweights: &mut [f32],
    ) {
        let w = self.weights(weights);
        let (dim, heads, head_dim, lengths) = (self.dim, self.heads, self.dim / self.heads, &pass.lengths);
        let (rows, all_dim) = (x.len() / dim, self.projections() * dim);
        let planes = |data| Planes { data, rows, head_dim };
        let (statistics, projected, mixed) = (&saved[0], planes(&saved[1]), planes(&saved[2]));
        let mask = pass.mask(self.dropout, "output");
        let sizes = self.sizes();
        let (dinput, doutput) = dweights.split_at_mut(sizes[..4].iter().sum());

        // The output map: rows of dy to the gradient of the mixer's output, for a while in `dx`.
        let cut = Cut::new(rows);
        cut.for_groups(dx, dim, doutput, |group, dmixed, doutput| {
            let (dweight, dbias) = doutput.split_at_mut(sizes[4]);
            for (block, dmixed) in cut.blocks(group).zip(dmixed.chunks_mut(cut.block * dim)) {
                let mut dout = scratch::take(dmixed.len());
                dout.copy_from_slice(&dy[block.start * dim..block.end * dim]);
                mask.apply(block.start * dim, &mut dout);
                let mut joined = scratch::take(dmixed.len());
                mixed.gather(block, &mut joined);
                linear::backward_weight(&joined, &dout, dweight, dbias);
                linear::backward_input(&dout, w[4], dim, false, dmixed);
            }
        });
        let mut dmixed = pass.pool.take(rows * dim);
        dx.par_chunks(cut.block * dim)
            .zip(transpose(plane_pieces(&mut dmixed, rows, head_dim, &cut.block_lengths())))
            .for_each(|(dx, mut pieces)| scatter(dx, head_dim, &mut pieces));

        // The mixer, by utterance and head.
        let utterances = lengths.count();
        let dmixed = planes(&dmixed);
        let mut dprojected = pass.pool.take(rows * all_dim);
        let mut pieces = plane_pieces(&mut dprojected, rows, head_dim, &lengths.to_vec()).into_iter();
        let by_projection: Vec<Vec<&mut [f32]>> =
            (0..self.projections()).map(|_| pieces.by_ref().take(heads).flatten().collect()).collect();
        let saved_lengths = self.saved_lengths(lengths);
        let mut rest = &saved[3][..];
        let mixer_saved = saved_lengths.iter().map(|&n| {
            let (head, tail) = rest.split_at(n);
            rest = tail;
            head
        });
        let tasks = transpose(by_projection).into_iter().zip(mixer_saved).collect();
        Self::for_heads(tasks, utterances, |head, utterance, (mut gradients, saved)| {
            let inputs = self.inputs(projected, lengths, head, utterance);
            let range = lengths.rows(utterance);
            let (y, dy) = (mixed.plane(head, range.clone()), dmixed.plane(head, range));
            self.mixer.backward(&inputs, head_dim, saved, y, dy, &mut gradients);
        });

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
                let mut dall = scratch::take(block.len() * all_dim);
                dprojected.gather(block.clone(), &mut dall);
                let mut normal = scratch::take(x.len());
                norm::replay(x, w[0], w[1], statistics, &mut normal);
                linear::backward_weight(&normal, &dall, dweight, dweight_bias);
                let mut dnormal = normal;
                linear::backward_input(&dall, w[2], all_dim, false, &mut dnormal);
                dx.copy_from_slice(&dy[block.start * dim..block.end * dim]);
                norm::backward(x, w[0], statistics, &mut dnormal, dx, dgain, dbias);
            }
        });
    }

    fn compose(&self, lengths: &Lengths, w: &[Tensor], x: &Tensor) -> Result<Tensor> {
        let normal = compose::layer_norm(x, &w[0], &w[1])?;
        let (p, rows) = (self.projections(), x.dim(0)?);
        let mut projected = Vec::with_capacity(p);
        for i in 0..p {
            let y = compose::linear(&normal, &w[2 + i], &w[2 + p + i])?;
            projected
                .push(y.reshape((rows, self.heads, self.dim / self.heads))?.transpose(0, 1)?.contiguous()?);
        }
        let mut mixed = Vec::with_capacity(lengths.count());
        for rows in lengths.iter().filter(|rows| !rows.is_empty()) {
            let inputs: Vec<_> =
                projected.iter().map(|t| t.narrow(1, rows.start, rows.len())).collect::<Result<_>>()?;
            mixed.push(self.mixer.compose(&inputs)?);
        }
        let mixed = Tensor::cat(&mixed, 1)?.transpose(0, 1)?.contiguous()?.reshape((rows, self.dim))?;
        x + compose::linear(&mixed, &w[2 + 2 * p], &w[3 + 2 * p])?
    }
}

//! The Conformer's convolution block (Gulati et al., 2020, figure 2), with layer norms so that no utterance sees
//! another: y = x + drop(W₂·silu(norm(depthwise(glu(W₁·norm(x) + b₁)))) + b₂).

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::{Block, Done, Memory, Pass, Saved, compose};
use crate::config::EncoderConfig;
use crate::lengths::Lengths;
use crate::ops::dropout::Dropout;
use crate::ops::linear::Weight;
use crate::ops::norm::{self, STATISTICS};
use crate::ops::rows::{Cut, split};
use crate::ops::{activation, depthwise, linear, scratch};
use crate::parameters::ParameterGroup;

/// Saves the first norm's statistics, the GLU's input (rows, 2·dim), its output (rows, dim), the depthwise
/// convolution's output (rows, dim) and the second norm's statistics.
#[derive(Debug)]
pub(crate) struct Convolution {
    parameters: ParameterGroup,
    dim: usize,
    /// The depthwise kernel, in frames.
    kernel: usize,
    /// Frames of the kernel that lie ahead of its frame: none in a causal encoder.
    ahead: usize,
    dropout: f32,
}

impl Convolution {
    pub(crate) fn new(config: &EncoderConfig) -> Self {
        let (dim, kernel) = (config.dim, config.convolution);
        let parameters = ParameterGroup::default()
            .vector("norm.weight", dim, 1.0)
            .vector("norm.bias", dim, 0.0)
            .matrix("expand.weight", 2 * dim, dim)
            .vector("expand.bias", 2 * dim, 0.0)
            .kernel("depthwise.weight", &[kernel, dim], kernel)
            .vector("depthwise.bias", dim, 0.0)
            .vector("inner_norm.weight", dim, 1.0)
            .vector("inner_norm.bias", dim, 0.0)
            .matrix("output.weight", dim, dim)
            .vector("output.bias", dim, 0.0);
        let ahead = if config.is_causal() { 0 } else { kernel / 2 };
        Self { parameters, dim, kernel, ahead, dropout: config.dropout }
    }

    /// The first norm's statistics, the GLU's input and its output of some rows.
    fn expand(
        &self,
        w: &[&[f32]],
        weight: &Weight<'_>,
        x: &[f32],
        statistics: &mut [f32],
        expanded: &mut [f32],
        gated: &mut [f32],
    ) {
        let mut normal = scratch::take(x.len());
        norm::forward(x, w[0], w[1], statistics, &mut normal);
        weight.product(&normal, expanded);
        linear::add_bias(w[3], expanded);
        activation::glu_forward(expanded, self.dim, gated);
    }

    /// From the depthwise convolution's output of some rows to the last map's without its bias; writes the second
    /// norm's statistics.
    fn contract(w: &[&[f32]], weight: &Weight<'_>, local: &[f32], statistics: &mut [f32], y: &mut [f32]) {
        let (mut normal, mut hidden) = (scratch::take(y.len()), scratch::take(y.len()));
        norm::forward(local, w[6], w[7], statistics, &mut normal);
        activation::silu_forward(&normal, &mut hidden);
        weight.product(&hidden, y);
    }
}

impl Block for Convolution {
    fn parameters(&self) -> &ParameterGroup {
        &self.parameters
    }

    fn dims(&self) -> (usize, usize) {
        (self.dim, self.dim)
    }

    fn multiply_adds(&self, lengths: &Lengths) -> usize {
        lengths.total() * (3 * self.dim + self.kernel) * self.dim
    }

    fn forward(&self, pass: &Pass, weights: &[f32], x: &[f32], y: &mut [f32]) -> Saved {
        let w = self.parameters.split(weights);
        let dim = self.dim;
        let rows = x.len() / dim;
        let cut = Cut::new(rows);
        let size = cut.block * dim;
        let pool = &pass.pool;
        let weight = |i: usize| Weight::new(w[i], dim, rows.div_ceil(cut.block), pool);
        let (expand, contract) = (weight(2), weight(8));
        let (mut statistics, mut inner_statistics) =
            (pool.take(rows * STATISTICS), pool.take(rows * STATISTICS));
        let (mut expanded, mut gated, mut local) =
            (pool.take(2 * x.len()), pool.take(x.len()), pool.take(x.len()));
        x.par_chunks(size)
            .zip(statistics.par_chunks_mut(cut.block * STATISTICS))
            .zip(expanded.par_chunks_mut(2 * size))
            .zip(gated.par_chunks_mut(size))
            .for_each(|(((x, statistics), expanded), gated)| {
                self.expand(&w, &expand, x, statistics, expanded, gated);
            });
        let mask = pass.mask(self.dropout, "output");
        y.par_chunks_mut(size)
            .zip(local.par_chunks_mut(size))
            .zip(inner_statistics.par_chunks_mut(cut.block * STATISTICS))
            .enumerate()
            .for_each(|(block, ((y, local), statistics))| {
                let start = block * cut.block;
                depthwise::forward(
                    &gated,
                    w[4],
                    w[5],
                    self.ahead,
                    &pass.lengths,
                    start..start + y.len() / dim,
                    local,
                );
                Self::contract(&w, &contract, local, statistics, y);
                linear::finish(&x[start * dim..][..y.len()], w[9], mask, start, y);
            });
        vec![statistics, expanded, gated, local, inner_statistics]
    }

    fn backward(&self, pass: &Pass, done: Done<'_>, dy: &[f32], dx: &mut [f32], dweights: &mut [f32]) {
        let Done { weights, x, saved, .. } = done;
        let w = self.parameters.split(weights);
        let dim = self.dim;
        let rows = x.len() / dim;
        let [statistics, expanded, gated, local, inner_statistics] = saved else {
            unreachable!("saved five")
        };
        let mask = pass.mask(self.dropout, "output");
        let sizes: Vec<usize> = self.parameters.iter().map(|p| p.len()).collect();
        let (below, above) = sizes.split_at(6);
        let (dbelow, dabove) = dweights.split_at_mut(below.iter().sum());

        // From the output to the depthwise convolution's.
        let mut dlocal = pass.pool.take(x.len());
        let cut = Cut::new(rows);
        cut.for_groups(&mut dlocal, dim, dabove, |group, dlocal, dweights| {
            let mut dw = split(dweights, above.iter().copied());
            let [dgain, dbias, doutput, doutput_bias] = &mut dw[..] else { unreachable!("four parameters") };
            for (block, dlocal) in cut.blocks(group).zip(dlocal.chunks_mut(cut.block * dim)) {
                let range = block.start * dim..block.end * dim;
                let local = &local[range.clone()];
                let statistics = &inner_statistics[block.start * STATISTICS..block.end * STATISTICS];
                let mut dout = scratch::take(range.len());
                linear::finish_backward(&dy[range.clone()], mask, block.start, &mut dout, doutput_bias);
                let (mut normal, mut hidden) = (scratch::take(range.len()), scratch::take(range.len()));
                norm::replay(local, w[6], w[7], statistics, &mut normal);
                activation::silu_forward(&normal, &mut hidden);
                linear::backward_matrix(&hidden, &dout, dim, doutput);
                let mut dnormal = hidden;
                linear::backward_input(&dout, w[8], dim, false, &mut dnormal);
                activation::silu_backward(&normal, &mut dnormal);
                norm::backward(local, w[6], statistics, &[], &mut dnormal, dlocal, dgain, dbias);
            }
        });

        // From there to the input.
        cut.for_groups(dx, dim, dbelow, |group, dx, dweights| {
            let mut dw = split(dweights, below.iter().copied());
            let [dgain, dbias, dexpand, dexpand_bias, dkernel, dkernel_bias] = &mut dw[..] else {
                unreachable!("six parameters")
            };
            depthwise::backward_weight(
                gated,
                &dlocal,
                self.ahead,
                &pass.lengths,
                group.clone(),
                dkernel,
                dkernel_bias,
            );
            for (block, dx) in cut.blocks(group).zip(dx.chunks_mut(cut.block * dim)) {
                let range = block.start * dim..block.end * dim;
                let statistics = &statistics[block.start * STATISTICS..block.end * STATISTICS];
                let (mut dgated, mut dexpanded) =
                    (scratch::take(range.len()), scratch::take(2 * range.len()));
                depthwise::backward_input(
                    &dlocal,
                    w[4],
                    dim,
                    self.ahead,
                    &pass.lengths,
                    block.clone(),
                    &mut dgated,
                );
                let expanded = &expanded[2 * range.start..2 * range.end];
                activation::glu_backward(expanded, dim, &dgated, &mut dexpanded);
                let mut normal = dgated;
                norm::replay(&x[range.clone()], w[0], w[1], statistics, &mut normal);
                linear::backward_weight(&normal, &dexpanded, dexpand, dexpand_bias);
                let mut dnormal = normal;
                linear::backward_input(&dexpanded, w[2], 2 * dim, false, &mut dnormal);
                let (x, dy) = (&x[range.clone()], &dy[range]);
                norm::backward(x, w[0], statistics, dy, &mut dnormal, dx, dgain, dbias);
            }
        });
    }

    fn streams(&self) -> bool {
        self.ahead == 0
    }

    /// Remembers the GLU's outputs that the kernel still reaches.
    fn step(&self, pass: &Pass, memory: &mut Memory, weights: &[f32], x: &[f32], _end: bool) -> Vec<f32> {
        let w = self.parameters.split(weights);
        let mut statistics = vec![0.0; pass.lengths.total() * STATISTICS];
        let mut gated = vec![0.0; x.len()];
        let weight = |i: usize| Weight::new(w[i], self.dim, 1, &pass.pool);
        self.expand(&w, &weight(2), x, &mut statistics, &mut vec![0.0; 2 * x.len()], &mut gated);
        memory.rows.resize_with(1, Vec::new);
        let (mut local, mut y) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        depthwise::step(&mut memory.rows[0], &gated, w[4], w[5], &mut local);
        Self::contract(&w, &weight(8), &local, &mut statistics, &mut y);
        linear::finish(x, w[9], Dropout::OFF, 0, &mut y);
        y
    }

    fn compose(&self, lengths: &Lengths, w: &[Tensor], x: &Tensor) -> Result<Tensor> {
        let dim = self.dim;
        let expanded = compose::linear(&compose::layer_norm(x, &w[0], &w[1])?, &w[2], &w[3])?;
        let gated = (expanded.narrow(1, 0, dim)? * compose::sigmoid(&expanded.narrow(1, dim, dim)?)?)?;
        let mut local = Vec::with_capacity(lengths.count());
        for rows in lengths.iter().filter(|rows| !rows.is_empty()) {
            let frames = gated.narrow(0, rows.start, rows.len())?;
            local.push(compose::depthwise(&frames, &w[4], &w[5], self.ahead)?);
        }
        let normal = compose::layer_norm(&Tensor::cat(&local, 0)?, &w[6], &w[7])?;
        x + compose::linear(&compose::silu(&normal)?, &w[8], &w[9])?
    }
}

//! The feed-forward block: y = x + drop(W₂·drop(f(W₁·norm(x) + b₁)) + b₂), row by row.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::{Block, Done, Pass, Saved, compose};
use crate::config::{Activation, EncoderConfig};
use crate::lengths::Lengths;
use crate::ops::linear::Weight;
use crate::ops::norm::{self, STATISTICS};
use crate::ops::rows::Cut;
use crate::ops::{activation, linear, scratch};
use crate::parameters::ParameterGroup;

/// Saves the norm's statistics, (rows, 2), and u = W₁·norm(x) + b₁, (rows, feed_forward).
#[derive(Debug)]
pub(crate) struct FeedForward {
    parameters: ParameterGroup,
    dim: usize,
    inner: usize,
    activation: Activation,
    dropout: f32,
}

impl FeedForward {
    pub(crate) fn new(config: &EncoderConfig) -> Self {
        let (dim, inner) = (config.dim, config.feed_forward);
        let parameters = ParameterGroup::default()
            .vector("norm.weight", dim, 1.0)
            .vector("norm.bias", dim, 0.0)
            .matrix("up.weight", inner, dim)
            .vector("up.bias", inner, 0.0)
            .matrix("down.weight", dim, inner)
            .vector("down.bias", dim, 0.0);
        Self { parameters, dim, inner, activation: config.activation, dropout: config.dropout }
    }
}

impl Block for FeedForward {
    fn parameters(&self) -> &ParameterGroup {
        &self.parameters
    }

    fn dims(&self) -> (usize, usize) {
        (self.dim, self.dim)
    }

    fn multiply_adds(&self, lengths: &Lengths) -> usize {
        lengths.total() * 2 * self.dim * self.inner
    }

    fn streams(&self) -> bool {
        true
    }

    fn forward(&self, pass: &Pass, weights: &[f32], x: &[f32], y: &mut [f32]) -> Saved {
        let w = self.parameters.split(weights);
        let (dim, inner) = (self.dim, self.inner);
        let (hidden_mask, output_mask) =
            (pass.mask(self.dropout, "hidden"), pass.mask(self.dropout, "output"));
        let rows = x.len() / dim;
        let cut = Cut::new(rows);
        let blocks = rows.div_ceil(cut.block);
        let weight = |i: usize, inputs: usize| Weight::new(w[i], inputs, blocks, &pass.pool);
        let (up_weight, down_weight) = (weight(2, dim), weight(4, inner));
        let mut statistics = pass.pool.take(rows * STATISTICS);
        let mut up = pass.pool.take(if pass.train { rows * inner } else { 0 });
        let body = |block: usize, y: &mut [f32], statistics: &mut [f32], u: &mut [f32]| {
            let start = block * cut.block;
            let x = &x[start * dim..][..y.len()];
            let mut normal = scratch::take(x.len());
            norm::forward(x, w[0], w[1], statistics, &mut normal);
            up_weight.product(&normal, u);
            let mut hidden = scratch::take(u.len());
            activation::dropped(self.activation, w[3], hidden_mask, start, u, &mut hidden);
            down_weight.product(&hidden, y);
            linear::finish(x, w[5], output_mask, start, y);
        };
        let tasks = y
            .par_chunks_mut(cut.block * dim)
            .zip(statistics.par_chunks_mut(cut.block * STATISTICS))
            .enumerate();
        if pass.train {
            tasks.zip(up.par_chunks_mut(cut.block * inner)).for_each(|((i, (y, s)), u)| body(i, y, s, u));
            vec![statistics, up]
        } else {
            tasks.for_each(|(i, (y, s))| body(i, y, s, &mut scratch::take(s.len() / STATISTICS * inner)));
            Vec::new()
        }
    }

    fn backward(&self, pass: &Pass, done: Done<'_>, dy: &[f32], dx: &mut [f32], dweights: &mut [f32]) {
        let Done { weights, x, saved, .. } = done;
        let w = self.parameters.split(weights);
        let (dim, inner) = (self.dim, self.inner);
        let (hidden_mask, output_mask) =
            (pass.mask(self.dropout, "hidden"), pass.mask(self.dropout, "output"));
        let (statistics, up) = (&saved[0], &saved[1]);
        let cut = Cut::new(x.len() / dim);
        cut.for_groups(dx, dim, dweights, |group, dx, dweights| {
            let mut dw = self.parameters.split_mut(dweights);
            for (rows, dx) in cut.blocks(group).zip(dx.chunks_mut(cut.block * dim)) {
                let (narrow, wide) = (rows.start * dim..rows.end * dim, rows.start * inner..rows.end * inner);
                let (x, u, dy) = (&x[narrow.clone()], &up[wide.clone()], &dy[narrow.clone()]);
                let statistics = &statistics[rows.start * STATISTICS..rows.end * STATISTICS];
                let [_, _, dup, dup_bias, ddown, ddown_bias] = &mut dw[..] else {
                    unreachable!("six parameters")
                };
                let mut doutput = scratch::take(x.len());
                linear::finish_backward(dy, output_mask, rows.start, &mut doutput, ddown_bias);
                let (mut hidden, mut slope) = (scratch::take(u.len()), scratch::take(u.len()));
                let (kind, first) = (self.activation, rows.start);
                activation::dropped_again(kind, u, inner, hidden_mask, first, &mut hidden, &mut slope);
                linear::backward_matrix(&hidden, &doutput, dim, ddown);
                let mut du = hidden;
                linear::backward_input(&doutput, w[4], dim, false, &mut du);
                activation::slope_backward(&slope, &mut du, dup_bias);
                let mut normal = doutput;
                norm::replay(x, w[0], w[1], statistics, &mut normal);
                linear::backward_matrix(&normal, &du, inner, dup);
                let mut dnormal = normal;
                linear::backward_input(&du, w[2], inner, false, &mut dnormal);
                let [dgain, dbias, ..] = &mut dw[..] else { unreachable!("six parameters") };
                norm::backward(x, w[0], statistics, dy, &mut dnormal, dx, dgain, dbias);
            }
        });
    }

    fn compose(&self, _lengths: &Lengths, w: &[Tensor], x: &Tensor) -> Result<Tensor> {
        let u = compose::linear(&compose::layer_norm(x, &w[0], &w[1])?, &w[2], &w[3])?;
        let hidden = match self.activation {
            Activation::Relu => u.relu()?,
            Activation::Silu => compose::silu(&u)?,
        };
        x + compose::linear(&hidden, &w[4], &w[5])?
    }
}

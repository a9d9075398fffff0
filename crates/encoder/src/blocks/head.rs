//! The CTC head: log-softmax(W·norm(x) + b), row by row.

use candle_core::{D, Result, Tensor};
use rayon::prelude::*;

use super::{Block, Done, Pass, Saved, compose};
use crate::lengths::Lengths;
use crate::ops::linear::Weight;
use crate::ops::norm::{self, STATISTICS};
use crate::ops::rows::Cut;
use crate::ops::{linear, math, scratch};
use crate::parameters::ParameterGroup;

/// Saves the norm's statistics.
#[derive(Debug)]
pub(crate) struct CtcHead {
    parameters: ParameterGroup,
    dim: usize,
    tokens: usize,
}

impl CtcHead {
    pub(crate) fn new(dim: usize, tokens: usize) -> Self {
        let parameters = ParameterGroup::default()
            .vector("norm.weight", dim, 1.0)
            .vector("norm.bias", dim, 0.0)
            .matrix("weight", tokens, dim)
            .vector("bias", tokens, 0.0);
        Self { parameters, dim, tokens }
    }
}

math::vectorised_fn! {
    /// Logits without their bias to log-probabilities, row by row.
    fn log_softmax<'a>(bias: &'a [f32], y: &'a mut [f32]) {
        let mut exponentials = scratch::take(bias.len());
        for y in y.chunks_exact_mut(bias.len()) {
            math::add(bias, y);
            let highest = math::max(y);
            exponentials.iter_mut().zip(&*y).for_each(|(e, y)| *e = math::exp(y - highest));
            let log_total = highest + math::sum(&exponentials).ln();
            y.iter_mut().for_each(|y| *y -= log_total);
        }
    }
}

math::vectorised_fn! {
    /// d logits = dy − softmax · Σ dy
    fn log_softmax_backward<'a>(y: &'a [f32], dy: &'a [f32], tokens: usize, dlogits: &'a mut [f32]) {
        let rows = y.chunks_exact(tokens).zip(dy.chunks_exact(tokens));
        for ((y, dy), d) in rows.zip(dlogits.chunks_exact_mut(tokens)) {
            let total = math::sum(dy);
            for ((d, y), dy) in d.iter_mut().zip(y).zip(dy) {
                *d = dy - math::exp(*y) * total;
            }
        }
    }
}

impl Block for CtcHead {
    fn parameters(&self) -> &ParameterGroup {
        &self.parameters
    }

    fn dims(&self) -> (usize, usize) {
        (self.dim, self.tokens)
    }

    fn multiply_adds(&self, lengths: &Lengths) -> usize {
        lengths.total() * self.dim * self.tokens
    }

    fn streams(&self) -> bool {
        true
    }

    fn forward(&self, pass: &Pass, weights: &[f32], x: &[f32], y: &mut [f32]) -> Saved {
        let w = self.parameters.split(weights);
        let rows = x.len() / self.dim;
        let cut = Cut::new(rows);
        let weight = Weight::new(w[2], self.dim, rows.div_ceil(cut.block), &pass.pool);
        let mut statistics = pass.pool.take(rows * STATISTICS);
        x.par_chunks(cut.block * self.dim)
            .zip(statistics.par_chunks_mut(cut.block * STATISTICS))
            .zip(y.par_chunks_mut(cut.block * self.tokens))
            .for_each(|((x, statistics), y)| {
                let mut normal = scratch::take(x.len());
                norm::forward(x, w[0], w[1], statistics, &mut normal);
                weight.product(&normal, y);
                log_softmax(w[3], y);
            });
        vec![statistics]
    }

    fn backward(&self, _pass: &Pass, done: Done<'_>, dy: &[f32], dx: &mut [f32], dweights: &mut [f32]) {
        let Done { weights, x, saved, y, .. } = done;
        let w = self.parameters.split(weights);
        let (dim, tokens) = (self.dim, self.tokens);
        let cut = Cut::new(x.len() / dim);
        cut.for_groups(dx, dim, dweights, |group, dx, dweights| {
            let mut dw = self.parameters.split_mut(dweights);
            let [dgain, dbias, dweight, dweight_bias] = &mut dw[..] else { unreachable!("four parameters") };
            for (block, dx) in cut.blocks(group).zip(dx.chunks_mut(cut.block * dim)) {
                let x = &x[block.start * dim..block.end * dim];
                let statistics = &saved[0][block.start * STATISTICS..block.end * STATISTICS];
                let range = block.start * tokens..block.end * tokens;
                let mut dlogits = scratch::take(range.len());
                log_softmax_backward(&y[range.clone()], &dy[range], tokens, &mut dlogits);
                let mut normal = scratch::take(x.len());
                norm::replay(x, w[0], w[1], statistics, &mut normal);
                linear::backward_weight(&normal, &dlogits, dweight, dweight_bias);
                let mut dnormal = normal;
                linear::backward_input(&dlogits, w[2], tokens, false, &mut dnormal);
                norm::backward(x, w[0], statistics, &[], &mut dnormal, dx, dgain, dbias);
            }
        });
    }

    fn compose(&self, _lengths: &Lengths, w: &[Tensor], x: &Tensor) -> Result<Tensor> {
        let logits = compose::linear(&compose::layer_norm(x, &w[0], &w[1])?, &w[2], &w[3])?;
        let shifted = logits.broadcast_sub(&logits.max_keepdim(D::Minus1)?.detach())?;
        shifted.broadcast_sub(&shifted.exp()?.sum_keepdim(D::Minus1)?.log()?)
    }
}

//! A CTC head between layers, whose probabilities are added to the frames: y = x + V·softmax(W·norm(x) + b), row by row
//! (Nozaki and Komatsu, 2021, Relaxing the conditional independence assumption of CTC-based ASR by conditioning on
//! intermediate predictions). Each such head has weights of its own; there all share those of the last head, and one V.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::{Block, CtcHead, Done, Pass, Saved};
use crate::lengths::Lengths;
use crate::ops::linear::Weight;
use crate::ops::rows::Cut;
use crate::ops::{linear, math, scratch};
use crate::parameters::ParameterGroup;

/// Saves what the head does, then the log-probabilities, (rows, tokens).
#[derive(Debug)]
pub(crate) struct SelfConditioning {
    parameters: ParameterGroup,
    head: CtcHead,
}

impl SelfConditioning {
    pub(crate) fn new(dim: usize, tokens: usize) -> Self {
        let head = CtcHead::new(dim, tokens);
        let parameters = head.parameters().clone().matrix("back.weight", dim, tokens);
        Self { parameters, head }
    }

    /// The head's weights and V, (dim, tokens).
    fn split<'a>(&self, weights: &'a [f32]) -> (&'a [f32], &'a [f32]) {
        weights.split_at(self.head.parameters().len())
    }
}

math::vectorised_fn! {
    /// Log-probabilities to probabilities.
    fn exponentials<'a>(log_probs: &'a [f32], probs: &'a mut [f32]) {
        probs.iter_mut().zip(log_probs).for_each(|(p, z)| *p = math::exp(*z));
    }
}

math::vectorised_fn! {
    /// dz = d log-probs + p · dp, of log-probabilities z = ln p
    fn through_exponentials<'a>(dlog_probs: &'a [f32], probs: &'a [f32], dprobs: &'a [f32], dz: &'a mut [f32]) {
        for (((dz, d), p), dp) in dz.iter_mut().zip(dlog_probs).zip(probs).zip(dprobs) {
            *dz = d + p * dp;
        }
    }
}

impl Block for SelfConditioning {
    fn parameters(&self) -> &ParameterGroup {
        &self.parameters
    }

    fn dims(&self) -> (usize, usize) {
        let (dim, _) = self.head.dims();
        (dim, dim)
    }

    fn has_log_probs(&self) -> bool {
        true
    }

    fn multiply_adds(&self, lengths: &Lengths) -> usize {
        2 * self.head.multiply_adds(lengths)
    }

    fn streams(&self) -> bool {
        true
    }

    fn forward(&self, pass: &Pass, weights: &[f32], x: &[f32], y: &mut [f32]) -> Saved {
        let (dim, tokens) = self.head.dims();
        let (head, back) = self.split(weights);
        let rows = x.len() / dim;
        let mut log_probs = pass.pool.take(rows * tokens);
        let mut saved = self.head.forward(pass, head, x, &mut log_probs);
        let cut = Cut::new(rows);
        let back = Weight::new(back, tokens, rows.div_ceil(cut.block), &pass.pool);
        x.par_chunks(cut.block * dim)
            .zip(log_probs.par_chunks(cut.block * tokens))
            .zip(y.par_chunks_mut(cut.block * dim))
            .for_each(|((x, log_probs), y)| {
                let mut probs = scratch::take(log_probs.len());
                exponentials(log_probs, &mut probs);
                back.product(&probs, y);
                math::vectorised(|| math::add(x, y));
            });
        saved.push(log_probs);
        saved
    }

    fn backward(&self, pass: &Pass, done: Done<'_>, dy: &[f32], dx: &mut [f32], dweights: &mut [f32]) {
        let Done { weights, x, saved, dlog_probs, .. } = done;
        let (dim, tokens) = self.head.dims();
        let (head, back) = self.split(weights);
        let (dhead, dback) = dweights.split_at_mut(self.head.parameters().len());
        let Some((log_probs, saved)) = saved.split_last() else {
            unreachable!("the forward pass saves them")
        };
        let mut dz = pass.pool.take(log_probs.len());
        let cut = Cut::new(dy.len() / dim);
        cut.for_groups(&mut dz, tokens, dback, |group, dz, dback| {
            for (block, dz) in cut.blocks(group).zip(dz.chunks_mut(cut.block * tokens)) {
                let dy = &dy[block.start * dim..block.end * dim];
                let range = block.start * tokens..block.end * tokens;
                let mut probs = scratch::take(dz.len());
                exponentials(&log_probs[range.clone()], &mut probs);
                linear::backward_matrix(&probs, dy, dim, dback);
                let mut dprobs = scratch::take(dz.len());
                linear::backward_input(dy, back, dim, false, &mut dprobs);
                through_exponentials(&dlog_probs[range], &probs, &dprobs, dz);
            }
        });
        let done = Done { weights: head, x, y: log_probs, saved, dlog_probs: &[] };
        self.head.backward(pass, done, &dz, dx, dhead);
        let block = cut.block * dim;
        dx.par_chunks_mut(block).zip(dy.par_chunks(block)).for_each(|(dx, dy)| {
            math::vectorised(|| math::add(dy, dx));
        });
    }

    fn compose(&self, lengths: &Lengths, w: &[Tensor], x: &Tensor) -> Result<Tensor> {
        x + self.compose_log_probs(lengths, w, x)?.exp()?.matmul(&w[4].t()?)?
    }

    fn compose_log_probs(&self, lengths: &Lengths, w: &[Tensor], x: &Tensor) -> Result<Tensor> {
        self.head.compose(lengths, &w[..4], x)
    }
}

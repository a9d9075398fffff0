//! SummaryMixing (Parcollet et al., 2024, section 3): each frame beside the mean of all frames.
//!
//! y(t) = c(f(t), s̄), f = gelu(local projection), s̄ = mean over t of gelu(summary projection), and by heads
//! c(f, s̄) = gelu(A·f + B·s̄ + b) with A and B of each head's own. Time O(N·d²), memory O(N·d).

use candle_core::{Result, Tensor};

use super::{Gradients, Head, Mixer};
use crate::ops::activation::{gelu, gelu_backward};
use crate::ops::math::{add, vectorised};
use crate::ops::{linear, scratch};
use crate::parameters::{HeadParameter, Init};

#[derive(Debug)]
pub(crate) struct Summary;

impl Summary {
    /// A·f + B·s̄ + b of every frame.
    fn combine(head: Head<'_>, local: &[f32], summary: &[f32], u: &mut [f32]) {
        let [a, b, bias] = [head.weights[0], head.weights[1], head.weights[2]];
        let mut shift = scratch::take(head.dim);
        linear::forward(summary, b, bias, &mut shift);
        linear::forward(local, a, &shift, u);
    }
}

impl Mixer for Summary {
    fn projections(&self) -> &'static [[&'static str; 2]] {
        &[["summary.weight", "summary.bias"], ["local.weight", "local.bias"]]
    }

    fn parameters(&self, dim: usize) -> Vec<HeadParameter> {
        let weight = |name| HeadParameter { name, shape: vec![dim, dim], init: Init::FanIn(2 * dim) };
        let bias = HeadParameter { name: "combine.bias", shape: vec![dim], init: Init::Constant(0.0) };
        vec![weight("combine_local.weight"), weight("combine_summary.weight"), bias]
    }

    fn multiply_adds(&self, _frames: usize, dim: usize) -> usize {
        dim * dim
    }

    /// s̄
    fn saved(&self, _frames: usize, dim: usize) -> usize {
        dim
    }

    fn forward(&self, head: Head<'_>, saved: &mut [f32], y: &mut [f32]) {
        let mut room = scratch::take(y.len());
        gelu(head.inputs[0], &mut room);
        saved.fill(0.0);
        vectorised(|| room.chunks_exact(head.dim).for_each(|row| add(row, saved)));
        let scale = head.dim as f32 / y.len() as f32;
        saved.iter_mut().for_each(|s| *s *= scale);
        gelu(head.inputs[1], &mut room);
        let mut u = scratch::take(y.len());
        Self::combine(head, &room, saved, &mut u);
        gelu(&u, y);
    }

    fn backward(&self, head: Head<'_>, saved: &[f32], _y: &[f32], dy: &[f32], gradients: Gradients<'_, '_>) {
        let dim = head.dim;
        let [dsummary, dlocal] = gradients.inputs else { unreachable!("two projections") };
        let (mut local, mut u) = (scratch::take(dy.len()), scratch::take(dy.len()));
        gelu(head.inputs[1], &mut local);
        Self::combine(head, &local, saved, &mut u);
        let mut du = scratch::take(dy.len());
        du.copy_from_slice(dy);
        gelu_backward(&u, &mut du);

        let (da, rest) = gradients.weights.split_at_mut(dim * dim);
        let (db, dbias) = rest.split_at_mut(dim * dim);
        let (mut dshift, mut dmean) = (scratch::zeros(dim), scratch::take(dim));
        linear::backward_weight(&local, &du, da, &mut dshift);
        linear::backward_weight(saved, &dshift, db, dbias);
        linear::backward_input(&dshift, head.weights[1], dim, false, &mut dmean);
        linear::backward_input(&du, head.weights[0], dim, false, dlocal);
        gelu_backward(head.inputs[1], dlocal);
        let scale = dim as f32 / dy.len() as f32;
        dmean.iter_mut().for_each(|d| *d *= scale);
        dsummary.chunks_exact_mut(dim).for_each(|row| row.copy_from_slice(&dmean));
        gelu_backward(head.inputs[0], dsummary);
    }

    fn compose(&self, inputs: &[Tensor], weights: &[Tensor]) -> Result<Tensor> {
        let product = |x: &Tensor, w: &Tensor| x.contiguous()?.matmul(&w.transpose(1, 2)?.contiguous()?);
        let mean = inputs[0].gelu()?.mean_keepdim(1)?;
        let shift = product(&mean, &weights[1])?.broadcast_add(&weights[2].unsqueeze(1)?)?;
        product(&inputs[1].gelu()?, &weights[0])?.broadcast_add(&shift)?.gelu()
    }
}

//! Softmax attention: y = softmax(q·kᵀ / √d − D)·v (Vaswani et al., 2017, equation 1), D = 0, or the sum of rates
//! between two frames: rates of a head's own (ALiBi; Press et al., 2022), or rates that each frame sets (the forgetting
//! transformer; Lin et al., 2025, equation 4, in both directions), as decayed linear attention has them.
//!
//! No N×N matrix is stored, and the backward pass computes the probabilities again (Dao et al., 2022, algorithms 1 and
//! 4). Time O(N²·d), memory O(N·d). The causal form sees the frames up to its own, which halves the work; the local one
//! those in a window around it (Beltagy et al., 2020, section 3.1), so that time is O(N·window·d).

use std::sync::Arc;

use candle_core::{D, Result, Tensor};

use super::decay::Decay;
use super::{Gradients, Head, Mixer, QKV, State};
use crate::ops::attention::{Attention, Span};
use crate::ops::decay::Rates;
use crate::ops::math::{softmax, vectorised_fn};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::rotary;
use crate::ops::scratch::{self, Scratch};
use crate::parameters::HeadParameter;

#[derive(Debug)]
pub(crate) struct Softmax {
    pub(crate) span: Span,
    /// Whether queries and keys are turned by rotary positions.
    pub(crate) rotary: bool,
    /// How the scores fall with distance.
    pub(crate) decay: Decay,
}

/// The sums of all rates up to each of some frames; empty where nothing falls.
fn sums(rates: Rates<'_>, frames: usize) -> Scratch {
    let mut sums = scratch::take(if matches!(rates, Rates::Zero) { 0 } else { frames });
    // In f64: the sums grow with time, the rates stay.
    let mut sum = 0.0f64;
    for (frame, out) in sums.iter_mut().enumerate() {
        sum += f64::from(rates.of(frame));
        *out = sum as f32;
    }
    sums
}

impl Softmax {
    /// The positions of so many frames, where they are rotary.
    fn angles(&self, dim: usize, frames: usize) -> Option<Arc<[f32]>> {
        self.rotary.then(|| rotary::table(dim, frames))
    }
}

vectorised_fn! {
    /// Logits to probabilities.
    fn probabilities<'a>(weights: &'a mut [f32]) {
        softmax(weights);
    }
}

impl Mixer for Softmax {
    fn projections(&self) -> &'static [[&'static str; 2]] {
        &QKV
    }

    fn multiply_adds(&self, frames: usize, dim: usize) -> usize {
        2 * self.span.pairs(frames) * dim / frames.max(1)
    }

    fn parameters(&self, dim: usize) -> Vec<HeadParameter> {
        self.decay.parameters(dim)
    }

    /// The binary logarithm of each query's sum of exponentials, and u of gates.
    fn saved(&self, frames: usize, _dim: usize) -> usize {
        frames + self.decay.gate_len(frames)
    }

    fn forward(&self, head: Head<'_>, saved: &mut [f32], y: &mut [f32]) {
        let Head { dim, inputs, .. } = head;
        let frames = y.len() / dim;
        let (totals, u) = saved.split_at_mut(frames);
        let gates = self.decay.gates(head, u);
        let sums = sums(self.decay.rates(head, &gates), frames);
        let angles = self.angles(dim, frames);
        let [mut room_q, mut room_k] = [(); 2].map(|()| rotary::room(self.rotary, inputs[0].len()));
        let q = rotary::turned(angles.as_deref(), dim, inputs[0], &mut room_q);
        let k = rotary::turned(angles.as_deref(), dim, inputs[1], &mut room_k);
        Attention { q, k, v: inputs[2], dim, span: self.span, sums: &sums }.forward(totals, y);
    }

    fn backward(&self, head: Head<'_>, saved: &[f32], y: &[f32], dy: &[f32], gradients: Gradients<'_, '_>) {
        let Head { dim, inputs, .. } = head;
        let frames = y.len() / dim;
        let (totals, u) = saved.split_at(frames);
        let gates = Decay::gates_again(head, u);
        let sums = sums(self.decay.rates(head, &gates), frames);
        let angles = self.angles(dim, frames);
        let [mut room_q, mut room_k] = [(); 2].map(|()| rotary::room(self.rotary, inputs[0].len()));
        let q = rotary::turned(angles.as_deref(), dim, inputs[0], &mut room_q);
        let k = rotary::turned(angles.as_deref(), dim, inputs[1], &mut room_k);
        let [dq, dk, dv] = &mut *gradients.inputs else { unreachable!("three projections") };
        let attention = Attention { q, k, v: inputs[2], dim, span: self.span, sums: &sums };
        let mut dsums = scratch::take(u.len());
        attention.backward(totals, y, dy, [&mut **dq, &mut **dk, &mut **dv], &mut dsums);
        if let Some(angles) = angles {
            rotary::rotate(&angles, dim, true, dq);
            rotary::rotate(&angles, dim, true, dk);
        }
        self.decay.backward(head, u, &mut dsums, gradients);
    }

    fn streams(&self) -> bool {
        self.span.after == 0
    }

    /// The state is the keys and values so far, as far back as they are seen, and the sums of rates up to each.
    fn step(&self, head: Head<'_>, state: &mut State, y: &mut [f32]) {
        let Head { dim, inputs, .. } = head;
        let rows = y.len() / dim;
        let angles = self.rotary.then(|| rotary::rows(dim, state.frames..state.frames + rows));
        let [mut room_q, mut room_k] = [(); 2].map(|()| rotary::room(self.rotary, inputs[0].len()));
        let q = rotary::turned(angles.as_deref(), dim, inputs[0], &mut room_q);
        state.keys.extend_from_slice(rotary::turned(angles.as_deref(), dim, inputs[1], &mut room_k));
        state.values.extend_from_slice(inputs[2]);
        let mut u = scratch::take(self.decay.gate_len(rows));
        let gates = self.decay.gates(head, &mut u);
        let rates = self.decay.rates(head, &gates);
        if self.decay != Decay::None {
            for row in 0..rows {
                let before = state.sums.last().copied().unwrap_or(0.0);
                state.sums.push(before + f64::from(rates.of(row)));
            }
        }
        let scale = 1.0 / (dim as f32).sqrt();
        let kept = state.keys.len() / dim;
        for (at, (q, y)) in (kept - rows..).zip(q.chunks_exact(dim).zip(y.chunks_exact_mut(dim))) {
            let seen = self.span.seen(at..at + 1, kept);
            let mut weights = scratch::take(seen.len());
            let keys = Matrix::new(&state.keys[seen.start * dim..seen.end * dim], dim);
            matmul(Matrix::new(q, dim), keys.t(), scale, false, &mut weights);
            if let Some(own) = state.sums.get(at) {
                for (weight, sum) in weights.iter_mut().zip(&state.sums[seen.clone()]) {
                    *weight -= (own - sum) as f32;
                }
            }
            probabilities(&mut weights);
            let values = Matrix::new(&state.values[seen.start * dim..seen.end * dim], dim);
            matmul(Matrix::new(&weights, seen.len()), values, 1.0, false, y);
        }
        let past = kept.saturating_sub(self.span.before);
        state.keys.drain(..past * dim);
        state.values.drain(..past * dim);
        state.sums.drain(..past.min(state.sums.len()));
        state.frames += rows;
    }

    fn compose(&self, inputs: &[Tensor], weights: &[Tensor]) -> Result<Tensor> {
        let scale = 1.0 / (inputs[0].dim(D::Minus1)? as f64).sqrt();
        let turned = |x: &Tensor| if self.rotary { rotary::compose(x) } else { Ok(x.clone()) };
        let (q, k) = (turned(&inputs[0])?, turned(&inputs[1])?);
        let mut products = (q.contiguous()?.matmul(&k.transpose(1, 2)?.contiguous()?)? * scale)?;
        if let Some(distance) = self.decay.compose(&inputs[1], weights)? {
            products = (products - distance)?;
        }
        let n = products.dim(1)?;
        if self.span.pairs(n) < n * n {
            let mask =
                |i| (0..n).map(move |j| if self.span.seen(i..i + 1, n).contains(&j) { 0f32 } else { -1e30 });
            let mask = Tensor::from_vec((0..n).flat_map(mask).collect(), (n, n), products.device())?;
            products = products.broadcast_add(&mask)?;
        }
        let exponents = products.broadcast_sub(&products.max_keepdim(D::Minus1)?.detach())?.exp()?;
        exponents.broadcast_div(&exponents.sum_keepdim(D::Minus1)?)?.matmul(&inputs[2].contiguous()?)
    }
}
